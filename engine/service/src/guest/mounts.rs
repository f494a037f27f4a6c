//! Folders and files of the user in a guest: their places and their names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hyperspace_core::{FileSet, RelPath};
use hyperspace_sandbox::Mount;

use crate::error::ServiceError;
use crate::files;

/// The folder of the file whose function is called.
pub(super) const CALLED: &str = "call";
/// The folder of individually mounted files.
const FILES: &str = "files";
/// The folder of modules that are passed by value.
pub(super) const MODULES: &str = "modules";
/// Folders of the guest that no mount can replace.
const RESERVED: [&str; 8] = ["sdk", "tmp", "usr", "packages", "science", FILES, CALLED, MODULES];

/// Returns the mounts of folders and files, each with its folder in the guest. `taken` are names that no folder may have.
pub(super) fn mounts<'a>(
    paths: impl Iterator<Item = &'a PathBuf>,
    taken: &[String],
) -> Result<Vec<(String, Mount)>, ServiceError> {
    let (mut mounts, mut names, mut single) = (Vec::new(), BTreeSet::new(), FileSet::new());
    for path in paths {
        let name = name_of(path)?;
        let at = RelPath::new(&name).map_err(|error| ServiceError::file(path, error))?;
        if path.is_dir() {
            if is_reserved(&name) || taken.contains(&name) || !names.insert(name.clone()) {
                let problem = format!("/{name} is taken in the guest; give the folder another name");
                return Err(ServiceError::file(path, problem));
            }
            mounts.push((format!("/{name}"), Mount::read_only(at, files::read_set(path)?)));
        } else if single.get(&at).is_some() {
            return Err(ServiceError::file(path, format!("there are two files {name}")));
        } else {
            single.insert(at, files::read_file(path)?).map_err(|error| ServiceError::file(path, error))?;
        }
    }
    if !single.is_empty() {
        mounts.push((format!("/{FILES}"), Mount::read_only(RelPath::new(FILES)?, single)));
    }
    Ok(mounts)
}

/// Returns whether this name of a folder in the guest is reserved for every request.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || name.starts_with('.')
}

/// Returns the last part of a path; for `.`, that of the folder.
pub(super) fn name_of(path: &Path) -> Result<String, ServiceError> {
    let real = path.canonicalize().map_err(|error| files::not_opened(path, &error))?;
    // A link has the name by which the user refers to it.
    let named = path.file_name().or(real.file_name()).map(|name| name.to_string_lossy().into_owned());
    named.ok_or_else(|| ServiceError::file(path, "expected a file or folder with a name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_files_have_places_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["lib/a.py", "other/lib/b.py", "x.py", "other/x.py", "tmp/c.py"] {
            std::fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            std::fs::write(path(name), "").unwrap();
        }
        let places = |names: &[&str]| {
            let paths: Vec<PathBuf> = names.iter().map(|name| path(name)).collect();
            mounts(paths.iter(), &["own".to_owned()])
                .map(|mounts| mounts.into_iter().map(|(at, _)| at).collect::<Vec<_>>())
        };
        assert_eq!(places(&["lib", "x.py"]).unwrap(), ["/lib", "/files"]);
        std::fs::create_dir(path("own")).unwrap();
        for (names, problem) in [
            (["lib", "other/lib"], "/lib is taken"),
            (["x.py", "other/x.py"], "two files x.py"),
            (["tmp", "x.py"], "/tmp is taken"),
            (["own", "x.py"], "/own is taken"),
        ] {
            let error = places(&names).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
