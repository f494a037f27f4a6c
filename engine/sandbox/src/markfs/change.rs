//! Changes of the tree: creating, removing, renaming.
//!
//! Attacks that end here: T-FS-14, T-FS-16, T-FS-19, T-FS-22, T-FS-23, T-FS-27, T-FS-28, T-TIME-10.

use crate::abi::Errno;
use hyperspace_core::FileOp;

use super::fs::{FsResult, MarkFs};
use super::node::{NodeId, NodeKind, ROOT};

/// A path in a call, relative to an open folder.
#[derive(Clone, Copy)]
pub(crate) struct PathAt<'a> {
    /// The descriptor of the folder.
    pub(crate) folder: u32,
    pub(crate) path: &'a str,
}

impl<'a> PathAt<'a> {
    pub(crate) fn new(folder: u32, path: &'a str) -> Self {
        Self { folder, path }
    }
}

/// A node being moved, with its names before and after.
struct Move {
    id: NodeId,
    folder: NodeId,
    name: String,
    new_name: String,
}

impl MarkFs {
    /// Creates a file or folder that does not exist yet.
    pub(super) fn create(&mut self, folder: NodeId, name: &str, kind: NodeKind) -> FsResult<NodeId> {
        let op = match kind {
            NodeKind::File(_) => FileOp::Write,
            NodeKind::Folder(_) => FileOp::CreateFolder,
        };
        if !self.nodes[folder].linked {
            return Err(Errno::Noent);
        }
        self.authorize(folder, name, op)?;
        let mount = self.nodes[folder].mount;
        if let Err(errno) = self.mounts[mount].quota.add_file() {
            self.quota_hit = true;
            return Err(errno);
        }
        self.touch(folder);
        Ok(self.attach(folder, name, kind, mount))
    }

    /// Creates a folder.
    pub(crate) fn create_folder(&mut self, dirfd: u32, path: &str) -> FsResult<()> {
        let base = self.folder(dirfd)?;
        let found = self.lookup(base, path)?;
        match (found.node, found.name) {
            (Some(_), _) | (None, None) => Err(Errno::Exist),
            (None, Some(name)) => self.create(found.folder, &name, NodeKind::folder()).map(drop),
        }
    }

    /// Removes a file.
    pub(crate) fn remove_file(&mut self, dirfd: u32, path: &str) -> FsResult<()> {
        let base = self.folder(dirfd)?;
        let found = self.lookup(base, path)?;
        let id = found.node.ok_or(Errno::Noent)?;
        if self.nodes[id].is_dir() {
            return Err(Errno::Isdir);
        }
        if found.wants_dir {
            return Err(Errno::Notdir);
        }
        let name = found.name.ok_or(Errno::Inval)?;
        self.authorize(found.folder, &name, FileOp::Remove)?;
        self.detach(found.folder, &name, id);
        Ok(())
    }

    /// Removes an empty folder.
    pub(crate) fn remove_folder(&mut self, dirfd: u32, path: &str) -> FsResult<()> {
        let base = self.folder(dirfd)?;
        let found = self.lookup(base, path)?;
        let id = found.node.ok_or(Errno::Noent)?;
        if !self.nodes[id].is_dir() {
            return Err(Errno::Notdir);
        }
        let name = found.name.ok_or(Errno::Inval)?;
        self.authorize(found.folder, &name, FileOp::RemoveFolder)?;
        if self.mounts.iter().any(|mount| mount.root == id) {
            return Err(Errno::Busy);
        }
        if self.nodes[id].child_count() > 0 {
            return Err(Errno::Notempty);
        }
        self.detach(found.folder, &name, id);
        Ok(())
    }

    /// Checks that the caller may set times. Times follow from changes, so this changes nothing; without write access it
    /// is refused.
    pub(crate) fn set_times(&mut self, dirfd: u32, path: &str) -> FsResult<()> {
        let base = self.folder(dirfd)?;
        let found = self.lookup(base, path)?;
        let id = found.node.ok_or(Errno::Noent)?;
        if !self.nodes[id].linked {
            return Err(Errno::Noent);
        }
        let op = if self.nodes[id].is_dir() { FileOp::CreateFolder } else { FileOp::Write };
        self.authorize(found.folder, &found.name.unwrap_or_default(), op)
    }

    fn detach(&mut self, folder: NodeId, name: &str, id: NodeId) {
        self.nodes[folder].remove_child(name);
        self.nodes[id].linked = false;
        self.touch(folder);
        self.release_if_unused(id);
    }

    /// Releases the node's share of the quota once it is neither linked nor open.
    pub(super) fn release_if_unused(&mut self, id: NodeId) {
        let node = &mut self.nodes[id];
        if node.linked || node.open > 0 {
            return;
        }
        let (bytes, mount) = (node.len(), node.mount);
        node.kind = NodeKind::folder();
        self.mounts[mount].quota.release(bytes);
        self.free.push(id);
    }

    /// Renames a file or a folder within its mount; an existing target is replaced according to POSIX. `seen` counts the
    /// files and folders that were examined, even on failure: each is work for the host.
    pub(crate) fn rename(&mut self, from: PathAt<'_>, to: PathAt<'_>, seen: &mut u64) -> FsResult<()> {
        let (from_base, to_base) = (self.folder(from.folder)?, self.folder(to.folder)?);
        let source = self.lookup(from_base, from.path)?;
        let target = self.lookup(to_base, to.path)?;
        let id = source.node.ok_or(Errno::Noent)?;
        let (Some(source_name), Some(target_name)) = (source.name, target.name) else {
            return Err(Errno::Busy);
        };
        let is_dir = self.nodes[id].is_dir();
        if (source.wants_dir || target.wants_dir) && !is_dir {
            return Err(Errno::Notdir);
        }
        if !self.nodes[target.folder].linked {
            return Err(Errno::Noent);
        }
        let step =
            Move { id, folder: source.folder, name: source_name.clone(), new_name: target_name.clone() };
        self.authorize_move(step, target.folder, seen)?;
        if self.nodes[source.folder].mount != self.nodes[target.folder].mount {
            return Err(Errno::Xdev);
        }
        if target.node == Some(id) {
            return Ok(());
        }
        if self.is_inside(target.folder, id) {
            return Err(Errno::Inval);
        }
        if let Some(replaced) = target.node {
            self.check_replace(replaced, is_dir)?;
            self.detach(target.folder, &target_name, replaced);
        }
        self.nodes[source.folder].remove_child(&source_name);
        self.nodes[target.folder].insert_child(&target_name, id);
        self.nodes[id].parent = target.folder;
        self.nodes[id].name = target_name.into();
        self.touch(source.folder);
        self.touch(target.folder);
        Ok(())
    }

    fn check_replace(&self, replaced: NodeId, with_dir: bool) -> FsResult<()> {
        let node = &self.nodes[replaced];
        match (with_dir, node.is_dir()) {
            (true, false) => Err(Errno::Notdir),
            (false, true) => Err(Errno::Isdir),
            (true, true) if node.child_count() > 0 => Err(Errno::Notempty),
            (true, true) if self.mounts.iter().any(|mount| mount.root == replaced) => Err(Errno::Busy),
            _ => Ok(()),
        }
    }

    /// Authorises a move into the folder `to`: a removal here and a write there, for every file that moves.
    fn authorize_move(&mut self, step: Move, to: NodeId, seen: &mut u64) -> FsResult<()> {
        let mut open = vec![step];
        while let Some(Move { id, folder, name, new_name }) = open.pop() {
            *seen += 1;
            let (away, there) = if self.nodes[id].is_dir() {
                (FileOp::RemoveFolder, FileOp::CreateFolder)
            } else {
                (FileOp::Remove, FileOp::Write)
            };
            if self.mounts.iter().any(|mount| mount.root == id) {
                return Err(Errno::Busy);
            }
            self.authorize(folder, &name, away)?;
            self.authorize(to, &new_name, there)?;
            for (child_name, child) in self.nodes[id].children() {
                let new_name = format!("{new_name}/{child_name}");
                open.push(Move { id: child, folder: id, name: child_name.to_string(), new_name });
            }
        }
        Ok(())
    }

    /// Returns whether a folder is `ancestor` or lies below it.
    fn is_inside(&self, mut folder: NodeId, ancestor: NodeId) -> bool {
        loop {
            if folder == ancestor {
                return true;
            }
            if folder == ROOT {
                return false;
            }
            folder = self.nodes[folder].parent;
        }
    }
}
