//! Values that may hold numpy arrays, in functions and sessions of the science runtime.

use hyperspace_core::{FileSet, RelPath};
use hyperspace_guest::values_files;
use hyperspace_sandbox::{GuestEnvironment, Mount, Program, RuntimeName};

use super::exec_request::ExecutionRequest;
use crate::error::ServiceError;

/// The folder of the module in the guest.
pub(super) const FOLDER: &str = "values";
/// The module that encodes and decodes values in the guest.
pub(super) const MODULE: &str = "hyperspace_values";
/// Its file.
pub(super) const FILE: &str = "/values/hyperspace_values.py";

/// Returns the error for values that cannot be read.
pub(super) fn unreadable(what: &str, error: &serde_json::Error) -> ServiceError {
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
