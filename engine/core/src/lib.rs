//! The foundation of hyperspace: content addressing, marks, scopes, the guard, the store and the journal.
//!
//! Invariants of this crate, each stated again where it is kept:
//! - Everything has one canonical byte sequence and is named by its BLAKE3 digest ([`canon`], [`BlobId`], [`RecordId`]).
//! - A path that exists names something below a root ([`RelPath`]).
//! - Nothing becomes a mark without the checks of a space, and no agent can make a capability ([`space`], [`Authority`]).
//! - What the store serves is what was stored, or an error that names it (`Store`, with the feature `store`).
//!
//! Absent by design: clocks, randomness, threads, the network, the process environment.

pub mod canon;
mod digest;
mod edit_scope;
mod files;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod guard;
mod mark;
mod path;
mod scope;
pub mod space;
#[cfg(feature = "store")]
mod store;
mod sync;
mod tree;

pub use digest::{BlobId, DIGEST_BYTES, EventId, MarkId, ParseDigestError, RecordId, TreeId};
pub use edit_scope::{EditScope, EditScopeError, GLOBS_MAX};
pub use files::{FileConflict, FileSet, FileSetError};
pub use guard::{Authority, Capability, Decision, DenyReason, FileOp, Grant, Guard};
pub use mark::{MarkKind, Severity, TrustSource};
pub use path::{PART_BYTES_MAX, PATH_BYTES_MAX, PATH_DEPTH_MAX, PathError, RelPath};
pub use scope::ScopeName;
#[cfg(feature = "store")]
pub use store::{
    Batch, Damage, FORMAT, FsckReport, JournalEntry, Record, ResolveError, Store, StoreError, record_id,
};
pub use sync::{Condvar, Mutex};
pub use tree::{Change, Tree, TreeError, diff};
