//! Errors of the host as exceptions. The behaviour of a guest is a value, never an exception of these classes.

use hyperspace::service::{FileError, WorkspaceError};
use hyperspace::{ErrorClass, ServiceError};
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyOSError};
use pyo3::prelude::*;

create_exception!(
    hyperspace,
    HyperspaceError,
    PyException,
    "The base of all errors of hyperspace: the machine, the disk, or a bug."
);
create_exception!(
    hyperspace,
    UsageError,
    HyperspaceError,
    "The request is wrong; the same request fails again."
);
create_exception!(
    hyperspace,
    BudgetError,
    HyperspaceError,
    "A budget for models is spent; a larger one continues."
);
create_exception!(hyperspace, ProviderError, HyperspaceError, "The provider of a model failed or refused.");
create_exception!(
    hyperspace,
    DamageError,
    HyperspaceError,
    "An object of the store, or a file of recorded calls, is damaged or missing."
);
create_exception!(
    hyperspace,
    DifferenceError,
    HyperspaceError,
    "Something recorded does not come out again."
);

/// An error on its way to Python.
#[derive(Debug, Clone)]
pub(crate) struct RequestFailure {
    class: ErrorClass,
    message: String,
    hints: Vec<String>,
    /// The path in a guest that the error is about, with the error number.
    file: Option<(String, i32)>,
}

impl From<ServiceError> for RequestFailure {
    fn from(error: ServiceError) -> Self {
        let (class, hints) = (error.class(), error.hints());
        let (message, file) = match &error {
            ServiceError::Workspace(workspace) => match &**workspace {
                WorkspaceError::File { path, source } => {
                    (source.to_string(), Some((path.clone(), number(source))))
                }
                _ => (error.with_causes(), None),
            },
            _ => (error.with_causes(), None),
        };
        Self { class, message, hints, file }
    }
}

/// Returns the number of a file error, as on Linux; Python chooses the class of the exception by it.
fn number(error: &FileError) -> i32 {
    match error {
        FileError::NotFound => 2,
        FileError::Refused(_) => 13,
        FileError::Busy => 16,
        FileError::Exists => 17,
        FileError::OtherMount => 18,
        FileError::NotAFolder => 20,
        FileError::IsAFolder => 21,
        FileError::BadPath => 22,
        FileError::Full => 28,
        FileError::NotEmpty => 39,
        _ => 5,
    }
}

impl RequestFailure {
    /// Creates an error of a request.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { class: ErrorClass::Usage, message: message.into(), hints: Vec::new(), file: None }
    }

    /// Creates an error of the machine.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self { class: ErrorClass::Internal, message: message.into(), hints: Vec::new(), file: None }
    }

    /// Returns the exception. Hints are its notes.
    pub(crate) fn into_exception(self, py: Python<'_>) -> PyErr {
        if let Some((path, number)) = self.file {
            return PyOSError::new_err((number, self.message, path));
        }
        let error = match self.class {
            ErrorClass::Usage => UsageError::new_err(self.message),
            ErrorClass::Budget => BudgetError::new_err(self.message),
            ErrorClass::Provider => ProviderError::new_err(self.message),
            ErrorClass::Damage => DamageError::new_err(self.message),
            ErrorClass::Differs => DifferenceError::new_err(self.message),
            _ => HyperspaceError::new_err(self.message),
        };
        for hint in self.hints {
            if let Err(other) = error.value(py).call_method1("add_note", (format!("hint: {hint}"),)) {
                return other;
            }
        }
        error
    }
}
