//! Journals: for each run a chain of entries, each naming the one before it by digest.

use hyperspace_core::canon::{self, CanonError};
use hyperspace_core::{EventId, RecordId};
use serde_json::{Value, json};

use crate::error::StoreError;
use crate::store::Store;

/// An entry of a journal: one event of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// The number of the entry in its journal, from 0.
    pub seq: u64,
    /// The digest of the entry, which covers everything before it.
    pub id: EventId,
    /// The kind of event, such as `candidate.evaluated`.
    pub kind: String,
    /// The details of the event.
    pub body: Value,
}

/// Returns the identifier and the canonical bytes of an entry.
pub(crate) fn seal(
    run: &RecordId,
    seq: u64,
    previous: Option<&EventId>,
    kind: &str,
    body: &Value,
) -> Result<(EventId, Vec<u8>), CanonError> {
    let event = json!({ "run": run, "seq": seq, "prev": previous, "kind": kind, "body": body });
    let bytes = canon::encode(&event)?;
    Ok((EventId::of_bytes(&bytes), bytes))
}

/// Checks a row against the chain so far, and opens it.
pub(crate) fn open(
    run: &RecordId,
    seq: u64,
    previous: Option<&EventId>,
    id: &[u8],
    data: &[u8],
) -> Result<JournalEntry, StoreError> {
    let damaged = |why: String| StoreError::Damaged { object: format!("event {seq} of run {run}"), why };
    let digest = EventId::of_bytes(data);
    if digest.as_bytes()[..] != *id {
        return Err(damaged(format!("its content has the digest {digest}")));
    }
    let mut value = canon::decode(data).map_err(|e| damaged(e.to_string()))?;
    if value["run"] != json!(run) || value["seq"] != json!(seq) {
        return Err(damaged("it belongs elsewhere".to_owned()));
    }
    if let Some(previous) = previous {
        if value["prev"] != json!(previous) {
            return Err(damaged(format!("it does not follow event {previous}")));
        }
    } else if seq == 0 && value["prev"] != Value::Null {
        return Err(damaged("the first event follows another one".to_owned()));
    }
    let kind = value["kind"].as_str().unwrap_or_default().to_owned();
    Ok(JournalEntry { seq, id: digest, kind, body: value["body"].take() })
}

impl Store {
    /// Returns the head of the journal of a run: the digest of its last entry, which covers all of them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] when the last entry does not match its identifier, and the errors of the backend.
    pub fn head(&self, run: &RecordId) -> Result<Option<EventId>, StoreError> {
        Ok(self.last(run)?.map(|(_, id)| id))
    }

    /// Returns the number of entries in the journal of a run.
    ///
    /// # Errors
    ///
    /// As [`Store::head`].
    pub fn journal_length(&self, run: &RecordId) -> Result<u64, StoreError> {
        Ok(self.last(run)?.map_or(0, |(seq, _)| seq + 1))
    }

    /// Returns the number and identifier of the last entry of a journal, after verifying it.
    pub(crate) fn last(&self, run: &RecordId) -> Result<Option<(u64, EventId)>, StoreError> {
        let Some(row) = self.backend().journal_head(run)? else { return Ok(None) };
        let entry = open(run, row.seq, None, &row.id, &row.data)?;
        Ok(Some((entry.seq, entry.id)))
    }

    /// Returns the entries `from..to` of the journal of a run, verified as a chain. A range that extends beyond the last
    /// entry ends there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] names the first entry that does not fit the chain.
    pub fn events(&self, run: &RecordId, from: u64, to: u64) -> Result<Vec<JournalEntry>, StoreError> {
        let mut entries: Vec<JournalEntry> = vec![];
        for row in self.backend().journal(run, from, to)? {
            let expected = from + entries.len() as u64;
            if row.seq != expected {
                return Err(StoreError::Missing { object: format!("event {expected} of run {run}") });
            }
            let previous = entries.last().map(|entry| entry.id);
            entries.push(open(run, row.seq, previous.as_ref(), &row.id, &row.data)?);
        }
        Ok(entries)
    }
}
