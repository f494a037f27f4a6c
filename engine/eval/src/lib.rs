//! Evaluates untrusted candidates on tasks, with scores computed outside of the sandbox.
//!
//! A [`Task`] is a folder with a `task.toml`; a candidate is a set of Python files; an [`Evaluator`] runs each case of a
//! [`Split`] in a sandbox that no other case can see, checks what comes back, and tells an [`Evaluation`]: a score with exact arithmetic, or
//! evidence why there is none. `examples/embed.rs` shows the whole of it.

mod asking;
mod cache;
pub mod doors;
mod evaluation;
mod evaluator;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod report;
mod room;
pub mod score;
pub mod scorer;
pub mod split;
mod stage;
pub mod task;
#[cfg(test)]
mod tests_support;

pub use self::cache::{CacheKey, EvalCache, MemoryCache};
pub use self::doors::{CaseDoor, CaseDoors, CaseName, EvalStop, ModelDoor, ModelDoors, ModelGrant};
pub use self::evaluation::{CaseOutcome, CaseRow, Evaluation};
pub use self::evaluator::{EvalError, Evaluator};
pub use self::report::{LabelReport, Report};
pub use self::score::{Direction, Score};
pub use self::split::Split;
pub use self::task::{Case, Task, TaskError};
