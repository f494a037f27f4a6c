//! Errors of the host as exceptions. What a guest does is a value, never one of these.

use hyperspace::{ErrorClass, ServiceError};
use pyo3::create_exception;
use pyo3::exceptions::PyException;
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
}

impl From<ServiceError> for RequestFailure {
    fn from(error: ServiceError) -> Self {
        Self { class: error.class(), message: error.with_causes(), hints: error.hints() }
    }
}

impl RequestFailure {
    /// Makes an error of a request.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { class: ErrorClass::Usage, message: message.into(), hints: Vec::new() }
    }

    /// Makes an error of the machine.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self { class: ErrorClass::Internal, message: message.into(), hints: Vec::new() }
    }

    /// Returns the exception. Hints are its notes.
    pub(crate) fn into_exception(self, py: Python<'_>) -> PyErr {
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
