//! Checks everything in a store and names whatever is damaged.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_core::digest::hex;
use hyperspace_core::{BlobId, DIGEST_BYTES, EventId, RecordId, Tree};
use serde::Serialize;

use crate::backend::{JournalRow, MemoRow, ObjectRow, ReferenceRow, SealedId, StoredRow};
use crate::error::{Damage, StoreError};
use crate::journal;
use crate::names::{memo_name, memo_seal, reference_name, reference_seal};
use crate::seal::{FoundJournal, StoreSeal, behind};
use crate::store::Store;

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FsckReport {
    /// Objects checked.
    pub objects: u64,
    /// Journal entries checked.
    pub events: u64,
    /// Everything that is damaged; empty for a sound store.
    pub damaged: Vec<Damage>,
}

impl Store {
    /// Reads every object, journal entry, reference and memo and checks them against their digests and each other; also
    /// folds the journal of every mark space and compares its snapshot with the result.
    ///
    /// # Errors
    ///
    /// [`StoreError`] only when the store cannot be read at all; damage is in the report.
    pub fn fsck(&self) -> Result<FsckReport, StoreError> {
        let mut check = RowCheck::default();
        // The seal is read before the rows: a writer may commit meanwhile, and rows may be ahead of a seal.
        match self.backend().seal() {
            Ok(seal) => check.seal = seal,
            Err(error) => check.note_error(error, "store.seal"),
        }
        self.backend().scan(&mut |row| check.row(row))?;
        check.references();
        check.seals();
        let RowCheck { objects, events, mut damaged, .. } = check;
        if damaged.is_empty() {
            // Only for sound rows: what depends on a damaged row need not be named again.
            damaged.extend(self.audit_spaces()?);
        }
        Ok(FsckReport { objects, events, damaged: damaged.into_iter().collect() })
    }
}

/// A check of rows one by one, and of the references among them at the end.
#[derive(Default)]
struct RowCheck {
    objects: u64,
    events: u64,
    damaged: BTreeSet<Damage>,
    /// Identifiers of all objects.
    ids: BTreeSet<Vec<u8>>,
    /// Identifiers that something refers to, with their names.
    wanted: Vec<(Vec<u8>, String)>,
    /// The seal of the store, and what was found of the journals that it names.
    seal: Option<StoreSeal>,
    found: BTreeMap<RecordId, FoundJournal>,
    /// The previous entry: journal, number and identifier.
    chain: Option<(RecordId, u64, EventId)>,
}

impl RowCheck {
    fn note(&mut self, object: String, why: impl Into<String>) {
        self.damaged.insert(Damage { object, why: why.into() });
    }

    fn note_error(&mut self, error: StoreError, table: &str) {
        match error {
            StoreError::Damaged { object, why } => self.note(object, format!("{why} (table {table})")),
            StoreError::Missing { object } => self.note(object, "missing"),
            other => self.note(format!("the table {table}"), other.to_string()),
        }
    }

    fn row(&mut self, row: StoredRow) {
        match row {
            StoredRow::Object(row) => self.object(row),
            StoredRow::Journal(row) => self.entry(&row),
            StoredRow::Reference(row) => self.reference(row),
            StoredRow::Memo(row) => self.memo(row),
            StoredRow::Damaged(damage) => drop(self.damaged.insert(damage)),
        }
    }

    fn object(&mut self, row: ObjectRow) {
        self.objects += 1;
        let (id, is_tree) = (row.id.clone(), row.kind == "tree");
        match row.verify() {
            Ok(bytes) if is_tree => self.tree(&id, &bytes),
            Ok(_) => {}
            Err(error) => self.note_error(error, "objects"),
        }
        // A damaged object exists, too: what refers to it is not missing it as well.
        self.ids.insert(id);
    }

    fn tree(&mut self, id: &[u8], bytes: &[u8]) {
        match Tree::decode(bytes) {
            Ok(tree) => {
                let named = |blob: &BlobId, path| format!("blob {blob} ({path} of tree {})", hex(id));
                let blobs = tree.iter().map(|(path, blob)| (blob.as_bytes().to_vec(), named(blob, path)));
                self.wanted.extend(blobs);
            }
            Err(error) => self.note(format!("tree {}", hex(id)), error.to_string()),
        }
    }

    fn entry(&mut self, row: &JournalRow) {
        self.events += 1;
        let seq = row.seq;
        let Ok(bytes) = <[u8; 32]>::try_from(&row.run[..]) else {
            self.note(format!("event {seq} of run {}", hex(&row.run)), "the run is no digest");
            return;
        };
        let run = RecordId::from_bytes(bytes);
        self.find_entry(&run, row);
        let previous = self.chain.filter(|(of, _, _)| *of == run);
        let expected = previous.map_or(0, |(_, seq, _)| seq + 1);
        if seq != expected {
            self.note(format!("event {expected} of run {run}"), "missing");
        }
        let before = previous.filter(|_| seq == expected).map(|(_, _, id)| id);
        match journal::open(&run, seq, before.as_ref(), &row.id, &row.data) {
            Ok(entry) => self.chain = Some((run, seq, entry.id)),
            Err(error) => {
                self.note_error(error, "events");
                // Continue from what the column says, so that one damaged entry is named once.
                let id = row.event_id().unwrap_or(EventId::from_bytes([0; 32]));
                self.chain = Some((run, seq, id));
            }
        }
    }

    fn reference(&mut self, row: ReferenceRow) {
        let name = reference_name(&row.run, &row.name);
        let Ok(run) = <[u8; DIGEST_BYTES]>::try_from(&row.run[..]) else {
            return self.note(name, "the run is no digest");
        };
        if let Some(found) = self.found.get_mut(&RecordId::from_bytes(run)) {
            *found.references.get_or_insert(0) += 1;
        }
        let seal = reference_seal(&row.run, &row.name, &row.target.id);
        self.sealed(row.target, seal, name);
    }

    fn memo(&mut self, row: MemoRow) {
        let seal = memo_seal(&row.key, &row.target.id);
        self.sealed(row.target, seal, memo_name(&row.key));
    }

    fn sealed(&mut self, target: SealedId, seal: [u8; 32], object: String) {
        if target.seal == seal {
            let name = format!("record {} ({object})", hex(&target.id));
            self.wanted.push((target.id, name));
        } else {
            self.note(object, "its seal does not fit its columns");
        }
    }

    /// Records an entry for the comparison with the seal.
    fn find_entry(&mut self, run: &RecordId, row: &JournalRow) {
        let Some(sealed) = self.seal.as_ref().and_then(|seal| seal.journals.get(run)) else { return };
        let found = self.found.entry(*run).or_default();
        found.entries = row.seq.saturating_add(1);
        if found.entries == sealed.entries {
            found.at_seal = row.event_id();
        }
    }

    /// Compares what was found with the seal.
    fn seals(&mut self) {
        let Some(seal) = self.seal.take() else { return };
        for (run, sealed) in &seal.journals {
            let mut found = self.found.remove(run).unwrap_or_default();
            found.references.get_or_insert(0);
            self.damaged.extend(behind(run, sealed, &found));
        }
    }

    /// Checks that everything referred to exists.
    fn references(&mut self) {
        for (id, name) in std::mem::take(&mut self.wanted) {
            if !self.ids.contains(&id) {
                self.note(name, "missing");
            }
        }
    }
}
