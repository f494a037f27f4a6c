//! The seal beside the database: read when a store is checked or opened for writing, and written after each commit.
//!
//! Attacks that end here: T-STORE-09, T-STORE-10, T-STORE-15, T-STORE-16, T-STORE-17.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use hyperspace_core::{RecordId, regular_file};
use rusqlite::{Connection, params};

use super::SqliteBackend;
use crate::backend::{Backend, JournalRow, WriteBatch};
use crate::error::StoreError;
use crate::seal::{FoundJournal, SEAL_BYTES_MAX, SealedJournal, StoreSeal, behind};

/// The name of the seal in the folder of the store.
pub(super) const SEAL_FILE: &str = "store.seal";
/// The name of a seal that is being written.
const UNFINISHED_FILE: &str = "store.seal.new";

impl SqliteBackend {
    fn seal_path(&self) -> PathBuf {
        self.folder.join(SEAL_FILE)
    }

    /// Returns the seal beside the database. A store of an earlier version has none.
    pub(super) fn read_seal(&self) -> Result<Option<StoreSeal>, StoreError> {
        let path = self.seal_path();
        let mut text = String::new();
        let read = regular_file::open_to_read(&path)
            .and_then(|file| file.take(SEAL_BYTES_MAX).read_to_string(&mut text));
        match read {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::Io { path, source }),
            // A loss of power between the creation of the file and its bytes.
            Ok(0) => return Ok(None),
            Ok(_) => {}
        }
        StoreSeal::parse(&text).map(Some).map_err(|why| StoreError::Damaged {
            object: "store.seal".to_owned(),
            why: format!("{why}; if the store is sound otherwise, remove the file"),
        })
    }

    /// Refuses to write to a store that is behind its seal.
    pub(super) fn check_seal(&self) -> Result<(), StoreError> {
        let Some(seal) = self.read_seal()? else { return Ok(()) };
        for (run, sealed) in &seal.journals {
            let at_seal = self.journal(run, sealed.entries.saturating_sub(1), sealed.entries)?;
            let found = FoundJournal {
                entries: self.journal_head(run)?.map_or(0, |last| last.seq.saturating_add(1)),
                at_seal: at_seal.first().and_then(JournalRow::event_id),
                ..FoundJournal::default()
            };
            if let Some(damage) = behind(run, sealed, &found) {
                let why = format!("{}; restore both, or remove store.seal to go on from here", damage.why);
                return Err(StoreError::Damaged { object: damage.object, why });
            }
        }
        Ok(())
    }

    /// Writes the seal after a commit: new values of the journals that it touched, and the earlier ones of all others.
    pub(super) fn write_seal(&self, touched: &BTreeSet<RecordId>) -> Result<(), StoreError> {
        let mut seal: StoreSeal = self.read_seal()?.unwrap_or_default();
        let known: BTreeSet<RecordId> =
            if seal.journals.is_empty() { journals(&self.connection())? } else { touched.clone() };
        for run in known {
            // References alone make no journal.
            let Some(last) = self.journal_head(&run)? else { continue };
            let Some(head) = last.event_id() else { continue };
            let references = count_references(&self.connection(), &run)?;
            let entries = last.seq.saturating_add(1);
            seal.journals.insert(run, SealedJournal { entries, head, references });
        }
        let unfinished = self.folder.join(UNFINISHED_FILE);
        let io = |source| StoreError::Io { path: unfinished.clone(), source };
        let mut file = regular_file::open_to_write(&unfinished).map_err(io)?;
        file.set_len(0).and_then(|()| file.write_all(seal.to_text().as_bytes())).map_err(io)?;
        fs::rename(&unfinished, self.seal_path()).map_err(io)
    }
}

/// Returns the journals that a batch touches, by their entries or references.
pub(super) fn touched(batch: &WriteBatch) -> BTreeSet<RecordId> {
    let of_entries = batch.journal.iter().map(|row| &row.run);
    let of_references = batch.references.iter().map(|row| &row.run);
    let bytes = of_entries.chain(of_references).filter_map(|run| <[u8; 32]>::try_from(&run[..]).ok());
    bytes.map(RecordId::from_bytes).collect()
}

fn count_references(connection: &Connection, run: &RecordId) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM refs WHERE run = ?1")?;
    Ok(statement.query_row(params![&run.as_bytes()[..]], |row| row.get(0))?)
}

fn journals(connection: &Connection) -> Result<BTreeSet<RecordId>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT run FROM events WHERE seq = 0")?;
    let runs = statement.query_map([], |row| row.get::<_, [u8; 32]>(0))?;
    Ok(runs.map(|run| run.map(RecordId::from_bytes)).collect::<Result<_, _>>()?)
}
