//! Descriptors of open files and folders.
//!
//! Descriptors 0 to 2 are the standard streams, 3 is the root folder; the lowest free number is assigned next.

use super::node::{NodeId, ROOT};

/// An open file.
#[derive(Clone)]
pub(crate) struct FileDescriptor {
    pub(crate) node: NodeId,
    pub(crate) position: u64,
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) append: bool,
}

/// One entry of a listing.
#[derive(Clone)]
pub(crate) struct ListingEntry {
    pub(crate) name: Box<str>,
    pub(crate) ino: u64,
    pub(crate) is_dir: bool,
}

/// An open descriptor.
#[derive(Clone)]
pub(crate) enum Descriptor {
    Stdin {
        position: usize,
    },
    Stdout,
    Stderr,
    File(FileDescriptor),
    /// `listing` is taken when the guest starts to read it, so changes in between have no effect on it.
    Folder {
        node: NodeId,
        listing: Vec<ListingEntry>,
    },
}

/// The flags of an open call.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "these are the independent flags of open(2)")]
pub(crate) struct OpenFlags {
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) append: bool,
    pub(crate) create: bool,
    pub(crate) exclusive: bool,
    pub(crate) truncate: bool,
    pub(crate) folder: bool,
}

pub(super) fn initial() -> Vec<Option<Descriptor>> {
    vec![
        Some(Descriptor::Stdin { position: 0 }),
        Some(Descriptor::Stdout),
        Some(Descriptor::Stderr),
        Some(Descriptor::Folder { node: ROOT, listing: Vec::new() }),
    ]
}
