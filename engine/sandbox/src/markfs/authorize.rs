//! Decides on changes: the mount's access first, then its policy. Refusals are listed.

use crate::abi::Errno;
use hyperspace_core::{Decision, FileOp, PathError, RelPath};

use super::fs::{FsResult, MarkFs};
use super::node::{NodeId, ROOT};
use crate::limits::DENIALS_LISTED_MAX;
use crate::mount::Access;
use crate::report::Denial;

impl MarkFs {
    /// Decides whether `op` may happen to `name` in `folder`. A refusal is listed.
    pub(super) fn authorize(&mut self, folder: NodeId, name: &str, op: FileOp) -> FsResult<()> {
        let mount = self.nodes[folder].mount;
        let reason = match &self.mounts[mount].access {
            Access::ReadOnly => "the mount is read-only".to_owned(),
            Access::ReadWrite { policy: None, .. } => {
                self.path_in_mount(folder, name)?;
                return Ok(());
            }
            Access::ReadWrite { policy: Some(policy), .. } => {
                match policy.decide(&self.path_in_mount(folder, name)?, op) {
                    Decision::Allow => return Ok(()),
                    Decision::Deny(reason) => reason.to_string(),
                }
            }
        };
        let op = match op {
            FileOp::Write => "write",
            FileOp::Remove => "remove",
            FileOp::CreateFolder => "create-folder",
            FileOp::RemoveFolder => "remove-folder",
        };
        let folder = self.path_of(folder);
        let target = format!("{}/{name}", folder.trim_end_matches('/'));
        self.deny(Denial { op: op.to_owned(), target, reason });
        Err(Errno::Acces)
    }

    /// Returns the path of `name` in `folder`, relative to its mount.
    pub(super) fn path_in_mount(&self, folder: NodeId, name: &str) -> FsResult<RelPath> {
        let mount = self.nodes[folder].mount;
        let mut parts = vec![name];
        let mut id = folder;
        while id != self.mounts[mount].root {
            // There may be anything by now above a folder that has been removed.
            if id == ROOT || !self.nodes[id].linked {
                return Err(Errno::Noent);
            }
            parts.push(&*self.nodes[id].name);
            id = self.nodes[id].parent;
        }
        parts.reverse();
        RelPath::new(&parts.join("/")).map_err(|error| match error {
            PathError::TooLong { .. } | PathError::TooDeep { .. } | PathError::PartTooLong { .. } => {
                Errno::Nametoolong
            }
            _ => Errno::Inval,
        })
    }

    /// Adds a refusal to the list.
    pub(crate) fn deny(&mut self, denial: Denial) {
        self.denials_total += 1;
        self.denial_reason.clone_from(&denial.reason);
        if self.denials.len() < DENIALS_LISTED_MAX {
            self.denials.push(denial);
        }
    }

    /// Takes the refusals: those listed, and the total number.
    pub(crate) fn take_denials(&mut self) -> (Vec<Denial>, u64) {
        (std::mem::take(&mut self.denials), self.denials_total)
    }
}
