//! The application layer: everything that hyperspace does, for any front end.
//!
//! An [`Engine`] is one owned handle: a store, an interpreter and models. A front end (the command, a server, a binding) reads
//! its environment, passes it in as values ([`Environment`], [`Settings`]), calls methods of the engine, and shows the views that
//! they return. It contains no product logic.
//!
//! ```no_run
//! use hyperspace_service::{Engine, RunRequest};
//!
//! # fn main() -> Result<(), hyperspace_service::ServiceError> {
//! let engine = Engine::builder().store("runs").workers(2).build()?;
//! let mut run = engine.start_blocking(RunRequest::new().generations(3))?;
//! while let Some(event) = run.next_blocking()? {
//!     println!("{event:?}");
//! }
//! println!("{}", run.finish_blocking()?.root);
//! # Ok(())
//! # }
//! ```
//!
//! Invariants:
//! - Views are plain values. Their serialised form is the document that the command prints with `--json`.
//! - Every error has a class ([`ServiceError::class`]); hints are separate from messages ([`ServiceError::hints`]). Names of
//!   settings in errors are in kebab case, as in the settings file.
//! - Dropping an operation cancels it; what was committed stays ([`RunHandle`]).
//! - This crate does not read environment variables, the working directory, the home folder, clocks or terminals.

mod blocking;
mod bundled_agents;
mod bundled_tasks;
mod continuous;
mod continuous_settings;
pub mod defaults;
mod document;
mod engine;
mod environment;
mod error;
mod error_class;
mod evaluation;
mod files;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod guest;
mod history;
mod kinds;
mod large_count;
mod limit_settings;
mod marks;
mod model_hint;
mod models;
mod nearest;
mod new_task;
mod operation;
mod peer_transfer;
mod project;
mod random;
mod replay;
mod report;
mod run;
mod settings;
mod shell_word;
mod simplify;
mod sources;
mod strategies;
mod study;
mod target;
mod transfer;
mod unnamed_run;

pub use hyperspace_sandbox::harden::{
    Confinement, HardenError, Hardening, HardeningMeasure, NetworkUse, harden, hardening,
};
pub use hyperspace_sandbox::{FileError, close_cache_to_others};

pub use hyperspace_tools::{WorkspaceCommand, WorkspaceError};

pub use self::bundled_agents::{AgentRow, AgentsView, agents};
pub use self::bundled_tasks::{FoundBest, TaskRow, TasksView};
pub use self::continuous::{
    ActRequest, ActView, ChampionRequest, ChampionView, ContinuousEvent, ContinuousHandle, ContinuousLogRow,
    ContinuousLogView, ContinuousRequest, ContinuousRunRow, RowLines, TrialView,
};
pub use self::continuous_settings::ContinuousSettings;
pub use self::document::document;
pub use self::engine::{Engine, EngineBuilder};
pub use self::environment::{Environment, KeyLookup};
pub use self::error::{ErrorClass, ServiceError};
pub use self::evaluation::{CaseView, EvalRequest, EvaluationModelsView, EvaluationView};
pub use self::files::{parse_secret_toml, read_file, read_settings, read_text};
pub use self::guest::{
    AttackHost, AttackView, CallableProgram, CheckView, CommandView, DoctorView, ExecutionRequest,
    ExecutionView, FunctionAnswer, FunctionCall, GuestFileView, GuestProgram, HostFunctions, SelfTestView,
    SessionState, SessionTurn, WorkspaceHandle, WorkspaceRequest, argument_list,
};
pub use self::history::{
    ArmView, BestCodeView, BestSoFarView, CallView, CandidateCallsView, CandidateDescription,
    CandidateFailureRow, CandidateRow, CandidateView, CandidatesView, CompareView, ComparedGroup,
    ComparedRun, ConversationView, CostRow, CostsView, CurvePoint, CurveView, DescriptionView, DiffView,
    DifferingKey, EvaluationDescription, EventsView, FailureCause, FileDiffView, FileSizeView, FileView,
    FsckView, GapView, GenerationDescription, GenerationRow, GenerationsView, ImportedGenerationRow,
    ImportedGenerationsView, ImportedRunRow, LineageStep, LineageView, LogQuery, LogView, MetaDescription,
    ObjectView, RecordView, RunDescription, RunRow, RunsView, ScoresView, ShowView, SlimmingView,
    SlimmingsView, SplitsView, SpreadView, StepReason, StudyRow, TaskFactsView, TranscriptView, TransferRow,
    TreeView, WhyCalls, WhyCode, WhyEdit, WhyFile, WhyRow, WhyScore, WhyView,
};
pub use self::large_count::large_count;
pub use self::limit_settings::LimitSettings;
pub use self::marks::{
    AnswerView, DecisionView, MarkAttempt, MarkFollower, MarkQuery, MarkRow, MarksView, NeedClusterView,
    NeedView, NeedsView, RefusedView, SpaceRef,
};
pub use self::models::{
    CallSettings, ChatOnce, ChatView, ModelCheckView, ModelChecksView, ModelFactsView, ModelPricesView,
    ModelRow, ModelsRequest, ModelsView, RunBudgets, StubHandle, StubView, call_notes,
};
pub use self::nearest::did_you_mean;
pub use self::new_task::NewTaskView;
pub use self::operation::Operation;
pub use self::peer_transfer::{
    ShareView, TransferPairView, TransferProgress, TransferRequest, TransferTrialView, TransferView,
};
pub use self::project::ProjectView;
pub use self::replay::{
    ExecutedView, ReplayEvent, ReplayHandle, ReplayRequest, ReplayView, RescoredView, ScoreDifferenceView,
};
pub use self::report::{ReportRequest, ReportView};
pub use self::run::{
    BestOfProgress, BestView, CalledModelView, CostCeilingView, FailuresView, JudgedView, LikelySpendView,
    ModelWait, PopulationView, PromptMessageView, PromptView, ResumeRequest, RunEvent, RunHandle,
    RunModelsView, RunOutcomeView, RunProgress, RunRequest, RunStartView, RunView, StoppedView, TestView,
};
pub use self::settings::{RunSettings, SearchSettings, Settings};
pub use self::shell_word::shell_word;
pub use self::simplify::{SimplifiedView, SimplifyEvent, SimplifyHandle, SimplifyRequest};
pub use self::sources::{AgentRef, TaskRef};
pub use self::strategies::{StrategiesView, strategies};
pub use self::study::{
    AgainstBaselineView, StudyBudget, StudyCurvePoint, StudyExportView, StudyMeasure, StudyProgress,
    StudyRequest, StudyResource, StudyRunView, StudyStrategyView, StudyView,
};
pub use self::target::Target;
pub use self::transfer::{
    DataFileView, DataView, ExportView, FailedImportView, ImportEvent, ImportHandle, ImportOutcome,
    ImportTreeView, ImportView, ImportedAgentView, ImportedPlaceView, OutcomeExportView, SharedFiles,
    TableExportView, TableFormat,
};
pub use self::unnamed_run::LastRunView;
