//! Access to the file system for the host's tools and for nested guests.
//!
//! They have a descriptor table of their own and make the same calls as the guest, so there is one policy, one quota and
//! one list of refusals.

use crate::abi::Errno;
use hyperspace_core::{Decision, FileOp};

use super::change::PathAt;
use super::descriptors::{self, Descriptor, OpenFlags};
use super::fs::{FsResult, MarkFs, Stat};
use super::node::NodeKind;
use crate::limits::Limits;
use crate::mount::Access;

/// Descriptor of the root folder in every fresh table.
const ROOT_FD: u32 = 3;
/// Maximum number of descriptors of a tool, which opens one file at a time.
const TOOL_DESCRIPTORS: usize = 8;

/// A descriptor table that is not in use.
pub(crate) struct DescriptorTable {
    entries: Vec<Option<Descriptor>>,
    most: usize,
}

impl MarkFs {
    /// Returns a file system without any mount, in place of one that was taken away.
    pub(crate) fn absent() -> Self {
        Self::new(Vec::new(), &Limits::default(), 0).unwrap_or_else(|_| unreachable!("no mount, no conflict"))
    }

    /// Sets the table in use aside and begins a fresh one of at most `most` descriptors.
    pub(crate) fn fresh_table(&mut self, most: usize) -> DescriptorTable {
        DescriptorTable {
            entries: std::mem::replace(&mut self.table, descriptors::initial()),
            most: std::mem::replace(&mut self.descriptors_max, most),
        }
    }

    /// Closes everything open in the table in use and restores the one that was set aside.
    pub(crate) fn restore_table(&mut self, table: DescriptorTable) {
        for fd in 0..self.table.len() {
            // A number that is already free has nothing to close.
            let _ = self.close(u32::try_from(fd).unwrap_or(u32::MAX));
        }
        (self.table, self.descriptors_max) = (table.entries, table.most);
    }

    /// Does `work` with a fresh descriptor table.
    pub(crate) fn with_tool_table<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let table = self.fresh_table(TOOL_DESCRIPTORS);
        let done = work(self);
        self.restore_table(table);
        done
    }

    /// Returns the reason for the last refusal.
    pub(crate) fn denial_reason(&self) -> &str {
        &self.denial_reason
    }

    /// Reads a file. Here and below, `path` is relative to the root folder.
    pub(crate) fn read_all(&mut self, path: &str) -> FsResult<Vec<u8>> {
        let fd = self.open(ROOT_FD, path, OpenFlags { read: true, ..OpenFlags::default() })?;
        let node = self.file(fd)?.node;
        self.bytes_at(node, 0, usize::MAX).map(<[u8]>::to_vec)
    }

    /// Creates or replaces a file. On failure, the file is unchanged.
    pub(crate) fn write_all(&mut self, path: &str, bytes: &[u8]) -> FsResult<()> {
        let flags = OpenFlags { write: true, ..OpenFlags::default() };
        match self.open(ROOT_FD, path, flags) {
            Ok(fd) => {
                let node = self.file(fd)?.node;
                // The only step that can be refused comes first.
                self.set_len(node, bytes.len() as u64)?;
                self.write_at(node, 0, bytes)
            }
            Err(Errno::Noent) => {
                let fd = self.open(ROOT_FD, path, OpenFlags { create: true, ..flags })?;
                let node = self.file(fd)?.node;
                let written = self.write_at(node, 0, bytes);
                if written.is_err() {
                    // The policy decides whether a file that could not be filled is removed.
                    let _ = self.remove_file(ROOT_FD, path);
                }
                written
            }
            Err(errno) => Err(errno),
        }
    }

    /// Appends to a file, which is created if it does not exist.
    pub(crate) fn append_all(&mut self, path: &str, bytes: &[u8]) -> FsResult<()> {
        let flags = OpenFlags { write: true, append: true, create: true, ..OpenFlags::default() };
        let fd = self.open(ROOT_FD, path, flags)?;
        let node = self.file(fd)?.node;
        self.write_at(node, self.len(node), bytes)
    }

    /// Returns the metadata of a path, and whether it may be changed.
    pub(crate) fn stat_path(&mut self, path: &str) -> FsResult<(Stat, bool)> {
        let base = self.folder(ROOT_FD)?;
        let found = self.lookup(base, path)?;
        let id = found.node.ok_or(Errno::Noent)?;
        let stat = self.stat(id);
        if found.wants_dir && !stat.is_dir {
            return Err(Errno::Notdir);
        }
        let name = found.name.unwrap_or_default();
        let op = if stat.is_dir { FileOp::CreateFolder } else { FileOp::Write };
        let writable = match &self.mounts[self.nodes[id].mount].access {
            Access::ReadOnly => false,
            Access::ReadWrite { policy: None, .. } => true,
            // A folder is writable if its mount is: the policy decides on what is created in it.
            Access::ReadWrite { policy: Some(_), .. } if stat.is_dir => true,
            Access::ReadWrite { policy: Some(policy), .. } => {
                policy.decide(&self.path_in_mount(found.folder, &name)?, op) == Decision::Allow
            }
        };
        Ok((stat, writable))
    }

    /// Returns the names in a folder, sorted, each with whether it is a folder.
    pub(crate) fn list_path(&mut self, path: &str) -> FsResult<Vec<(Box<str>, bool)>> {
        let base = self.folder(ROOT_FD)?;
        let id = self.existing(base, path)?;
        match &self.nodes[id].kind {
            NodeKind::File(_) => Err(Errno::Notdir),
            NodeKind::Folder(children) => {
                Ok(children.iter().map(|(name, &child)| (name.clone(), self.nodes[child].is_dir())).collect())
            }
        }
    }

    /// Creates a folder.
    pub(crate) fn create_folder_path(&mut self, path: &str) -> FsResult<()> {
        self.create_folder(ROOT_FD, path)
    }

    /// Removes a file.
    pub(crate) fn remove_file_path(&mut self, path: &str) -> FsResult<()> {
        self.remove_file(ROOT_FD, path)
    }

    /// Removes an empty folder.
    pub(crate) fn remove_folder_path(&mut self, path: &str) -> FsResult<()> {
        self.remove_folder(ROOT_FD, path)
    }

    /// Renames a file or a folder; `seen` as in [`MarkFs::rename`].
    pub(crate) fn rename_path(&mut self, from: &str, to: &str, seen: &mut u64) -> FsResult<()> {
        self.rename(PathAt::new(ROOT_FD, from), PathAt::new(ROOT_FD, to), seen)
    }
}
