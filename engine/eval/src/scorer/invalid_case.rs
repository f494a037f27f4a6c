//! Cases that a scorer refuses.

use hyperspace_core::exact_json;
use thiserror::Error;

use crate::case::Case;

/// The reason why a scorer cannot put a case to a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected {expected}, found {found}")]
pub struct InvalidCase {
    expected: String,
    found: String,
}

impl InvalidCase {
    /// Creates an error that says what the scorer expects of a case, and what it found.
    #[must_use]
    pub fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: found.into() }
    }

    /// Creates an error that says that the data of a case have a type other than `expected`.
    #[must_use]
    pub fn data(expected: &str, case: &Case) -> Self {
        let found =
            case.data_to_json().map_or_else(|error| error.to_string(), |json| exact_json::to_text(&json));
        Self::new(expected, found.chars().take(80).collect::<String>())
    }
}
