//! What hinders writing or reading outcome files. Defects of a folder that can be read all the same are no errors but
//! problems.

use hyperspace_core::canon::CanonError;
use hyperspace_core::{RelPath, StoreError};
use hyperspace_eval::TaskError;
use hyperspace_evolve::EvolveError;
use thiserror::Error;

/// Files that were not written, or a folder that was not taken over. Nothing is half done then.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// The run cannot be understood.
    #[error(transparent)]
    Evolve(#[from] EvolveError),
    /// The task of the run cannot be understood.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The store failed, or an object of it is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be written.
    #[error("{path}: {source}")]
    Write {
        /// The file, below the folder that is written.
        path: RelPath,
        /// Why.
        source: std::io::Error,
    },
    /// The folder holds no run.
    #[error("{0}")]
    NoRun(String),
    /// A record that is not what it should be.
    #[error("{record} is not usable: {why}")]
    Record {
        /// Which.
        record: String,
        /// What is wrong with it.
        why: String,
    },
}

impl LayoutError {
    pub(crate) fn record(record: impl ToString, why: impl ToString) -> Self {
        Self::Record { record: record.to_string(), why: why.to_string() }
    }
}

impl From<CanonError> for LayoutError {
    fn from(error: CanonError) -> Self {
        Self::Store(error.into())
    }
}
