//! The cassette: what was asked and answered, so that it can be answered again without a provider.
//!
//! Exchanges stand in *streams*, one per conversation of a guest, numbered from 0, because many guests talk at the same time and
//! only the order within one of them is determined. An [`Exchange`] is named by its canonical bytes, and each holds the name
//! of the one before it in its stream; [`Cassette::head`] of a stream names all of it. Its identifier is that of a store
//! record of kind [`RECORD_KIND`] with [`Exchange::body`], so that a store can hold exchanges as its own objects.
//!
//! What a call took ([`Effort`](crate::Effort)) is kept beside it and is no part of its name.

mod file;
mod index;
mod memory;

use hyperspace_core::{RecordId, canon};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::file::{CassetteRecovery, FileCassette};
pub use self::memory::MemoryCassette;
use crate::digest;
use crate::effort::Effort;
use crate::error::{Failure, SessionError};
use crate::types::{ChatAnswer, ChatRequest};

/// Kind of the store record that an exchange is.
pub const RECORD_KIND: &str = "model-exchange";

/// One request and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The conversation, such as `generation/3/candidate/0/meta`.
    pub stream: String,
    /// Its number there, from 0.
    pub sequence: u64,
    /// The exchange before it in the stream.
    pub prev: Option<RecordId>,
    /// What was asked.
    pub request: ChatRequest,
    /// What came of it.
    pub outcome: ExchangeOutcome,
    /// What the model thought, where the provider tells it. Nobody answers with it.
    pub thinking: Option<String>,
}

/// What came of a request: exactly one of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum ExchangeOutcome {
    /// An answer.
    Answer(ChatAnswer),
    /// A failure.
    Error(Failure),
}

impl Exchange {
    /// Its value in the canonical data model: the body of a store record.
    ///
    /// # Errors
    ///
    /// [`canon::CanonError`] for values without canonical form, which an answer of this crate never has.
    pub fn body(&self) -> Result<Value, canon::CanonError> {
        canon::to_value(self)
    }

    /// Its canonical bytes.
    ///
    /// # Errors
    ///
    /// As [`Exchange::body`].
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, canon::CanonError> {
        canon::encode(&self.body()?)
    }

    /// The exchange with this body.
    ///
    /// # Errors
    ///
    /// [`canon::CanonError`] when it is not one.
    pub fn from_body(body: &Value) -> Result<Self, canon::CanonError> {
        canon::from_value(body)
    }

    /// Its identifier.
    ///
    /// # Errors
    ///
    /// As [`Exchange::body`].
    pub fn id(&self) -> Result<RecordId, canon::CanonError> {
        digest::record_id(RECORD_KIND, &self.body()?)
    }

    fn identified(&self) -> Result<RecordId, SessionError> {
        let form = |error: canon::CanonError| SessionError::Form {
            stream: self.stream.clone(),
            problem: error.to_string(),
        };
        self.id().map_err(form)
    }
}

/// The end of a stream: how long it is, and the identifier of its last exchange, which covers all before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct StreamHead {
    /// Exchanges.
    pub count: u64,
    /// The last one.
    pub last: Option<RecordId>,
}

/// Keeps exchanges. Streams are independent of each other, so that calls may append at the same time.
pub trait Cassette: Send + Sync {
    /// Keeps an exchange that continues its stream.
    ///
    /// # Errors
    ///
    /// [`SessionError::OutOfOrder`] if it does not, or whatever hinders writing.
    fn append(&self, exchange: &Exchange, effort: &Effort) -> Result<(), SessionError>;

    /// An exchange, if it was kept.
    ///
    /// # Errors
    ///
    /// Whatever hinders reading; damage is named.
    fn get(&self, stream: &str, sequence: u64) -> Result<Option<(Exchange, Effort)>, SessionError>;

    /// The end of a stream; of an unknown one, of an empty one.
    ///
    /// # Errors
    ///
    /// Whatever hinders reading.
    fn head(&self, stream: &str) -> Result<StreamHead, SessionError>;
}

/// Checks that an exchange continues a stream that ends in `head`; answers its identifier.
fn continues(head: StreamHead, exchange: &Exchange) -> Result<RecordId, SessionError> {
    if exchange.sequence != head.count || exchange.prev != head.last {
        return Err(SessionError::OutOfOrder {
            stream: exchange.stream.clone(),
            sequence: exchange.sequence,
            expected: head.count,
        });
    }
    exchange.identified()
}

/// See [`crate::fuzzing::cassette`].
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn check_cassette(data: &[u8]) {
    index::check_cassette(data);
}

#[cfg(test)]
mod tests;
