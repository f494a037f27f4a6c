//! The interface below a store: tables of rows, and a transaction that adds to them.
//!
//! A backend keeps rows as they are and makes no decisions about them. [`Store`](crate::Store) verifies everything that it
//! returns before serving it: objects and journal entries against their digests, references and memos against their seals.
//! A backend that returns a row other than the one written is detected in the same way as a damaged one.

use std::fmt;
use std::path::Path;

use hyperspace_core::{EventId, RecordId};

use crate::error::{Damage, StoreError};
use crate::seal::StoreSeal;

/// An object as it is stored: `data` is encoded by `codec`, and its content has the digest `id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRow {
    /// The digest of the content; 32 bytes unless damaged.
    pub id: Vec<u8>,
    /// `blob`, `tree` or `record:KIND`.
    pub kind: String,
    /// The encoding of `data`; only the store interprets it.
    pub codec: i64,
    /// The encoded content.
    pub data: Vec<u8>,
}

/// An entry of a journal as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// The record whose journal it is; 32 bytes unless damaged.
    pub run: Vec<u8>,
    /// The number of the entry in that journal, from 0.
    pub seq: u64,
    /// The digest of `data`; 32 bytes unless damaged.
    pub id: Vec<u8>,
    /// The canonical bytes of the entry.
    pub data: Vec<u8>,
}

impl JournalRow {
    /// Returns the identifier of the entry; `None` if the column is damaged.
    pub(crate) fn event_id(&self) -> Option<EventId> {
        <[u8; 32]>::try_from(&self.id[..]).ok().map(EventId::from_bytes)
    }
}

/// The identifier of a record, with a seal over it and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedId {
    /// The identifier; 32 bytes unless damaged.
    pub id: Vec<u8>,
    /// The seal; 32 bytes unless damaged.
    pub seal: Vec<u8>,
}

/// A reference as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceRow {
    /// The record that the name belongs to; 32 bytes unless damaged.
    pub run: Vec<u8>,
    /// The name.
    pub name: String,
    /// The record that the name points to.
    pub target: SealedId,
}

/// A memo as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoRow {
    /// The key; 32 bytes unless damaged.
    pub key: Vec<u8>,
    /// The record remembered under the key.
    pub target: SealedId,
}

/// Rows that become visible together, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WriteBatch {
    /// Objects. An object whose identifier is already stored is left as it is.
    pub objects: Vec<ObjectRow>,
    /// Journal entries. An entry whose journal and number are already stored fails the batch.
    pub journal: Vec<JournalRow>,
    /// References, in order. A stored reference with the same run and name is replaced.
    pub references: Vec<ReferenceRow>,
    /// Memos, in order. A stored memo with the same key is replaced.
    pub memos: Vec<MemoRow>,
}

/// Any row, as a scan finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredRow {
    /// An object.
    Object(ObjectRow),
    /// A journal entry.
    Journal(JournalRow),
    /// A reference.
    Reference(ReferenceRow),
    /// A memo.
    Memo(MemoRow),
    /// Something that the backend itself finds damaged, such as a row with other column types than were written.
    Damaged(Damage),
}

/// Keeps the rows of a store.
///
/// Every read sees the state between two commits. Rows are returned as they were written, in the order stated by each method.
pub trait Backend: fmt::Debug + Send + Sync {
    /// Returns whether [`Backend::commit`] is possible.
    fn is_writable(&self) -> bool;

    /// Returns the folder that belongs to the store, if there is one.
    fn folder(&self) -> Option<&Path>;

    /// Returns the object with this identifier.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] for a row that cannot be read, and other errors when nothing can be read.
    fn object(&self, id: &[u8; 32]) -> Result<Option<ObjectRow>, StoreError>;

    /// Returns the identifiers of objects of this kind from `low` to `high`, both inclusive, in bytewise order; at most
    /// `limit`.
    ///
    /// # Errors
    ///
    /// As [`Backend::object`].
    fn object_ids(
        &self,
        kind: &str,
        low: &[u8; 32],
        high: &[u8; 32],
        limit: usize,
    ) -> Result<Vec<[u8; 32]>, StoreError>;

    /// Returns the journal entries of a run with numbers `from..to`, in order. Entries that do not exist are omitted.
    ///
    /// # Errors
    ///
    /// As [`Backend::object`].
    fn journal(&self, run: &RecordId, from: u64, to: u64) -> Result<Vec<JournalRow>, StoreError>;

    /// Returns the last journal entry of a run.
    ///
    /// # Errors
    ///
    /// As [`Backend::object`].
    fn journal_head(&self, run: &RecordId) -> Result<Option<JournalRow>, StoreError>;

    /// Returns the objects of this kind that have a journal entry with number 0, in bytewise order.
    ///
    /// # Errors
    ///
    /// As [`Backend::object`].
    fn journals(&self, kind: &str) -> Result<Vec<RecordId>, StoreError>;

    /// Returns the target of a name of a run.
    ///
    /// # Errors
    ///
    /// As [`Backend::object`].
    fn reference(&self, run: &RecordId, name: &str) -> Result<Option<SealedId>, StoreError>;

    /// Returns the references of a run whose names begin with `prefix`, in bytewise order of name.
    ///
    /// # Errors
    ///
    /// As [`Backend::object`].
    fn references(&self, run: &RecordId, prefix: &str) -> Result<Vec<ReferenceRow>, StoreError>;

    /// Returns the record remembered under a key.
    ///
    /// # Errors
    ///
    /// As [`Backend::object`].
    fn memo(&self, key: &[u8; 32]) -> Result<Option<SealedId>, StoreError>;

    /// Writes all rows of a batch in one transaction, and returns when they are durable.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] for a journal entry whose number is taken. On any error nothing was written.
    fn commit(&self, batch: WriteBatch) -> Result<(), StoreError>;

    /// Returns the seal that was written with the last commits, if the backend keeps one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] for a seal that cannot be read.
    fn seal(&self) -> Result<Option<StoreSeal>, StoreError> {
        Ok(None)
    }

    /// Visits every row of one state of the store: objects first, then journal entries ordered by run and number, then
    /// references and memos. Damage does not end the scan; it is visited as [`StoredRow::Damaged`].
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read at all.
    fn scan(&self, visit: &mut dyn FnMut(StoredRow)) -> Result<(), StoreError>;
}
