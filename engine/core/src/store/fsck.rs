//! Checks everything in a store and names whatever is damaged.

use std::collections::BTreeSet;

use rusqlite::Connection;
use serde::Serialize;

use super::Store;
use super::error::StoreError;
use super::journal;
use super::objects::Row;
use super::resolve::{memo_seal, ref_seal};
use crate::digest::{EventId, RecordId, hex};
use crate::tree::Tree;

/// One damaged or missing thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Damage {
    /// Kind and identifier, or table and row.
    pub object: String,
    /// What does not fit.
    pub why: String,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FsckReport {
    /// Objects checked.
    pub objects: u64,
    /// Journal events checked.
    pub events: u64,
    /// Everything that is damaged; empty for a sound store.
    pub damaged: Vec<Damage>,
}

impl Store {
    /// Reads every object, event, reference and memo and checks them against their digests and each other; folds the
    /// journal of every mark space and compares its snapshot with what comes out.
    ///
    /// # Errors
    ///
    /// [`StoreError`] only when the store cannot be read at all; damage is in the report.
    pub fn fsck(&self) -> Result<FsckReport, StoreError> {
        let (objects, events, mut damaged) = {
            let connection = self.connection();
            let mut check = Check {
                connection: &connection,
                damaged: BTreeSet::new(),
                ids: BTreeSet::new(),
                wanted: vec![],
            };
            check.pages()?;
            let objects = check.table("objects", Check::objects)?;
            let events = check.table("events", Check::events)?;
            check.table("refs", Check::refs)?;
            check.table("memo", Check::memos)?;
            check.references();
            (objects, events, check.damaged)
        };
        if damaged.is_empty() {
            // Of rows that are sound; what hangs on a damaged one need not be named again.
            damaged.extend(crate::space::audit(self)?);
        }
        Ok(FsckReport { objects, events, damaged: damaged.into_iter().collect() })
    }
}

struct Check<'a> {
    connection: &'a Connection,
    damaged: BTreeSet<Damage>,
    ids: BTreeSet<Vec<u8>>,
    /// Identifiers that something refers to, with what it is.
    wanted: Vec<(Vec<u8>, String)>,
}

impl Check<'_> {
    fn note(&mut self, object: String, why: String) {
        self.damaged.insert(Damage { object, why });
    }

    fn note_error(&mut self, error: StoreError, table: &str) -> Result<(), StoreError> {
        match error {
            StoreError::Damaged { object, why } => self.note(object, format!("{why} (table {table})")),
            StoreError::Missing { object } => self.note(object, "missing".to_owned()),
            other => return Err(other),
        }
        Ok(())
    }

    /// Runs one pass over a table; damage that stops it is noted under the table's name.
    fn table(
        &mut self,
        name: &str,
        pass: fn(&mut Self) -> Result<u64, StoreError>,
    ) -> Result<u64, StoreError> {
        match pass(self) {
            Ok(count) => Ok(count),
            Err(error) => {
                self.note_error(error, name)?;
                Ok(0)
            }
        }
    }

    /// SQLite's own structure: pages, indexes, types of columns.
    fn pages(&mut self) -> Result<(), StoreError> {
        let lines = self.connection.prepare("PRAGMA integrity_check(100)").and_then(|mut statement| {
            statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()
        });
        match lines {
            Ok(lines) => {
                for line in lines.into_iter().filter(|line| line != "ok") {
                    self.note("the database file store.db".to_owned(), line);
                }
                Ok(())
            }
            Err(error) => self.note_error(error.into(), "store.db"),
        }
    }

    fn objects(&mut self) -> Result<u64, StoreError> {
        let connection = self.connection;
        let mut statement =
            connection.prepare("SELECT rowid, id, kind, codec, data FROM objects ORDER BY rowid")?;
        let mut rows = statement.query([])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            count += 1;
            let number: i64 = row.get(0)?;
            let parts = (|| Ok((row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))();
            let (id, kind, codec, data): (Vec<u8>, String, i64, Vec<u8>) = match parts {
                Ok(parts) => parts,
                Err::<_, rusqlite::Error>(error) => {
                    let id = row.get::<_, Vec<u8>>(1).map_or_else(|_| "?".to_owned(), |id| hex(&id));
                    self.note(format!("object {id} (row {number})"), error.to_string());
                    continue;
                }
            };
            let object = Row { id: id.clone(), kind: kind.clone(), codec, data };
            match object.verify() {
                Ok(bytes) => {
                    if kind == "tree" {
                        self.tree(&id, &bytes);
                    }
                    self.ids.insert(id);
                }
                Err(error) => {
                    // It is there, though damaged: what refers to it has not lost it as well.
                    self.ids.insert(id);
                    self.note_error(error, "objects")?;
                }
            }
        }
        Ok(count)
    }

    fn tree(&mut self, id: &[u8], bytes: &[u8]) {
        match Tree::decode(bytes) {
            Ok(tree) => {
                for (path, blob) in tree.iter() {
                    self.wanted.push((
                        blob.as_bytes().to_vec(),
                        format!("blob {blob} ({path} of tree {})", hex(id)),
                    ));
                }
            }
            Err(error) => self.note(format!("tree {}", hex(id)), error.to_string()),
        }
    }

    fn events(&mut self) -> Result<u64, StoreError> {
        let connection = self.connection;
        let mut statement = connection.prepare("SELECT run, seq, id, data FROM events ORDER BY run, seq")?;
        let mut rows = statement.query([])?;
        let (mut count, mut chain): (u64, Option<(RecordId, u64, EventId)>) = (0, None);
        while let Some(row) = rows.next()? {
            count += 1;
            let run: Vec<u8> = row.get(0)?;
            let (seq, id, data): (u64, Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let Ok(bytes) = <[u8; 32]>::try_from(&run[..]) else {
                self.note(format!("event {seq} of run {}", hex(&run)), "the run is no digest".to_owned());
                continue;
            };
            let run = RecordId::from_bytes(bytes);
            let previous = chain.filter(|(r, _, _)| *r == run);
            let expected = previous.map_or(0, |(_, seq, _)| seq + 1);
            if seq != expected {
                self.note(format!("event {expected} of run {run}"), "missing".to_owned());
            }
            let before = previous.filter(|_| seq == expected).map(|(_, _, id)| id);
            match journal::open(&run, seq, before.as_ref(), &id, &data) {
                Ok(event) => chain = Some((run, seq, event.id)),
                Err(error) => {
                    self.note_error(error, "events")?;
                    // Go on from what the column says, so that one damaged event is named once.
                    let id = <[u8; 32]>::try_from(&id[..]).unwrap_or([0; 32]);
                    chain = Some((run, seq, EventId::from_bytes(id)));
                }
            }
        }
        Ok(count)
    }

    fn refs(&mut self) -> Result<u64, StoreError> {
        let connection = self.connection;
        let mut statement = connection.prepare("SELECT run, name, id, seal FROM refs ORDER BY run, name")?;
        let mut rows = statement.query([])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            count += 1;
            let (run, name): (Vec<u8>, String) = (row.get(0)?, row.get(1)?);
            let (id, seal): (Vec<u8>, Vec<u8>) = (row.get(2)?, row.get(3)?);
            let object = format!("ref {name} of run {}", hex(&run));
            let fits = <[u8; 32]>::try_from(&run[..])
                .is_ok_and(|bytes| ref_seal(&RecordId::from_bytes(bytes), &name, &id)[..] == seal[..]);
            if fits {
                self.wanted.push((id.clone(), format!("record {} ({object})", hex(&id))));
            } else {
                self.note(object, "its seal does not fit its columns".to_owned());
            }
        }
        Ok(count)
    }

    fn memos(&mut self) -> Result<u64, StoreError> {
        let connection = self.connection;
        let mut statement = connection.prepare("SELECT key, id, seal FROM memo ORDER BY key")?;
        let mut rows = statement.query([])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            count += 1;
            let (key, id, seal): (Vec<u8>, Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let object = format!("memo {}", hex(&key));
            if memo_seal(&key, &id)[..] == seal[..] {
                self.wanted.push((id.clone(), format!("record {} ({object})", hex(&id))));
            } else {
                self.note(object, "its seal does not fit its columns".to_owned());
            }
        }
        Ok(count)
    }

    fn references(&mut self) {
        for (id, name) in std::mem::take(&mut self.wanted) {
            if !self.ids.contains(&id) {
                self.note(name, "missing".to_owned());
            }
        }
    }
}
