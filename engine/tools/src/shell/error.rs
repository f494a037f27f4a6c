//! Failures of the shell on the side of the host.

use hyperspace_sandbox::SandboxError;
use thiserror::Error;

use crate::limits::REAL_LIMIT;

/// A failure of the host; there is no answer. What a command does wrong is text instead.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShellError {
    /// The backstop fired, of the shell or of its `python3`.
    #[error("a command took more than {} s of real time", REAL_LIMIT.as_secs())]
    WallClock,
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}
