//! Reads the content of the store: runs, generations, events, records, files, differences and origins.

mod arms;
mod call_totals;
mod compare;
mod comparisons;
mod config_keys;
mod cost_ledger;
mod costs;
mod curve;
mod dates;
mod describe;
mod diff;
mod failures;
mod fsck;
mod lineage;
mod log;
mod query;
mod recorded_calls;
mod run_data;
mod show;
mod slimming;
mod splits;
mod step_reason;
mod transcript;
mod utc;
mod why;

pub use self::arms::ArmView;
pub(crate) use self::arms::arms_of_run;
pub use self::call_totals::CandidateCallsView;
pub use self::compare::{CompareView, ComparedGroup, ComparedRun, SpreadView};
pub use self::comparisons::{StudyRow, TransferRow};
pub use self::config_keys::DifferingKey;
pub(crate) use self::cost_ledger::CostLedger;
pub use self::costs::{CostRow, CostsView};
pub use self::curve::{CurvePoint, CurveView};
pub(crate) use self::dates::{RunDates, load as run_dates, note as note_date};
pub use self::describe::{
    CandidateDescription, DescriptionView, EvaluationDescription, GenerationDescription, MetaDescription,
    RunDescription,
};
pub(crate) use self::diff::text_diff;
pub use self::diff::{DiffView, FileDiffView};
pub(crate) use self::failures::{cause, failure_of_meta, failures_of_meta_agents};
pub use self::fsck::FsckView;
pub(crate) use self::lineage::best_candidate;
pub use self::lineage::{BestCodeView, LineageStep, LineageView, TreeView};
pub use self::log::{
    BestSoFarView, EventsView, GenerationRow, GenerationsView, ImportedGenerationRow,
    ImportedGenerationsView, ImportedRunRow, LogView, RunRow, RunsView, ScoresView,
};
pub use self::query::{CandidateFailureRow, CandidatesView, FailureCause, LogQuery};
pub(crate) use self::recorded_calls::{RecordedCall, recorded_calls};
pub use self::run_data::{CandidateRow, TaskFactsView};
pub(crate) use self::run_data::{RunData, failure_of_evaluation, load_evaluation};
pub(crate) use self::show::lossy;
pub use self::show::{CandidateView, FileSizeView, FileView, ObjectView, RecordView, ShowView};
pub use self::slimming::{SlimmingView, SlimmingsView};
pub use self::splits::{GapView, SplitsView};
pub use self::step_reason::StepReason;
pub use self::transcript::{CallView, ConversationView, TranscriptView};
pub(crate) use self::utc::format as format_utc;
pub use self::why::{WhyCalls, WhyCode, WhyEdit, WhyFile, WhyRow, WhyScore, WhyView};
