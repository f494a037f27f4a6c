//! A backend of lists, as somebody else might write one.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use hyperspace_core::RecordId;
use hyperspace_store::{
    Backend, JournalRow, MemoRow, ObjectRow, ReferenceRow, SealedId, StoreError, StoredRow, WriteBatch,
};

/// Changes rows before they are returned.
pub(crate) type Lie = fn(StoredRow) -> StoredRow;

#[derive(Debug, Clone, Default)]
pub(crate) struct PlainBackend {
    rows: Arc<Mutex<WriteBatch>>,
    lie: Arc<Mutex<Option<Lie>>>,
}

impl PlainBackend {
    /// Lies from now on.
    pub(crate) fn lie(&self, lie: Lie) {
        *self.lie.lock().unwrap() = Some(lie);
    }

    fn rows(&self) -> MutexGuard<'_, WriteBatch> {
        self.rows.lock().unwrap()
    }

    fn returned(&self, row: StoredRow) -> StoredRow {
        let lie = *self.lie.lock().unwrap();
        lie.map_or(row.clone(), |lie| lie(row))
    }

    fn object_row(&self, row: &ObjectRow) -> ObjectRow {
        match self.returned(StoredRow::Object(row.clone())) {
            StoredRow::Object(row) => row,
            other => panic!("{other:?}"),
        }
    }

    fn journal_row(&self, row: &JournalRow) -> JournalRow {
        match self.returned(StoredRow::Journal(row.clone())) {
            StoredRow::Journal(row) => row,
            other => panic!("{other:?}"),
        }
    }

    fn reference_row(&self, row: &ReferenceRow) -> ReferenceRow {
        match self.returned(StoredRow::Reference(row.clone())) {
            StoredRow::Reference(row) => row,
            other => panic!("{other:?}"),
        }
    }

    fn memo_row(&self, row: &MemoRow) -> MemoRow {
        match self.returned(StoredRow::Memo(row.clone())) {
            StoredRow::Memo(row) => row,
            other => panic!("{other:?}"),
        }
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().unwrap()
}

impl Backend for PlainBackend {
    fn is_writable(&self) -> bool {
        true
    }

    fn folder(&self) -> Option<&Path> {
        None
    }

    fn object(&self, id: &[u8; 32]) -> Result<Option<ObjectRow>, StoreError> {
        Ok(self.rows().objects.iter().find(|row| row.id == id).map(|row| self.object_row(row)))
    }

    fn object_ids(
        &self,
        kind: &str,
        low: &[u8; 32],
        high: &[u8; 32],
        limit: usize,
    ) -> Result<Vec<[u8; 32]>, StoreError> {
        let rows = self.rows();
        let of_kind = rows.objects.iter().filter(|row| row.kind == kind).map(|row| digest(&row.id));
        let mut ids: Vec<_> = of_kind.filter(|id| (low..=high).contains(&id)).collect();
        ids.sort_unstable();
        ids.truncate(limit);
        Ok(ids)
    }

    fn journal(&self, run: &RecordId, from: u64, to: u64) -> Result<Vec<JournalRow>, StoreError> {
        let rows = self.rows();
        let of_run = rows.journal.iter().filter(|row| row.run == run.as_bytes());
        let mut entries: Vec<_> = of_run.filter(|row| (from..to).contains(&row.seq)).collect();
        entries.sort_unstable_by_key(|row| row.seq);
        Ok(entries.into_iter().map(|row| self.journal_row(row)).collect())
    }

    fn journal_head(&self, run: &RecordId) -> Result<Option<JournalRow>, StoreError> {
        let rows = self.rows();
        let of_run = rows.journal.iter().filter(|row| row.run == run.as_bytes());
        Ok(of_run.max_by_key(|row| row.seq).map(|row| self.journal_row(row)))
    }

    fn journals(&self, kind: &str) -> Result<Vec<RecordId>, StoreError> {
        let rows = self.rows();
        let begun = rows.journal.iter().filter(|row| row.seq == 0);
        let of_kind = begun
            .filter(|entry| rows.objects.iter().any(|object| object.id == entry.run && object.kind == kind));
        let mut runs: Vec<_> = of_kind.map(|row| RecordId::from_bytes(digest(&row.run))).collect();
        runs.sort_unstable();
        Ok(runs)
    }

    fn reference(&self, run: &RecordId, name: &str) -> Result<Option<SealedId>, StoreError> {
        let rows = self.rows();
        let found = rows.references.iter().find(|row| row.run == run.as_bytes() && row.name == name);
        Ok(found.map(|row| self.reference_row(row).target))
    }

    fn references(&self, run: &RecordId, prefix: &str) -> Result<Vec<ReferenceRow>, StoreError> {
        let rows = self.rows();
        let of_run = rows.references.iter().filter(|row| row.run == run.as_bytes());
        let mut found: Vec<_> = of_run.filter(|row| row.name.starts_with(prefix)).collect();
        found.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(found.into_iter().map(|row| self.reference_row(row)).collect())
    }

    fn memo(&self, key: &[u8; 32]) -> Result<Option<SealedId>, StoreError> {
        Ok(self.rows().memos.iter().find(|row| row.key == key).map(|row| self.memo_row(row).target))
    }

    fn commit(&self, batch: WriteBatch) -> Result<(), StoreError> {
        let mut rows = self.rows();
        for row in &batch.journal {
            if rows.journal.iter().any(|there| (&there.run, there.seq) == (&row.run, row.seq)) {
                return Err(StoreError::conflict(row));
            }
        }
        for row in batch.objects {
            if rows.objects.iter().all(|there| there.id != row.id) {
                rows.objects.push(row);
            }
        }
        rows.journal.extend(batch.journal);
        for row in batch.references {
            rows.references.retain(|there| (&there.run, &there.name) != (&row.run, &row.name));
            rows.references.push(row);
        }
        for row in batch.memos {
            rows.memos.retain(|there| there.key != row.key);
            rows.memos.push(row);
        }
        Ok(())
    }

    fn scan(&self, visit: &mut dyn FnMut(StoredRow)) -> Result<(), StoreError> {
        let WriteBatch { objects, mut journal, references, memos } = self.rows().clone();
        journal.sort_unstable_by(|one, other| (&one.run, one.seq).cmp(&(&other.run, other.seq)));
        let objects = objects.into_iter().map(StoredRow::Object);
        let journal = journal.into_iter().map(StoredRow::Journal);
        let references = references.into_iter().map(StoredRow::Reference);
        let memos = memos.into_iter().map(StoredRow::Memo);
        objects.chain(journal).chain(references).chain(memos).for_each(|row| visit(self.returned(row)));
        Ok(())
    }
}
