//! TOML of the user, whose nesting is checked before it is parsed.

use std::path::PathBuf;

use hyperspace_core::reader_words;
use hyperspace_core::toml_nesting::{self, TOO_DEEP};
use serde::de::DeserializeOwned;

use crate::error::ServiceError;

/// Parses the text of the file at `path`; the file itself is not read.
///
/// # Errors
///
/// [`ServiceError::File`] with line and column.
pub(crate) fn parse_toml<T: DeserializeOwned>(path: PathBuf, text: &str) -> Result<T, ServiceError> {
    if let Some(at) = toml_nesting::deep_place(text) {
        let line = 1 + text[..at].matches('\n').count();
        return Err(ServiceError::file(path, format!("line {line} is {TOO_DEEP}")));
    }
    let read = toml::from_str(text);
    read.map_err(|error| ServiceError::file(path, reader_words(&error.to_string(), "a table")))
}

/// Parses the text of a file that holds secrets. The message has the line of the problem, but nothing of the text.
///
/// # Errors
///
/// A message.
pub fn parse_secret_toml<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let line = |at: usize| 1 + text.get(..at).unwrap_or(text).matches('\n').count();
    if let Some(at) = toml_nesting::deep_place(text) {
        return Err(format!("line {} is {TOO_DEEP}", line(at)));
    }
    toml::from_str(text).map_err(|error: toml::de::Error| match error.span() {
        Some(span) => {
            format!("line {}: expected a field and a value of this file's format", line(span.start))
        }
        None => "expected the fields of this file's format".to_owned(),
    })
}
