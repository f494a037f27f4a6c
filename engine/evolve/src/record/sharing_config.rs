//! The policies of a run on texts that agents see of each other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The file of notes, beside the code: knowledge that agents share if their texts are sanitised.
pub(crate) const NOTES: &str = "notes.md";

/// The form in which agents see each other's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// As they are.
    Raw,
    /// After the policies of [`sharing`](crate::sharing), with a header of measured facts and with notes beside the code.
    Sanitised,
}

impl Sharing {
    /// All ways.
    pub const ALL: [Self; 2] = [Self::Raw, Self::Sanitised];

    /// Returns the name used on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Sanitised => "sanitised",
        }
    }

    /// Returns whether it is [`Sharing::Raw`], which a configuration leaves out.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        *self == Self::Raw
    }

    /// Returns the form for configurations that do not name one.
    pub(crate) fn raw() -> Self {
        Self::Raw
    }
}

/// A version of the policies on texts that agents see of each other. A run names the version, and is replayed with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SharingRules {
    /// Reads claims as words and numbers that occur on the same line.
    First,
    /// Reads the number of a claim in any notation, and which word owns it; compares reversed and shifted texts with all phrases
    /// of instructions.
    #[default]
    Second,
}

impl SharingRules {
    /// All versions.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    /// Returns the first version, which applies to runs that name none.
    #[must_use]
    pub fn first() -> Self {
        Self::First
    }

    /// Returns whether it is the first version, which a configuration leaves out.
    #[must_use]
    pub fn is_first(&self) -> bool {
        *self == Self::First
    }

    /// Returns the version that a new run records: the newest one, and the first one where texts are shown as they are.
    #[must_use]
    pub fn of_new_run(sharing: Sharing) -> Self {
        match sharing {
            Sharing::Raw => Self::First,
            Sharing::Sanitised => Self::default(),
        }
    }

    /// Returns the name used in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
        }
    }
}

impl fmt::Display for Sharing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error for an unknown form of sharing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown sharing {name:?}; expected raw or sanitised")]
pub struct ParseSharingError {
    name: String,
}

impl FromStr for Sharing {
    type Err = ParseSharingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|way| way.name() == text);
        named.ok_or_else(|| ParseSharingError { name: text.to_owned() })
    }
}
