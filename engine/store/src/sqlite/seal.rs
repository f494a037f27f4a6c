//! The seal beside the database: read when a store is checked or opened for writing, and written after each commit.
//!
//! A writer keeps the seal in memory, because nobody else may write it meanwhile. Before each commit, it checks that the file is still
//! the one that it left, and refuses to write if not. After a commit, the rows are there whatever becomes of the seal: if the seal
//! cannot be written, a warning says so, because a seal that is behind is sound, and the next commit writes it.
//!
//! Attacks that end here: T-STORE-09, T-STORE-10, T-STORE-15, T-STORE-16, T-STORE-17.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use hyperspace_core::{RecordId, regular_file};
use rusqlite::{Connection, params};

use super::SqliteBackend;
use crate::backend::{Backend, JournalRow, WriteBatch};
use crate::error::StoreError;
use crate::seal::{FoundJournal, SEAL_BYTES_MAX, SealedJournal, StoreSeal, behind};

/// The name of the seal in the folder of the store.
pub(super) const SEAL_FILE: &str = "store.seal";
/// The name of a seal while it is being written.
const UNFINISHED_FILE: &str = "store.seal.new";

/// The seal, as a writer knows it.
#[derive(Debug, Default)]
pub(super) struct KnownSeal {
    seal: StoreSeal,
    /// The version of the file that holds it; `None` if there is no file.
    file: Option<FileVersion>,
}

/// A version of a file: device, inode, size, and the time of the last change in seconds and nanoseconds.
type FileVersion = (u64, u64, u64, i64, i64);

fn version(found: &Metadata) -> FileVersion {
    (found.dev(), found.ino(), found.size(), found.mtime(), found.mtime_nsec())
}

impl SqliteBackend {
    fn seal_path(&self) -> PathBuf {
        self.folder.join(SEAL_FILE)
    }

    /// Returns the seal beside the database. A store written by an earlier version has none.
    pub(super) fn read_seal(&self) -> Result<Option<StoreSeal>, StoreError> {
        let path = self.seal_path();
        let mut text = String::new();
        let read = regular_file::open_to_read(&path)
            .and_then(|file| file.take(SEAL_BYTES_MAX).read_to_string(&mut text));
        match read {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::Io { path, source }),
            // Power was lost between the creation of the file and the writing of its bytes.
            Ok(0) => return Ok(None),
            Ok(_) => {}
        }
        StoreSeal::parse(&text).map(Some).map_err(|why| StoreError::Damaged {
            object: "store.seal".to_owned(),
            why: format!("{why}; if the store is sound otherwise, remove the file"),
        })
    }

    /// Returns the version of the file; `None` if there is no file.
    fn seal_version(&self) -> Result<Option<FileVersion>, StoreError> {
        let path = self.seal_path();
        match fs::symlink_metadata(&path) {
            Ok(found) => Ok(Some(version(&found))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Io { path, source }),
        }
    }

    /// Refuses to write to a store that is behind its seal; otherwise keeps the seal.
    pub(super) fn load_seal(&self) -> Result<(), StoreError> {
        let file = self.seal_version()?;
        let seal = self.read_seal()?;
        if let Some(seal) = &seal {
            self.check_seal(seal)?;
        }
        let seal = seal.unwrap_or_default();
        *self.seal.lock() = KnownSeal { seal, file };
        Ok(())
    }

    /// Refuses to write if the file differs from what this writer left, or if something is in the place where the next seal is written.
    /// A seal that is gone is written again.
    pub(super) fn check_seal_file(&self) -> Result<(), StoreError> {
        let unfinished = self.folder.join(UNFINISHED_FILE);
        let checked = regular_file::check_to_write(&unfinished);
        checked.map_err(|source| StoreError::Io { path: unfinished, source })?;
        let mut known = self.seal.lock();
        let file = self.seal_version()?;
        if file == known.file {
            return Ok(());
        }
        if self.read_seal()?.is_none_or(|seal| seal == known.seal) {
            known.file = file;
            return Ok(());
        }
        Err(StoreError::Damaged {
            object: "store.seal".to_owned(),
            why: "it was changed while this process writes to the store, and nothing was written; put the file back or remove it, \
                  and begin again"
                .to_owned(),
        })
    }

    fn check_seal(&self, seal: &StoreSeal) -> Result<(), StoreError> {
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

    /// Writes the seal after a commit: new values for the journals that it touched, and the earlier ones for all others. The commit has
    /// already happened, so a failure is only a warning.
    pub(super) fn keep_seal(&self, touched: &BTreeSet<RecordId>) {
        let mut known = self.seal.lock();
        match self.renew_seal(&mut known.seal, touched).and_then(|()| self.write_seal(&known.seal)) {
            Ok(file) => known.file = Some(file),
            Err(error) => warn(&error),
        }
    }

    fn renew_seal(&self, seal: &mut StoreSeal, touched: &BTreeSet<RecordId>) -> Result<(), StoreError> {
        let renewed: BTreeSet<RecordId> =
            if seal.journals.is_empty() { journals(&self.connection())? } else { touched.clone() };
        for run in renewed {
            // References alone do not make a journal.
            let Some(last) = self.journal_head(&run)? else { continue };
            let Some(head) = last.event_id() else { continue };
            let references = count_references(&self.connection(), &run)?;
            let entries = last.seq.saturating_add(1);
            seal.journals.insert(run, SealedJournal { entries, head, references });
        }
        Ok(())
    }

    fn write_seal(&self, seal: &StoreSeal) -> Result<FileVersion, StoreError> {
        let unfinished = self.folder.join(UNFINISHED_FILE);
        let io = |source| StoreError::Io { path: unfinished.clone(), source };
        let mut file: File = regular_file::open_to_write(&unfinished).map_err(io)?;
        file.set_len(0).and_then(|()| file.write_all(seal.to_text().as_bytes())).map_err(io)?;
        fs::rename(&unfinished, self.seal_path()).map_err(io)?;
        file.metadata().map(|found| version(&found)).map_err(io)
    }
}

/// Warns that the seal stays behind.
fn warn(error: &StoreError) {
    #[cfg(feature = "tracing")]
    tracing::warn!("{error}; the rows are written, and store.seal is behind them until the next commit");
    #[cfg(not(feature = "tracing"))]
    let _ = error;
}

/// Returns the journals that a batch touches through their entries or references.
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
