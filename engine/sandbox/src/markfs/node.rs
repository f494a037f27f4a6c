//! Files and folders as an arena of nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::library::LibraryFile;

/// The index of a node in the arena. It is reused only when the node is neither linked nor open.
pub(crate) type NodeId = usize;

/// The root folder.
pub(super) const ROOT: NodeId = 0;

/// The bytes of a file, shared until the first change.
#[derive(Clone)]
pub(crate) enum FileContent {
    /// As it was mounted.
    Shared(Arc<[u8]>),
    /// A file of the library, loaded when its bytes are first needed.
    Library(Arc<LibraryFile>),
    /// Changed by the guest.
    Owned(Vec<u8>),
}

impl FileContent {
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Shared(bytes) => bytes,
            Self::Library(file) => file.bytes(),
            Self::Owned(bytes) => bytes,
        }
    }

    /// Returns the length in bytes, without loading them.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Shared(bytes) => bytes.len(),
            Self::Library(file) => file.len(),
            Self::Owned(bytes) => bytes.len(),
        }
    }

    /// Returns the bytes for modification.
    pub(super) fn make_owned(&mut self) -> &mut Vec<u8> {
        if !matches!(self, Self::Owned(_)) {
            *self = Self::Owned(self.as_slice().to_vec());
        }
        match self {
            Self::Owned(bytes) => bytes,
            Self::Shared(_) | Self::Library(_) => unreachable!("it was made owned above"),
        }
    }

    /// Returns the bytes as a shared reference to keep.
    pub(super) fn share(&mut self) -> Arc<[u8]> {
        if let Self::Owned(bytes) = self {
            *self = Self::Shared(std::mem::take(bytes).into());
        }
        match self {
            Self::Shared(bytes) => Arc::clone(bytes),
            Self::Library(file) => Arc::clone(file.bytes()),
            Self::Owned(_) => unreachable!("it was made shared above"),
        }
    }
}

/// A file or a folder.
#[derive(Clone)]
pub(crate) enum NodeKind {
    File(FileContent),
    Folder(BTreeMap<Box<str>, NodeId>),
}

impl NodeKind {
    pub(super) fn folder() -> Self {
        Self::Folder(BTreeMap::new())
    }
}

/// One file or folder.
#[derive(Clone)]
pub(super) struct FileNode {
    pub(super) parent: NodeId,
    pub(super) name: Box<str>,
    pub(super) kind: NodeKind,
    pub(super) mount: usize,
    pub(super) changed: u64,
    pub(super) linked: bool,
    pub(super) open: u32,
}

impl FileNode {
    pub(super) fn new(parent: NodeId, name: &str, kind: NodeKind, mount: usize, changed: u64) -> Self {
        Self { parent, name: name.into(), kind, mount, changed, linked: true, open: 0 }
    }

    pub(super) fn folder(parent: NodeId, name: &str, mount: usize) -> Self {
        Self::new(parent, name, NodeKind::folder(), mount, 0)
    }

    pub(super) fn is_dir(&self) -> bool {
        matches!(self.kind, NodeKind::Folder(_))
    }

    /// Returns the length of a file in bytes; 0 for a folder.
    pub(super) fn len(&self) -> u64 {
        match &self.kind {
            NodeKind::File(content) => content.len() as u64,
            NodeKind::Folder(_) => 0,
        }
    }

    pub(super) fn child(&self, name: &str) -> Option<NodeId> {
        match &self.kind {
            NodeKind::Folder(children) => children.get(name).copied(),
            NodeKind::File(_) => None,
        }
    }

    pub(super) fn child_count(&self) -> usize {
        match &self.kind {
            NodeKind::Folder(children) => children.len(),
            NodeKind::File(_) => 0,
        }
    }

    /// Returns the names and nodes in a folder, sorted by name.
    pub(super) fn children(&self) -> Vec<(Box<str>, NodeId)> {
        match &self.kind {
            NodeKind::Folder(children) => children.iter().map(|(name, &id)| (name.clone(), id)).collect(),
            NodeKind::File(_) => Vec::new(),
        }
    }

    pub(super) fn insert_child(&mut self, name: &str, id: NodeId) {
        if let NodeKind::Folder(children) = &mut self.kind {
            children.insert(name.into(), id);
        }
    }

    pub(super) fn remove_child(&mut self, name: &str) {
        if let NodeKind::Folder(children) = &mut self.kind {
            children.remove(name);
        }
    }
}
