//! Errors of writing and reading outcome files. A folder that can be read despite its defects is not an error: see
//! [`Defect`](crate::Defect).

use hyperspace_core::RelPath;
use hyperspace_core::canon::CanonError;
use hyperspace_eval::TaskError;
use hyperspace_evolve::EvolveError;
use hyperspace_store::StoreError;
use thiserror::Error;

/// An export or import that failed. A failed import leaves nothing behind; a failed export leaves incomplete files.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InteropError {
    /// The run cannot be read.
    #[error(transparent)]
    Evolve(#[from] EvolveError),
    /// The task of the run cannot be read.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The store failed, or an object of it is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be written.
    #[error("{path}: {source}")]
    Write {
        /// The file, relative to the folder being written.
        path: RelPath,
        /// The cause.
        source: std::io::Error,
    },
    /// The folder holds no run.
    #[error("{0}")]
    NoRun(String),
    /// A record is not of the expected form.
    #[error("{record} is unusable: {why}")]
    Record {
        /// The record.
        record: String,
        /// The cause.
        why: String,
    },
}

impl InteropError {
    pub(crate) fn record(record: impl ToString, why: impl ToString) -> Self {
        Self::Record { record: record.to_string(), why: why.to_string() }
    }
}

impl From<CanonError> for InteropError {
    fn from(error: CanonError) -> Self {
        Self::Store(error.into())
    }
}
