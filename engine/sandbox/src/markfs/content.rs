//! Reading and changing the bytes of a file.
//!
//! Attacks that end here: T-MEM-15.

use crate::abi::Errno;

use super::fs::{FsResult, MarkFs};
use super::node::{NodeId, NodeKind};

impl MarkFs {
    /// Returns at most `len` bytes of a file, starting at `position`.
    pub(crate) fn bytes_at(&self, id: NodeId, position: u64, len: usize) -> FsResult<&[u8]> {
        let NodeKind::File(content) = &self.nodes[id].kind else { return Err(Errno::Isdir) };
        let all = content.as_slice();
        let from = usize::try_from(position).unwrap_or(usize::MAX).min(all.len());
        Ok(&all[from..all.len().min(from.saturating_add(len))])
    }

    /// Returns the length of a file in bytes.
    pub(crate) fn len(&self, id: NodeId) -> u64 {
        self.nodes[id].len()
    }

    /// Writes at `position`, which may lie beyond the end; the gap reads as zeros.
    pub(crate) fn write_at(&mut self, id: NodeId, position: u64, bytes: &[u8]) -> FsResult<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let end = position.checked_add(bytes.len() as u64).ok_or(Errno::Fbig)?;
        if end > self.nodes[id].len() {
            self.set_len(id, end)?;
        }
        let from = usize::try_from(position).map_err(|_| Errno::Fbig)?;
        let NodeKind::File(content) = &mut self.nodes[id].kind else { return Err(Errno::Isdir) };
        content.make_owned()[from..from + bytes.len()].copy_from_slice(bytes);
        self.touch(id);
        Ok(())
    }

    /// Truncates a file or extends it with zeros; the quota is checked first.
    pub(crate) fn set_len(&mut self, id: NodeId, len: u64) -> FsResult<()> {
        let before = self.nodes[id].len();
        let mount = self.nodes[id].mount;
        if let Err(errno) = self.mounts[mount].quota.resize(before, len) {
            self.quota_hit = true;
            return Err(errno);
        }
        let len = usize::try_from(len).map_err(|_| Errno::Fbig)?;
        let NodeKind::File(content) = &mut self.nodes[id].kind else { return Err(Errno::Isdir) };
        let bytes = content.make_owned();
        bytes.resize(len, 0);
        // The quota counts bytes, so a truncated file must release its capacity. Not every time, because that would copy.
        if bytes.capacity() / 2 > len {
            bytes.shrink_to_fit();
        }
        self.touch(id);
        Ok(())
    }

    /// Seeks, and returns the new position.
    pub(crate) fn seek(&mut self, fd: u32, offset: i64, whence: Whence) -> FsResult<u64> {
        let file = self.file(fd)?;
        let (node, position) = (file.node, file.position);
        let base = match whence {
            Whence::Start => 0,
            Whence::Current => position,
            Whence::End => self.nodes[node].len(),
        };
        let to = base.checked_add_signed(offset).ok_or(Errno::Inval)?;
        self.file(fd)?.position = to;
        Ok(to)
    }
}

/// The origin of a seek.
pub(crate) enum Whence {
    Start,
    Current,
    End,
}
