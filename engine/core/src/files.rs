//! A set of files in memory: paths with their contents, and the tree they make.
//!
//! Invariant: no path is both a file and a folder; contents are shared, so a clone costs one reference per file.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use crate::digest::BlobId;
use crate::path::{PathError, RelPath, conflicting};
use crate::tree::Tree;

/// A file that cannot be added.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{path} cannot be added: {other} is there already, and one name cannot be both a file and a folder")]
pub struct FileConflict {
    path: RelPath,
    other: RelPath,
}

/// Files that do not form a set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FileSetError {
    /// A path breaks a rule of [`RelPath`].
    #[error(transparent)]
    Path(#[from] PathError),
    /// A path is both a file and a folder.
    #[error(transparent)]
    Conflict(#[from] FileConflict),
}

/// Files by path.
///
/// ```
/// use hyperspace_core::FileSet;
///
/// let files = FileSet::from_files([("task_agent.py", "x = 1\n"), ("lib/a.py", "y = 2\n")])?;
/// assert_eq!(files.len(), 2);
/// # Ok::<(), hyperspace_core::FileSetError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileSet {
    files: BTreeMap<RelPath, Arc<[u8]>>,
}

impl FileSet {
    /// Creates an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates the set of these files. Of two files with the same path, the later one wins.
    ///
    /// # Errors
    ///
    /// [`FileSetError`] names the first path that is invalid, or that is both a file and a folder.
    pub fn from_files<P: AsRef<str>, B: AsRef<[u8]>>(
        files: impl IntoIterator<Item = (P, B)>,
    ) -> Result<Self, FileSetError> {
        let mut set = Self::new();
        for (path, content) in files {
            set.insert(RelPath::new(path.as_ref())?, content.as_ref())?;
        }
        Ok(set)
    }

    /// Adds a file, or replaces its content. Returns the previous content.
    ///
    /// # Errors
    ///
    /// [`FileConflict`] when a folder of the path is a file, or the path is a folder of another file.
    pub fn insert(
        &mut self,
        path: RelPath,
        content: impl Into<Arc<[u8]>>,
    ) -> Result<Option<Arc<[u8]>>, FileConflict> {
        if let Some(other) = conflicting(&path, &self.files) {
            return Err(FileConflict { path, other });
        }
        Ok(self.files.insert(path, content.into()))
    }

    /// Removes a file and returns its content.
    pub fn remove(&mut self, path: &RelPath) -> Option<Arc<[u8]>> {
        self.files.remove(path)
    }

    /// Returns the content of a file.
    #[must_use]
    pub fn get(&self, path: &RelPath) -> Option<&Arc<[u8]>> {
        self.files.get(path)
    }

    /// Returns all files, in bytewise order of path.
    pub fn iter(&self) -> impl Iterator<Item = (&RelPath, &Arc<[u8]>)> {
        self.files.iter()
    }

    /// Returns the number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Returns whether the set has no files.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Returns the size of all contents together, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|content| content.len() as u64).sum()
    }

    /// Returns the tree of these files.
    #[must_use]
    pub fn tree(&self) -> Tree {
        Tree::of(self.files.iter().map(|(path, content)| (path.clone(), BlobId::of(content))))
    }
}

/// Converts as [`FileSet::from_files`] does.
impl<P: AsRef<str>, B: AsRef<[u8]>, const N: usize> TryFrom<[(P, B); N]> for FileSet {
    type Error = FileSetError;

    fn try_from(files: [(P, B); N]) -> Result<Self, Self::Error> {
        Self::from_files(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_make_a_set_or_say_which_path_does_not_fit() {
        let files = FileSet::try_from([("a.py", "1"), ("lib/b.py", "2"), ("a.py", "3")]).unwrap();
        let a = RelPath::new("a.py").unwrap();
        assert_eq!((files.len(), files.get(&a).map(|content| &content[..])), (2, Some(&b"3"[..])));
        let owned = FileSet::from_files(vec![("a.py".to_owned(), b"3".to_vec())]).unwrap();
        assert_eq!(owned.get(&a), files.get(&a));
        assert!(matches!(FileSet::from_files([("../x", "")]), Err(FileSetError::Path(_))));
        let error = FileSet::from_files([("a", ""), ("a/b", "")]).unwrap_err();
        assert!(
            matches!(&error, FileSetError::Conflict(_)) && error.to_string().starts_with("a/b"),
            "{error}"
        );
    }
}
