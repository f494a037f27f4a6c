//! Metadata of files and descriptors.
//!
//! Attacks that end here: T-FS-33.

use crate::abi::{Errno, Fdflags, Fdstat, Filestat, Filetype, Rights};

use super::result::WasiResult;
use crate::host::Host;
use crate::markfs::{Descriptor, Stat};

/// Device number of all files: there is only one device.
const DEVICE: u64 = 1;

pub(super) fn filestat(stat: &Stat) -> Filestat {
    let filetype = if stat.is_dir { Filetype::Directory } else { Filetype::RegularFile };
    Filestat {
        device: DEVICE,
        inode: stat.ino,
        filetype,
        links: 1,
        size: stat.size,
        accessed_ns: stat.time_ns,
        modified_ns: stat.time_ns,
        changed_ns: stat.time_ns,
    }
}

impl Host {
    pub(super) fn filestat_of(&mut self, fd: u32) -> WasiResult<Filestat> {
        let node = match self.kept.fs.descriptor(fd)? {
            Descriptor::File(file) => file.node,
            Descriptor::Folder { node, .. } => *node,
            Descriptor::Stdin { .. } | Descriptor::Stdout | Descriptor::Stderr => {
                let stat = Stat { ino: u64::from(fd), is_dir: false, size: 0, time_ns: self.kept.epoch_ns };
                return Ok(Filestat { filetype: Filetype::Unknown, ..filestat(&stat) });
            }
        };
        Ok(filestat(&self.kept.fs.stat(node)))
    }

    pub(super) fn fdstat(&mut self, fd: u32) -> WasiResult<Fdstat> {
        let (filetype, flags, rights) = match self.kept.fs.descriptor(fd)? {
            Descriptor::Stdin { .. } => (Filetype::Unknown, Fdflags::empty(), Rights::FD_READ),
            Descriptor::Stdout | Descriptor::Stderr => {
                (Filetype::Unknown, Fdflags::empty(), Rights::FD_WRITE)
            }
            Descriptor::File(file) => {
                let mut rights = Rights::FD_SEEK | Rights::FD_TELL | Rights::FD_FILESTAT_GET;
                if file.read {
                    rights |= Rights::FD_READ;
                }
                if file.write {
                    rights |= Rights::FD_WRITE | Rights::FD_FILESTAT_SET_SIZE | Rights::FD_ALLOCATE;
                }
                let flags = if file.append { Fdflags::APPEND } else { Fdflags::empty() };
                (Filetype::RegularFile, flags, rights)
            }
            Descriptor::Folder { .. } => (Filetype::Directory, Fdflags::empty(), Rights::all()),
        };
        Ok(Fdstat { filetype, flags, rights, inherited_rights: Rights::all() })
    }

    /// Returns `EBADF` for every descriptor but the root folder, while that is open.
    pub(super) fn preopen(&mut self, fd: u32) -> WasiResult {
        match self.kept.fs.descriptor(fd)? {
            Descriptor::Folder { .. } if fd == 3 => Ok(()),
            _ => Err(Errno::Badf.into()),
        }
    }
}
