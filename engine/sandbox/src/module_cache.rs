//! Compiled modules on disk, so that only the first start has to compile the interpreter.
//!
//! This is one of the three files with `unsafe`: wasmtime's loader trusts its bytes. They are trusted only if this user alone
//! can have written them (folder and file belong to us, and no other user may enter), and if they carry their own digest and
//! the key of exactly this interpreter, engine, settings and target. Anything else is compiled again and never loaded.
//!
//! An entry is checked by reading it and then mapped, so its digest vouches for the code. It is never written to once it has
//! its name: a new entry replaces it.

#![expect(
    unsafe_code,
    reason = "loading compiled code is unsafe by nature; see the module for what makes it sound"
)]

use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Once;

use wasmtime::{Engine, Module};

use crate::artifact_cache::CHUNK_BYTES;
use crate::cache_folder::{close_cache_to_others, tempfile_in, write_entry};

const MAGIC: &[u8; 16] = b"hyperspace cwasm";
/// Length in bytes of magic, key and digest, which follow the code.
const TRAILER_BYTES: usize = MAGIC.len() + 32 + 32;

/// Feeds wasmtime's compatibility hash into the key.
struct KeyHasher(blake3::Hasher);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0 // Never asked for: the whole digest is read from the inner hasher.
    }
}

/// Returns the key of an entry: this module (by its digest), this version of wasmtime, these settings, this target.
fn key(engine: &Engine, module: &[u8]) -> [u8; 32] {
    let mut hasher = KeyHasher(blake3::Hasher::new_derive_key("hyperspace v1 compiled module"));
    hasher.0.update(blake3::hash(module).as_bytes());
    hasher.0.update(std::env::consts::ARCH.as_bytes());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    *hasher.0.finalize().as_bytes()
}

/// Returns the module with that digest, loaded from the cache if the entry is sound, and compiled otherwise.
///
/// # Errors
///
/// When compilation fails.
pub(crate) fn load_or_compile(
    engine: &Engine,
    module: &[u8],
    code: impl FnOnce() -> wasmtime::Result<Vec<u8>>,
    folder: Option<&Path>,
) -> wasmtime::Result<Module> {
    let Some(folder) = folder else { return Module::new(engine, code()?) };
    if let Err(error) = close_cache_to_others(folder) {
        static TOLD: Once = Once::new();
        TOLD.call_once(|| {
            tracing::warn!(folder = %folder.display(), %error, "compiled modules are not kept there: each start compiles");
        });
        return Module::new(engine, code()?);
    }
    let key = key(engine, module);
    let path = entry_path(folder, &key);
    match load(engine, folder, &path, &key) {
        Ok(Some(module)) => return Ok(module),
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "compiled module not usable; compiling again");
        }
    }
    let module = Module::new(engine, code()?)?;
    if let Err(error) = save(&module, folder, &path, &key) {
        tracing::warn!(path = %path.display(), %error, "compiled module not kept");
    }
    Ok(module)
}

fn entry_path(folder: &Path, key: &[u8; 32]) -> PathBuf {
    folder.join(format!("{}.cwasm", blake3::Hash::from_bytes(*key).to_hex()))
}

fn load(engine: &Engine, folder: &Path, path: &Path, key: &[u8; 32]) -> wasmtime::Result<Option<Module>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    check_owner(folder, &file)?;
    if !is_whole(&mut file, key)? {
        return Err(wasmtime::Error::msg("damaged, or made by another build"));
    }
    // SAFETY: `is_whole` has checked that these bytes are whole and were written for this key, `check_owner` that no other
    // user could have written them, or could change them now; `save` writes nothing but what `Module::serialize` returned,
    // and never to a file that has its name. The loader does not read the trailer.
    let module = unsafe { Module::deserialize_open_file(engine, file)? };
    Ok(Some(module))
}

/// Returns whether the digest and key of an entry are right.
fn is_whole(file: &mut File, key: &[u8; 32]) -> io::Result<bool> {
    let len = file.metadata()?.len();
    let Some(code_bytes) = len.checked_sub(TRAILER_BYTES as u64) else { return Ok(false) };
    let mut trailer = [0; TRAILER_BYTES];
    file.seek(SeekFrom::Start(code_bytes))?;
    file.read_exact(&mut trailer)?;
    let (magic, rest) = trailer.split_at(MAGIC.len());
    let (found_key, digest) = rest.split_at(32);
    if magic != MAGIC || found_key != key {
        return Ok(false);
    }
    file.seek(SeekFrom::Start(0))?;
    let (mut hasher, mut chunk, mut left) = (blake3::Hasher::new(), vec![0; CHUNK_BYTES], code_bytes);
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        file.read_exact(&mut chunk[..part])?;
        hasher.update(&chunk[..part]);
        left -= part as u64;
    }
    Ok(digest == hasher.finalize().as_bytes())
}

/// Checks that the folder and the file belong to the same user, and that no other user may write either. The folder was created
/// or checked by a process of this user: a file that this process creates in it must have the same owner.
fn check_owner(folder: &Path, file: &File) -> wasmtime::Result<()> {
    let probe = tempfile_in(folder)?;
    let ours = probe.1.metadata()?.uid();
    fs::remove_file(&probe.0)?;
    let (folder, file) = (fs::metadata(folder)?, file.metadata()?);
    let foreign = folder.uid() != ours || file.uid() != ours;
    if foreign || folder.mode() & 0o077 != 0 || file.mode() & 0o022 != 0 {
        return Err(wasmtime::Error::msg(
            "another user could have written it; it must be ours, in a folder of mode 0700",
        ));
    }
    Ok(())
}

fn save(module: &Module, folder: &Path, path: &Path, key: &[u8; 32]) -> wasmtime::Result<()> {
    let code = module.serialize()?;
    let write = |file: &mut File| {
        file.write_all(&code)?;
        file.write_all(MAGIC)?;
        file.write_all(key)?;
        file.write_all(blake3::hash(&code).as_bytes())?;
        file.sync_all()
    };
    Ok(write_entry(folder, path, write)?)
}

#[cfg(test)]
mod tests;
