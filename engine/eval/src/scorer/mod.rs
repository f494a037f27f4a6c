//! Scorers: pure functions from data a candidate returned to an exact measure, or to evidence of why there is none.
//!
//! Nothing here runs a guest, reads a file or knows a task folder. Every scorer treats its input as hostile: shapes, types
//! and sizes are checked before anything is computed, and a failed check is an [`InvalidAnswer`], never a number.

pub mod bin_packing;
pub mod cap_set;
pub mod circle_packing;
mod invalid;
mod measure;
mod number;
mod problem;
pub mod rows;

pub use self::invalid::InvalidAnswer;
pub use self::measure::{Measure, total};
pub use self::problem::Problem;
