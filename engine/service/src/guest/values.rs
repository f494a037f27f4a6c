//! Values that may hold numpy arrays, in functions and sessions of the science runtime.

use hyperspace_core::json_weight::VALUES_WEIGHT_MAX;
use hyperspace_core::{FileSet, RelPath, exact_json};
use hyperspace_guest::values_files;
use hyperspace_sandbox::{GuestEnvironment, Mount, Program, RuntimeName};
use serde_json::Value;

use super::exec_request::ExecutionRequest;
use crate::error::ServiceError;

/// The folder of the module in the guest.
pub(super) const FOLDER: &str = "values";
/// The module that encodes and decodes values in the guest.
pub(super) const MODULE: &str = "hyperspace_values";
/// Its file.
pub(super) const FILE: &str = "/values/hyperspace_values.py";

/// Parses values that are given as text. Integers may be of any length.
pub(super) fn parsed(what: &str, text: &str) -> Result<Value, ServiceError> {
    let read = exact_json::parse_within(text.as_bytes(), VALUES_WEIGHT_MAX);
    let too_many = || {
        let message = format!("{what}: {} bytes hold too many values", text.len());
        ServiceError::with_hint(
            message,
            "give fewer values, or put them into one text that the code takes apart",
        )
    };
    read.map_err(|error| unreadable(what, &error))?.ok_or_else(too_many)
}

/// Returns the error for values that cannot be read.
fn unreadable(what: &str, error: &serde_json::Error) -> ServiceError {
    let text = error.to_string();
    let problem = match text.starts_with("recursion limit exceeded") {
        true => "values within values, more than 127 deep",
        false => &text,
    };
    ServiceError::request(format!("{what}: {problem}"))
}

impl ExecutionRequest {
    /// Returns whether values of the program may hold arrays in the given runtime.
    pub(super) fn has_arrays(&self, runtime: RuntimeName) -> bool {
        self.arrays && runtime == RuntimeName::Science
    }
}

/// Adds the module to a program.
pub(super) fn with_values<I>(
    program: Program<GuestEnvironment, I>,
) -> Result<Program<GuestEnvironment, I>, ServiceError> {
    let files =
        FileSet::from_files(values_files()).map_err(|error| ServiceError::request(error.to_string()))?;
    Ok(program.mount(Mount::read_only(RelPath::new(FOLDER)?, files)).python_path(&format!("/{FOLDER}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forest_of_values_is_refused_before_it_is_built() {
        let list = |count: usize| format!("[{}12345678901234567890]", "{},".repeat(count));
        let read = parsed("arguments", &list(10)).unwrap();
        assert_eq!(exact_json::to_text(&read[10]), "12345678901234567890");
        let error = parsed("arguments", &list(100_000)).unwrap_err().to_string();
        assert_eq!(error, "arguments: 300022 bytes hold too many values");
    }
}
