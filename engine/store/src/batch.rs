//! A batch: writes that become visible together.
//!
//! Nothing touches the database before [`Batch::commit`], which is one transaction; dropping a batch discards its writes.
//!
//! Attacks that end here: T-STORE-18.

use std::collections::BTreeMap;

use hyperspace_core::digest::hex;
use hyperspace_core::{BlobId, EventId, FileSet, RecordId, Tree, TreeId, encode_record};
use serde_json::Value;

use crate::backend::{JournalRow, MemoRow, ObjectRow, ReferenceRow, SealedId, WriteBatch};
use crate::error::StoreError;
use crate::journal::{self, JournalEntry};
use crate::names::{memo_seal, reference_seal};
use crate::objects::{OBJECT_BYTES_MAX, record_kind};
use crate::store::Store;

/// Writes that belong together. A batch holds a handle to its store.
#[derive(Debug)]
#[must_use = "a batch does nothing until it is committed"]
pub struct Batch {
    store: Store,
    /// Objects by identifier, each with its kind.
    objects: BTreeMap<[u8; 32], (String, Vec<u8>)>,
    journal: Vec<JournalRow>,
    heads: BTreeMap<RecordId, Option<(u64, EventId)>>,
    references: Vec<ReferenceRow>,
    memos: Vec<MemoRow>,
    /// A name that only a mark space may write.
    reserved: Option<String>,
    /// Name and size of an object that is too large.
    oversized: Option<(String, usize)>,
}

/// The prefix of names that only a mark space may write, for kinds of journal entries and for references.
const RESERVED_PREFIX: &str = "space.";

impl Batch {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            objects: BTreeMap::new(),
            journal: vec![],
            heads: BTreeMap::new(),
            references: vec![],
            memos: vec![],
            reserved: None,
            oversized: None,
        }
    }

    /// Stores content. More than [`OBJECT_BYTES_MAX`] is refused when the batch is committed.
    pub fn put_blob(&mut self, content: &[u8]) -> BlobId {
        let id = BlobId::of(content);
        // Content that is too large is not copied.
        if self.fits(id.as_bytes(), "blob", content.len()) {
            self.object(*id.as_bytes(), "blob", || content.to_vec());
        }
        id
    }

    /// Stores files and their tree.
    pub fn put_files(&mut self, files: &FileSet) -> TreeId {
        for (_, content) in files.iter() {
            self.put_blob(content);
        }
        self.put_tree(&files.tree())
    }

    /// Stores a tree whose contents are already in the store or in this batch.
    pub fn put_tree(&mut self, tree: &Tree) -> TreeId {
        let id = tree.id();
        self.object(*id.as_bytes(), "tree", || tree.encode());
        id
    }

    /// Stores a record.
    ///
    /// # Errors
    ///
    /// [`StoreError::Value`] for a body without canonical form.
    pub fn put_record(&mut self, kind: &str, body: &Value) -> Result<RecordId, StoreError> {
        let (id, bytes) = encode_record(kind, body)?;
        self.object(*id.as_bytes(), &record_kind(kind), || bytes);
        Ok(id)
    }

    fn object(&mut self, id: [u8; 32], kind: &str, bytes: impl FnOnce() -> Vec<u8>) {
        if self.objects.contains_key(&id) {
            return;
        }
        let bytes = bytes();
        if self.fits(&id, kind, bytes.len()) {
            self.objects.insert(id, (kind.to_owned(), bytes));
        }
    }

    /// Returns whether an object could be read back. If not, it is remembered, and the commit refuses the batch.
    fn fits(&mut self, id: &[u8; 32], kind: &str, bytes: usize) -> bool {
        if bytes > OBJECT_BYTES_MAX {
            self.oversized = Some((format!("{kind} {}", hex(id)), bytes));
        }
        bytes <= OBJECT_BYTES_MAX
    }

    /// Appends an entry to the journal of a run.
    ///
    /// # Errors
    ///
    /// [`StoreError::Reserved`] for the kinds of entries of a mark space, [`StoreError::Value`] for a body without canonical
    /// form, and the errors of reading the head of the journal.
    ///
    /// Only a space writes what belongs to it:
    ///
    /// ```compile_fail,E0624
    /// fn forge(batch: &mut hyperspace_store::Batch, space: &hyperspace_core::RecordId) {
    ///     batch.append_reserved(space, "space.block", serde_json::json!({})).unwrap();
    /// }
    /// ```
    ///
    /// ```compile_fail,E0599
    /// fn shortcut(batch: &mut hyperspace_store::Batch, mark: &hyperspace_markspace::Mark) {
    ///     batch.put_mark(mark);
    /// }
    /// ```
    pub fn append(&mut self, run: &RecordId, kind: &str, body: Value) -> Result<JournalEntry, StoreError> {
        if kind.starts_with(RESERVED_PREFIX) {
            return Err(StoreError::Reserved { name: kind.to_owned() });
        }
        self.append_reserved(run, kind, body)
    }

    /// Returns the last entry of a journal, including those of this batch.
    pub(crate) fn head(&mut self, run: &RecordId) -> Result<Option<(u64, EventId)>, StoreError> {
        match self.heads.get(run) {
            Some(head) => Ok(*head),
            None => self.store.last(run),
        }
    }

    /// Appends an entry as [`Batch::append`] does, for the mark space.
    pub(crate) fn append_reserved(
        &mut self,
        run: &RecordId,
        kind: &str,
        body: Value,
    ) -> Result<JournalEntry, StoreError> {
        let head = self.head(run)?;
        let seq = head.map_or(0, |(seq, _)| seq + 1);
        let (id, data) = journal::seal(run, seq, head.as_ref().map(|(_, id)| id), kind, &body)?;
        self.heads.insert(*run, Some((seq, id)));
        let (run, row_id) = (run.as_bytes().to_vec(), id.as_bytes().to_vec());
        self.journal.push(JournalRow { run, seq, id: row_id, data });
        Ok(JournalEntry { seq, id, kind: kind.to_owned(), body })
    }

    /// Points a name of a run to a record, replacing an earlier target. A name that only a mark space may write is refused
    /// when the batch is committed.
    pub fn set_ref(&mut self, run: &RecordId, name: &str, target: &RecordId) {
        if name.starts_with(RESERVED_PREFIX) {
            self.reserved = Some(name.to_owned());
        }
        self.set_reserved_ref(run, name, target);
    }

    /// Sets a reference as [`Batch::set_ref`] does, for the mark space.
    pub(crate) fn set_reserved_ref(&mut self, run: &RecordId, name: &str, target: &RecordId) {
        let (run, id) = (run.as_bytes().to_vec(), target.as_bytes().to_vec());
        let seal = reference_seal(&run, name, &id).to_vec();
        self.references.push(ReferenceRow { run, name: name.to_owned(), target: SealedId { id, seal } });
    }

    /// Remembers a record under a key that identifies what it was computed from.
    pub fn put_memo(&mut self, key: [u8; 32], target: &RecordId) {
        let id = target.as_bytes().to_vec();
        let seal = memo_seal(&key, &id).to_vec();
        self.memos.push(MemoRow { key: key.to_vec(), target: SealedId { id, seal } });
    }

    /// Writes everything in one transaction, and returns when it is durable.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; in that case nothing was written.
    pub fn commit(self) -> Result<(), StoreError> {
        if let Some(name) = self.reserved {
            return Err(StoreError::Reserved { name });
        }
        if let Some((object, bytes)) = self.oversized {
            return Err(StoreError::TooLarge { object, bytes, most: OBJECT_BYTES_MAX });
        }
        // Compressed before the transaction begins, so that readers and the log wait for nothing but writing.
        let objects =
            self.objects.into_iter().map(|(id, (kind, bytes))| ObjectRow::encode(&id, kind, bytes)).collect();
        let (journal, references, memos) = (self.journal, self.references, self.memos);
        self.store.backend().commit(WriteBatch { objects, journal, references, memos })
    }
}
