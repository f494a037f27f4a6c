//! A cassette in memory, for calls that are later stored elsewhere as a whole.

use std::collections::BTreeMap;
use std::sync::MutexGuard;

use hyperspace_core::Mutex;

use super::exchange::Exchange;
use super::stream::{Cassette, StreamHead};
use crate::effort::Effort;
use crate::error::SessionError;

/// A cassette in memory.
#[derive(Debug, Default)]
pub struct MemoryCassette(Mutex<BTreeMap<String, RecordedStream>>);

#[derive(Debug, Default)]
struct RecordedStream {
    head: StreamHead,
    exchanges: Vec<(Exchange, Effort)>,
}

impl MemoryCassette {
    fn streams(&self) -> MutexGuard<'_, BTreeMap<String, RecordedStream>> {
        self.0.lock()
    }

    /// Returns all exchanges, ordered by stream and number.
    #[must_use]
    pub fn exchanges(&self) -> Vec<(Exchange, Effort)> {
        self.streams().values().flat_map(|stream| stream.exchanges.iter().cloned()).collect()
    }
}

impl Cassette for MemoryCassette {
    fn append(&self, exchange: &Exchange, effort: &Effort) -> Result<(), SessionError> {
        let mut streams = self.streams();
        let head = streams.get(&exchange.stream).map(|stream| stream.head).unwrap_or_default();
        let id = head.check_next(exchange)?;
        let stream = streams.entry(exchange.stream.clone()).or_default();
        stream.exchanges.push((exchange.clone(), effort.clone()));
        stream.head = StreamHead { count: head.count + 1, last: Some(id) };
        Ok(())
    }

    fn get(&self, stream: &str, sequence: u64) -> Result<Option<(Exchange, Effort)>, SessionError> {
        let at = usize::try_from(sequence).unwrap_or(usize::MAX);
        Ok(self.streams().get(stream).and_then(|stream| stream.exchanges.get(at)).cloned())
    }

    fn head(&self, stream: &str) -> Result<StreamHead, SessionError> {
        Ok(self.streams().get(stream).map(|stream| stream.head).unwrap_or_default())
    }
}
