//! Re-executes recorded generations and reports the first difference.
//!
//! A replay reads the store and nothing else, runs meta agents and evaluations again, and compares every journalled event,
//! mark, evaluation, file and fuel count with the recorded one. It writes nothing.

mod compare;
mod continuous;
mod difference;
mod error;
mod replay;
mod report;

pub use continuous::{ContinuousReport, replay_continuous};
pub use difference::Difference;
pub use error::ReplayError;
pub use replay::{ReplayProgress, replay, run_of};
pub use report::{GenerationReplay, ReplayReport, ReplayScope};
