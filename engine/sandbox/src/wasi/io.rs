//! Bytes in and out of files and standard streams.
//!
//! Attacks that end here: T-FS-24, T-OUT-08, T-TIME-05.

use crate::wasi_abi::types::{self, Errno, Whence as WasiWhence};
use wiggle::{GuestMemory, GuestPtr};

use super::result::{WasiResult, size};
use crate::host::Host;
use crate::limits::{IO_BYTES_MAX, IOVECS_MAX};
use crate::markfs::{Descriptor, OpenFlags, Whence};

/// A buffer of the guest.
type Buffer = GuestPtr<[u8]>;

/// Reads the list of buffers of a call: bounded in number, and in bytes by what one call may move.
fn buffers(
    count: u32,
    mut read: impl FnMut(u32) -> WasiResult<(GuestPtr<u8>, u32)>,
) -> WasiResult<Vec<Buffer>> {
    if count > IOVECS_MAX {
        return Err(Errno::Inval.into());
    }
    let mut buffers = Vec::new();
    let mut room = IO_BYTES_MAX;
    for index in 0..count {
        let (start, len) = read(index)?;
        let len = (len as usize).min(room);
        room -= len;
        buffers.push(start.as_array(size(len)?));
    }
    Ok(buffers)
}

fn bytes_of(buffers: &[Buffer]) -> usize {
    buffers.iter().map(|buffer| buffer.len() as usize).sum()
}

impl Host {
    pub(super) fn read(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        iovs: types::IovecArray,
        offset: Option<u64>,
    ) -> WasiResult<u32> {
        let buffers = buffers(iovs.len(), |index| {
            let iovec = memory.read(iovs.get(index).ok_or(Errno::Inval)?)?;
            Ok((iovec.buf, iovec.buf_len))
        })?;
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
            memory.copy_from_slice(now, buffer.as_ptr().as_array(size(now.len())?))?;
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
        ciovs: types::CiovecArray,
        offset: Option<u64>,
    ) -> WasiResult<u32> {
        let buffers = buffers(ciovs.len(), |index| {
            let ciovec = memory.read(ciovs.get(index).ok_or(Errno::Inval)?)?;
            Ok((ciovec.buf, ciovec.buf_len))
        })?;
        let mut bytes = Vec::new();
        for buffer in buffers {
            bytes.extend_from_slice(&memory.as_cow(buffer)?);
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
                // A gap that is filled with zeros is work, too.
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
        oflags: types::Oflags,
        rights: types::Rights,
        fdflags: types::Fdflags,
    ) -> WasiResult<types::Fd> {
        let flags = OpenFlags {
            read: rights.contains(types::Rights::FD_READ),
            write: rights.contains(types::Rights::FD_WRITE),
            append: fdflags.contains(types::Fdflags::APPEND),
            create: oflags.contains(types::Oflags::CREAT),
            exclusive: oflags.contains(types::Oflags::EXCL),
            truncate: oflags.contains(types::Oflags::TRUNC),
            folder: oflags.contains(types::Oflags::DIRECTORY),
        };
        if flags.create {
            self.charge(crate::limits::price::FILE);
        }
        Ok(types::Fd::from(self.kept.fs.open(dirfd, path, flags)?))
    }

    pub(super) fn seek(&mut self, fd: u32, offset: i64, whence: WasiWhence) -> WasiResult<u64> {
        let whence = match whence {
            WasiWhence::Set => Whence::Start,
            WasiWhence::Cur => Whence::Current,
            WasiWhence::End => Whence::End,
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
