//! One event of a stream, and what it says about the end of the answer.

use serde_json::Value;

use super::super::refusal::says_something;

/// An event of a stream.
pub(in crate::wire) struct StreamEvent {
    pub(in crate::wire) value: Value,
    /// Length of its text.
    pub(in crate::wire) bytes: usize,
}

/// Returns the error that an event carries.
pub(super) fn error_of(event: &Value) -> Option<Value> {
    let error = event.get("error").filter(|error| says_something(error));
    let named = || event["type"] == "error" || event["object"] == "error";
    // A message without choices beside it, which no answer has.
    let alone = || {
        let said = ["message", "detail", "msg"].iter().any(|name| event[*name].is_string());
        let other = event
            .get("type")
            .is_some_and(|kind| !kind.as_str().unwrap_or_default().to_lowercase().contains("error"));
        said && !other && event.get("choices").is_none() && event.get("delta").is_none()
    };
    let whole = || (named() || alone()).then(|| event.clone());
    error.cloned().or_else(whole)
}

/// Returns whether a reason says that the answer has ended. Some servers send an empty one with every piece.
pub(in crate::wire) fn is_end(reason: &Value) -> bool {
    match reason {
        Value::Null => false,
        Value::String(text) => !matches!(text.trim().to_ascii_lowercase().as_str(), "" | "null" | "none"),
        _ => true,
    }
}
