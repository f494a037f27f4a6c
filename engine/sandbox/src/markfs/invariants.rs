//! Invariants of the file system, checked at any moment by tests.

use std::collections::BTreeSet;

use super::descriptors::Descriptor;
use super::fs::MarkFs;
use super::node::{FileContent, NodeKind, ROOT};
use crate::mount::Access;

impl MarkFs {
    /// Panics when an invariant does not hold.
    pub(crate) fn check(&self) {
        let free: BTreeSet<usize> = self.free.iter().copied().collect();
        assert_eq!(free.len(), self.free.len(), "a node is free twice");
        for (id, node) in self.nodes.iter().enumerate() {
            let alive = node.linked || node.open > 0;
            assert_eq!(alive, !free.contains(&id), "node {id}: alive or free, not both");
            if node.linked && id != ROOT {
                let parent = &self.nodes[node.parent];
                assert!(parent.linked, "node {id} is below a folder that is gone");
                assert_eq!(parent.child(&node.name), Some(id), "node {id} is not where it says");
                assert!(self.path_of(id).len() < 8_192);
            }
            if let NodeKind::Folder(children) = &node.kind {
                assert!(children.is_empty() || node.linked, "folder {id} is gone and has children");
            }
        }
        assert!(self.table.len() <= self.descriptors_max.max(4));
        let mut open = vec![0; self.nodes.len()];
        for descriptor in self.table.iter().flatten() {
            match descriptor {
                Descriptor::File(file) => open[file.node] += 1,
                Descriptor::Folder { node, .. } => open[*node] += 1,
                Descriptor::Stdin { .. } | Descriptor::Stdout | Descriptor::Stderr => {}
            }
        }
        for (id, node) in self.nodes.iter().enumerate().filter(|(id, _)| *id != ROOT) {
            assert_eq!(node.open, open[id], "node {id} counts its descriptors wrongly");
        }
        self.check_quotas();
    }

    fn check_quotas(&self) {
        for (index, mount) in self.mounts.iter().enumerate() {
            if !matches!(mount.access, Access::ReadWrite { .. }) {
                continue;
            }
            let (mut bytes, mut files, mut held) = (0, 0, 0);
            for (id, node) in self.nodes.iter().enumerate() {
                if node.mount == index && id != mount.root && (node.linked || node.open > 0) {
                    bytes += node.len();
                    files += 1;
                    if let NodeKind::File(FileContent::Owned(content)) = &node.kind {
                        held += content.capacity() as u64;
                    }
                }
            }
            let (counted, bytes_max) = mount.quota.counted();
            assert_eq!(counted, (bytes, files), "mount {index} counts bytes and files wrongly");
            assert!(
                bytes <= bytes_max && held <= 2 * bytes_max + 64 * files,
                "{held} bytes held for {bytes}"
            );
        }
    }
}
