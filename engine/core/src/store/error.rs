//! What can go wrong with a store, told apart by what its user can do about it.

use std::path::PathBuf;

use thiserror::Error;

use crate::canon::CanonError;

/// An operation on a store that did not take place. Nothing is half-written then.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no store here.
    #[error("{path}: there is no store; `evolve` makes one, or correct --store")]
    Absent {
        /// The folder.
        path: PathBuf,
    },
    /// A folder that is not a store holds other files.
    #[error("{path}: the folder is not empty and not a store; choose an empty or new folder")]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// The store has a format that this build does not know.
    #[error(
        "{path}: the store has format {found}, this build reads format {supported}; use the build that wrote it, or export there and import here"
    )]
    Format {
        /// The folder.
        path: PathBuf,
        /// Format of the store.
        found: String,
        /// Format of this build.
        supported: u32,
    },
    /// Another process writes.
    #[error(
        "{path}: another process is writing to this store: {holder}; wait for it or stop it (readers are not affected)"
    )]
    Locked {
        /// The folder.
        path: PathBuf,
        /// Who it is.
        holder: String,
    },
    /// The store was opened for reading.
    #[error("the store is open for reading only")]
    ReadOnly,
    /// A name that only the mark space writes.
    #[error("{name} is a name of the mark space's own; nothing was written")]
    Reserved {
        /// The name.
        name: String,
    },
    /// An object is not what its identifier says. It is named and never served.
    #[error("{object} is damaged: {why}")]
    Damaged {
        /// Kind and identifier, or table and row.
        object: String,
        /// What does not fit.
        why: String,
    },
    /// Something that is referred to is not there.
    #[error("{object} is missing from the store")]
    Missing {
        /// Kind and identifier.
        object: String,
    },
    /// No room left on the device.
    #[error("the disk is full; nothing was written, free some room and run `resume`")]
    Full,
    /// A value that cannot be stored.
    #[error("a value cannot be stored: {0}")]
    Value(#[from] CanonError),
    /// The file system failed.
    #[error("{path}: {source}")]
    Io {
        /// What was accessed.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// SQLite failed otherwise.
    #[error("the database failed: {0}")]
    Database(rusqlite::Error),
}

impl StoreError {
    /// Whether the store is damaged, as opposed to being used wrongly or being out of reach.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, StoreError::Damaged { .. } | StoreError::Missing { .. })
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged {
                object: "the database file store.db".to_owned(),
                why: error.to_string(),
            },
            _ => match error {
                // A column of another type than was written: the row is damaged, not the program.
                rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..) => {
                    StoreError::Damaged { object: "a row of store.db".to_owned(), why: error.to_string() }
                }
                other => StoreError::Database(other),
            },
        }
    }
}
