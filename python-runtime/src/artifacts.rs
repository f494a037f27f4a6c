//! The committed artifacts, which are compressed in the program and decompressed on demand.
//!
//! Digests and lengths are constants of the build, so a host that has the artifacts unpacked already never decompresses them.

mod recorded {
    include!("../artifacts/digests.rs");
}

static MODULE_ZST: &[u8] = include_bytes!("../artifacts/python.wasm.zst");
static STDLIB_ZST: &[u8] = include_bytes!("../artifacts/python313.zip.zst");
static MANIFEST: &str = include_str!("../artifacts/manifest.json");

/// The length of [`module_wasm`] in bytes.
pub const MODULE_BYTES: usize = recorded::MODULE_BYTES;

/// The length of [`stdlib_zip`] in bytes.
pub const STDLIB_BYTES: usize = recorded::STDLIB_BYTES;

/// The length of the module's initial memory in bytes.
pub const MEMORY_BYTES: usize = recorded::MEMORY_BYTES;

/// Returns the interpreter as a WebAssembly module, which every call decompresses.
///
/// # Panics
///
/// When the artifact in this program is damaged.
#[must_use]
pub fn module_wasm() -> Vec<u8> {
    unpack(MODULE_ZST, recorded::MODULE_BYTES, recorded::MODULE_BLAKE3)
}

/// Returns the standard library, a zip of byte code, which every call decompresses.
///
/// # Panics
///
/// When the artifact in this program is damaged.
#[must_use]
pub fn stdlib_zip() -> Vec<u8> {
    unpack(STDLIB_ZST, recorded::STDLIB_BYTES, recorded::STDLIB_BLAKE3)
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

/// Returns the BLAKE3 digest of [`stdlib_zip`], 64 hexadecimal digits.
#[must_use]
pub fn stdlib_digest() -> &'static str {
    recorded::STDLIB_BLAKE3
}

/// Returns the number of bytes that both artifacts take up in the program.
#[cfg(test)]
pub(crate) fn compressed_bytes() -> usize {
    MODULE_ZST.len() + STDLIB_ZST.len()
}

/// Returns the manifest of the artifacts as JSON: digests, sizes, versions, and the digests of every input of the recipe.
#[must_use]
pub fn manifest() -> &'static str {
    MANIFEST
}

/// Decompresses an artifact and checks its digest, so that damage to the program's file is noticed before the artifact runs.
fn unpack(compressed: &[u8], bytes: usize, digest: &str) -> Vec<u8> {
    unpack_after(&[], compressed, bytes, digest)
}

/// As [`unpack`], for an artifact that was compressed as its difference from `before`, the bytes of another one.
pub(crate) fn unpack_after(before: &[u8], compressed: &[u8], bytes: usize, digest: &str) -> Vec<u8> {
    let data = zstd::bulk::Decompressor::with_dictionary(before)
        .and_then(|mut decompressor| decompressor.decompress(compressed, bytes))
        .expect("an artifact built into this program is damaged");
    let whole = data.len() == bytes && blake3::hash(&data).to_hex().as_str() == digest;
    assert!(whole, "an artifact built into this program is damaged");
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], digest: &str, magic: &[u8]) {
        assert_eq!(blake3::hash(bytes).to_hex().as_str(), digest);
        assert!(bytes.starts_with(magic));
        assert!(manifest().contains(digest), "the manifest names another build");
        assert!(manifest().contains(&format!("\"bytes\": {}", bytes.len())));
    }

    #[test]
    fn the_module_is_the_recorded_one() {
        check(&module_wasm(), module_digest(), b"\0asm");
    }

    #[test]
    fn the_library_is_the_recorded_one() {
        check(&stdlib_zip(), stdlib_digest(), b"PK\x03\x04");
    }

    /// Flips one bit in each of `count` places of an artifact.
    fn flipped(compressed: &[u8], bytes: usize, digest: &str, count: usize) {
        for index in 0..count {
            let mut damaged = compressed.to_vec();
            let at = index * (compressed.len() - 1) / (count - 1);
            damaged[at] ^= 1 << (index % 8);
            let loaded = std::panic::catch_unwind(|| unpack(&damaged, bytes, digest));
            assert!(loaded.is_err(), "byte {at} makes no difference");
        }
    }

    #[test]
    fn a_flipped_bit_in_an_artifact_is_noticed_before_it_runs() {
        flipped(MODULE_ZST, recorded::MODULE_BYTES, recorded::MODULE_BLAKE3, 24);
        flipped(STDLIB_ZST, recorded::STDLIB_BYTES, recorded::STDLIB_BLAKE3, 24);
    }

    #[test]
    fn the_manifest_states_the_contract() {
        assert!(manifest().contains(&format!("\"abi\": {},", crate::ABI_VERSION)));
    }
}
