//! Re-executes recorded generations and reports the first difference.
//!
//! A replay reads the store and nothing else, runs meta agents and evaluations again, and compares every journalled event,
//! file, score and fuel count with what comes out. It writes nothing.

mod difference;
mod replay;

pub use difference::Difference;
pub use replay::{GenerationReplay, Replay, ReplayError, Wanted, replay, run_of};
