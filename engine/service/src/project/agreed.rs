//! The projects from which the user made tasks, kept as one empty file each in the cache folder.
//!
//! A task folder may come from anybody, and must not be able to have files of the user read by naming their folder. Its reference
//! is followed only if `project import` wrote exactly this reference for this user.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use hyperspace_core::digest;

/// The folder within the cache folder.
const FOLDER: &str = "projects";

/// Returns the file that represents a reference, given the text of `refers.toml`.
fn path(cache: &Path, text: &str) -> PathBuf {
    let name = digest::hex(&digest::derive("hyperspace 2026-11 agreed project", &[text.as_bytes()]));
    cache.join(FOLDER).join(name)
}

/// Records that the user made a task with this reference.
pub(super) fn keep(cache: &Path, text: &str) -> io::Result<()> {
    let path = path(cache, text);
    DirBuilder::new().recursive(true).mode(0o700).create(cache.join(FOLDER))?;
    match File::options().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Returns whether the user made a task with this reference.
pub(super) fn is_kept(cache: &Path, text: &str) -> bool {
    path(cache, text).symlink_metadata().is_ok_and(|found| found.is_file())
}
