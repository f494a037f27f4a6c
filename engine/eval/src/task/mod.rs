//! Tasks: what a candidate has to do, on which data, and how it is scored.
//!
//! A task is a folder with a `task.toml`, optional data files and, under `seed/`, the agent that evolution starts from. This
//! module works on maps from relative path to bytes and performs no I/O; whoever has a folder reads it and passes the map.

mod bundled;
mod columns;
mod csv_rows;
mod data;
mod definition;
mod error;
mod external;
mod generate;
mod grouped;
mod instances;
mod json_rows;
mod limits;
mod load;
mod rows_definition;
mod scoring;
mod table;

pub use self::definition::{Fitness, TaskEntry, TaskLimits};
pub use self::error::TaskError;
pub use self::external::{DataFile, ExternalData};
pub use self::load::Task;
pub use self::rows_definition::{OnFailure, Stage};
pub use self::scoring::{RowScoring, RowTable};
