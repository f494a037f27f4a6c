//! The quota of one mount: bytes and files.
//!
//! Attacks that end here: T-FS-35, T-MEM-14, T-QUOTA-01, T-QUOTA-02, T-QUOTA-03, T-QUOTA-06, T-QUOTA-07, T-QUOTA-08,
//! T-QUOTA-09, T-QUOTA-10, T-QUOTA-13.

use crate::abi::Errno;

/// The limits and the usage of a mount.
#[derive(Clone)]
pub(super) struct Quota {
    bytes_max: u64,
    files_max: u64,
    bytes: u64,
    files: u64,
}

impl Quota {
    pub(super) fn new(bytes_max: u64, files_max: u64) -> Self {
        Self { bytes_max, files_max, bytes: 0, files: 0 }
    }

    /// Charges the files present at the start; returns false if they exceed the quota.
    pub(super) fn start_with(&mut self, bytes: u64, files: u64) -> bool {
        (self.bytes, self.files) = (bytes, files);
        bytes <= self.bytes_max && files <= self.files_max
    }

    /// Charges a file that grows or shrinks. `EFBIG` if the file alone is too large, `ENOSPC` if all files together are.
    pub(super) fn resize(&mut self, before: u64, after: u64) -> Result<(), Errno> {
        if after > self.bytes_max && after > before {
            return Err(Errno::Fbig);
        }
        let total = (self.bytes - before).checked_add(after).ok_or(Errno::Fbig)?;
        if total > self.bytes_max && after > before {
            return Err(Errno::Nospc);
        }
        self.bytes = total;
        Ok(())
    }

    /// Charges one more file or folder.
    pub(super) fn add_file(&mut self) -> Result<(), Errno> {
        if self.files >= self.files_max {
            return Err(Errno::Nospc);
        }
        self.files += 1;
        Ok(())
    }

    /// Releases a removed file or folder and its bytes.
    pub(super) fn release(&mut self, bytes: u64) {
        self.bytes -= bytes;
        self.files -= 1;
    }
}

#[cfg(any(test, feature = "fuzzing"))]
impl Quota {
    /// Returns the bytes and files as counted, and the maximum of bytes.
    pub(super) fn counted(&self) -> ((u64, u64), u64) {
        ((self.bytes, self.files), self.bytes_max)
    }
}
