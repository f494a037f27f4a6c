//! Packages that a user passes in: folders and wheels of pure Python.

use std::path::{Path, PathBuf};

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Packages;

use super::read::{not_opened, read_file, read_set};
use crate::error::ServiceError;

/// Reads folders and wheels of pure Python.
///
/// # Errors
///
/// Class `Usage` for anything that is not a package, has native code, or conflicts with another package.
pub(crate) fn read_packages(paths: &[PathBuf]) -> Result<Packages, ServiceError> {
    let mut packages = Packages::default();
    for path in paths {
        let label = format!("--packages {}", path.display());
        packages.add(&read_one(path, &label)?, &label)?;
    }
    Ok(packages)
}

fn read_one(path: &Path, label: &str) -> Result<Packages, ServiceError> {
    let real = path.canonicalize().map_err(|error| not_opened(path, &error))?;
    let name = path.file_name().or(real.file_name()).and_then(|name| name.to_str());
    let name = name.ok_or_else(|| ServiceError::file(path, "expected a name that is UTF-8"))?;
    let mut files = FileSet::new();
    let mut insert = |at: &str, content: Vec<u8>| -> Result<(), ServiceError> {
        let at = RelPath::new(at).map_err(|error| ServiceError::file(path, error))?;
        files.insert(at, content).map(drop).map_err(|error| ServiceError::file(path, error))
    };
    if real.is_dir() {
        for (at, content) in read_set(path)?.iter() {
            insert(&format!("{name}/{at}"), content.to_vec())?;
        }
    } else if name.ends_with(".whl") {
        insert(name, read_file(path)?)?;
    } else {
        let problem = "expected a folder or a wheel (.whl); --mount takes single files";
        return Err(ServiceError::file(path, problem));
    }
    Ok(Packages::of(&files, &[name.to_owned()], label)?)
}
