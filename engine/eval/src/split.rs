//! Splits: the parts of a task's data.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A part of a task's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// The data on which candidates are selected.
    Train,
    /// The data for the gate and for reports; evolution never sees them.
    HeldOut,
    /// The data on which only the final agent of a run is measured; few tasks have them.
    Test,
    /// Training and held-out data together, training data first.
    All,
}

/// An unknown name of a split.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name:?} is not a split; expected train, held-out, test or all")]
pub struct ParseSplitError {
    name: String,
}

impl Split {
    /// Returns the name used in files, journals and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::HeldOut => "held-out",
            Self::Test => "test",
            Self::All => "all",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Split {
    type Err = ParseSplitError;

    fn from_str(name: &str) -> Result<Self, ParseSplitError> {
        [Self::Train, Self::HeldOut, Self::Test, Self::All]
            .into_iter()
            .find(|split| split.name() == name)
            .ok_or_else(|| ParseSplitError { name: name.chars().take(80).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_everywhere() {
        for split in [Split::Train, Split::HeldOut, Split::Test, Split::All] {
            assert_eq!(split.to_string().parse::<Split>().unwrap(), split);
            assert_eq!(serde_json::to_string(&split).unwrap(), format!("\"{split}\""));
        }
        assert!("heldout".parse::<Split>().unwrap_err().to_string().contains("train, held-out, test or all"));
    }
}
