//! TOML of the user: its nesting is looked at before it is parsed.

use std::path::PathBuf;

use hyperspace_core::toml_nesting::{self, TOO_DEEP};
use serde::de::DeserializeOwned;

use crate::error::ServiceError;

/// Parses the text of the file at `path`, which is not read.
///
/// # Errors
///
/// [`ServiceError::File`] with line and column.
pub(crate) fn parse_toml<T: DeserializeOwned>(path: PathBuf, text: &str) -> Result<T, ServiceError> {
    if let Some(at) = toml_nesting::deep_place(text) {
        let line = 1 + text[..at].matches('\n').count();
        return Err(ServiceError::file(path, format!("line {line} is {TOO_DEEP}")));
    }
    toml::from_str(text).map_err(|error| ServiceError::file(path, error))
}
