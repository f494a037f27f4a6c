//! The object store and journal: one SQLite file per folder.
//!
//! Invariants:
//! - An object is stored under the digest of its content and verified on every read; one that is damaged is named, never
//!   served.
//! - What a [`Batch`] holds becomes visible at once, durably (WAL, `synchronous=FULL`), or not at all.
//! - The journal of a run is a hash chain; its head is the run's root.
//! - One process writes, any number read, at the same time.

#[cfg(any(test, feature = "fuzzing"))]
mod anything;
mod batch;
mod error;
mod fsck;
mod journal;
mod lock;
mod objects;
mod resolve;
mod schema;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard};

use rusqlite::{Connection, OpenFlags};

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use anything::read_anything;
pub use batch::Batch;
pub use error::StoreError;
pub use fsck::{Damage, FsckReport};
pub use journal::JournalEntry;
pub use objects::{Record, record_id};
pub use resolve::ResolveError;
pub use schema::FORMAT;

use crate::sync::Mutex;
use lock::WriterLock;

/// The database's name in the store's folder.
const DATABASE_FILE: &str = "store.db";

/// An open store: a handle that is cheap to clone. All clones share one connection and, of a store opened for writing, the
/// writer's lock, which ends with the last of them.
#[derive(Debug, Clone)]
pub struct Store(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    connection: Mutex<Connection>,
    writer: Option<WriterLock>,
}

impl Store {
    /// Opens a store for writing and makes it when the folder is absent or empty. `holder` says who is writing, for a
    /// second writer's error message.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] names the other writer; [`StoreError::Foreign`], [`StoreError::Format`] and I/O errors say
    /// what is in the way.
    pub fn open_or_create(folder: &Path, holder: &str) -> Result<Self, StoreError> {
        let io = |source| StoreError::Io { path: folder.to_path_buf(), source };
        if !folder.join(DATABASE_FILE).exists() {
            fs::create_dir_all(folder).map_err(io)?;
            let mut others = fs::read_dir(folder).map_err(io)?.filter_map(Result::ok);
            if others.any(|entry| !entry.file_name().to_string_lossy().starts_with("writer.lock")) {
                return Err(StoreError::Foreign { path: folder.to_path_buf() });
            }
        }
        Self::writer(folder, holder, OpenFlags::SQLITE_OPEN_CREATE)
    }

    /// Opens an existing store for writing.
    ///
    /// # Errors
    ///
    /// As [`Store::open_or_create`], and [`StoreError::Absent`].
    pub fn open_writer(folder: &Path, holder: &str) -> Result<Self, StoreError> {
        require(folder)?;
        Self::writer(folder, holder, OpenFlags::empty())
    }

    /// Opens an existing store for reading; a writer may be at work meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`], [`StoreError::Format`], or what the file system says.
    pub fn open_reader(folder: &Path) -> Result<Self, StoreError> {
        require(folder)?;
        // Readers of a WAL database coordinate through its shared-memory file, which takes write access to the folder;
        // where there is none, a plain read-only connection still reads what was checkpointed.
        let path = folder.join(DATABASE_FILE);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags)
            .or_else(|_| Connection::open_with_flags(&path, read_only))?;
        schema::configure(&connection)?;
        connection.pragma_update(None, "query_only", true)?;
        schema::check_format(&connection, folder)?;
        Ok(Self::around(folder, connection, None))
    }

    fn writer(folder: &Path, holder: &str, extra: OpenFlags) -> Result<Self, StoreError> {
        let lock = WriterLock::acquire(folder, holder)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | extra;
        let mut connection = Connection::open_with_flags(folder.join(DATABASE_FILE), flags)?;
        schema::configure(&connection)?;
        schema::create(&mut connection)?;
        schema::check_format(&connection, folder)?;
        Ok(Self::around(folder, connection, Some(lock)))
    }

    fn around(folder: &Path, connection: Connection, writer: Option<WriterLock>) -> Self {
        let (folder, connection) = (folder.to_path_buf(), Mutex::new(connection));
        Self(Arc::new(Shared { folder, connection, writer }))
    }

    /// Returns the store's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Collects writes that belong together.
    ///
    /// # Errors
    ///
    /// [`StoreError::ReadOnly`] on a store opened for reading.
    pub fn batch(&self) -> Result<Batch, StoreError> {
        if self.0.writer.is_none() {
            return Err(StoreError::ReadOnly);
        }
        Ok(Batch::new(self.clone()))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held rolled its transaction back; the connection is sound.
        self.0.connection.lock()
    }
}

fn require(folder: &Path) -> Result<(), StoreError> {
    if folder.join(DATABASE_FILE).is_file() {
        return Ok(());
    }
    Err(StoreError::Absent { path: folder.to_path_buf() })
}

#[cfg(test)]
mod tests;
