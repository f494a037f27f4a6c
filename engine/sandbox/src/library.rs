//! Library files of a runtime, which are loaded only when a guest needs their bytes. Most of what a program imports is
//! already in the interpreter's memory, so most programs need none.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::runtime::RuntimeArtifact;

/// One file of a library. Its length is known up front; its bytes are loaded once.
pub(crate) struct LibraryFile {
    artifact: RuntimeArtifact,
    cache_dir: Option<PathBuf>,
    bytes: OnceLock<Arc<[u8]>>,
}

impl LibraryFile {
    /// Creates the file of an artifact, which is first looked for in the given cache folder.
    pub(crate) fn new(artifact: RuntimeArtifact, cache_dir: Option<PathBuf>) -> Self {
        Self { artifact, cache_dir, bytes: OnceLock::new() }
    }

    /// Returns the length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.artifact.len()
    }

    /// Returns the bytes, which are loaded by the first call.
    pub(crate) fn bytes(&self) -> &Arc<[u8]> {
        self.bytes.get_or_init(|| self.artifact.load_shared(self.cache_dir.as_deref()))
    }
}

impl fmt::Debug for LibraryFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LibraryFile").field(&self.artifact).finish()
    }
}

/// Reads all of `content`, which has exactly `bytes` bytes.
pub(crate) fn read_shared(content: &mut dyn io::Read, bytes: usize) -> io::Result<Arc<[u8]>> {
    let mut shared: Arc<[u8]> = std::iter::repeat_n(0, bytes).collect();
    // Nobody else holds a reference yet.
    let buffer = Arc::get_mut(&mut shared).ok_or(io::ErrorKind::Other)?;
    content.read_exact(buffer)?;
    Ok(shared)
}

#[cfg(test)]
mod tests {
    use hyperspace_core::RelPath;

    use super::*;
    use crate::limits::Limits;
    use crate::markfs::MarkFs;
    use crate::runtime::Runtime;

    #[test]
    fn a_library_is_read_when_its_bytes_are_asked_for() {
        let scratch = tempfile::tempdir().unwrap();
        let library = Runtime::cpython().library(Some(scratch.path())).unwrap();
        let fs = MarkFs::new(vec![library.clone()], &Limits::default(), 0).unwrap();
        let path = format!("usr/{}", hyperspace_python::STDLIB_PATH);
        let node = fs.existing(0, RelPath::new(path.as_str()).unwrap().as_str()).unwrap();
        assert_eq!(fs.stat(node).size, hyperspace_python::STDLIB_BYTES as u64);
        let entries = || std::fs::read_dir(scratch.path()).unwrap().count();
        assert_eq!(entries(), 0, "sizes need no bytes");
        assert_eq!(fs.bytes_at(node, 0, 4).unwrap(), b"PK\x03\x04");
        assert_eq!(entries(), 1);
        let again = Runtime::cpython().library(Some(scratch.path())).unwrap();
        let [(_, first), (_, second)] = [&library.library[0], &again.library[0]];
        assert!(first.bytes() == second.bytes() && !Arc::ptr_eq(first.bytes(), second.bytes()));
        assert!(Arc::ptr_eq(first.bytes(), first.bytes()), "they are loaded once");
    }

    #[test]
    fn content_that_ends_early_is_an_error() {
        assert_eq!(&*read_shared(&mut b"abc".as_slice(), 3).unwrap(), b"abc");
        assert!(read_shared(&mut b"abc".as_slice(), 4).is_err());
    }
}
