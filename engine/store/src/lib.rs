//! The store: objects under their digests, journals, references, memos, and mark spaces.
//!
//! Invariants:
//! - An object is stored under the digest of its content and verified on every read; a damaged object is named, never
//!   served.
//! - A [`Batch`] becomes visible as a whole, durably, or not at all.
//! - A journal is a hash chain; its head is the root of the run.
//! - Marks come only from a space: the names of their journal entries and references are reserved.
//!
//! [`Store`] verifies and names; a [`Backend`] keeps the rows. There are two backends, [`SqliteBackend`] (one file in a
//! folder) and [`MemoryBackend`], and others can be written against the trait.

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
