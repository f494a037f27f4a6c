//! Changes of the tree: making, removing, renaming.
//!
//! Attacks that end here: T-FS-14, T-FS-16, T-FS-19, T-FS-22, T-FS-23, T-FS-27, T-FS-28, T-TIME-10.

use crate::wasi::abi::types::Errno;
use hyperspace_core::FileOp;

use super::node::{Kind, NodeId};
use super::{Guest, MarkFs};

impl MarkFs {
    /// Makes a file or folder that does not exist.
    pub(super) fn create(&mut self, folder: NodeId, name: &str, kind: Kind) -> Guest<NodeId> {
        let op = match kind {
            Kind::File(_) => FileOp::Write,
            Kind::Folder(_) => FileOp::CreateFolder,
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

    /// Makes a folder.
    pub(crate) fn create_folder(&mut self, dirfd: u32, path: &str) -> Guest<()> {
        let base = self.folder(dirfd)?;
        let found = self.lookup(base, path)?;
        match (found.node, found.name) {
            (Some(_), _) | (None, None) => Err(Errno::Exist),
            (None, Some(name)) => self.create(found.folder, &name, Kind::folder()).map(drop),
        }
    }

    /// Removes a file.
    pub(crate) fn remove_file(&mut self, dirfd: u32, path: &str) -> Guest<()> {
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
    pub(crate) fn remove_folder(&mut self, dirfd: u32, path: &str) -> Guest<()> {
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

    /// Times follow from the changes, so setting them changes nothing; who may not write may not set them.
    pub(crate) fn set_times(&mut self, dirfd: u32, path: &str) -> Guest<()> {
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

    /// Gives the quota back when a node is neither linked nor open.
    pub(super) fn release_if_unused(&mut self, id: NodeId) {
        let node = &mut self.nodes[id];
        if node.linked || node.open > 0 {
            return;
        }
        let (bytes, mount) = (node.len(), node.mount);
        node.kind = Kind::folder();
        self.mounts[mount].quota.release(bytes);
        self.free.push(id);
    }

    /// Renames a file or a folder within its mount; an existing target is replaced as POSIX says. `seen` counts the files
    /// and folders that were looked at, whatever comes of it: each is work of the host.
    pub(crate) fn rename(&mut self, from: (u32, &str), to: (u32, &str), seen: &mut u64) -> Guest<()> {
        let (from_base, to_base) = (self.folder(from.0)?, self.folder(to.0)?);
        let source = self.lookup(from_base, from.1)?;
        let target = self.lookup(to_base, to.1)?;
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
        self.authorize_move(id, (source.folder, &source_name), (target.folder, &target_name), seen)?;
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

    fn check_replace(&self, replaced: NodeId, with_dir: bool) -> Guest<()> {
        let node = &self.nodes[replaced];
        match (with_dir, node.is_dir()) {
            (true, false) => Err(Errno::Notdir),
            (false, true) => Err(Errno::Isdir),
            (true, true) if node.child_count() > 0 => Err(Errno::Notempty),
            (true, true) if self.mounts.iter().any(|mount| mount.root == replaced) => Err(Errno::Busy),
            _ => Ok(()),
        }
    }

    /// A move is a removal here and a write there, for every file that moves along.
    fn authorize_move(
        &mut self,
        id: NodeId,
        from: (NodeId, &str),
        to: (NodeId, &str),
        seen: &mut u64,
    ) -> Guest<()> {
        let mut open = vec![(id, from.0, from.1.to_owned(), to.1.to_owned())];
        while let Some((id, folder, name, new_name)) = open.pop() {
            *seen += 1;
            let is_dir = self.nodes[id].is_dir();
            let (away, there) = match is_dir {
                true => (FileOp::RemoveFolder, FileOp::CreateFolder),
                false => (FileOp::Remove, FileOp::Write),
            };
            if self.mounts.iter().any(|mount| mount.root == id) {
                return Err(Errno::Busy);
            }
            self.authorize(folder, &name, away)?;
            self.authorize(to.0, &new_name, there)?;
            for (child_name, child) in self.nodes[id].children() {
                open.push((child, id, child_name.to_string(), format!("{new_name}/{child_name}")));
            }
        }
        Ok(())
    }

    /// Whether a folder is `ancestor` or lies below it.
    fn is_inside(&self, mut folder: NodeId, ancestor: NodeId) -> bool {
        loop {
            if folder == ancestor {
                return true;
            }
            if folder == super::node::ROOT {
                return false;
            }
            folder = self.nodes[folder].parent;
        }
    }
}
