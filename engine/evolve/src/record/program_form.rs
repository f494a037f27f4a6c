//! The form of a candidate, by which it is compared with others before it is measured. Only runs that ask for it have forms.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A rule that says which candidates are the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DuplicateRule {
    /// Candidates with equal files.
    #[default]
    Exact,
    /// Candidates whose files have equal normal forms: without the names of local variables, comments, layout, and docstrings
    /// that nothing reads.
    Syntax,
}

impl DuplicateRule {
    /// All rules.
    pub const ALL: [Self; 2] = [Self::Exact, Self::Syntax];

    /// Returns the name used on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Syntax => "syntax",
        }
    }

    /// Returns whether it is the rule of runs that do not name one.
    pub(crate) fn is_exact(&self) -> bool {
        *self == Self::Exact
    }
}

impl fmt::Display for DuplicateRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error for an unknown rule on duplicates.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown rule on duplicates {name:?}; expected exact or syntax")]
pub struct ParseDuplicatesError {
    name: String,
}

impl FromStr for DuplicateRule {
    type Err = ParseDuplicatesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|rule| rule.name() == text);
        named.ok_or_else(|| ParseDuplicatesError { name: text.to_owned() })
    }
}

/// The way in which a candidate resembles another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resemblance {
    /// Their normal forms are equal.
    Syntax,
    /// Their programs share most of their short sequences of tokens.
    Near,
}

impl Resemblance {
    /// All ways.
    pub const ALL: [Self; 2] = [Self::Syntax, Self::Near];

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Near => "near",
        }
    }
}

/// The form of a candidate that was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramForm {
    /// Digest of the normal forms of the measured files, as 64 hexadecimal digits.
    pub program: String,
    /// Digest of the normal forms of its meta agent.
    pub meta: String,
    /// The sketch of the measured files, as 512 hexadecimal digits; left out unless near duplicates are looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sketch: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_names() {
        for rule in DuplicateRule::ALL {
            assert_eq!(rule.to_string().parse(), Ok(rule));
        }
        assert!("same".parse::<DuplicateRule>().unwrap_err().to_string().contains("syntax"));
        let names = Resemblance::ALL.map(Resemblance::name);
        assert_eq!(serde_json::to_value(Resemblance::ALL).unwrap(), serde_json::json!(names));
    }
}
