//! Compiled modules on disk, so that only the first start pays for compiling the interpreter.
//!
//! This is the one file with `unsafe`: wasmtime's loader trusts its bytes. They are trusted only when this user alone can
//! have written them (folder and file belong to us, nobody else may enter), and when they carry the digest of themselves
//! and the key of exactly this interpreter, engine, settings and target. Everything else is compiled again, never loaded.

#![expect(
    unsafe_code,
    reason = "loading compiled code is unsafe by nature; see the module for what makes it sound"
)]

use std::fs::{self, DirBuilder, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use wasmtime::{Engine, Module};

const MAGIC: &[u8; 16] = b"hyperspace cwasm";
const HEADER_BYTES: usize = MAGIC.len() + 32 + 32;

/// Feeds what wasmtime says about compatibility into the key.
struct KeyHasher(blake3::Hasher);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0 // Never asked for: the whole digest is read from the inner hasher.
    }
}

/// What an entry is good for: this module, this version of wasmtime, these settings, this target.
fn key(engine: &Engine, wasm: &[u8]) -> [u8; 32] {
    let mut hasher = KeyHasher(blake3::Hasher::new_derive_key("hyperspace v1 compiled module"));
    hasher.0.update(blake3::hash(wasm).as_bytes());
    hasher.0.update(std::env::consts::ARCH.as_bytes());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    *hasher.0.finalize().as_bytes()
}

/// The module, from the cache when that is sound, compiled otherwise. `Err` only when compiling fails.
pub(crate) fn load_or_compile(
    engine: &Engine,
    wasm: &[u8],
    folder: Option<&Path>,
) -> wasmtime::Result<Module> {
    let Some(folder) = folder else { return Module::new(engine, wasm) };
    let key = key(engine, wasm);
    let path = entry_path(folder, &key);
    match load(engine, folder, &path, &key) {
        Ok(Some(module)) => return Ok(module),
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "compiled module not usable; compiling again");
        }
    }
    let module = Module::new(engine, wasm)?;
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
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let code =
        verified(&bytes, key).ok_or_else(|| wasmtime::Error::msg("damaged, or made by another build"))?;
    // SAFETY: `verified` has checked that these bytes are whole and were written for this key, `check_owner` that no
    // other user could have written them; `save` writes nothing but what `Module::serialize` returned.
    let module = unsafe { Module::deserialize(engine, code)? };
    Ok(Some(module))
}

/// The code of an entry when its digest and key are right.
fn verified<'a>(bytes: &'a [u8], key: &[u8; 32]) -> Option<&'a [u8]> {
    let (header, code) = bytes.split_at_checked(HEADER_BYTES)?;
    let (magic, rest) = header.split_at(MAGIC.len());
    let (found_key, digest) = rest.split_at(32);
    let whole = magic == MAGIC && found_key == key && digest == blake3::hash(code).as_bytes();
    whole.then_some(code)
}

/// The folder and the file belong to the same user, and nobody else may write either. The folder was made, or is checked,
/// by a process of this user: a file that this process creates in it must have the same owner.
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

fn tempfile_in(folder: &Path) -> io::Result<(PathBuf, File)> {
    for attempt in 0..1_000 {
        let path = folder.join(format!(".new-{}-{attempt}", std::process::id()));
        match File::options().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many unfinished files"))
}

fn save(module: &Module, folder: &Path, path: &Path, key: &[u8; 32]) -> wasmtime::Result<()> {
    let code = module.serialize()?;
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (temporary, mut file) = tempfile_in(folder)?;
    let written = file
        .write_all(MAGIC)
        .and_then(|()| file.write_all(key))
        .and_then(|()| file.write_all(blake3::hash(&code).as_bytes()))
        .and_then(|()| file.write_all(&code))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The rename did not happen, so the name is still ours; failing to remove it leaves a dead file, nothing worse.
        drop(fs::remove_file(&temporary));
    }
    Ok(written?)
}

#[cfg(test)]
mod tests;
