//! Evidence that an answer cannot be scored.

use hyperspace_core::exact_json;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// Maximum number of characters of hostile data that are quoted.
const QUOTE_CHARS_MAX: usize = 80;

/// The reason why an answer has no measure: a position in it, what is expected there, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Error)]
#[serde(deny_unknown_fields)]
#[error("{place}: expected {expected}, found {found}")]
#[non_exhaustive]
pub struct InvalidAnswer {
    /// The position in the returned data, for example `bin 3 of item 17` (counted from zero).
    pub place: String,
    /// The expected value, in words.
    pub expected: String,
    /// The value that was found, shortened.
    pub found: String,
}

impl InvalidAnswer {
    /// Creates evidence from three texts.
    #[must_use]
    pub fn new(place: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { place: place.into(), expected: expected.into(), found: found.into() }
    }

    /// Creates evidence that quotes a returned value: scalars as JSON, shortened, and containers by their size.
    #[must_use]
    pub fn quoting(place: impl Into<String>, expected: impl Into<String>, found: &Value) -> Self {
        Self::new(place, expected, quote(found))
    }
}

fn quote(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(fields) => format!("an object of {} keys", fields.len()),
        Value::String(_) => {
            let Some(text) = exact_json::as_text(value) else {
                return exact_json::to_text(value).chars().take(QUOTE_CHARS_MAX).collect();
            };
            let short: String = text.chars().take(QUOTE_CHARS_MAX).collect();
            let dots = if short.len() < text.len() { " …" } else { "" };
            format!("{short:?}{dots}")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
