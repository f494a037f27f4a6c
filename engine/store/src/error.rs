//! Errors of the store, distinguished by what its user can do about them.

use std::path::PathBuf;

use hyperspace_core::canon::CanonError;
use hyperspace_core::digest::hex;
use serde::Serialize;
use thiserror::Error;

use crate::backend::JournalRow;

/// An operation on a store that did not take place. Nothing is half-written.
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
    /// Another process is writing to the store.
    #[error(
        "{path}: another process is writing to this store: {holder}; wait for it or stop it (readers are not affected)"
    )]
    Locked {
        /// The folder.
        path: PathBuf,
        /// The name that the writing process gave itself.
        holder: String,
    },
    /// The store was opened for reading.
    #[error("the store is open for reading only")]
    ReadOnly,
    /// A name that only a mark space may write.
    #[error("only a mark space writes {name}; nothing was written")]
    Reserved {
        /// The name.
        name: String,
    },
    /// An object does not match its identifier. It is named and never served.
    #[error("{object} is damaged: {why}")]
    Damaged {
        /// Kind and identifier, or table and row.
        object: String,
        /// The mismatch.
        why: String,
    },
    /// Something that is referred to does not exist.
    #[error("{object} is missing from the store")]
    Missing {
        /// Kind and identifier.
        object: String,
    },
    /// An object that could be written but not read back.
    #[error("{object} has {bytes} bytes; at most {most} are stored in one piece, and nothing was written")]
    TooLarge {
        /// Kind and identifier.
        object: String,
        /// Its size.
        bytes: usize,
        /// The largest size.
        most: usize,
    },
    /// No space is left on the device.
    #[error("the disk is full; nothing was written, free some room and run `resume`")]
    Full,
    /// A value that cannot be stored.
    #[error("a value cannot be stored: {0}")]
    Value(#[from] CanonError),
    /// The file system failed.
    #[error("{path}: {source}")]
    Io {
        /// The path that was accessed.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A journal grew in the meantime: another batch took the number of an entry.
    #[error("entry {seq} of the journal of {run} was written meanwhile; nothing was written")]
    Conflict {
        /// The record whose journal it is.
        run: String,
        /// The number.
        seq: u64,
    },
    /// The backend failed for another reason.
    #[error("the database failed: {0}")]
    Backend(Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Returns the error for a journal entry whose number is taken.
    #[must_use]
    pub fn conflict(row: &JournalRow) -> Self {
        StoreError::Conflict { run: hex(&row.run), seq: row.seq }
    }

    /// Returns whether the store exists but this process may not write to it.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        let refused = [std::io::ErrorKind::PermissionDenied, std::io::ErrorKind::ReadOnlyFilesystem];
        matches!(self, StoreError::Io { source, .. } if refused.contains(&source.kind()))
    }

    /// Returns whether the store is damaged, as opposed to being used wrongly or being inaccessible.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, StoreError::Damaged { .. } | StoreError::Missing { .. })
    }
}

/// One damaged or missing item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Damage {
    /// Kind and identifier, or table and row.
    pub object: String,
    /// The mismatch.
    pub why: String,
}

/// A prefix that does not name a single record.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// It is not hexadecimal.
    #[error("{prefix:?} is not a hash; expected 1 to 64 hexadecimal digits")]
    Malformed {
        /// The text.
        prefix: String,
    },
    /// Nothing begins with it.
    #[error("no {kind} begins with {prefix}; `log` lists what the store holds")]
    Unknown {
        /// The text.
        prefix: String,
        /// The kind of record.
        kind: String,
    },
    /// Several records begin with it.
    #[error("{prefix} is ambiguous, give more digits; it begins {}", candidates.join(", "))]
    Ambiguous {
        /// The text.
        prefix: String,
        /// Some of these records.
        candidates: Vec<String>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
