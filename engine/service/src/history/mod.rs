//! Reading what the store holds: runs, generations, events, records, files and differences.

mod diff;
mod fsck;
mod log;
mod show;

pub use self::diff::{DiffView, FileDiffView};
pub use self::fsck::FsckView;
pub use self::log::{
    BestSoFarView, EventsView, GenerationRow, GenerationsView, ImportedGenerationRow,
    ImportedGenerationsView, ImportedRunRow, LogView, RunRow, RunsView, ScoresView,
};
pub(crate) use self::show::lossy;
pub use self::show::{CandidateView, FileSizeView, FileView, RecordView, ShowView};
