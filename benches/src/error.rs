//! Why a benchmark could not be measured.

use hyperspace_sandbox::SandboxError;
use thiserror::Error;

/// A benchmark that could not be measured.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The peer is not there, or did something else than it was asked to.
    #[error("peer {peer}: {why}")]
    Peer {
        /// Its path or name.
        peer: String,
        /// What went wrong.
        why: String,
    },
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The guest did something else than it was asked to.
    #[error("the guest ended with {outcome}: {stderr}")]
    Guest {
        /// The outcome's name.
        outcome: String,
        /// What the guest said on standard error.
        stderr: String,
    },
    /// The engine failed.
    #[error("the engine failed: {0}")]
    Engine(String),
    /// The machine does not report what was asked.
    #[error("the machine does not report {what}")]
    Machine {
        /// What was asked.
        what: String,
    },
}

impl BenchError {
    /// Wraps an error of the engine.
    pub fn engine(error: impl ToString) -> Self {
        Self::Engine(error.to_string())
    }
}
