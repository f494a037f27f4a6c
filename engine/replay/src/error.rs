//! Errors of replays.

use hyperspace_evolve::EvolveError;
use hyperspace_store::StoreError;
use thiserror::Error;

/// A replay that could not be made. A replay that was made and found differences is a
/// [`ReplayReport`](crate::ReplayReport) with differences.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The run cannot be read or executed.
    #[error(transparent)]
    Evolve(#[from] EvolveError),
    /// The store failed, or an object of it is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The run does not name the generation.
    #[error("{0}")]
    Unlinked(String),
}
