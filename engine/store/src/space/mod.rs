//! Mark spaces in the store: opened by folding their journals, written in blocks.
//!
//! Invariants:
//! - What is written comes out of a space: `StagedEntries` cannot be made up, and the names of what it becomes are reserved.
//! - A snapshot is a shortcut: whatever is wrong with it, the whole journal is folded instead, and `fsck` names it.

mod journal;
mod open;
mod reader;
mod snapshot;

pub use journal::StoredEntries;
pub use reader::SpaceReader;
