//! The reply of a session to a request.

use serde::{Serialize, Serializer};
use serde_json::json;

use crate::error::Failure;
use crate::types::ChatAnswer;

/// The result of a call: an answer, or a failure as data.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// An answer.
    Answer(ChatAnswer),
    /// A failure.
    Failure(Failure),
}

impl Serialize for Reply {
    /// Serialises the answer itself, or `{"error": {"kind", "message"}}`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Answer(answer) => answer.serialize(serializer),
            Self::Failure(failure) => json!({ "error": failure }).serialize(serializer),
        }
    }
}
