//! Fields of an answer that only its provider understands.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Fields of an answer that only its provider understands: reasoning with its signatures, annotations, identifiers of items.
///
/// They are recorded with the answer and sent back unchanged when a later request of the stream repeats the message, but only to
/// the same provider. Guests do not see them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Attachment {
    /// The provider and its model.
    pub origin: String,
    /// The fields, in a form of the API: `message`, `calls` and `content` of chat completions, `blocks` of messages, `items` of
    /// responses.
    pub fields: Map<String, Value>,
}

impl Attachment {
    /// Creates an attachment, or `None` if there are no fields.
    pub(crate) fn new(origin: String, fields: Map<String, Value>) -> Option<Self> {
        (!fields.is_empty()).then_some(Self { origin, fields })
    }
}
