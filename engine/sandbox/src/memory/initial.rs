//! The initial memory of an interpreter, taken from the cache folder or made from the interpreter's module.
//!
//! The module is large, and if it is already compiled, a start needs nothing of it but this memory. The memory is therefore an
//! artifact of its own, bound to a digest that is part of this program, as the module's digest is.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::linear_memory::MemoryFile;
use super::module_image;
use crate::artifact_cache::{ArtifactId, CHUNK_BYTES, load_or_make};
use crate::error::SandboxError;

/// Size of the blocks in bytes; a block of zeros is left out rather than written.
const BLOCK_BYTES: usize = 16 << 10;

/// Returns the initial memory of `module`. A memory with an id is looked for in the folder first, and kept there; without an id, it
/// is always made from the module.
///
/// # Errors
///
/// [`SandboxError::Interpreter`] when it has to be made, and the module does not have exactly one memory with all data in it.
pub(crate) fn load_initial_memory<'a>(
    folder: Option<&Path>,
    id: Option<ArtifactId<'_>>,
    module: impl FnOnce() -> &'a [u8],
) -> Result<MemoryFile, SandboxError> {
    let make = || module_image::memory_of(module());
    let Some(id) = id else { return make() };
    load_or_make(folder, id, |content| read(content, id.bytes), make)
}

/// Reads a memory of `bytes` bytes.
fn read(content: &mut dyn Read, bytes: usize) -> io::Result<MemoryFile> {
    MemoryFile::new(bytes, |file| {
        let mut chunk = vec![0; CHUNK_BYTES.min(bytes)];
        for at in (0..bytes).step_by(CHUNK_BYTES) {
            let part = &mut chunk[..CHUNK_BYTES.min(bytes - at)];
            content.read_exact(part)?;
            write_but_zeros(file, part, at as u64)?;
        }
        Ok(())
    })
}

/// Writes part of a file that is all zeros so far.
fn write_but_zeros(file: &File, part: &[u8], at: u64) -> io::Result<()> {
    let mut start = 0;
    let is_zero = |block: &[u8]| block.iter().all(|&byte| byte == 0);
    for run in part.chunks(BLOCK_BYTES).collect::<Vec<_>>().chunk_by(|a, b| is_zero(a) == is_zero(b)) {
        let end = start + run.iter().map(|block| block.len()).sum::<usize>();
        if !run.first().is_none_or(|block| is_zero(block)) {
            file.write_all_at(&part[start..end], at + start as u64)?;
        }
        start = end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;
    use crate::runtime::Runtime;

    /// Returns a module whose memory is larger than a chunk, with zeros before, between and after its data.
    fn module() -> Vec<u8> {
        let data = [20_000, 40_000, 300_000, 589_820].map(|at| format!("(data (i32.const {at}) \"at{at}\")"));
        wat::parse_str(format!("(module (memory 10) {})", data.concat())).unwrap()
    }

    /// Loads the memory of [`module`], and returns whether the module was asked for.
    fn load(folder: Option<&Path>) -> bool {
        let wasm = module();
        let expected = module_image::memory_of(&wasm).unwrap();
        let digest = blake3::hash(&expected).to_hex();
        let asked = Cell::new(false);
        let module = || {
            asked.set(true);
            wasm.as_slice()
        };
        let id = ArtifactId { digest: &digest, bytes: expected.len() };
        let memory = load_initial_memory(folder, Some(id), module).unwrap();
        assert!(*memory == *expected);
        asked.get()
    }

    fn entry(folder: &Path) -> PathBuf {
        let entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(entries.len(), 1, "{entries:?}");
        entries[0].clone()
    }

    #[test]
    fn the_recorded_memories_are_those_of_the_modules() {
        for runtime in [Runtime::cpython(), Runtime::science(), Runtime::shell()] {
            let memory = module_image::memory_of(&runtime.load_module()).unwrap();
            let digest = blake3::hash(&memory).to_hex();
            let id = runtime.memory_id().unwrap();
            assert_eq!((id.digest, id.bytes), (digest.as_str(), memory.len()));
        }
    }

    #[test]
    fn a_memory_is_made_of_the_module_once() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("cache");
        assert!(load(Some(&folder)), "the cache is empty");
        assert!(!load(Some(&folder)), "it is in the cache");
        assert!(load(None) && load(None), "there is no cache");
        assert_eq!(fs::read(entry(&folder)).unwrap(), *module_image::memory_of(&module()).unwrap());
    }

    #[test]
    fn an_entry_with_other_bytes_is_made_again_whoever_wrote_it() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        load(Some(folder));
        let path = entry(folder);
        let whole = fs::read(&path).unwrap();
        let flipped = |at: usize| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        };
        let last = whole.len() - 1;
        let mut wrong = vec![Vec::new(), whole[1..].to_vec(), whole[..last].to_vec(), vec![0; whole.len()]];
        wrong.push([whole.as_slice(), b"\0"].concat());
        wrong.extend([0, 20_000, CHUNK_BYTES - 1, CHUNK_BYTES, last].map(flipped));
        for bytes in wrong {
            fs::write(&path, &bytes).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
            assert!(load(Some(folder)), "the module was not asked for");
            assert_eq!(fs::read(&path).unwrap(), whole);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(!load(Some(folder)), "the right bytes are right whoever may write them");
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_no_reason_to_fail() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(load(Some(&file.join("below"))));
    }
}
