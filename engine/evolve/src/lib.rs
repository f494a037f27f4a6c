//! Evolution of agents that rewrite themselves: population, selection, gates, generations, runs.
//!
//! A run is a function of its configuration ([`RunConfig`], whose hash is its name). Each generation forks parents from the
//! archive, lets every child's own meta agent edit the child under the guard, evaluates, and gates; what happened is one
//! [`GenerationRecord`], a segment of the journal and one of the mark space's ([`space_name`]), and the objects they name,
//! written in one transaction.
//!
//! Nothing here knows a terminal or a clock, and models only through [`ModelMeans`].

mod accounts;
mod agents;
mod archive;
mod arms;
mod child;
mod children;
mod config;
mod error;
mod final_test;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod gate;
mod generation;
mod history;
mod kin;
mod ledger;
mod load;
mod marks;
mod measure;
mod memo;
mod meta;
mod models;
mod pipeline;
mod publish;
mod record;
mod room;
mod run;
mod selection;
mod state;
mod streams;
mod summary;
mod talk;
mod toolbox;
mod tournament;
mod visibility;

pub use agents::{bundled_agent, bundled_agents};
pub use archive::{Archive, Member, Place};
pub use arms::{Arm, Contender, DIFFERENCES, Difference, ParseArmError, imp_at_k, probability, winner};
pub use config::{CANDIDATES_MAX, ExternalData, FORMAT, RUN_KIND, RunConfig, RunOptions};
pub use error::EvolveError;
pub use gate::Fate;
pub use generation::{Context, Executed};
pub use load::{load_config, load_context, load_record, load_task, records};
pub use marks::space_name;
pub use models::{
    AGENTS_MAX, AgentConfig, AgentOptions, Means, ModelMeans, ModelOptions, ModelRules, ModelSource,
};
pub use record::event::{
    CallStream, CandidateEvaluated, CandidateFate, CandidateSelected, ChampionChanged, EditAccepted,
    EditRefused, Event, EventError, GenerationFinished, MarkRef, MetaFinished, ModelCalls, RunImported,
    RunStarted, StrategyPublished, StrategyRefused, ToolCallRef, ToolFinished, ToolRefused, ToolRun,
    TournamentDecided, event_reference,
};
pub use record::journal::{JournalEvent, journal, journal_segment};
pub use record::{
    CandidateRecord, Champion, EVALUATION_KIND, EvaluationRef, GENERATION_KIND, GenerationRecord, MetaRecord,
    ParentRecord, Segment,
};
pub use run::{GENERATIONS_MAX, Observer, Progress, Run, SeedAgent, record_of, reexecute};
pub use selection::{ParseSelectionError, Selection};
pub use state::{Line, State};
pub use summary::{AgentSummary, Summary};
pub use talk::{EFFORTS_KIND, Efforts, efforts_name, exchanges, streams_of};
pub use visibility::{Item, ParseVisibilityError, Visibility, files as visible_files};
