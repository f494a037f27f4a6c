//! The cache folder: files get their names once they are whole.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Makes an unfinished file in a folder.
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

/// Writes a file into the folder of the cache, which is made for this user alone. It gets its name once it is whole.
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
