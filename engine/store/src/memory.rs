//! A backend in memory, for tests and for runs whose records are not kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hyperspace_core::{Mutex, RecordId};

use crate::backend::{
    Backend, JournalRow, MemoRow, ObjectRow, ReferenceRow, SealedId, StoredRow, WriteBatch,
};
use crate::error::StoreError;

/// Keeps rows in memory for as long as the store lives.
#[derive(Debug, Default)]
pub struct MemoryBackend(Mutex<Tables>);

#[derive(Debug, Default)]
struct Tables {
    objects: BTreeMap<Vec<u8>, ObjectRow>,
    journal: BTreeMap<(Vec<u8>, u64), JournalRow>,
    references: BTreeMap<(Vec<u8>, String), SealedId>,
    memos: BTreeMap<Vec<u8>, SealedId>,
}

impl MemoryBackend {
    /// Creates an empty backend.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Returns the identifier of one of the backend's own rows, which are never damaged.
fn id_of(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().expect("a store writes identifiers of 32 bytes")
}

impl Backend for MemoryBackend {
    fn is_writable(&self) -> bool {
        true
    }

    fn folder(&self) -> Option<&Path> {
        None
    }

    fn object(&self, id: &[u8; 32]) -> Result<Option<ObjectRow>, StoreError> {
        Ok(self.0.lock().objects.get(&id[..]).cloned())
    }

    fn object_ids(
        &self,
        kind: &str,
        low: &[u8; 32],
        high: &[u8; 32],
        limit: usize,
    ) -> Result<Vec<[u8; 32]>, StoreError> {
        let tables = self.0.lock();
        let range = tables.objects.range(low.to_vec()..=high.to_vec());
        Ok(range.filter(|(_, row)| row.kind == kind).take(limit).map(|(id, _)| id_of(id)).collect())
    }

    fn journal(&self, run: &RecordId, from: u64, to: u64) -> Result<Vec<JournalRow>, StoreError> {
        if from >= to {
            return Ok(vec![]);
        }
        let run = run.as_bytes().to_vec();
        let range = (run.clone(), from)..(run, to);
        Ok(self.0.lock().journal.range(range).map(|(_, row)| row.clone()).collect())
    }

    fn journal_head(&self, run: &RecordId) -> Result<Option<JournalRow>, StoreError> {
        let run = run.as_bytes().to_vec();
        let tables = self.0.lock();
        let last = tables.journal.range((run.clone(), 0)..=(run, u64::MAX)).next_back();
        Ok(last.map(|(_, row)| row.clone()))
    }

    fn journals(&self, kind: &str) -> Result<Vec<RecordId>, StoreError> {
        let tables = self.0.lock();
        let begun = tables.journal.keys().filter(|(_, seq)| *seq == 0).map(|(run, _)| run);
        let of_kind = begun.filter(|run| tables.objects.get(*run).is_some_and(|row| row.kind == kind));
        Ok(of_kind.map(|run| RecordId::from_bytes(id_of(run))).collect())
    }

    fn reference(&self, run: &RecordId, name: &str) -> Result<Option<SealedId>, StoreError> {
        Ok(self.0.lock().references.get(&(run.as_bytes().to_vec(), name.to_owned())).cloned())
    }

    fn references(&self, run: &RecordId, prefix: &str) -> Result<Vec<ReferenceRow>, StoreError> {
        let run = run.as_bytes().to_vec();
        let tables = self.0.lock();
        let range = tables.references.range((run.clone(), prefix.to_owned())..);
        let named = range.take_while(|((of, name), _)| *of == run && name.starts_with(prefix));
        let rows = named.map(|((run, name), target)| ReferenceRow {
            run: run.clone(),
            name: name.clone(),
            target: target.clone(),
        });
        Ok(rows.collect())
    }

    fn memo(&self, key: &[u8; 32]) -> Result<Option<SealedId>, StoreError> {
        Ok(self.0.lock().memos.get(&key[..]).cloned())
    }

    fn commit(&self, batch: WriteBatch) -> Result<(), StoreError> {
        let mut tables = self.0.lock();
        let key = |row: &JournalRow| (row.run.clone(), row.seq);
        let mut taken = BTreeSet::new();
        let is_taken = |row: &&JournalRow| tables.journal.contains_key(&key(row)) || !taken.insert(key(row));
        if let Some(row) = batch.journal.iter().find(is_taken) {
            return Err(StoreError::conflict(row));
        }
        for row in batch.objects {
            tables.objects.entry(row.id.clone()).or_insert(row);
        }
        tables.journal.extend(batch.journal.into_iter().map(|row| (key(&row), row)));
        tables.references.extend(batch.references.into_iter().map(|row| ((row.run, row.name), row.target)));
        tables.memos.extend(batch.memos.into_iter().map(|row| (row.key, row.target)));
        Ok(())
    }

    fn scan(&self, visit: &mut dyn FnMut(StoredRow)) -> Result<(), StoreError> {
        let tables = self.0.lock();
        tables.objects.values().for_each(|row| visit(StoredRow::Object(row.clone())));
        tables.journal.values().for_each(|row| visit(StoredRow::Journal(row.clone())));
        for ((run, name), target) in &tables.references {
            let (run, name, target) = (run.clone(), name.clone(), target.clone());
            visit(StoredRow::Reference(ReferenceRow { run, name, target }));
        }
        for (key, target) in &tables.memos {
            visit(StoredRow::Memo(MemoRow { key: key.clone(), target: target.clone() }));
        }
        Ok(())
    }
}
