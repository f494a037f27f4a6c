//! Doors of cases: what a candidate may ask for while one of its cases is evaluated.
//!
//! Each run of a case has a door of its own, which no other case can see. What cannot go on behind a door, such as a cassette that
//! says something else, ends the evaluation as an [`EvalError`]: it is neither a failure of the candidate nor a score.

mod model;
mod models;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hyperspace_sandbox::{Door, DoorError};

pub use self::model::{MODEL_OPERATIONS, ModelDoor};
pub use self::models::{ModelDoors, ModelGrant};
use crate::case::CaseName;
use crate::error::EvalError;

/// Where cases get their doors from.
pub trait CaseDoors: Send + Sync {
    /// The door of one run of a case. A run that the wall-clock backstop ended is repeated, with another door, which has to
    /// answer the same requests alike.
    ///
    /// # Errors
    ///
    /// [`EvalError`]: the evaluation ends with it.
    fn door(&self, case: &CaseName) -> Result<CaseDoor, EvalError>;
}

/// The door of one run of a case.
pub struct CaseDoor {
    pub(crate) operations: Vec<String>,
    pub(crate) door: Box<dyn Door>,
    pub(crate) stop: EvalStop,
}

impl CaseDoor {
    /// Lets a case ask `door` for these operations, and no others. The door shares `stop`, to end the evaluation.
    #[must_use]
    pub fn new(operations: &[&str], door: impl Door + 'static, stop: EvalStop) -> Self {
        let operations = operations.iter().map(|&name| name.to_owned()).collect();
        Self { operations, door: Box::new(door), stop }
    }

    /// The door itself, for who asks in a guest's place.
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

/// How a door ends the evaluation: a place for the error, shared with the evaluator.
#[derive(Debug, Clone, Default)]
pub struct EvalStop(Arc<Mutex<Option<EvalError>>>);

impl EvalStop {
    /// Ends the evaluation with `error`, unless another one did already. The door answers with what this returns.
    #[must_use]
    pub fn stop(&self, error: EvalError) -> DoorError {
        let why = DoorError::Abort(error.to_string());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        why
    }

    /// The error that the evaluation ends with, if a door ended it.
    pub(crate) fn take(&self) -> Option<EvalError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
