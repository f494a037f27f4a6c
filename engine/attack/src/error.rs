//! Errors of the suite itself.

use hyperspace_eval::EvalError;
use hyperspace_sandbox::SandboxError;
use thiserror::Error;

/// A failure of the suite to do its work. The outcome of an attack is not an error; see [`Finding`](crate::Finding).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AttackError {
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The room of the attacks is unusable: a broken build.
    #[error("the room of the attacks is unusable: {0}")]
    Room(String),
    /// A header names a limit that does not exist.
    #[error("{0}: there is no limit {1}")]
    UnknownLimit(String, String),
    /// A header names a task that does not exist.
    #[error("there is no task {0} for attacks")]
    UnknownTask(String),
    /// An agent could not be evaluated.
    #[error(transparent)]
    Eval(EvalError),
    /// An attack without a guest could not be made.
    #[error("{0} could not be made: {1}")]
    Host(String, String),
    /// The folder of planted files could not be written or read.
    #[error("the folder of planted files: {0}")]
    Planted(std::io::Error),
    /// The probe, which shows whether a run is clean, fails or is not reproducible before the first attack.
    #[error("the probe fails or does not repeat before the first attack: {0}")]
    Probe(String),
}

impl AttackError {
    /// Wraps an error that only a broken build can cause.
    pub(crate) fn room(error: impl ToString) -> Self {
        Self::Room(error.to_string())
    }
}
