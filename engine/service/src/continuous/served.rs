//! The folder in which the champion is served: `champions/RUN/current` in the store's folder, a link to its files.
//!
//! A folder is complete before the link names it, and the link is replaced atomically, so whoever opens `current` finds one
//! complete champion, the latest good one.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hyperspace_core::{RecordId, TreeId};
use hyperspace_store::Store;

use crate::error::ServiceError;
use crate::files;
use crate::target::short;

/// The folder of champions, within the folder of the store.
const FOLDER: &str = "champions";
/// The name of the link.
const CURRENT: &str = "current";
/// Number of digits of a tree that name its folder.
const DIGITS: usize = 16;

/// Returns the link to the champion of a run.
pub(super) fn place(store: &Path, run: RecordId) -> PathBuf {
    store.join(FOLDER).join(short(run)).join(CURRENT)
}

/// Points the link at this champion.
pub(super) fn serve(store: &Store, folder: &Path, run: RecordId, tree: &TreeId) -> Result<(), ServiceError> {
    let link = place(folder, run);
    let name: String = tree.to_string().chars().take(DIGITS).collect();
    if std::fs::read_link(&link).is_ok_and(|found| found == Path::new(&name)) {
        return Ok(());
    }
    let to = link.with_file_name(&name);
    if !to.is_dir() {
        files::write(&to, &store.get_files(tree)?)?;
    }
    let new = link.with_file_name(".current.new");
    let io = |error| ServiceError::io(&link, error);
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    std::os::unix::fs::symlink(&name, &new).map_err(io)?;
    std::fs::rename(&new, &link).map_err(io)
}
