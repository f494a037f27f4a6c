//! Ways to select parents.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A way to select parents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// In proportion to fitness, and less for members with many children. The weight is `1/(1+exp(-10(f-mid))) ·
    /// exp(-(children/8)³)`, where `f` is the fitness between 0 and 1 and `mid` the mean fitness of the three best (hyperagents,
    /// Zhang et al. 2026).
    ScoreChildProp,
    /// Every member with equal probability.
    Random,
    /// Always the best member.
    Best,
    /// Always the latest member, which gives a linear lineage, as in the original's transfer experiment.
    Latest,
}

impl Selection {
    /// The names used on the command line.
    pub const NAMES: [&str; 4] = ["score-child-prop", "random", "best", "latest"];

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ScoreChildProp => "score-child-prop",
            Self::Random => "random",
            Self::Best => "best",
            Self::Latest => "latest",
        }
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error for an unknown way to select parents.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown selection {name:?}; expected one of {}", Selection::NAMES.join(", "))]
pub struct ParseSelectionError {
    name: String,
}

impl FromStr for Selection {
    type Err = ParseSelectionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::ScoreChildProp, Self::Random, Self::Best, Self::Latest];
        all.into_iter()
            .find(|way| way.name() == text)
            .ok_or_else(|| ParseSelectionError { name: text.to_owned() })
    }
}
