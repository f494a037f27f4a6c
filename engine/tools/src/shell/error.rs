//! Failures of the shell on the host's side.

use hyperspace_sandbox::SandboxError;
use thiserror::Error;

use crate::limits::REAL_LIMIT;

/// A failure of the host, so that there is no answer. A fault of a command is text in the answer instead.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShellError {
    /// The backstop of the shell or of its `python3` fired.
    #[error("a command took more than {} s of real time", REAL_LIMIT.as_secs())]
    WallClock,
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}
