//! Evolution of agents that rewrite themselves: populations, search, generations, runs.
//!
//! A [`Run`] is a function of its [`RunConfig`], whose hash identifies it. Each generation forks parents from the archive, lets each
//! candidate's own meta agent edit it under the guard, evaluates it, and decides on its admission. The result is one
//! [`GenerationRecord`], a segment of the journal and one of the mark space's ([`space_name`]), and the objects they name, written in
//! one transaction.
//!
//! | folder | owns | knows nothing of |
//! |---|---|---|
//! | `record` | recorded values, typed events | execution |
//! | `search` | archive, selection, gate; the [`Strategy`] seam | files, guests |
//! | `executor` | running guests; the [`Executor`] seam | search, the store |
//! | `models` | model calls of a run | search |
//! | `offspring` | planning, making and accepting candidates | evaluation |
//! | `generation` | the steps of a generation | writing to the store |
//! | `complacency` | signs that an agent has stopped to explore | execution, the store |
//! | `sharing` | what agents show each other, sanitised | execution, the store |
//! | `stability` | comparisons of noisy scores, held-out data under a budget | files, guests |
//! | `continuous` | runs on rows that keep coming: rules, decisions, the champion that serves | clocks, folders |
//! | `run` | start, resume, commit, summary, re-execution | – |
//!
//! Nothing here knows a terminal or a clock.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use hyperspace_store::Store;
//! use hyperspace_eval::{Evaluator, Task};
//! use hyperspace_evolve::{Run, RunEvent, RunOptions, RunResources, bundled_agent};
//!
//! # async fn example(store: Store, evaluator: Evaluator) -> Result<(), Box<dyn std::error::Error>> {
//! let task = Task::bundled("bin-packing")?;
//! let agent = bundled_agent("genetic", &task)?;
//! let resources = RunResources::new(evaluator, 2).observer(Arc::new(|event| {
//!     if let RunEvent::CandidateDecided { candidate, fate } = event {
//!         println!("{candidate}: {}", fate.name());
//!     }
//! }));
//! let mut run = Run::start(store, task, agent, &RunOptions::default(), resources).await?;
//! run.run_to(20).await?;
//! println!("{}", run.summary()?.root);
//! # Ok(())
//! # }
//! ```

pub mod complacency;
mod context;
pub mod continuous;
mod error;
mod executor;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod generation;
mod mark_space;
mod models;
mod offspring;
mod progress;
mod record;
mod resources;
mod rng;
mod run;
mod search;
mod seed_agent;
pub mod sharing;
mod slimming;
pub mod stability;
/// The parameters of each strategy.
pub mod strategies {
    pub use crate::record::strategy::{
        Annealing, BanditReward, BeamSearch, Best, BestOfN, Bins, Clade, Clusters, Dimension, Frontier, Iid,
        Islands, Latest, MapElites, Migration, Mixture, Pareto, PowerLaw, Random, ScoreChildProp, Thompson,
        Ucb1, Weighted,
    };
}

pub use context::RunContext;
pub use error::{EvolveError, EvolveErrorClass};
pub use executor::interface::{
    CaseModels, EarlyRows, EvaluationRequest, Executor, MetaRunRequest, MetaRunResponse, ToolCallRecord,
};
pub use executor::local::LocalExecutor;
pub use generation::executed::ExecutedGeneration;
pub use mark_space::space_name;
pub use models::stored::{EFFORTS_KIND, Efforts, efforts_name, exchanges};
pub use models::streams::{candidate_of, streams_of};
pub use offspring::visible_files::visible_files;
pub use progress::{PlannedCandidate, RunEvent, RunObserver};
pub use record::arm::{Arm, ParseArmError};
pub use record::bandit_config::{
    ARMS_MAX, ArmConfig, ArmOptions, ArmRecord, PROMPT_KINDS, TokenPrices, arms_of,
};
pub use record::candidate_id::CandidateId;
pub use record::complacency_rules::{
    ComplacencyAnswer, ComplacencyPolicy, ComplacencyRules, ParseComplacencyError,
};
pub use record::config::{ExternalDataRef, FORMAT, RUN_KIND, RunConfig, SEARCH_FORMAT, TournamentRule};
pub use record::event::{
    AgentExtended, AgentMeasured, ArmChosen, ArmStatistics, CallStream, CanaryBegun, CanaryEnded,
    CandidateCompared, CandidateEvaluated, CandidateFate, CandidateGuided, CandidateJudged,
    CandidateResembled, CandidateSelected, CandidateSlimmed, CandidateStopped, ChampionChanged,
    ChampionPromoted, ChampionRestored, ChampionRolledBack, ComplacencyFound, ContinuousStarted, DayBegun,
    DriftFound, EditAccepted, EditRefused, Event, EventError, GapFound, GapMeasured, GenerationFinished,
    HeldOutAsked, HeldOutSpent, IslandMigrated, IslandOpened, IslandRestarted, MarkRef, MemberSanitised,
    MetaFinished, ModelCalls, RowSetAside, RowsMeasured, RowsTaken, RulesSet, RunImported, RunStarted,
    SeasonAdvanced, SeasonBegun, SeasonEnded, SharingCount, StrategyPublished, StrategyRefused, ToolCallRef,
    ToolFinished, ToolRefused, ToolRun, TournamentDecided, WindowDrawn, WorkAbandoned, WorkPaused,
    WorkResumed, event_reference,
};
pub use record::fate::Fate;
pub use record::gate::{GateRule, PairedGate, ParseGateError};
pub use record::generation::{
    CandidateRecord, Champion, EVALUATION_KIND, EvaluationRef, GENERATION_KIND, GenerationRecord, MetaRecord,
    ParentRecord, Remeasurement, Segment, evaluation_value, load_evaluation, load_record,
};
pub use record::journal::{JournalEvent, journal, journal_segment};
pub use record::model_options::{AnswerStyle, ModelOptions, ModelRules, ParseStyleError};
pub use record::options::{CANDIDATES_MAX, RunOptions};
pub use record::parity::{RULE_DIFFERENCES, RuleDifference};
pub use record::population::{POPULATIONS_MAX, PopulationConfig, PopulationOptions};
pub use record::program_form::{DuplicateRule, ParseDuplicatesError, ProgramForm, Resemblance};
pub use record::search_config::{
    Admission, INSPIRATIONS_MAX, ParseAdmissionError, SearchConfig, SearchOptions,
};
pub use record::search_record::{
    Inspiration, InspirationRole, IslandMigration, IslandOpening, IslandReset, SearchDraw, SearchRecord,
    SearchTurn,
};
pub use record::selection::{ParseSelectionError, Selection};
pub use record::sharing_config::{ParseSharingError, Sharing, SharingRules};
pub use record::slimming_rules::{
    ParseSlimmingError, SlimmingConfig, SlimmingPolicy, SlimmingRecord, SlimmingRules,
};
pub use record::split_policy::{
    LadderSplits, ParseSplitPolicyError, RotatingSplits, SplitConfig, SplitPolicy,
};
pub use record::split_record::{HeldOutAnswer, SplitRecord};
pub use record::strategy::{
    BanditSpec, Fraction, ParameterDescription, SpecError, StrategyDescription, StrategySpec,
    strategy_reference,
};
pub use record::tournament_side::TournamentSide;
pub use record::visibility::{ParseVisibilityError, VisibilityPolicy, VisibleItem};
pub use resources::{ModelResources, ModelSource, RunResources};
pub use run::audit::audit;
pub use run::handle::{GENERATIONS_MAX, Run};
pub use run::load::{generation_name, load_config, load_context, load_task, records};
pub use run::reexecute::reexecute;
pub use run::summary::{PopulationSummary, RunSummary, SplitSummary, imp_at_k};
pub use search::annealing::{probability, winner};
pub use search::archive::{Archive, Member};
pub use search::arms::training_gain;
pub use search::gated::GatedStrategy;
pub use search::held_out_use::HeldOutUse;
pub use search::state::{Population, RunState};
pub use search::strategy::{
    CandidateChoice, MeasuredCandidate, ParentChoice, SearchChoice, Strategy, StrategyContext,
    StrategyFactory, default_strategy,
};
pub use seed_agent::{SeedAgent, bundled_agent, bundled_agents, with_bundled_meta_agent};
pub use slimming::{Descent, DescentPlace, Reduction};
