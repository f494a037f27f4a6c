//! Opens the database of a folder, for writing or for reading.
//!
//! Attacks that end here: T-STORE-04, T-STORE-05, T-STORE-06, T-STORE-07, T-STORE-08, T-STORE-11, T-STORE-14,
//! T-STORE-19, T-STORE-20.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::MutexGuard;

use hyperspace_core::{Mutex, regular_file};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::lock::WriterLock;
use super::schema;
use super::seal::KnownSeal;
use crate::error::StoreError;

/// The name of the database in the folder of the store.
pub(super) const DATABASE_FILE: &str = "store.db";

/// Keeps rows in the file `store.db` of a folder.
#[derive(Debug)]
pub struct SqliteBackend {
    pub(super) folder: PathBuf,
    connection: Mutex<Connection>,
    pub(super) writer: Option<WriterLock>,
    /// The seal, as known to a writer.
    pub(super) seal: Mutex<KnownSeal>,
}

impl SqliteBackend {
    /// Opens a store for writing, and creates it if the folder is absent or empty. `holder` says who is writing, for the
    /// error message that a second writer gets.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] names the other writer; [`StoreError::Foreign`], [`StoreError::Format`] and I/O errors say
    /// what is in the way.
    pub fn open_or_create(folder: &Path, holder: &str) -> Result<Self, StoreError> {
        let io = |source| StoreError::Io { path: folder.to_path_buf(), source };
        if require(folder).is_err() {
            fs::create_dir_all(folder).map_err(|source| {
                io(std::io::Error::new(source.kind(), format!("the store cannot be made: {source}")))
            })?;
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

    /// Opens an existing store for reading; a writer may be active meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`], [`StoreError::Format`], and errors of the file system.
    pub fn open_reader(folder: &Path) -> Result<Self, StoreError> {
        require(folder)?;
        let path = database(folder)?;
        let folder = folder.to_path_buf();
        let mut refusal = None;
        for access in ReadAccess::ALL {
            // Readers of a WAL database coordinate through its shared-memory file, which requires write access to the folder.
            if access == ReadAccess::Immutable && has_log(&folder) {
                continue;
            }
            match access.open(&path, &folder) {
                Ok(connection) => {
                    let (connection, seal) = (Mutex::new(connection), Mutex::new(KnownSeal::default()));
                    return Ok(Self { folder, connection, writer: None, seal });
                }
                Err(error) if is_refused(&error) => refusal = refusal.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        Err(refusal.unwrap_or(StoreError::Absent { path: folder }))
    }

    fn writer(folder: &Path, holder: &str, extra: OpenFlags) -> Result<Self, StoreError> {
        let path = database(folder)?;
        let lock = WriterLock::acquire(folder, holder)?;
        let flags = FLAGS | OpenFlags::SQLITE_OPEN_READ_WRITE | extra;
        let mut connection = Connection::open_with_flags(path, flags)?;
        schema::configure(&connection)?;
        schema::create(&mut connection)?;
        schema::check(&connection, folder)?;
        let (connection, seal) = (Mutex::new(connection), Mutex::new(KnownSeal::default()));
        let backend = Self { folder: folder.to_path_buf(), connection, writer: Some(lock), seal };
        backend.load_seal()?;
        Ok(backend)
    }

    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held rolled back its transaction; the connection is sound.
        self.connection.lock()
    }
}

/// Flags of every connection. The path given is that of the folder itself, so a link in it stands in for a file of the store.
const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_NO_MUTEX.union(OpenFlags::SQLITE_OPEN_NOFOLLOW);

/// The files of a store that this process may write, besides the lock.
const FILES: [&str; 4] = [DATABASE_FILE, "store.db-wal", "store.db-shm", "store.db-journal"];

/// The access of a reader to the file system, in the order in which the kinds are tried.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadAccess {
    /// Reads beside a writer.
    Shared,
    /// Reads without writing anything.
    ReadOnly,
    /// Reads without writing anything, from a store that nobody has open, as a writer that has ended leaves it.
    Immutable,
}

impl ReadAccess {
    const ALL: [Self; 3] = [Self::Shared, Self::ReadOnly, Self::Immutable];

    fn open(self, path: &Path, folder: &Path) -> Result<Connection, StoreError> {
        let connection = match self {
            Self::Shared => Connection::open_with_flags(path, FLAGS | OpenFlags::SQLITE_OPEN_READ_WRITE),
            Self::ReadOnly => Connection::open_with_flags(path, FLAGS | OpenFlags::SQLITE_OPEN_READ_ONLY),
            Self::Immutable => {
                let flags = FLAGS | OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
                Connection::open_with_flags(immutable(path), flags)
            }
        }?;
        schema::configure(&connection)?;
        connection.pragma_update(None, "query_only", true)?;
        schema::check(&connection, folder)?;
        Ok(connection)
    }
}

/// Returns the URI of a database that nobody changes.
fn immutable(path: &Path) -> String {
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'_' | b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                address.push(char::from(*byte))
            }
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    address + "?immutable=1"
}

/// Returns whether the database has a log with commits that are not in its file yet.
fn has_log(folder: &Path) -> bool {
    fs::symlink_metadata(folder.join("store.db-wal")).is_ok_and(|log| log.len() > 0)
}

/// Returns whether the file system refused an access that another way of opening does not need.
fn is_refused(error: &StoreError) -> bool {
    let StoreError::Backend(source) = error else { return false };
    let code = source.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
    matches!(code, Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied))
}

/// Returns the path of the database after checking that all of its files are regular ones with a single name.
fn database(folder: &Path) -> Result<PathBuf, StoreError> {
    for name in FILES {
        let path = folder.join(name);
        regular_file::check_to_write(&path).map_err(|source| StoreError::Io { path, source })?;
    }
    let io = |source| StoreError::Io { path: folder.to_path_buf(), source };
    Ok(fs::canonicalize(folder).map_err(io)?.join(DATABASE_FILE))
}

fn require(folder: &Path) -> Result<(), StoreError> {
    match fs::symlink_metadata(folder.join(DATABASE_FILE)) {
        Ok(_) => Ok(()),
        Err(_) => Err(StoreError::Absent { path: folder.to_path_buf() }),
    }
}
