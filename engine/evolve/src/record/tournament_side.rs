//! The two sides of a tournament.

use serde::{Deserialize, Serialize};

/// One of the two candidates of a tournament.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TournamentSide {
    /// Candidate 0, forked from the selected parent.
    Directed,
    /// Candidate 1, forked from the seed.
    Blind,
}
