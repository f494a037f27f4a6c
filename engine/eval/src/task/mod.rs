//! Tasks: the cases that a candidate is asked, the scorer that measures its answers, and the function that is called.
//!
//! A task is built in code ([`TaskBuilder`]) or loaded from a folder with a `task.toml`, optional data files and, under `seed/`,
//! the agent from which evolution starts. This module works on sets of files and performs no I/O.
//!
//! Layers, each of which knows only the earlier ones: `definition` (the structure of `task.toml`), `rows` and `packing` (formats
//! of data files), `kind` and `reader` (scorers by name), then `source`, `external` and `builder`, which make a [`Task`].

mod appended;
mod builder;
mod bundled;
mod definition;
mod digest;
mod drawn;
mod error;
mod external;
mod handle;
mod kind;
mod limits;
mod packing;
mod reader;
mod row_scoring;
mod row_shape;
mod row_table;
mod rows;
mod same_data;
mod source;

pub use self::appended::{DataRow, whole_rows};
pub use self::builder::TaskBuilder;
pub use self::definition::{CodeLimits, Fitness, OnFailure, Stage, TaskEntry, TaskLimits};
pub use self::error::TaskError;
pub use self::external::{DataFile, UserData};
pub use self::handle::Task;
pub use self::kind::ScorerKind;
pub use self::row_scoring::RowScoring;
pub use self::row_shape::RowShapes;
pub use self::row_table::RowTable;
pub use self::source::TaskLoader;
