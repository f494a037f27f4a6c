//! The identity of a candidate within its run.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Identifies a candidate in a run by generation and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CandidateId {
    /// The generation, from 0.
    pub generation: u64,
    /// The candidate's number in the generation, from 0.
    pub candidate: u64,
}

impl fmt::Display for CandidateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gen_{}_{}", self.generation, self.candidate)
    }
}
