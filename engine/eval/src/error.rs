//! Errors of evaluations. They say nothing about the candidate; whatever a candidate does wrong is a
//! [`CaseOutcome`](crate::CaseOutcome).

#[cfg(feature = "models")]
use hyperspace_llm::{ConfigError, SessionError};
use hyperspace_sandbox::RuntimeName;
use thiserror::Error;

use crate::cache::CacheError;
use crate::split::Split;

/// The reason why an evaluation could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EvalError {
    /// The candidate lacks the file that the task calls.
    #[error("the agent has no file {file}, in which task {task} looks for {function}(); {}", listed(files))]
    NoEntry {
        /// The missing file.
        file: String,
        /// The task.
        task: String,
        /// The function that the task calls.
        function: String,
        /// Files of the agent, at most ten.
        files: Vec<String>,
    },
    /// The task has no such split.
    #[error("task {task} has no split {split}")]
    NoSplit {
        /// The task.
        task: String,
        /// The split.
        split: Split,
    },
    /// The task needs another runtime than the sandbox has.
    #[error("task {task} needs the runtime {needed}, and this sandbox has the runtime {present}")]
    Runtime {
        /// The task.
        task: String,
        /// The runtime of the task.
        needed: RuntimeName,
        /// The runtime of the sandbox.
        present: RuntimeName,
    },
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] hyperspace_sandbox::SandboxError),
    /// The wall-clock backstop fired twice: the machine is too slow or stuck, which says nothing about the candidate.
    #[error(
        "case {case} ran into the wall-clock backstop of {limit_ms} ms twice; that is never scored: raise `wall_clock_ms`, or lower `fuel` or the number of workers"
    )]
    WallClock {
        /// The case.
        case: String,
        /// The limit.
        limit_ms: u64,
    },
    /// A door of a case could not continue; see [`EvalStop`](crate::EvalStop).
    #[error("case {case}: {source}")]
    Door {
        /// The case whose guest called the door.
        case: String,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A model's answer could not be obtained, recorded or found in the recording.
    #[cfg(feature = "models")]
    #[error("case {case}: {source}")]
    Model {
        /// The case whose guest called the model.
        case: String,
        /// The reason.
        source: SessionError,
    },
    /// Models that cannot be called with these settings.
    #[cfg(feature = "models")]
    #[error(transparent)]
    Models(#[from] ConfigError),
    /// The cache of evaluations failed.
    #[error("the cache of evaluations: {0}")]
    Cache(#[source] CacheError),
    /// An async task that ran a case is gone.
    #[error("the evaluation was given up: {0}")]
    Lost(String),
    /// A name inside of this crate or the SDK is not a valid path, which means a broken build.
    #[error("the embedded SDK is unusable: {0}")]
    Sdk(String),
}

/// Returns the files of an agent, in words.
fn listed(files: &[String]) -> String {
    if files.is_empty() { "it has no files".to_owned() } else { format!("its files: {}", files.join(", ")) }
}
