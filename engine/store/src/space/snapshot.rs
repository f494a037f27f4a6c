//! Snapshots in the store: written in the transaction of the block after which they were taken, and read back if everything fits.
//!
//! A snapshot names the journal entry after which it was taken by digest, and thereby all entries before it.

use hyperspace_core::{BlobId, EventId, RecordId, canon};
use hyperspace_markspace::{SNAPSHOT_FORMAT, Snapshot, SpaceFold, SpaceRules};
use serde::Deserialize;
use serde_json::json;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::journal::JournalEntry;
use crate::store::Store;

/// The kind of the record that stands for a snapshot.
const SNAPSHOT_KIND: &str = "space-snapshot";
/// The reference from a space to its snapshot.
const REFERENCE: &str = "space.snapshot";

/// Writes a snapshot, as the state after `entry`.
pub(super) fn put(
    batch: &mut Batch,
    space: &RecordId,
    snapshot: &Snapshot,
    entry: &JournalEntry,
) -> Result<(), StoreError> {
    batch.put_blob(snapshot.part());
    let head = batch.put_blob(snapshot.head());
    let body = json!({
        "format": SNAPSHOT_FORMAT,
        "space": space,
        "entries": snapshot.entries(),
        "event": {"seq": entry.seq, "id": entry.id},
        "parts": snapshot.parts(),
        "head": head,
    });
    let record = batch.put_record(SNAPSHOT_KIND, &body)?;
    batch.set_reserved_ref(space, REFERENCE, &record);
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SnapshotRecord {
    format: u64,
    space: RecordId,
    entries: u64,
    event: SnapshotEvent,
    parts: Vec<BlobId>,
    head: BlobId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SnapshotEvent {
    seq: u64,
    id: EventId,
}

/// The result of looking for the snapshot of a space.
pub(super) enum SnapshotLookup {
    Absent,
    Usable {
        fold: Box<SpaceFold>,
        /// The number of the next journal entry to fold.
        next: u64,
    },
    /// The snapshot cannot be trusted, for this reason.
    Unusable(String),
}

/// Returns the snapshot of a space.
pub(super) fn read(
    store: &Store,
    space: &RecordId,
    rules: &SpaceRules,
) -> Result<SnapshotLookup, StoreError> {
    match load(store, space, rules) {
        Ok(lookup) => Ok(lookup),
        Err(error) if error.is_damage() => Ok(SnapshotLookup::Unusable(error.to_string())),
        Err(error) => Err(error),
    }
}

fn load(store: &Store, space: &RecordId, rules: &SpaceRules) -> Result<SnapshotLookup, StoreError> {
    let Some(id) = store.get_ref(space, REFERENCE)? else { return Ok(SnapshotLookup::Absent) };
    let record = store.get_record(&id)?;
    let unusable = |why: &str| Ok(SnapshotLookup::Unusable(format!("snapshot {id}: {why}")));
    let Ok(record) = canon::from_value::<SnapshotRecord>(&record.body) else {
        return unusable("it does not have the fields of a snapshot");
    };
    if record.format != SNAPSHOT_FORMAT {
        return unusable(&format!("it has format {}, this build has {SNAPSHOT_FORMAT}", record.format));
    }
    let entry = store.events(space, record.event.seq, record.event.seq + 1)?.pop();
    let entry = entry.filter(|entry| record.space == *space && entry.id == record.event.id);
    let Some(entry) = entry else { return unusable("it was taken of another journal") };
    let end =
        entry.body["first"].as_u64().zip(entry.body["count"].as_u64()).map(|(first, count)| first + count);
    if end != Some(record.entries) {
        return unusable("it was taken elsewhere than after its event");
    }
    let parts = record.parts.into_iter().map(|part| Ok((part, store.get_blob(&part)?)));
    let parts = parts.collect::<Result<Vec<_>, StoreError>>()?;
    let head = store.get_blob(&record.head)?;
    match SpaceFold::restore(rules, record.entries, &head, parts) {
        Ok(fold) => Ok(SnapshotLookup::Usable { fold: Box::new(fold), next: record.event.seq + 1 }),
        Err(why) => unusable(&why),
    }
}
