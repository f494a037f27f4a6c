//! Doors of cases: operations that a candidate may call while one of its cases is evaluated, besides those of the scorer.
//!
//! Each run of a case has its own door, which no other case can see. A door that cannot continue, such as one whose recording
//! differs, ends the evaluation with an [`EvalError`](crate::EvalError), which is neither a failure of the candidate nor a
//! score. Doors to models need the feature `models`.

mod case_door;
#[cfg(feature = "models")]
mod model;
#[cfg(feature = "models")]
mod models;

pub(crate) use self::case_door::StopError;
pub use self::case_door::{CaseDoor, CaseDoors, EvalStop};
#[cfg(feature = "models")]
pub use self::model::{MODEL_OPERATIONS, ModelDoor, RequestRules};
#[cfg(feature = "models")]
pub use self::models::{ModelDoors, ModelGrant};
