//! Mark spaces in the store: opened by folding their journals, written in blocks.
//!
//! Invariants:
//! - Everything written comes from a space: `StagedEntries` cannot be made up, and the names that they are stored under are
//!   reserved.
//! - A snapshot is a shortcut: if anything is wrong with it, the whole journal is folded instead, and `fsck` names it.

mod journal;
mod open;
mod reader;
mod snapshot;

pub use journal::StoredEntries;
pub use reader::SpaceReader;
