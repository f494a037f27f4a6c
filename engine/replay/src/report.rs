//! The scope and the result of a replay.

use hyperspace_core::RecordId;
use serde::Serialize;

use crate::difference::Difference;

/// The generations of a run to replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayScope {
    /// The generation with this hash.
    Generation(RecordId),
    /// All generations, from the seed on.
    All,
}

impl ReplayScope {
    /// Returns whether the generation with this hash is in the scope.
    #[must_use]
    pub fn contains(&self, generation: &RecordId) -> bool {
        match self {
            Self::Generation(one) => one == generation,
            Self::All => true,
        }
    }
}

/// The result of a replay.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplayReport {
    /// The run.
    pub run: RecordId,
    /// The generations that were executed again, in order.
    pub generations: Vec<GenerationReplay>,
    /// The first difference of each generation that has one. Empty if every generation was reproduced bit for bit.
    pub differences: Vec<Difference>,
}

/// A generation that was executed again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GenerationReplay {
    /// Number of the generation.
    pub generation: u64,
    /// Hash of the generation.
    pub hash: RecordId,
    /// Number of journal events compared.
    pub events: u64,
    /// Number of entries of the mark space's journal compared.
    pub entries: u64,
    /// Number of candidates compared, including their files and evaluations.
    pub candidates: u64,
    /// Fuel used by the re-execution.
    pub fuel: u64,
}
