//! Files in and out: exports of candidates and runs, imports of outcome folders, and checks of external data.

mod data;
mod export;
mod import;
pub(crate) mod tables;

pub use self::data::{DataFileView, DataView};
pub use self::export::{ExportView, OutcomeExportView, SharedFiles};
pub use self::import::{
    FailedImportView, ImportEvent, ImportHandle, ImportOutcome, ImportTreeView, ImportView,
    ImportedAgentView, ImportedPlaceView,
};
pub use self::tables::{TableExportView, TableFormat};
