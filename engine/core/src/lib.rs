//! The foundation of hyperspace: content addressing, paths, trees and file sets, scopes, decisions on files.
//!
//! Invariants of this crate, each stated again where it is upheld:
//! - Everything has one canonical byte sequence and is named by its BLAKE3 digest ([`canon`], [`BlobId`], [`RecordId`]).
//! - Every path names something below a root ([`RelPath`]).
//!
//! Absent by design: clocks, randomness, threads, the network, the process environment.

pub mod canon;
mod decision;
pub mod digest;
mod edit_scope;
pub mod exact_json;
mod files;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod json_weight;
mod mark;
mod path;
mod reader_words;
mod record;
mod region;
pub mod regular_file;
mod scope;
mod sync;
mod text_end;
pub mod toml_nesting;
mod tree;
mod unseen;

pub use decision::{Decision, DenyReason, FileOp};
pub use digest::{BlobId, DIGEST_BYTES, EventId, MarkId, ParseDigestError, RecordId, TreeId};
pub use edit_scope::{EditScope, EditScopeError, GLOBS_MAX, REGION_SUFFIX};
pub use files::{FileConflict, FileSet, FileSetError};
pub use mark::MarkKind;
pub use path::{PART_BYTES_MAX, PATH_BYTES_MAX, PATH_DEPTH_MAX, PathError, RelPath};
pub use reader_words::reader_words;
pub use record::{Record, encode_record, record_id};
pub use region::{RegionError, check_regions, regions};
pub use scope::ScopeName;
pub use sync::{Condvar, Mutex};
pub use text_end::text_end;
pub use tree::{Change, Tree, TreeError, diff};
pub use unseen::is_unseen;
