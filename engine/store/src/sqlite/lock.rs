//! One writer per store: an operating-system lock that ends with its process, however the process ends.
//!
//! Attacks that end here: T-STORE-01, T-STORE-02, T-STORE-03, T-STORE-12.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use hyperspace_core::regular_file;

use crate::error::StoreError;

const LOCK_FILE: &str = "writer.lock";
/// Maximum number of bytes read of a holder's name.
const HOLDER_BYTES_MAX: u64 = 256;

/// Held for as long as this process writes.
#[derive(Debug)]
pub(super) struct WriterLock {
    file: File,
}

impl WriterLock {
    /// Takes the lock and leaves `holder` in the file for others to read.
    pub(super) fn acquire(folder: &Path, holder: &str) -> Result<Self, StoreError> {
        let path = folder.join(LOCK_FILE);
        let io = |source| StoreError::Io { path: path.clone(), source };
        let mut file = regular_file::open_to_write(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The holder may be replacing its text at this moment; a lock without a name is still a lock.
                let _ = (&mut file).take(HOLDER_BYTES_MAX).read_to_string(&mut holder);
                let holder =
                    if holder.trim().is_empty() { "unknown".to_owned() } else { holder.trim().to_owned() };
                return Err(StoreError::Locked { path: folder.to_path_buf(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        file.set_len(0).map_err(io)?;
        file.rewind().map_err(io)?;
        writeln!(file, "{holder}").map_err(io)?;
        Ok(Self { file })
    }
}

impl Drop for WriterLock {
    /// Closing the file is not enough: a child that another thread starts at this moment has a copy of the descriptor until
    /// it executes another program, and the lock lives as long as any copy. Unlocking releases all of them.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_in_place_of_the_lock_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let victim = folder.path().join("victim");
        std::fs::write(&victim, "mine").unwrap();
        std::os::unix::fs::symlink(&victim, folder.path().join(LOCK_FILE)).unwrap();
        let error = WriterLock::acquire(folder.path(), "t").unwrap_err().to_string();
        assert!(error.contains(LOCK_FILE) && error.contains("a link"), "{error}");
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine");
    }

    #[test]
    fn a_copy_of_the_descriptor_does_not_outlive_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let lock = WriterLock::acquire(folder.path(), "first").unwrap();
        let _inherited = lock.file.try_clone().unwrap();
        assert!(matches!(WriterLock::acquire(folder.path(), "second"), Err(StoreError::Locked { .. })));
        drop(lock);
        WriterLock::acquire(folder.path(), "second").unwrap();
    }
}
