//! The cache folder. It is closed to other users, and files get their names only once they are complete. Compiled modules are
//! stored in it as `KEY.cwasm` (`module_cache.rs`), initial memories and library files as `DIGEST.artifact`
//! (`artifact_cache.rs`).

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Creates an unfinished file in a folder.
pub(crate) fn tempfile_in(folder: &Path) -> io::Result<(PathBuf, File)> {
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

/// Permission bits of users other than the owner.
const OTHERS: u32 = 0o077;
/// Write permission bits of users other than the owner.
const OTHERS_WRITE: u32 = 0o022;
/// Suffixes of the names of entries.
const ENTRIES: [&str; 2] = [".cwasm", ".artifact"];
/// Prefix of the names of unfinished files, and names of folders that the application keeps beside entries.
const BESIDE: [&str; 2] = [".new-", "projects"];

/// Makes an existing folder safe for compiled modules: a folder of our own that holds nothing but a cache is closed to other
/// users. Compiled modules that they could have written so far are removed.
///
/// # Errors
///
/// An error that says what to do when the folder belongs to somebody else or holds other files. Also fails when permissions
/// cannot be changed, as in a hardened process.
pub fn close_cache_to_others(folder: &Path) -> io::Result<()> {
    let found = match fs::metadata(folder) {
        Ok(found) if found.mode() & OTHERS != 0 => found,
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => return Ok(()),
    };
    let cure = |why: &str| {
        let folder = folder.display();
        io::Error::other(format!(
            "{why}; name a folder of your own for the cache, or run `chmod 700 {folder}` if nobody else needs it"
        ))
    };
    let (probe, file) = tempfile_in(folder)?;
    let ours = file.metadata().map(|file| file.uid());
    fs::remove_file(probe)?;
    if ours? != found.uid() {
        return Err(cure("it belongs to another user"));
    }
    let mut modules = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let known = ENTRIES.iter().any(|end| name.ends_with(end))
            || BESIDE.iter().any(|start| name.starts_with(start));
        if !known {
            return Err(cure(&format!(
                "other users may enter it, and it holds files of others, such as {name}"
            )));
        }
        if name.ends_with(ENTRIES[0]) {
            modules.push(entry.path());
        }
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(found.mode() & !OTHERS & 0o7777))?;
    if found.mode() & OTHERS_WRITE != 0 {
        modules.iter().try_for_each(fs::remove_file)?;
    }
    Ok(())
}

/// Writes a file into the cache folder, which is created for this user alone. The file gets its name once it is complete.
pub(crate) fn write_entry(
    folder: &Path,
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (temporary, mut file) = tempfile_in(folder)?;
    let written = write(&mut file).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The rename did not happen, so the name is still ours; failing to remove it leaves a dead file, nothing worse.
        drop(fs::remove_file(&temporary));
    }
    written
}
