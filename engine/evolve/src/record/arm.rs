//! The arms of the replication experiments.
//!
//! | arm | parents | meta agent | candidates |
//! |---|---|---|---|
//! | `full` | as the selection says | the child's own | as configured |
//! | `freeze-meta` | as the selection says | always the seed's | as configured |
//! | `random` | every member alike | the child's own | as configured |
//! | `annealing` | as the selection says | the child's own | one, or the two of a tournament |
//!
//! Annealing: with probability p₀·dᵗ after t tournaments (p₀ = 0.5, d = 0.9), a generation is a tournament between a *directed*
//! candidate, forked from the selected parent, and a *blind* one, forked from the seed. The blind one wins only if it is strictly
//! better on training data; only the winner goes on. The probability falls after every tournament, whoever wins.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::record::selection::Selection;

/// A variant of the loop. See the module.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// Evolves task agents and meta agents.
    #[default]
    Full,
    /// Always uses the seed's meta agent.
    FreezeMeta,
    /// Selects parents at random.
    Random,
    /// Holds tournaments against a fork of the seed, with falling probability.
    Annealing,
}

impl Arm {
    /// The names used on the command line.
    pub const NAMES: [&str; 4] = ["full", "freeze-meta", "random", "annealing"];

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::FreezeMeta => "freeze-meta",
            Self::Random => "random",
            Self::Annealing => "annealing",
        }
    }

    /// Returns the selection that this arm uses when `wanted` is configured.
    #[must_use]
    pub fn selection(self, wanted: Selection) -> Selection {
        if self == Self::Random { Selection::Random } else { wanted }
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error for an unknown arm.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown arm {name:?}; expected one of {}", Arm::NAMES.join(", "))]
pub struct ParseArmError {
    name: String,
}

impl FromStr for Arm {
    type Err = ParseArmError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Full, Self::FreezeMeta, Self::Random, Self::Annealing]
            .into_iter()
            .find(|arm| arm.name() == text)
            .ok_or_else(|| ParseArmError { name: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for name in Arm::NAMES {
            assert_eq!(name.parse::<Arm>().unwrap().to_string(), name);
        }
        assert!("frozen".parse::<Arm>().unwrap_err().to_string().contains("freeze-meta"));
        assert_eq!(Arm::Random.selection(Selection::Best), Selection::Random);
        assert_eq!(Arm::Annealing.selection(Selection::Best), Selection::Best);
    }
}
