//! Opening, closing and listing.
//!
//! Attacks that end here: T-CRASH-14, T-CRASH-15, T-FS-18, T-FS-25, T-MEM-13, T-QUOTA-05, T-QUOTA-14.

use hyperspace_core::FileOp;

use super::descriptors::{Descriptor, FileDescriptor, ListingEntry, OpenFlags};
use super::fs::{FsResult, MarkFs};
use super::node::{FileContent, NodeId, NodeKind, ROOT};
use crate::abi::Errno;

impl MarkFs {
    /// Returns the open descriptor with that number.
    pub(crate) fn descriptor(&mut self, fd: u32) -> FsResult<&mut Descriptor> {
        self.table.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    /// Returns the folder of a descriptor.
    pub(crate) fn folder(&mut self, fd: u32) -> FsResult<NodeId> {
        match self.descriptor(fd)? {
            Descriptor::Folder { node, .. } => Ok(*node),
            _ => Err(Errno::Notdir),
        }
    }

    /// Returns the file of a descriptor.
    pub(crate) fn file(&mut self, fd: u32) -> FsResult<&mut FileDescriptor> {
        match self.descriptor(fd)? {
            Descriptor::File(file) => Ok(file),
            Descriptor::Folder { .. } => Err(Errno::Isdir),
            _ => Err(Errno::Spipe),
        }
    }

    /// Opens a path.
    pub(crate) fn open(&mut self, dirfd: u32, path: &str, flags: OpenFlags) -> FsResult<u32> {
        let base = self.folder(dirfd)?;
        let fd = self.free_descriptor()?;
        let found = self.lookup(base, path)?;
        let node = match (found.node, found.name) {
            (Some(_), _) if flags.create && flags.exclusive => return Err(Errno::Exist),
            (Some(id), name) => {
                self.check_existing(id, found.folder, name.as_deref(), flags, found.wants_dir)?;
                id
            }
            (None, Some(name)) if flags.create && !flags.folder => {
                if found.wants_dir {
                    return Err(Errno::Isdir);
                }
                self.create(found.folder, &name, NodeKind::File(FileContent::Owned(Vec::new())))?
            }
            (None, _) => return Err(Errno::Noent),
        };
        self.nodes[node].open += 1;
        let descriptor = if self.nodes[node].is_dir() {
            Descriptor::Folder { node, listing: Vec::new() }
        } else {
            let OpenFlags { read, write, append, .. } = flags;
            Descriptor::File(FileDescriptor { node, position: 0, read, write, append })
        };
        if fd == self.table.len() {
            self.table.push(None);
        }
        self.table[fd] = Some(descriptor);
        u32::try_from(fd).map_err(|_| Errno::Mfile)
    }

    fn check_existing(
        &mut self,
        id: NodeId,
        folder: NodeId,
        name: Option<&str>,
        flags: OpenFlags,
        wants_dir: bool,
    ) -> FsResult<()> {
        if self.nodes[id].is_dir() {
            return if flags.write || flags.truncate { Err(Errno::Isdir) } else { Ok(()) };
        }
        if flags.folder || wants_dir {
            return Err(Errno::Notdir);
        }
        if flags.write || flags.truncate {
            self.authorize(folder, name.unwrap_or_default(), FileOp::Write)?;
        }
        if flags.truncate { self.set_len(id, 0) } else { Ok(()) }
    }

    fn free_descriptor(&self) -> FsResult<usize> {
        let fd = self.table.iter().position(Option::is_none).unwrap_or(self.table.len());
        if fd >= self.descriptors_max { Err(Errno::Mfile) } else { Ok(fd) }
    }

    /// Closes a descriptor.
    pub(crate) fn close(&mut self, fd: u32) -> FsResult<()> {
        let slot = self.table.get_mut(fd as usize).ok_or(Errno::Badf)?;
        let descriptor = slot.take().ok_or(Errno::Badf)?;
        self.closed(&descriptor);
        Ok(())
    }

    /// Moves the descriptor `from` to the number `to`, which is closed first.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> FsResult<()> {
        self.descriptor(from)?;
        self.descriptor(to)?;
        if from == to {
            return Ok(());
        }
        let moved = self.table.get_mut(from as usize).and_then(Option::take);
        if let Some(slot) = self.table.get_mut(to as usize) {
            let replaced = std::mem::replace(slot, moved);
            if let Some(descriptor) = replaced {
                self.closed(&descriptor);
            }
        }
        Ok(())
    }

    fn closed(&mut self, descriptor: &Descriptor) {
        let node = match descriptor {
            Descriptor::File(file) => file.node,
            Descriptor::Folder { node, .. } if *node != ROOT => *node,
            _ => return,
        };
        self.nodes[node].open = self.nodes[node].open.saturating_sub(1);
        self.release_if_unused(node);
    }

    /// Returns the entries of an open folder from `cookie` on: `.`, `..`, then by name. The listing is taken at cookie 0.
    pub(crate) fn listing(&mut self, fd: u32, cookie: u64) -> FsResult<&[ListingEntry]> {
        let id = self.folder(fd)?;
        if cookie == 0 {
            let children = self.nodes[id].children();
            let parent = self.nodes[id].parent;
            let dots = [(".".into(), id), ("..".into(), parent)];
            let entry = |(name, node)| {
                let stat = self.stat(node);
                ListingEntry { name, ino: stat.ino, is_dir: stat.is_dir }
            };
            let all = dots.into_iter().chain(children).map(entry).collect();
            if let Descriptor::Folder { listing, .. } = self.descriptor(fd)? {
                *listing = all;
            }
        }
        match self.descriptor(fd)? {
            Descriptor::Folder { listing, .. } => {
                let from = usize::try_from(cookie).unwrap_or(usize::MAX).min(listing.len());
                Ok(&listing[from..])
            }
            _ => Err(Errno::Notdir),
        }
    }
}
