//! Failures of the shell on the side of the host.

use hyperspace_sandbox::SandboxError;
use thiserror::Error;

use crate::limits::{PROCESSOR_LIMIT, REAL_LIMIT};

/// A failure of the host; there is no answer. What a command does wrong is text instead.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShellError {
    /// A backstop fired.
    #[error("a command took {} s of the processor more than it was charged for, or {} s of real time",
        PROCESSOR_LIMIT.as_secs(), REAL_LIMIT.as_secs())]
    WallClock,
    /// `python3` failed for a reason that is not the guest's.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The thread of a command is gone.
    #[error("the shell was given up: {0}")]
    Lost(String),
    /// This build uses the original package `getrandom`, so commands could not be repeated. See [`check_shell`](crate::check_shell).
    #[error(
        "the shell cannot run in this build, because its commands would not be reproducible: bashkit draws from the operating \
         system's randomness. Add to the Cargo.toml of your workspace, with the repository and revision of its `hyperspace` \
         crates:\n\n[patch.crates-io]\ngetrandom = {{ git = \"…\", rev = \"…\" }}\n\nand run `cargo update -p getrandom@0.4`"
    )]
    Irreproducible,
}
