//! Errors of benchmarks.

use hyperspace_sandbox::SandboxError;
use thiserror::Error;

/// A benchmark that could not be measured.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The peer is missing or did something unexpected.
    #[error("peer {peer}: {why}")]
    Peer {
        /// Its path or name.
        peer: String,
        /// The cause.
        why: String,
    },
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The guest did something unexpected.
    #[error("the guest ended with {outcome}: {stderr}")]
    Guest {
        /// The outcome's name.
        outcome: String,
        /// Its standard error.
        stderr: String,
    },
    /// The engine failed.
    #[error("the engine failed: {0}")]
    Engine(String),
    /// The machine does not report what was asked.
    #[error("the machine does not report {what}")]
    Machine {
        /// The missing figure.
        what: String,
    },
}

impl BenchError {
    /// Wraps an error of the engine.
    pub fn engine(error: impl ToString) -> Self {
        Self::Engine(error.to_string())
    }
}
