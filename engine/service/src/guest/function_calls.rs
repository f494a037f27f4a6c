//! Calls of functions of the host: recorded with their answers, and answered from the record without the functions.

use std::fmt;
use std::sync::{Arc, MutexGuard};

use hyperspace_core::{Mutex, exact_json};
use hyperspace_sandbox::{Door, DoorCall, DoorError, SandboxError, async_trait};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ServiceError;

/// Maximum size of a record's parameters and answers as JSON, in bytes. A run with more has no record.
const RECORD_BYTES_MAX: usize = 64 << 20;

/// A call of a function of the host, with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionCall {
    /// The name of the function.
    pub function: String,
    /// Its parameters, a value of [`exact_json`].
    pub parameters: Value,
    /// Its answer.
    pub answer: FunctionAnswer,
}

/// The answer of a function of the host: its value, or the exception of [`DoorError`] that the guest saw, with its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum FunctionAnswer {
    /// A value of [`exact_json`].
    Value(Value),
    /// [`DoorError::Denied`].
    Denied(String),
    /// [`DoorError::Invalid`].
    Invalid(String),
    /// [`DoorError::Exhausted`].
    Exhausted(String),
    /// [`DoorError::Failed`].
    Failed(String),
}

impl FunctionAnswer {
    /// Returns an answer in its recorded form; `None` for one that ends the run.
    fn of(answer: &Result<Value, DoorError>) -> Option<Self> {
        match answer {
            Ok(value) => Some(Self::Value(value.clone())),
            Err(DoorError::Denied(text)) => Some(Self::Denied(text.clone())),
            Err(DoorError::Invalid(text)) => Some(Self::Invalid(text.clone())),
            Err(DoorError::Exhausted(text)) => Some(Self::Exhausted(text.clone())),
            Err(DoorError::Failed(text)) => Some(Self::Failed(text.clone())),
            Err(_) => None,
        }
    }

    fn given(self) -> Result<Value, DoorError> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Denied(text) => Err(DoorError::Denied(text)),
            Self::Invalid(text) => Err(DoorError::Invalid(text)),
            Self::Exhausted(text) => Err(DoorError::Exhausted(text)),
            Self::Failed(text) => Err(DoorError::Failed(text)),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Value(value) => exact_json::to_text(value).len(),
            Self::Denied(text) | Self::Invalid(text) | Self::Exhausted(text) | Self::Failed(text) => {
                text.len()
            }
        }
    }
}

/// The state of a record during its run.
#[derive(Default)]
struct RecordState {
    calls: Vec<FunctionCall>,
    bytes: usize,
    /// The first difference from the record that answers the run.
    differs: Option<String>,
    /// Number of calls in that record that have not been made yet.
    left: usize,
}

/// The record of a run's calls, which its door writes; `None` for a run without functions.
#[derive(Clone, Default)]
pub(super) struct FunctionRecord(Option<Arc<Mutex<RecordState>>>);

impl FunctionRecord {
    /// Returns the record of a run that is lent functions; `left` calls of the answering record have to be made.
    pub(super) fn new(left: usize) -> Self {
        Self(Some(Arc::new(Mutex::new(RecordState { left, ..RecordState::default() }))))
    }

    fn state(&self) -> Option<MutexGuard<'_, RecordState>> {
        self.0.as_ref().map(|state| state.lock())
    }

    fn add(&self, call: FunctionCall) {
        let Some(mut state) = self.state() else { return };
        let bytes = call.function.len() + exact_json::to_text(&call.parameters).len() + call.answer.bytes();
        state.bytes = state.bytes.saturating_add(bytes);
        if state.bytes > RECORD_BYTES_MAX {
            state.calls = Vec::new();
        } else {
            state.calls.push(call);
        }
    }

    /// Returns the result of the run, or an error if a call differed from the record that answered it.
    pub(super) fn checked<T>(&self, result: Result<T, SandboxError>) -> Result<T, ServiceError> {
        match self.state().and_then(|mut state| state.differs.take()) {
            Some(why) => Err(ServiceError::FunctionCalls(why)),
            None => Ok(result?),
        }
    }

    /// Returns the calls of a run that has ended; `None` if it had no functions, or a record cannot hold its calls.
    ///
    /// # Errors
    ///
    /// When the record that answered the run has more calls than the run made.
    pub(super) fn finish(self) -> Result<Option<Vec<FunctionCall>>, ServiceError> {
        let Some(mut state) = self.state() else { return Ok(None) };
        match state.left {
            0 if state.bytes > RECORD_BYTES_MAX => Ok(None),
            0 => Ok(Some(std::mem::take(&mut state.calls))),
            left => {
                let calls = if left == 1 { "call" } else { "calls" };
                Err(ServiceError::FunctionCalls(format!(
                    "the run ended with {left} {calls} of the record left"
                )))
            }
        }
    }
}

/// A door that records the answers of another door.
pub(super) struct RecordingDoor {
    pub(super) door: Box<dyn Door>,
    pub(super) record: FunctionRecord,
}

#[async_trait]
impl Door for RecordingDoor {
    async fn call(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError> {
        let (function, parameters) = (call.operation.to_owned(), call.params.clone());
        let answered = self.door.call(call).await;
        if let Some(answer) = FunctionAnswer::of(&answered) {
            self.record.add(FunctionCall { function, parameters, answer });
        }
        answered
    }

    fn keeps_integers(&self) -> bool {
        self.door.keeps_integers()
    }
}

/// A door that answers from a record.
pub(super) struct ReplayingDoor {
    calls: std::vec::IntoIter<FunctionCall>,
    /// The number of the present call, from 1.
    number: usize,
    record: FunctionRecord,
}

impl ReplayingDoor {
    /// Returns a door that answers these calls in order, and records them in `record` again.
    pub(super) fn new(calls: Vec<FunctionCall>, record: FunctionRecord) -> Self {
        Self { calls: calls.into_iter(), number: 0, record }
    }

    fn differs(&self, call: &DoorCall<'_>, recorded: Option<&FunctionCall>) -> DoorError {
        let asked = shown(call.operation, &call.params);
        let wanted = match recorded {
            Some(recorded) => format!("the record has {}", shown(&recorded.function, &recorded.parameters)),
            None => "the record ends before it".to_owned(),
        };
        let why = format!("call {} is {asked}; {wanted}", self.number);
        if let Some(mut state) = self.record.state() {
            state.differs = Some(why.clone());
        }
        DoorError::Abort(why)
    }
}

#[async_trait]
impl Door for ReplayingDoor {
    async fn call(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError> {
        self.number += 1;
        match self.calls.next() {
            Some(next) if next.function == call.operation && next.parameters == call.params => {
                if let Some(mut state) = self.record.state() {
                    state.left -= 1;
                }
                self.record.add(next.clone());
                next.answer.given()
            }
            recorded => Err(self.differs(&call, recorded.as_ref())),
        }
    }

    fn keeps_integers(&self) -> bool {
        true
    }
}

/// Returns a call as part of a message.
fn shown<'a>(function: &'a str, parameters: &'a Value) -> impl fmt::Display + 'a {
    const CHARS_MAX: usize = 200;
    fmt::from_fn(move |f| {
        let text: String = exact_json::to_text(parameters).chars().take(CHARS_MAX).collect();
        write!(f, "{function} {text}")
    })
}
