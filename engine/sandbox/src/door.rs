//! The door: the only way for a guest to ask its host for something, as framed JSON.
//!
//! A request names an operation. The sandbox refuses operations that the grant does not name before the door sees them. A request is
//! always answered, with a value or with an error of a fixed kind.
//!
//! Attacks that end here: T-DOOR-02, T-DOOR-05, T-DOOR-06, T-DOOR-08.

use std::borrow::Cow;

use async_trait::async_trait;
use hyperspace_core::exact_json;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::files::Files;
use crate::json_look::{self, RequestHead};

/// The reason why a request got no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DoorError {
    /// The operation is not allowed.
    #[error("denied: {0}")]
    Denied(String),
    /// The request is invalid; the text says what was expected.
    #[error("invalid: {0}")]
    Invalid(String),
    /// A budget is spent.
    #[error("exhausted: {0}")]
    Exhausted(String),
    /// The host could not carry it out.
    #[error("failed: {0}")]
    Failed(String),
    /// The door's own wall-clock backstop fired: there is no answer, and the run ends as [`crate::Outcome::WallClock`].
    #[error("wall clock: {0}")]
    WallClock(String),
    /// The host cannot go on with this guest: there is no answer, and the run ends as [`crate::SandboxError::Door`], which says nothing
    /// about the guest.
    #[error("{0}")]
    Abort(String),
}

impl DoorError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Denied(_) => "denied",
            Self::Invalid(_) => "invalid",
            Self::Exhausted(_) => "exhausted",
            Self::Failed(_) | Self::WallClock(_) | Self::Abort(_) => "failed",
        }
    }

    fn message(&self) -> &str {
        match self {
            Self::Denied(text)
            | Self::Invalid(text)
            | Self::Exhausted(text)
            | Self::Failed(text)
            | Self::WallClock(text)
            | Self::Abort(text) => text,
        }
    }
}

/// A request of a guest, which waits for the answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DoorCall<'a> {
    /// The name of the operation, which the guest's grant contains.
    pub operation: &'a str,
    /// The parameters, a JSON object.
    pub params: Value,
    /// The files of the guest.
    pub files: &'a Files,
    /// The fuel that the guest has used so far; 0 outside of a guest.
    pub fuel_used: u64,
    /// The guest's virtual time in nanoseconds since its run began; 0 outside of a guest.
    pub virtual_ns: u64,
}

impl<'a> DoorCall<'a> {
    /// Creates a call, for a door that wraps another one. Outside of a guest, `files` may be [`Files::none`].
    #[must_use]
    pub fn new(operation: &'a str, params: Value, files: &'a Files) -> Self {
        Self { operation, params, files, fuel_used: 0, virtual_ns: 0 }
    }
}

/// Answers a guest's requests. One value serves one run, so it may keep state.
#[async_trait]
pub trait Door: Send {
    /// Answers one request.
    ///
    /// # Errors
    ///
    /// A [`DoorError`], which either is reported to the guest or ends the run; its variants say which.
    async fn call(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError>;

    /// Returns whether parameters and answers are values of [`exact_json`], in which integers of any length keep their digits. Otherwise
    /// an integer of more than 64 bits is the nearest double.
    fn keeps_integers(&self) -> bool {
        false
    }
}

/// A parsed request frame.
pub(crate) struct Request {
    pub(crate) operation: String,
    pub(crate) params: Value,
}

/// Returns the refusal of a frame that is not a request.
fn invalid(why: &str) -> DoorError {
    DoorError::Invalid(format!("a request is {{\"op\": string, \"params\": object}}: {why}"))
}

/// Reads the head of a request frame without building the rest. A frame that has a head can be parsed.
pub(crate) fn head(frame: &[u8]) -> Result<RequestHead, DoorError> {
    json_look::request_head(frame).map_err(|why| invalid(&why))
}

/// Parses a request frame whose head was accepted.
pub(crate) fn parse(frame: &[u8]) -> Result<Request, DoorError> {
    let value: Value = serde_json::from_slice(frame).map_err(|e| invalid(&e.to_string()))?;
    let Value::Object(mut fields) = value else { return Err(invalid("it is no object")) };
    let Some(Value::String(operation)) = fields.remove("op") else { return Err(invalid("`op` is missing")) };
    let params = fields.remove("params").unwrap_or_else(|| json!({}));
    if !params.is_object() {
        return Err(invalid("`params` is no object"));
    }
    Ok(Request { operation, params })
}

/// Returns a request frame with long integers marked, for a door that keeps them.
pub(crate) fn marked(frame: &[u8]) -> Result<Cow<'_, [u8]>, DoorError> {
    exact_json::marked(frame).map_err(|error| invalid(&error.to_string()))
}

/// Writes the answer frame of a door that keeps integers.
pub(crate) fn exact_frame(answer: Result<Value, DoorError>) -> Vec<u8> {
    match answer {
        Ok(value) => format!("{{\"ok\":{}}}", exact_json::to_text(&value)).into_bytes(),
        Err(_) => frame(answer),
    }
}

/// Writes an answer frame.
pub(crate) fn frame(answer: Result<Value, DoorError>) -> Vec<u8> {
    let value = match answer {
        // `json!` would copy the whole tree.
        Ok(value) => Value::Object(Map::from_iter([("ok".to_owned(), value)])),
        Err(error) => json!({"error": {"kind": error.kind(), "message": error.message()}}),
    };
    // All names in a value are texts, so serializing it cannot fail.
    serde_json::to_vec(&value).unwrap_or_default()
}
