//! Reading what the store holds: runs, generations, events, records, files, differences, and what led to what.

mod curve;
mod diff;
mod fsck;
mod lineage;
mod log;
mod run_data;
mod show;

pub use self::curve::{CurvePoint, CurveView};
pub use self::diff::{DiffView, FileDiffView};
pub use self::fsck::FsckView;
pub use self::lineage::{BestCodeView, LineageStep, LineageView, TreeView};
pub use self::log::{
    BestSoFarView, EventsView, GenerationRow, GenerationsView, ImportedGenerationRow,
    ImportedGenerationsView, ImportedRunRow, LogView, RunRow, RunsView, ScoresView,
};
pub(crate) use self::run_data::failure_of_evaluation;
pub use self::run_data::{CandidateRow, TaskFactsView};
pub(crate) use self::show::lossy;
pub use self::show::{CandidateView, FileSizeView, FileView, RecordView, ShowView};
