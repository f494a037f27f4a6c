//! The committed artifact, which is compressed in the program and decompressed on demand.
//!
//! Digest and length are constants of the build, so a host that has it unpacked already never decompresses it.

mod recorded {
    include!("../artifacts/digests.rs");
}

static MODULE_ZST: &[u8] = include_bytes!("../artifacts/shell.wasm.zst");
static MANIFEST: &str = include_str!("../artifacts/manifest.json");

/// The length of [`module_wasm`] in bytes.
pub const MODULE_BYTES: usize = recorded::MODULE_BYTES;

/// The length of the module's initial memory in bytes.
pub const MEMORY_BYTES: usize = recorded::MEMORY_BYTES;

/// Returns the shell as a WebAssembly module, which every call decompresses.
///
/// # Panics
///
/// When the artifact in this program is damaged.
#[must_use]
pub fn module_wasm() -> Vec<u8> {
    unpack(MODULE_ZST)
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

/// Returns the manifest of the artifact as JSON: digest, size, versions of all crates inside, and the digests of the inputs.
#[must_use]
pub fn manifest() -> &'static str {
    MANIFEST
}

/// Decompresses the artifact and checks its digest, so that damage to the program's file is noticed before the shell runs.
fn unpack(compressed: &[u8]) -> Vec<u8> {
    let data = zstd::bulk::decompress(compressed, recorded::MODULE_BYTES)
        .expect("the shell built into this program is damaged");
    let whole = data.len() == recorded::MODULE_BYTES
        && blake3::hash(&data).to_hex().as_str() == recorded::MODULE_BLAKE3;
    assert!(whole, "the shell built into this program is damaged");
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_the_recorded_one() {
        let module = module_wasm();
        assert_eq!(blake3::hash(&module).to_hex().as_str(), module_digest());
        assert!(module.starts_with(b"\0asm"));
        assert!(manifest().contains(module_digest()), "the manifest names another build");
        assert!(manifest().contains(&format!("\"bytes\": {}", module.len())));
        assert!(manifest().contains("\"bashkit\": \"0.20.2\""));
    }

    #[test]
    fn a_flipped_bit_in_the_artifact_is_noticed_before_it_runs() {
        for index in 0..16 {
            let mut damaged = MODULE_ZST.to_vec();
            let at = index * (damaged.len() - 1) / 15;
            damaged[at] ^= 1 << (index % 8);
            assert!(std::panic::catch_unwind(|| unpack(&damaged)).is_err(), "byte {at} makes no difference");
        }
    }
}
