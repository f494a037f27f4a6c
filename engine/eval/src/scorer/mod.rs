//! Scorers: they define how a case is put to a candidate, and what its answer is worth.
//!
//! A [`Scorer`] starts a [`CaseSession`] for each run of a case: the [`Invocation`] that calls the candidate, and a [`Judge`]
//! that may meanwhile talk with it through the door. The judge turns the returned value into an exact [`Measure`], or into an
//! [`InvalidAnswer`] as evidence for why there is none. [`Scorer::total`] computes the score of all measures. Direction, unit,
//! limits and splits belong to the task.
//!
//! Nothing here runs a guest, reads a file or knows a task folder. Every scorer treats its input as hostile: shapes, types and
//! sizes are checked before anything is computed, and a failed check gives an [`InvalidAnswer`], never a number. A [`WorkMeter`]
//! bounds the work of a check.

mod answer;
mod api;
pub mod bin_packing;
pub mod cap_set;
pub mod circle_packing;
mod common_scale;
pub mod construction;
mod episode;
mod invalid_case;
mod measure;
pub(crate) mod number;
pub mod rows;
mod session;
mod work_meter;

pub use self::answer::InvalidAnswer;
pub use self::api::Scorer;
pub use self::episode::Episode;
pub use self::invalid_case::InvalidCase;
pub use self::measure::{Measure, total};
pub use self::number::exact_number;
pub use self::session::{CaseSession, Invocation, Judge};
pub use self::work_meter::{WORK_MAX, WorkMeter};
