//! The store: objects under their digests, journals, references, memos, and mark spaces.
//!
//! Invariants:
//! - An object is stored under the digest of its content and verified on every read; one that is damaged is named, never
//!   served.
//! - A [`Batch`] becomes visible at once, durably, or not at all.
//! - A journal is a hash chain; its head is the root of the run.
//! - Marks come out of a space alone: the names of their journal entries and references are reserved.
//!
//! [`Store`] checks and names; rows are kept by a [`Backend`]: [`SqliteBackend`], one file in a folder, and
//! [`MemoryBackend`] are two, and a third can be written against the trait.

mod backend;
mod batch;
mod error;
mod fsck;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod journal;
mod memory;
mod names;
mod objects;
mod seal;
mod space;
mod sqlite;
mod store;

pub use backend::{Backend, JournalRow, MemoRow, ObjectRow, ReferenceRow, SealedId, StoredRow, WriteBatch};
pub use batch::Batch;
pub use error::{Damage, ResolveError, StoreError};
pub use fsck::FsckReport;
pub use journal::JournalEntry;
pub use memory::MemoryBackend;
pub use objects::OBJECT_BYTES_MAX;
pub use seal::{SealedJournal, StoreSeal};
pub use space::{SpaceReader, StoredEntries};
pub use sqlite::{FORMAT, SqliteBackend};
pub use store::Store;
