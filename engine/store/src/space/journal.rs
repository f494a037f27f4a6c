//! The journal of a space: blocks of lines, folded into a state.
//!
//! A block is a blob with one JSON line per entry, and a journal entry that names the blob, the number of its first line
//! and the number of lines. Both are written in one transaction, and journal entries form a chain, so a process that is
//! killed leaves only whole blocks.

use hyperspace_core::{EventId, RecordId, ScopeName, canon, record_id};
use hyperspace_markspace::{Explanation, SpaceFold, SpaceRules, StagedEntries, StagedPiece, block_values};
use serde::Deserialize;
use serde_json::{Value, json};

use super::snapshot::{self, SnapshotLookup};
use crate::batch::Batch;
use crate::error::StoreError;
use crate::journal::JournalEntry;
use crate::store::Store;

/// Number of journal entries that are read at once.
const EVENTS_AT_ONCE: u64 = 64;
/// Version of the format of entries and blocks.
const SPACE_FORMAT: u64 = 1;
/// The kind of the record that stands for a space.
pub(super) const SPACE_KIND: &str = "space";
const OPENED: &str = "space.opened";
const BLOCK: &str = "space.block";

#[derive(Deserialize)]
struct SpaceRecord {
    name: ScopeName,
}

/// Entries of a stored space.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEntries {
    /// The entries as they are stored, in order.
    pub entries: Vec<Value>,
    /// The entry of the space's journal that ends with the last of them, if one ends there.
    pub head: Option<EventId>,
}

/// Returns the error for a space that does not exist.
pub(super) fn missing(name: &ScopeName) -> StoreError {
    StoreError::Missing { object: format!("the space {name}") }
}

/// Returns the identifier of the record that the journal of a space belongs to.
pub(super) fn id_of(name: &ScopeName) -> Result<RecordId, StoreError> {
    Ok(record_id(SPACE_KIND, &json!({ "name": name }))?)
}

/// Returns the name of the space with this record.
pub(super) fn name_of(store: &Store, space: &RecordId) -> Result<ScopeName, StoreError> {
    let record: SpaceRecord = canon::from_value(&store.get_record(space)?.body)?;
    Ok(record.name)
}

fn damaged(space: &RecordId, seq: u64, why: &str) -> StoreError {
    StoreError::Damaged { object: format!("event {seq} of space {space}"), why: why.to_owned() }
}

/// Begins the journal of a new space.
pub(super) fn begin(batch: &mut Batch, name: &ScopeName, rules: &SpaceRules) -> Result<RecordId, StoreError> {
    let space = batch.put_record(SPACE_KIND, &json!({ "name": name }))?;
    let rules = canon::to_value(rules)?;
    batch.append_reserved(&space, OPENED, json!({ "format": SPACE_FORMAT, "rules": rules }))?;
    Ok(space)
}

/// Writes a portion and returns its last journal entry.
pub(super) fn put(
    batch: &mut Batch,
    space: &RecordId,
    portion: &StagedEntries,
) -> Result<Option<JournalEntry>, StoreError> {
    let mut last = None;
    for piece in portion.pieces()? {
        match (piece, &last) {
            (StagedPiece::Block { first, count, lines }, _) => {
                let blob = batch.put_blob(&lines);
                let body = json!({ "first": first, "count": count, "lines": blob });
                last = Some(batch.append_reserved(space, BLOCK, body)?);
            }
            (StagedPiece::Snapshot(taken), Some(entry)) => snapshot::put(batch, space, taken, entry)?,
            // Taken before the first entry of the portion, this snapshot was written with the portion before.
            (StagedPiece::Snapshot(_), None) => {}
        }
    }
    Ok(last)
}

/// A space that is being folded from its journal.
pub(super) struct StoredSpace {
    pub(super) fold: SpaceFold,
    pub(super) id: RecordId,
    /// The number of the next journal entry to be read.
    next: u64,
}

impl StoredSpace {
    /// Returns the state before the first entry; `None` when there is no such space.
    pub(super) fn begin(store: &Store, id: RecordId) -> Result<Option<Self>, StoreError> {
        let Some(opened) = store.events(&id, 0, 1)?.into_iter().next() else { return Ok(None) };
        if opened.kind != OPENED || opened.body["format"] != json!(SPACE_FORMAT) {
            return Err(damaged(&id, 0, "it does not open a space of a known format"));
        }
        let rules: SpaceRules = canon::from_value(&opened.body["rules"])?;
        Ok(Some(Self { fold: SpaceFold::new(rules), id, next: 1 }))
    }

    /// Returns the state after the last entry, using the snapshot if it is sound.
    pub(super) fn latest(store: &Store, id: RecordId) -> Result<Option<Self>, StoreError> {
        let Some(mut stored) = Self::begin(store, id)? else { return Ok(None) };
        match snapshot::read(store, &id, stored.fold.rules())? {
            SnapshotLookup::Absent => {}
            SnapshotLookup::Usable { fold, next } => (stored.fold, stored.next) = (*fold, next),
            SnapshotLookup::Unusable(why) => {
                #[cfg(feature = "tracing")]
                tracing::warn!(space = %id, "the whole journal is folded: {why}");
                stored.fold.set_aside(why);
            }
        }
        stored.advance(store, u64::MAX)?;
        Ok(Some(stored))
    }

    /// Folds the entries added since, up to the end of the block that reaches `until` entries.
    pub(super) fn advance(&mut self, store: &Store, until: u64) -> Result<(), StoreError> {
        self.fold_blocks(store, until, |fold, block| fold.apply_block(&block.lines, block.count))
    }

    /// Folds the entries added since, explaining every decision.
    pub(super) fn explain(
        &mut self,
        store: &Store,
        mut explained: impl FnMut(Explanation),
    ) -> Result<(), StoreError> {
        self.fold_blocks(store, u64::MAX, |fold, block| {
            fold.explain_block(&block.lines, block.count, &mut explained)
        })
    }

    fn fold_blocks(
        &mut self,
        store: &Store,
        until: u64,
        mut apply: impl FnMut(&mut SpaceFold, &StoredBlock) -> Result<(), String>,
    ) -> Result<(), StoreError> {
        while self.fold.entries() < until {
            let entries = store.events(&self.id, self.next, self.next + EVENTS_AT_ONCE)?;
            if entries.is_empty() {
                return Ok(());
            }
            for entry in entries {
                if self.fold.entries() >= until {
                    break;
                }
                let block = StoredBlock::read(store, &self.id, &entry, self.fold.entries())?;
                apply(&mut self.fold, &block).map_err(|why| damaged(&self.id, entry.seq, &why))?;
                self.next = entry.seq + 1;
            }
        }
        Ok(())
    }
}

/// A block as it is stored.
struct StoredBlock {
    lines: Vec<u8>,
    count: u64,
}

impl StoredBlock {
    /// Reads a block whose first line must have the number `first`.
    fn read(store: &Store, space: &RecordId, entry: &JournalEntry, first: u64) -> Result<Self, StoreError> {
        let bad = |why: &str| damaged(space, entry.seq, why);
        if entry.kind != BLOCK || entry.body["first"].as_u64() != Some(first) {
            return Err(bad("it is no block, or does not follow the block before it"));
        }
        let count = entry.body["count"].as_u64();
        let count = count.ok_or_else(|| bad("it does not say how many lines it has"))?;
        let blob = canon::from_value(&entry.body["lines"])?;
        Ok(Self { lines: store.get_blob(&blob)?, count })
    }
}

/// Returns the entries `from..to` of a journal, and the journal entry that ends at `to`.
pub(super) fn entries(
    store: &Store,
    space: &RecordId,
    from: u64,
    to: u64,
) -> Result<StoredEntries, StoreError> {
    let (mut next, mut number) = (1, 0);
    let mut found = StoredEntries { entries: vec![], head: None };
    while number < to {
        let journal = store.events(space, next, next + EVENTS_AT_ONCE)?;
        if journal.is_empty() {
            break;
        }
        for entry in journal {
            let count = entry.body["count"].as_u64().unwrap_or(0);
            if number < to && number + count > from {
                let block = StoredBlock::read(store, space, &entry, number)?;
                let values =
                    block_values(&block.lines, block.count).map_err(|why| damaged(space, entry.seq, &why))?;
                let numbered = (number..).zip(values);
                let wanted = numbered.filter(|(n, _)| (from..to).contains(n));
                found.entries.extend(wanted.map(|(_, value)| value));
            }
            (number, next) = (number + count, entry.seq + 1);
            if number == to {
                found.head = Some(entry.id);
            }
        }
    }
    Ok(found)
}
