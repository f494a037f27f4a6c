//! Reading and writing the bytes of files and standard streams.
//!
//! Attacks that end here: T-FS-24, T-OUT-08, T-TIME-05.

use crate::abi::{self, Errno, Fdflags, GuestMemory, GuestPtr, GuestSlice, Iovec, Oflags, Rights};

use super::result::{WasiResult, size};
use crate::host::Host;
use crate::limits::{IO_BYTES_MAX, IOVECS_MAX};
use crate::markfs::{Descriptor, OpenFlags, Whence};

/// Reads the list of buffers of a call, limited in number, and in bytes to what one call may move.
fn buffers(memory: &GuestMemory<'_>, iovecs: GuestPtr<Iovec>, count: u32) -> WasiResult<Vec<GuestSlice>> {
    if count > IOVECS_MAX {
        return Err(Errno::Inval.into());
    }
    let mut buffers = Vec::new();
    let mut room = IO_BYTES_MAX;
    for index in 0..count {
        let iovec = memory.read(iovecs.element(index)?)?;
        let len = (iovec.len as usize).min(room);
        room -= len;
        buffers.push(iovec.start.bytes(size(len)?));
    }
    Ok(buffers)
}

fn bytes_of(buffers: &[GuestSlice]) -> usize {
    buffers.iter().map(|buffer| buffer.len() as usize).sum()
}

impl Host {
    pub(super) fn read(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        iovecs: GuestPtr<Iovec>,
        count: u32,
        offset: Option<u64>,
    ) -> WasiResult<u32> {
        let buffers = buffers(memory, iovecs, count)?;
        let wanted = bytes_of(&buffers);
        let source = match self.kept.fs.descriptor(fd)? {
            Descriptor::Stdin { position } if offset.is_none() => {
                let from = *position;
                let to = self.call.stdin.len().min(from.saturating_add(wanted));
                *position = to;
                &self.call.stdin[from..to]
            }
            Descriptor::File(file) => {
                if !file.read {
                    return Err(Errno::Badf.into());
                }
                let (node, position) = (file.node, offset.unwrap_or(file.position));
                if offset.is_none() {
                    let here = self.kept.fs.bytes_at(node, position, wanted)?.len() as u64;
                    self.kept.fs.file(fd)?.position = position.saturating_add(here);
                }
                self.kept.fs.bytes_at(node, position, wanted)?
            }
            Descriptor::Folder { .. } => return Err(Errno::Isdir.into()),
            Descriptor::Stdin { .. } => return Err(Errno::Spipe.into()),
            Descriptor::Stdout | Descriptor::Stderr => return Err(Errno::Badf.into()),
        };
        let mut rest = source;
        for buffer in buffers {
            let (now, later) = rest.split_at(rest.len().min(buffer.len() as usize));
            memory.copy_to(buffer.start(), now)?;
            rest = later;
        }
        let moved = source.len();
        self.charge_bytes(moved);
        size(moved)
    }

    pub(super) fn write(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        iovecs: GuestPtr<Iovec>,
        count: u32,
        offset: Option<u64>,
    ) -> WasiResult<u32> {
        let buffers = buffers(memory, iovecs, count)?;
        let mut bytes = Vec::new();
        for buffer in buffers {
            bytes.extend_from_slice(memory.bytes(buffer)?);
        }
        self.charge_bytes(bytes.len());
        match self.kept.fs.descriptor(fd)? {
            Descriptor::Stdout if offset.is_none() => self.write_output(false, &bytes)?,
            Descriptor::Stderr if offset.is_none() => self.write_output(true, &bytes)?,
            Descriptor::File(file) => {
                if !file.write {
                    return Err(Errno::Badf.into());
                }
                let file = file.clone();
                let end = self.kept.fs.len(file.node);
                let at = match offset {
                    Some(offset) => offset,
                    None if file.append => end,
                    None => file.position,
                };
                // Filling a gap with zeros is work, too.
                self.charge(at.saturating_sub(end).min(self.kept.limits.file_bytes));
                self.kept.fs.write_at(file.node, at, &bytes)?;
                if offset.is_none() {
                    self.kept.fs.file(fd)?.position = at + bytes.len() as u64;
                }
            }
            Descriptor::Folder { .. } => return Err(Errno::Isdir.into()),
            Descriptor::Stdin { .. } => return Err(Errno::Badf.into()),
            Descriptor::Stdout | Descriptor::Stderr => return Err(Errno::Spipe.into()),
        }
        size(bytes.len())
    }

    pub(super) fn open(
        &mut self,
        dirfd: u32,
        path: &str,
        oflags: Oflags,
        rights: Rights,
        fdflags: Fdflags,
    ) -> WasiResult<u32> {
        let flags = OpenFlags {
            read: rights.contains(Rights::FD_READ),
            write: rights.contains(Rights::FD_WRITE),
            append: fdflags.contains(Fdflags::APPEND),
            create: oflags.contains(Oflags::CREAT),
            exclusive: oflags.contains(Oflags::EXCL),
            truncate: oflags.contains(Oflags::TRUNC),
            folder: oflags.contains(Oflags::DIRECTORY),
        };
        if flags.create {
            self.charge(crate::limits::price::FILE);
        }
        Ok(self.kept.fs.open(dirfd, path, flags)?)
    }

    pub(super) fn seek(&mut self, fd: u32, offset: i64, whence: abi::Whence) -> WasiResult<u64> {
        let whence = match whence {
            abi::Whence::Set => Whence::Start,
            abi::Whence::Cur => Whence::Current,
            abi::Whence::End => Whence::End,
        };
        Ok(self.kept.fs.seek(fd, offset, whence)?)
    }

    pub(super) fn truncate(&mut self, fd: u32, size: u64) -> WasiResult {
        let file = self.kept.fs.file(fd)?;
        if !file.write {
            return Err(Errno::Inval.into());
        }
        let node = file.node;
        self.charge(size.min(self.kept.limits.file_bytes));
        Ok(self.kept.fs.set_len(node, size)?)
    }

    pub(super) fn allocate(&mut self, fd: u32, offset: u64, len: u64) -> WasiResult {
        let end = offset.checked_add(len).ok_or(Errno::Fbig)?;
        let node = self.kept.fs.file(fd)?.node;
        if end <= self.kept.fs.len(node) { Ok(()) } else { self.truncate(fd, end) }
    }
}
