//! A set of files in memory: paths with their contents, and the tree they make.
//!
//! Invariant: no path is both a file and a folder; contents are shared, so a clone costs one reference per file.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use thiserror::Error;

use crate::digest::BlobId;
use crate::path::RelPath;
use crate::tree::Tree;

/// A file that cannot be added.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{path} cannot be added: {other} is there already, and one name cannot be both a file and a folder")]
pub struct FileConflict {
    path: RelPath,
    other: RelPath,
}

/// Files by path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileSet {
    files: BTreeMap<RelPath, Arc<[u8]>>,
}

impl FileSet {
    /// No files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file, or replaces its content; answers what was there before.
    ///
    /// # Errors
    ///
    /// [`FileConflict`] when a folder of the path is a file, or the path is a folder of another file.
    pub fn insert(
        &mut self,
        path: RelPath,
        content: impl Into<Arc<[u8]>>,
    ) -> Result<Option<Arc<[u8]>>, FileConflict> {
        if let Some(other) = conflict(&path, &self.files) {
            return Err(FileConflict { path, other });
        }
        Ok(self.files.insert(path, content.into()))
    }

    /// Removes a file; answers what was there.
    pub fn remove(&mut self, path: &RelPath) -> Option<Arc<[u8]>> {
        self.files.remove(path)
    }

    /// The content of a file.
    #[must_use]
    pub fn get(&self, path: &RelPath) -> Option<&Arc<[u8]>> {
        self.files.get(path)
    }

    /// All files, in bytewise order of path.
    pub fn iter(&self) -> impl Iterator<Item = (&RelPath, &Arc<[u8]>)> {
        self.files.iter()
    }

    /// The number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Bytes of all contents.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|content| content.len() as u64).sum()
    }

    /// The tree of these files.
    #[must_use]
    pub fn tree(&self) -> Tree {
        Tree::of(self.files.iter().map(|(path, content)| (path.clone(), BlobId::of(content))))
    }
}

/// The entry of `entries` that cannot stand beside `path`: one of its folders, or something below it.
pub(crate) fn conflict<V>(path: &RelPath, entries: &BTreeMap<RelPath, V>) -> Option<RelPath> {
    let folders = std::iter::successors(path.parent(), RelPath::parent);
    for folder in folders {
        if entries.contains_key(&folder) {
            return Some(folder);
        }
    }
    // What lies below `path` begins with `path/`; that is one range, though `path-x` and `path.x` sort before it.
    let below = format!("{path}/");
    let after = format!("{path}0"); // '0' is the character after '/'.
    entries
        .range::<str, _>((Bound::Excluded(below.as_str()), Bound::Excluded(after.as_str())))
        .next()
        .map(|(other, _)| other.clone())
}
