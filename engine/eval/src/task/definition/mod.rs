//! The structure of `task.toml`: its tables as they are written, checked one by one. Unknown keys are refused at every level.
//!
//! This is the lowest layer of a task. It knows nothing about data files, cases or scorers.

mod code_limits;
mod entry;
mod file;
mod fitness;
mod rows_table;
mod scorer_table;
mod splits;
mod task_limits;

pub use self::code_limits::CodeLimits;
pub use self::entry::TaskEntry;
pub(crate) use self::file::{Definition, check_name};
pub use self::fitness::Fitness;
pub use self::rows_table::{OnFailure, Stage};
pub(crate) use self::scorer_table::ScorerTable;
pub(crate) use self::splits::{CaseGenerator, ExternalTable, SplitTable, SplitsTable};
pub use self::task_limits::TaskLimits;
