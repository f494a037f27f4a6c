//! The folder of a report: created as a whole, or replaced file by file if it holds an earlier report.

use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use hyperspace_core::RelPath;
use hyperspace_report::ReportFile;

use crate::error::ServiceError;
use crate::files::NewFolder;

/// The file by which an earlier report is recognised.
const MARK: &str = "report.json";

/// Returns whether the folder contains anything.
fn is_used(path: &Path) -> bool {
    path.exists() && std::fs::read_dir(path).map_or(true, |mut entries| entries.next().is_some())
}

/// Refuses a folder that holds anything but an earlier report.
pub(super) fn check(path: &Path) -> Result<(), ServiceError> {
    if is_used(path) && !path.join(MARK).is_file() {
        return Err(ServiceError::file(path, "already exists and holds no report; choose another folder"));
    }
    Ok(())
}

/// Writes the files. Each file of an earlier report is replaced atomically, so a reader sees either the old or the new one.
pub(super) fn write(path: &Path, files: &[ReportFile]) -> Result<(), ServiceError> {
    check(path)?;
    let at = |file: &ReportFile| RelPath::new(&file.path).map_err(|error| ServiceError::file(path, error));
    if !is_used(path) {
        let mut folder = NewFolder::create(path)?;
        for file in files {
            let io = |source| ServiceError::io(path.join(&file.path), source);
            folder.put(&at(file)?, &file.content).map_err(io)?;
        }
        return folder.finish();
    }
    let io = |source| ServiceError::io(path, source);
    let folder = Dir::open_ambient_dir(path, ambient_authority()).map_err(io)?;
    for file in files {
        let name = at(file)?;
        let io = |source| ServiceError::io(path.join(&file.path), source);
        if let Some(parent) = name.parent() {
            folder.create_dir_all(parent.as_str()).map_err(io)?;
        }
        let unfinished = format!("{name}.unfinished");
        folder.write(&unfinished, &file.content).map_err(io)?;
        folder.rename(&unfinished, &folder, name.as_str()).map_err(io)?;
    }
    Ok(())
}
