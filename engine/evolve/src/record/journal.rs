//! The journal of a run, read as typed events.

use hyperspace_core::{EventId, RecordId};
use hyperspace_store::Store;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::error::EvolveError;
use crate::record::event::Event;
use crate::record::generation::Segment;

/// An event with its number and identifier.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEvent {
    /// Number in the journal, from 0.
    pub seq: u64,
    /// Identifier, which covers all earlier events.
    pub id: EventId,
    /// The event.
    pub event: Event,
}

/// Serialises as `{"seq": …, "id": …, "kind": …, "body": …}`.
impl Serialize for JournalEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut form = serializer.serialize_struct("JournalEvent", 4)?;
        form.serialize_field("seq", &self.seq)?;
        form.serialize_field("id", &self.id)?;
        form.serialize_field("kind", self.event.kind())?;
        form.serialize_field("body", &self.event.body())?;
        form.end()
    }
}

/// Reads the whole journal of a run, generated or imported.
///
/// # Errors
///
/// Errors of the store, or [`EvolveError::Event`] for an event that this build does not know.
pub fn journal(store: &Store, run: &RecordId) -> Result<Vec<JournalEvent>, EvolveError> {
    read(store, run, 0, u64::MAX)
}

/// Reads a segment of a run's journal.
///
/// # Errors
///
/// As [`journal`].
pub fn journal_segment(
    store: &Store,
    run: &RecordId,
    segment: Segment,
) -> Result<Vec<JournalEvent>, EvolveError> {
    read(store, run, segment.from, segment.to)
}

fn read(store: &Store, run: &RecordId, from: u64, to: u64) -> Result<Vec<JournalEvent>, EvolveError> {
    let typed = |entry: hyperspace_store::JournalEntry| {
        let event = Event::from_entry(&entry)?;
        Ok(JournalEvent { seq: entry.seq, id: entry.id, event })
    };
    store.events(run, from, to)?.into_iter().map(typed).collect()
}
