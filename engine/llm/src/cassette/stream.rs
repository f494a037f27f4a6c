//! Streams of exchanges, and the interface of everything that stores them.

use hyperspace_core::RecordId;
use serde::Serialize;

use super::exchange::Exchange;
use crate::effort::Effort;
use crate::error::SessionError;

/// The end of a stream. The identifier of the last exchange covers all earlier ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct StreamHead {
    /// The number of exchanges.
    pub count: u64,
    /// The identifier of the last exchange.
    pub last: Option<RecordId>,
}

impl StreamHead {
    /// Checks that an exchange continues this stream, and returns its identifier.
    ///
    /// # Errors
    ///
    /// [`SessionError::OutOfOrder`] if it does not, [`SessionError::Form`] if it has no canonical form.
    pub(super) fn check_next(self, exchange: &Exchange) -> Result<RecordId, SessionError> {
        if exchange.sequence != self.count || exchange.prev != self.last {
            return Err(SessionError::OutOfOrder {
                stream: exchange.stream.clone(),
                sequence: exchange.sequence,
                expected: self.count,
            });
        }
        exchange.id_in_stream()
    }
}

/// A store of exchanges. Streams are independent of each other, so calls of different streams may append concurrently.
pub trait Cassette: Send + Sync {
    /// Appends an exchange to its stream.
    ///
    /// # Errors
    ///
    /// [`SessionError::OutOfOrder`] if the exchange does not continue its stream, or an error of writing.
    fn append(&self, exchange: &Exchange, effort: &Effort) -> Result<(), SessionError>;

    /// Returns an exchange, or `None` if the stream is shorter.
    ///
    /// # Errors
    ///
    /// An error of reading; [`SessionError::Damaged`] names the damage.
    fn get(&self, stream: &str, sequence: u64) -> Result<Option<(Exchange, Effort)>, SessionError>;

    /// Returns the end of a stream. An unknown stream is empty.
    ///
    /// # Errors
    ///
    /// An error of reading.
    fn head(&self, stream: &str) -> Result<StreamHead, SessionError>;
}
