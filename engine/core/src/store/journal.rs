//! The journal: per run a chain of events, each naming the one before it by digest.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use super::Store;
use super::error::StoreError;
use crate::canon::{self, CanonError};
use crate::digest::{EventId, RecordId, derive};

const EVENT_CONTEXT: &str = "hyperspace 2026-11 event v1";

/// One event of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// Its number in the run, from 0.
    pub seq: u64,
    /// Its identifier, which covers everything before it.
    pub id: EventId,
    /// What it is, such as `candidate.evaluated`.
    pub kind: String,
    /// Its details.
    pub body: Value,
}

/// The identifier of an event with these canonical bytes.
pub(super) fn event_id(bytes: &[u8]) -> EventId {
    EventId::from_bytes(derive(EVENT_CONTEXT, &[bytes]))
}

/// Canonical bytes and identifier of an event.
pub(super) fn seal(
    run: &RecordId,
    seq: u64,
    previous: Option<&EventId>,
    kind: &str,
    body: &Value,
) -> Result<(EventId, Vec<u8>), CanonError> {
    let event = json!({ "run": run, "seq": seq, "prev": previous, "kind": kind, "body": body });
    let bytes = canon::encode(&event)?;
    Ok((event_id(&bytes), bytes))
}

/// Checks one row against the chain so far and opens it.
pub(super) fn open(
    run: &RecordId,
    seq: u64,
    previous: Option<&EventId>,
    id: &[u8],
    data: &[u8],
) -> Result<JournalEntry, StoreError> {
    let damaged = |why: String| StoreError::Damaged { object: format!("event {seq} of run {run}"), why };
    let digest = event_id(data);
    if digest.as_bytes()[..] != *id {
        return Err(damaged(format!("its content has the digest {digest}")));
    }
    let mut value = canon::decode(data).map_err(|e| damaged(e.to_string()))?;
    if value["run"] != json!(run) || value["seq"] != json!(seq) {
        return Err(damaged("it belongs to another place".to_owned()));
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

/// Number and identifier of a run's last event.
pub(super) fn head(connection: &Connection, run: &RecordId) -> Result<Option<(u64, EventId)>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT seq, id FROM events WHERE run = ?1 ORDER BY seq DESC LIMIT 1")?;
    let row = statement
        .query_row(params![&run.as_bytes()[..]], |row| {
            Ok((row.get::<_, u64>(0)?, row.get::<_, [u8; 32]>(1)?))
        })
        .optional()?;
    Ok(row.map(|(seq, id)| (seq, EventId::from_bytes(id))))
}

impl Store {
    /// The head of a run's journal: the digest of its last event, which covers all of them.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub fn head(&self, run: &RecordId) -> Result<Option<EventId>, StoreError> {
        Ok(head(&self.connection(), run)?.map(|(_, id)| id))
    }

    /// The events `from..to` of a run, verified as a chain. A range that ends behind the last event ends there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] names the first event that does not fit.
    pub fn events(&self, run: &RecordId, from: u64, to: u64) -> Result<Vec<JournalEntry>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT seq, id, data FROM events WHERE run = ?1 AND seq >= ?2 AND seq < ?3 ORDER BY seq",
        )?;
        let limit = i64::try_from(to).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![&run.as_bytes()[..], from, limit])?;
        let mut events: Vec<JournalEntry> = vec![];
        while let Some(row) = rows.next()? {
            let seq: u64 = row.get(0)?;
            let expected = from + events.len() as u64;
            if seq != expected {
                return Err(StoreError::Missing { object: format!("event {expected} of run {run}") });
            }
            let previous = events.last().map(|event| event.id);
            let (id, data): (Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(2)?);
            events.push(open(run, seq, previous.as_ref(), &id, &data)?);
        }
        Ok(events)
    }
}
