//! The guest's file system, wholly in memory.
//!
//! Invariants:
//! - It contains no host path, descriptor, inode or time, so none can be reached through it.
//! - Every change passes `authorize` (the mount's access, then its policy) before anything is changed, and is charged to
//!   the mount's quota before a byte is stored. A file that was unlinked while open keeps its share.
//! - A node belongs to one mount forever: a rename across mounts is refused, and a mount point cannot be removed.
//! - Listings are sorted, inode numbers come from paths, and times from the number of changes so far, so a run is
//!   repeatable.
//! - Links do not exist. Depth, name length and path length are those of `RelPath`; nothing here recurses.
//!
//! Attacks that end here: T-DET-04, T-FS-09, T-FS-10, T-FS-11, T-FS-15, T-FS-17, T-FS-20, T-FS-21, T-FS-30, T-FS-31,
//! T-FS-34, T-HOST-03, T-HOST-05, T-HOST-08, T-QUOTA-04, T-QUOTA-17.

mod authorize;
mod change;
mod content;
mod descriptors;
mod fs;
#[cfg(any(test, feature = "fuzzing"))]
mod invariants;
mod lookup;
mod node;
mod open;
mod outcome;
mod quota;
#[cfg(test)]
mod tests;
mod tool_view;

pub(crate) use self::change::PathAt;
pub(crate) use self::content::Whence;
pub(crate) use self::descriptors::{Descriptor, OpenFlags};
pub(crate) use self::fs::{FsResult, MarkFs, Stat};
pub(crate) use self::tool_view::DescriptorTable;
