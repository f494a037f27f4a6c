//! Listings.
//!
//! Attacks that end here: T-QUOTA-11, T-QUOTA-12.

use crate::abi::{Filetype, GuestMemory, GuestSlice};

use super::result::{WasiResult, size};
use crate::host::Host;
use crate::limits::price;

/// Size in bytes of `dirent` in preview 1: next cookie (8), inode (8), length of the name (4), type (1), padding (3).
const DIRENT_BYTES: usize = 24;

impl Host {
    /// Fills `buffer` with entries from `cookie` on. The last one may be truncated, which tells the guest that there are more.
    pub(super) fn read_folder(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        buffer: GuestSlice,
        cookie: u64,
    ) -> WasiResult<u32> {
        let room = buffer.len() as usize;
        let mut wanted = Vec::new();
        let mut bytes = 0;
        let listing = self.kept.fs.listing(fd, cookie)?;
        let taken = if cookie == 0 { listing.len() as u64 } else { 0 };
        for entry in listing {
            if bytes >= room {
                break;
            }
            bytes += DIRENT_BYTES + entry.name.len();
            wanted.push((entry.name.clone(), entry.ino, entry.is_dir));
        }
        self.charge(price::STEP.saturating_mul(taken));
        let mut out = Vec::with_capacity(bytes);
        for (index, (name, ino, is_dir)) in (1..).zip(wanted) {
            let next = cookie.saturating_add(index);
            let kind = if is_dir { Filetype::Directory } else { Filetype::RegularFile };
            out.extend_from_slice(&next.to_le_bytes());
            out.extend_from_slice(&ino.to_le_bytes());
            out.extend_from_slice(&size(name.len())?.to_le_bytes());
            out.extend_from_slice(&[kind as u8, 0, 0, 0]);
            out.extend_from_slice(name.as_bytes());
            self.charge(price::STEP);
        }
        out.truncate(room);
        self.charge_bytes(out.len());
        let used = size(out.len())?;
        memory.copy_to(buffer.start(), &out)?;
        Ok(used)
    }
}
