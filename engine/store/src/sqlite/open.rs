//! Opening the database of a folder, for writing or for reading.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::MutexGuard;

use hyperspace_core::Mutex;
use rusqlite::{Connection, OpenFlags};

use super::lock::WriterLock;
use super::schema;
use crate::error::StoreError;

/// The name of the database in the folder of the store.
pub(super) const DATABASE_FILE: &str = "store.db";

/// Keeps rows in the file `store.db` of a folder.
#[derive(Debug)]
pub struct SqliteBackend {
    pub(super) folder: PathBuf,
    connection: Mutex<Connection>,
    pub(super) writer: Option<WriterLock>,
}

impl SqliteBackend {
    /// Opens a store for writing and makes it when the folder is absent or empty. `holder` says who is writing, for the
    /// error message of a second writer.
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
    /// As [`SqliteBackend::open_or_create`], and [`StoreError::Absent`].
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
        Ok(Self { folder: folder.to_path_buf(), connection: Mutex::new(connection), writer: None })
    }

    fn writer(folder: &Path, holder: &str, extra: OpenFlags) -> Result<Self, StoreError> {
        let lock = WriterLock::acquire(folder, holder)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | extra;
        let mut connection = Connection::open_with_flags(folder.join(DATABASE_FILE), flags)?;
        schema::configure(&connection)?;
        schema::create(&mut connection)?;
        schema::check_format(&connection, folder)?;
        Ok(Self { folder: folder.to_path_buf(), connection: Mutex::new(connection), writer: Some(lock) })
    }

    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held rolled its transaction back; the connection is sound.
        self.connection.lock()
    }
}

fn require(folder: &Path) -> Result<(), StoreError> {
    if folder.join(DATABASE_FILE).is_file() {
        return Ok(());
    }
    Err(StoreError::Absent { path: folder.to_path_buf() })
}
