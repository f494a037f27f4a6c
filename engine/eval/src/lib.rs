//! Evaluates untrusted candidates on tasks, with scores computed outside of the sandbox.
//!
//! A [`Task`] is a folder with a `task.toml`; a candidate is a set of Python files; an [`Evaluator`] runs each case of a
//! [`Split`] in a sandbox that no other case can see, checks what comes back, and tells an [`Evaluation`]: a score with exact arithmetic, or
//! evidence why there is none. `examples/embed.rs` shows the whole of it.

mod cache;
mod case;
mod case_room;
mod case_runner;
mod doors;
mod error;
mod evaluation;
mod evaluator;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod report;
mod score;
pub mod scorer;
mod split;
mod stage;
mod task;
#[cfg(test)]
mod tests_support;

pub use self::cache::{CacheKey, EvaluationCache, MemoryCache};
pub use self::case::{Case, CaseName};
pub use self::doors::{CaseDoor, CaseDoors, EvalStop, MODEL_OPERATIONS, ModelDoor, ModelDoors, ModelGrant};
pub use self::error::EvalError;
pub use self::evaluation::{CaseOutcome, CaseResult, Evaluation};
pub use self::evaluator::Evaluator;
pub use self::report::{ClassificationReport, LabelReport};
pub use self::score::{Direction, ParseScoreError, Score};
pub use self::split::{ParseSplitError, Split};
pub use self::task::{
    DataFile, ExternalData, Fitness, OnFailure, RowScoring, RowTable, Stage, Task, TaskEntry, TaskError,
    TaskLimits,
};
