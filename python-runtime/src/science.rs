//! The artifacts of the science runtime: the interpreter with numpy and scipy linked into it, and their library.
//!
//! Its module speaks the same guest contract and needs two files: the standard library, which is that of the plain interpreter,
//! and [`library_zip`] at [`LIBRARY_PATH`]. Both artifacts are compressed as differences: the module from the plain one, and the
//! library from the module, whose memory contains many of the library's modules.

use crate::artifacts::unpack_after;

mod recorded {
    include!("../artifacts/science/digests.rs");
}

static MODULE_ZST: &[u8] = include_bytes!("../artifacts/science/python.wasm.zst");
static LIBRARY_ZST: &[u8] = include_bytes!("../artifacts/science/science.zip.zst");
static MANIFEST: &str = include_str!("../artifacts/science/manifest.json");

/// The path of that library in the guest, below the mount `/usr`.
pub const LIBRARY_PATH: &str = "lib/science.zip";

/// The length of [`module_wasm`] in bytes.
pub const MODULE_BYTES: usize = recorded::MODULE_BYTES;

/// The length of [`library_zip`] in bytes.
pub const LIBRARY_BYTES: usize = recorded::LIBRARY_BYTES;

/// The length of the module's initial memory in bytes.
pub const MEMORY_BYTES: usize = recorded::MEMORY_BYTES;

/// Returns the interpreter as a WebAssembly module, which every call decompresses.
///
/// # Panics
///
/// When the artifact in this program is damaged.
#[must_use]
pub fn module_wasm() -> Vec<u8> {
    unpack_after(&crate::module_wasm(), MODULE_ZST, recorded::MODULE_BYTES, recorded::MODULE_BLAKE3)
}

/// Returns the library of numpy and scipy, a zip of byte code, which every call decompresses.
///
/// # Panics
///
/// When the artifact in this program is damaged.
#[must_use]
pub fn library_zip() -> Vec<u8> {
    unpack_after(&module_wasm(), LIBRARY_ZST, recorded::LIBRARY_BYTES, recorded::LIBRARY_BLAKE3)
}

/// Returns the BLAKE3 digest of [`module_wasm`], 64 hexadecimal digits.
#[must_use]
pub fn module_digest() -> &'static str {
    recorded::MODULE_BLAKE3
}

/// Returns the BLAKE3 digest of the memory that a new instance of [`module_wasm`] has, 64 hexadecimal digits.
#[must_use]
pub fn memory_digest() -> &'static str {
    recorded::MEMORY_BLAKE3
}

/// Returns the BLAKE3 digest of [`library_zip`], 64 hexadecimal digits.
#[must_use]
pub fn library_digest() -> &'static str {
    recorded::LIBRARY_BLAKE3
}

/// Returns the manifest of these artifacts as JSON: digests, sizes, versions, and the digests of every input of the recipe.
#[must_use]
pub fn manifest() -> &'static str {
    MANIFEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_artifacts_are_the_recorded_ones() {
        let artifacts =
            [(module_wasm(), module_digest(), b"\0asm"), (library_zip(), library_digest(), b"PK\x03\x04")];
        for (bytes, digest, magic) in artifacts {
            assert_eq!(blake3::hash(&bytes).to_hex().as_str(), digest);
            assert!(bytes.starts_with(magic));
            assert!(manifest().contains(digest), "the manifest names another build");
            assert!(manifest().contains(&format!("\"bytes\": {}", bytes.len())));
        }
    }

    #[test]
    fn the_module_was_made_beside_the_standard_library_of_the_plain_one() {
        assert!(manifest().contains(crate::stdlib_digest()));
    }

    #[test]
    fn all_committed_artifacts_together_stay_small() {
        let plain = crate::artifacts::compressed_bytes();
        assert!(plain + MODULE_ZST.len() + LIBRARY_ZST.len() <= 20 << 20);
    }
}
