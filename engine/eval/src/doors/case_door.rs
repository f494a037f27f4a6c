//! The door of one run of a case, and how it ends the evaluation.

use std::fmt;
use std::sync::Arc;

use hyperspace_core::Mutex;
use hyperspace_sandbox::{Door, DoorError};

use crate::case::CaseName;
use crate::error::EvalError;

/// A source of doors, one for each run of a case.
pub trait CaseDoors: Send + Sync {
    /// Returns the door of one run of a case. A run that the wall-clock backstop ended is repeated with another door, which has
    /// to answer the same requests in the same way.
    ///
    /// # Errors
    ///
    /// [`EvalError`], which ends the evaluation.
    fn door(&self, case: &CaseName) -> Result<CaseDoor, EvalError>;
}

/// The door of one run of a case.
pub struct CaseDoor {
    pub(crate) operations: Vec<String>,
    pub(crate) door: Box<dyn Door>,
    pub(crate) stop: EvalStop,
}

impl CaseDoor {
    /// Creates a door through which a case may call these operations of `door`, and no others. The door keeps a clone of
    /// `stop`, with which it can end the evaluation.
    #[must_use]
    pub fn new(operations: &[&str], door: impl Door + 'static, stop: EvalStop) -> Self {
        let operations = operations.iter().map(|&name| name.to_owned()).collect();
        Self { operations, door: Box::new(door), stop }
    }

    /// Returns the door itself, for callers other than a guest.
    #[must_use]
    pub fn into_door(self) -> Box<dyn Door> {
        self.door
    }
}

impl fmt::Debug for CaseDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaseDoor").field("operations", &self.operations).finish_non_exhaustive()
    }
}

/// The error with which a door ends the evaluation, shared with the evaluator. The first one wins.
#[derive(Debug, Clone, Default)]
pub struct EvalStop(Arc<Mutex<Option<StopError>>>);

impl EvalStop {
    /// Ends the evaluation with `error` once it is this case's turn. Returns the error with which the door answers.
    ///
    /// Running cases are waited for, because what they asked of others may have a price. An earlier case that has no measure,
    /// or an error, takes precedence.
    #[must_use]
    pub fn stop(&self, error: EvalError) -> DoorError {
        self.set(StopError { error: Box::new(error), at_once: false })
    }

    /// Ends the evaluation as [`EvalStop::stop`] does, without waiting for any other case: for an error that all of them would
    /// run into, such as a service that is gone.
    #[must_use]
    pub fn stop_at_once(&self, error: EvalError) -> DoorError {
        self.set(StopError { error: Box::new(error), at_once: true })
    }

    fn set(&self, error: StopError) -> DoorError {
        let why = DoorError::Abort(error.error.to_string());
        self.0.lock().get_or_insert(error);
        why
    }

    /// Takes the error with which a door ended the evaluation.
    pub(crate) fn take(&self) -> Option<StopError> {
        self.0.lock().take()
    }
}

/// An error of a case, which ends the evaluation.
#[derive(Debug)]
pub(crate) struct StopError {
    pub(crate) error: Box<EvalError>,
    /// True if other running cases are dropped.
    pub(crate) at_once: bool,
}

impl From<EvalError> for StopError {
    fn from(error: EvalError) -> Self {
        Self { error: Box::new(error), at_once: false }
    }
}
