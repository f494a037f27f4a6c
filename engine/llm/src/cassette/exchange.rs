//! One recorded call and its identifier.

use hyperspace_core::{RecordId, canon};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest;
use crate::error::{Failure, SessionError};
use crate::types::{ChatAnswer, ChatRequest};

/// The kind of the store record of an exchange.
pub const RECORD_KIND: &str = "model-exchange";

/// One request and its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The name of the stream, such as `generation/3/candidate/0/meta`.
    pub stream: String,
    /// The number within the stream, from 0.
    pub sequence: u64,
    /// The identifier of the previous exchange in the stream.
    pub prev: Option<RecordId>,
    /// The request.
    pub request: ChatRequest,
    /// The outcome.
    pub outcome: ExchangeOutcome,
    /// The model's thinking, if the provider returned it. It is never part of an answer.
    pub thinking: Option<String>,
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum ExchangeOutcome {
    /// An answer.
    Answer(ChatAnswer),
    /// A failure.
    Error(Failure),
}

impl Exchange {
    /// Returns the value in the canonical data model: the body of a store record.
    ///
    /// # Errors
    ///
    /// [`canon::CanonError`] for values without a canonical form; answers of this crate always have one.
    pub fn body(&self) -> Result<Value, canon::CanonError> {
        canon::to_value(self)
    }

    /// Returns the canonical bytes.
    ///
    /// # Errors
    ///
    /// Same as [`Exchange::body`].
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, canon::CanonError> {
        canon::encode(&self.body()?)
    }

    /// Reads an exchange from the body of a store record.
    ///
    /// # Errors
    ///
    /// [`canon::CanonError`] if the body is not an exchange.
    pub fn from_body(body: &Value) -> Result<Self, canon::CanonError> {
        canon::from_value(body)
    }

    /// Returns the identifier.
    ///
    /// # Errors
    ///
    /// Same as [`Exchange::body`].
    pub fn id(&self) -> Result<RecordId, canon::CanonError> {
        digest::record_id(RECORD_KIND, &self.body()?)
    }

    /// Returns the identifier, or an error that names the stream.
    pub(super) fn id_in_stream(&self) -> Result<RecordId, SessionError> {
        let form = |error: canon::CanonError| SessionError::Form {
            stream: self.stream.clone(),
            problem: error.to_string(),
        };
        self.id().map_err(form)
    }
}
