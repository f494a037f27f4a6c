//! File sets from literals.

use hyperspace_core::{FileSet, RelPath};

/// Returns a path of a tree.
///
/// # Panics
///
/// If `path` is no valid relative path.
#[must_use]
pub fn path(path: &str) -> RelPath {
    RelPath::new(path).unwrap()
}

/// Returns a set of these files.
///
/// # Panics
///
/// If a path is invalid, occurs twice, or is a folder of another one.
#[must_use]
pub fn file_set<P: AsRef<str>, C: AsRef<[u8]>>(files: &[(P, C)]) -> FileSet {
    let mut set = FileSet::new();
    for (name, content) in files {
        let name = name.as_ref();
        let replaced = set.insert(path(name), content.as_ref().to_vec()).unwrap();
        assert!(replaced.is_none(), "{name} occurs twice");
    }
    set
}
