//! A batch: writes that become visible together.
//!
//! Nothing touches the database before [`Batch::commit`], which is one transaction; dropping a batch drops its writes.

use std::collections::BTreeMap;

use rusqlite::{TransactionBehavior, params};
use serde_json::Value;

use super::error::StoreError;
use super::journal::{self, JournalEntry};
use super::objects::{Row, record_bytes};
use super::{Store, resolve};
use crate::digest::{BlobId, EventId, RecordId, TreeId};
use crate::files::FileSet;

/// Writes that belong together. A batch holds a handle of its store.
#[derive(Debug)]
#[must_use = "a batch does nothing until it is committed"]
pub struct Batch {
    store: Store,
    objects: BTreeMap<[u8; 32], Pending>,
    events: Vec<PendingEvent>,
    heads: BTreeMap<RecordId, Option<(u64, EventId)>>,
    refs: Vec<(RecordId, String, RecordId)>,
    memos: Vec<([u8; 32], RecordId)>,
    /// A name that is not the caller's to write.
    reserved: Option<String>,
}

/// Events and references whose names begin like that are the mark space's own.
const OWN: &str = "space.";

#[derive(Debug)]
struct Pending {
    kind: String,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct PendingEvent {
    run: RecordId,
    seq: u64,
    id: EventId,
    data: Vec<u8>,
}

impl Batch {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            objects: BTreeMap::new(),
            events: vec![],
            heads: BTreeMap::new(),
            refs: vec![],
            memos: vec![],
            reserved: None,
        }
    }

    /// Stores content.
    pub fn put_blob(&mut self, content: &[u8]) -> BlobId {
        let id = BlobId::of(content);
        self.object(*id.as_bytes(), "blob", || content.to_vec());
        id
    }

    /// Stores files and their tree.
    pub fn put_files(&mut self, files: &FileSet) -> TreeId {
        for (_, content) in files.iter() {
            self.put_blob(content);
        }
        let tree = files.tree();
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
        let (id, bytes) = record_bytes(kind, body)?;
        self.object(*id.as_bytes(), &format!("record:{kind}"), || bytes);
        Ok(id)
    }

    fn object(&mut self, id: [u8; 32], kind: &str, bytes: impl FnOnce() -> Vec<u8>) {
        self.objects.entry(id).or_insert_with(|| Pending { kind: kind.to_owned(), bytes: bytes() });
    }

    /// Appends an event to a run's journal.
    ///
    /// # Errors
    ///
    /// [`StoreError::Reserved`] for the kinds of a mark space's events, [`StoreError::Value`] for a body without canonical
    /// form, or what reading the journal's head says.
    ///
    /// What goes into a mark space is written by the space alone:
    ///
    /// ```compile_fail,E0624
    /// fn forge(batch: &mut hyperspace_core::Batch, space: &hyperspace_core::RecordId) {
    ///     batch.append_own(space, "space.block", serde_json::json!({})).unwrap();
    /// }
    /// ```
    pub fn append(&mut self, run: &RecordId, kind: &str, body: Value) -> Result<JournalEntry, StoreError> {
        if kind.starts_with(OWN) {
            return Err(StoreError::Reserved { name: kind.to_owned() });
        }
        self.append_own(run, kind, body)
    }

    /// The last event of a run's journal, the batch's own included.
    pub(crate) fn head(&mut self, run: &RecordId) -> Result<Option<EventId>, StoreError> {
        let head = match self.heads.get(run) {
            Some(head) => *head,
            None => journal::head(&self.store.connection(), run)?,
        };
        Ok(head.map(|(_, id)| id))
    }

    /// As [`Batch::append`], for the mark space.
    pub(crate) fn append_own(
        &mut self,
        run: &RecordId,
        kind: &str,
        body: Value,
    ) -> Result<JournalEntry, StoreError> {
        let head = match self.heads.get(run) {
            Some(head) => *head,
            None => journal::head(&self.store.connection(), run)?,
        };
        let seq = head.map_or(0, |(seq, _)| seq + 1);
        let (id, data) = journal::seal(run, seq, head.as_ref().map(|(_, id)| id), kind, &body)?;
        self.heads.insert(*run, Some((seq, id)));
        self.events.push(PendingEvent { run: *run, seq, id, data });
        Ok(JournalEntry { seq, id, kind: kind.to_owned(), body })
    }

    /// Points a name of a run to a record; an earlier target is replaced. A name of the mark space's own is refused when the
    /// batch is committed.
    pub fn set_ref(&mut self, run: &RecordId, name: &str, target: &RecordId) {
        if name.starts_with(OWN) {
            self.reserved = Some(name.to_owned());
        }
        self.set_own_ref(run, name, target);
    }

    /// As [`Batch::set_ref`], for the mark space.
    pub(crate) fn set_own_ref(&mut self, run: &RecordId, name: &str, target: &RecordId) {
        self.refs.push((*run, name.to_owned(), *target));
    }

    /// Remembers a record under a key that says what it was computed from.
    pub fn put_memo(&mut self, key: [u8; 32], target: &RecordId) {
        self.memos.push((key, *target));
    }

    /// Writes everything in one transaction and waits until it is on the device.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; nothing was written then.
    pub fn commit(self) -> Result<(), StoreError> {
        if let Some(name) = self.reserved {
            return Err(StoreError::Reserved { name });
        }
        // Compressed before the transaction begins: readers and the log wait for nothing but writing.
        let rows: Vec<Row> = self
            .objects
            .into_iter()
            .map(|(id, pending)| Row::new(&id, pending.kind, pending.bytes))
            .collect();
        let mut connection = self.store.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut insert = transaction
                .prepare_cached("INSERT INTO objects (id, kind, codec, data) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING")?;
            for row in rows {
                insert.execute(params![row.id, row.kind, row.codec, row.data])?;
            }
            let mut insert = transaction
                .prepare_cached("INSERT INTO events (run, seq, id, data) VALUES (?1, ?2, ?3, ?4)")?;
            for event in self.events {
                insert.execute(params![
                    &event.run.as_bytes()[..],
                    event.seq,
                    &event.id.as_bytes()[..],
                    event.data
                ])?;
            }
            let mut insert = transaction.prepare_cached(
                "INSERT OR REPLACE INTO refs (run, name, id, seal) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for (run, name, id) in self.refs {
                let seal = resolve::ref_seal(&run, &name, id.as_bytes());
                insert.execute(params![&run.as_bytes()[..], name, &id.as_bytes()[..], &seal[..]])?;
            }
            let mut insert = transaction
                .prepare_cached("INSERT OR REPLACE INTO memo (key, id, seal) VALUES (?1, ?2, ?3)")?;
            for (key, id) in self.memos {
                let seal = resolve::memo_seal(&key, id.as_bytes());
                insert.execute(params![&key[..], &id.as_bytes()[..], &seal[..]])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}
