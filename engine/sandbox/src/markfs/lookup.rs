//! Resolves a path in a call to a node.
//!
//! A path is relative to an open folder and never leaves it: an absolute path and a `..` above the folder get `EPERM`.
//! `..` is resolved on the tree (there are no links), and only where each step exists.
//!
//! Attacks that end here: T-FS-01, T-FS-02, T-FS-03, T-FS-04, T-FS-05, T-FS-06, T-FS-07, T-FS-26, T-FS-36, T-HOST-01,
//! T-HOST-02, T-HOST-04, T-HOST-06, T-HOST-07.

use crate::abi::Errno;

use super::fs::{FsResult, MarkFs};
use super::node::NodeId;

/// The result of following a path.
pub(crate) struct PathLookup {
    /// The folder that holds it.
    pub(super) folder: NodeId,
    /// Its name there. `None` means that the path is the folder itself (it is `.`, or ends in `..`).
    pub(super) name: Option<String>,
    /// The node, if it exists.
    pub(crate) node: Option<NodeId>,
    /// True if the path ended in `/`, so it has to be a folder.
    pub(super) wants_dir: bool,
}

impl MarkFs {
    /// Follows `path` from the folder `base`. The last part may be missing; all parts before it must be folders.
    pub(crate) fn lookup(&self, base: NodeId, path: &str) -> FsResult<PathLookup> {
        if path.is_empty() {
            return Err(Errno::Noent);
        }
        if path.starts_with('/') {
            return Err(Errno::Perm);
        }
        if path.contains('\0') {
            return Err(Errno::Ilseq);
        }
        let wants_dir = path.ends_with('/');
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        let mut at = base;
        for (index, &part) in parts.iter().enumerate() {
            if !self.nodes[at].is_dir() {
                return Err(Errno::Notdir);
            }
            if part == ".." {
                if at == base {
                    return Err(Errno::Perm);
                }
                at = self.nodes[at].parent;
                continue;
            }
            if part.len() > hyperspace_core::PART_BYTES_MAX {
                return Err(Errno::Nametoolong);
            }
            let next = self.nodes[at].child(part);
            if index + 1 == parts.len() {
                let (folder, name) = (at, Some(part.to_owned()));
                return Ok(PathLookup { folder, name, node: next, wants_dir });
            }
            at = next.ok_or(Errno::Noent)?;
        }
        Ok(PathLookup { folder: self.nodes[at].parent, name: None, node: Some(at), wants_dir: true })
    }

    /// Follows a path to something that exists.
    pub(crate) fn existing(&self, base: NodeId, path: &str) -> FsResult<NodeId> {
        let found = self.lookup(base, path)?;
        let id = found.node.ok_or(Errno::Noent)?;
        if found.wants_dir && !self.nodes[id].is_dir() { Err(Errno::Notdir) } else { Ok(id) }
    }
}
