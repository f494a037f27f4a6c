//! The outcome of a run in terms of its files: changes in mounts that are kept, and the bytes that a snapshot takes.

use std::sync::Arc;

use hyperspace_core::RelPath;

use super::fs::MarkFs;
use super::node::{FileNode, NodeKind};
use crate::mount::Access;
use crate::report::FileChange;

impl MarkFs {
    /// Makes clones cheap: they share the bytes of files until one of them changes a file.
    pub(crate) fn share(&mut self) {
        for node in &mut self.nodes {
            if let NodeKind::File(content) = &mut node.kind {
                content.share();
            }
        }
    }

    /// Returns the bytes of files in writable mounts, and approximately those of the nodes.
    pub(crate) fn bytes_made(&self) -> usize {
        let writable = |node: &FileNode| matches!(self.mounts[node.mount].access, Access::ReadWrite { .. });
        let bytes: u64 = self.nodes.iter().filter(|node| writable(node)).map(FileNode::len).sum();
        usize::try_from(bytes).unwrap_or(usize::MAX).saturating_add(self.nodes.len() * size_of::<FileNode>())
    }

    /// Returns whether a quota refused something.
    pub(crate) fn quota_hit(&self) -> bool {
        self.quota_hit
    }

    /// Returns the files that the guest changed in mounts that are kept, ordered by mount and path.
    pub(crate) fn changes(&mut self) -> Vec<FileChange> {
        let mut changes = Vec::new();
        for index in 1..self.mounts.len() {
            if !matches!(self.mounts[index].access, Access::ReadWrite { keep: true, .. }) {
                continue;
            }
            let Some(at) = self.mounts[index].at.clone() else { continue };
            let now = self.files_of(index);
            let base = std::mem::take(&mut self.mounts[index].base);
            let gone = base.iter().filter(|(path, _)| now.binary_search_by(|(p, _)| p.cmp(path)).is_err());
            let mut found: Vec<(RelPath, Option<Arc<[u8]>>)> =
                gone.map(|(path, _)| (path.clone(), None)).collect();
            for (path, content) in now {
                if base.get(&path).is_none_or(|before| **before != *content) {
                    found.push((path, Some(content)));
                }
            }
            found.sort_by(|a, b| a.0.cmp(&b.0));
            changes.extend(found.into_iter().map(|(path, content)| FileChange {
                mount: at.clone(),
                path,
                content,
            }));
        }
        changes
    }

    /// Returns all files of a mount, sorted by path.
    fn files_of(&mut self, mount: usize) -> Vec<(RelPath, Arc<[u8]>)> {
        let mut files = Vec::new();
        let mut open = vec![self.mounts[mount].root];
        while let Some(folder) = open.pop() {
            for (name, id) in self.nodes[folder].children() {
                if self.nodes[id].mount != mount {
                    continue;
                }
                match &mut self.nodes[id].kind {
                    NodeKind::Folder(_) => open.push(id),
                    NodeKind::File(content) => {
                        let content = content.share();
                        if let Ok(path) = self.path_in_mount(folder, &name) {
                            files.push((path, content));
                        }
                    }
                }
            }
        }
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files
    }
}
