//! Writes folders of files, each of which is complete or absent.
//!
//! Attacks that end here: T-FOLD-07, T-FOLD-08.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use hyperspace_core::{BlobId, FileSet, RelPath};

use crate::error::ServiceError;

/// Writes files into a new or empty folder.
pub(crate) fn write(path: &Path, files: &FileSet) -> Result<(), ServiceError> {
    let mut folder = NewFolder::create(path)?;
    for (at, content) in files.iter() {
        folder.put(at, content).map_err(|source| ServiceError::io(path.join(at.as_str()), source))?;
    }
    folder.finish()
}

/// A folder that is being written: a new one beside the requested one, which replaces it when complete. If dropped earlier, it is
/// removed.
#[derive(Debug)]
pub(crate) struct NewFolder {
    path: PathBuf,
    parent: Dir,
    name: OsString,
    unfinished: String,
    root: Dir,
    /// The folder created last.
    last: Option<RelPath>,
    /// For each content, the file to which further links are made.
    shared: BTreeMap<BlobId, RelPath>,
    linked: u64,
    finished: bool,
}

impl NewFolder {
    /// Starts writing to a new or empty folder.
    pub(crate) fn create(path: &Path) -> Result<Self, ServiceError> {
        if path.exists() && std::fs::read_dir(path).map_or(true, |mut entries| entries.next().is_some()) {
            return Err(ServiceError::file(path, "already exists; choose another folder"));
        }
        let name = path
            .file_name()
            .ok_or_else(|| ServiceError::file(path, "expected the name of a new folder"))?
            .to_owned();
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let io = |source: io::Error| {
            let why = io::Error::new(source.kind(), format!("the folder cannot be made: {source}"));
            ServiceError::io(path, why)
        };
        std::fs::create_dir_all(parent).map_err(io)?;
        let parent = Dir::open_ambient_dir(parent, ambient_authority()).map_err(io)?;
        let unfinished = format!(".{}.unfinished", name.display());
        drop(parent.remove_dir_all(&unfinished));
        parent.create_dir(&unfinished).map_err(io)?;
        let root = parent.open_dir(&unfinished).map_err(io)?;
        let path = path.to_path_buf();
        let shared = BTreeMap::new();
        Ok(Self { path, parent, name, unfinished, root, last: None, shared, linked: 0, finished: false })
    }

    /// Writes a file.
    pub(crate) fn put(&mut self, at: &RelPath, content: &[u8]) -> io::Result<()> {
        self.make_parent(at)?;
        self.root.write(at.as_str(), content)
    }

    /// Creates the folders above a file.
    fn make_parent(&mut self, at: &RelPath) -> io::Result<()> {
        let folder = at.parent();
        if let Some(folder) = folder.filter(|folder| self.last.as_ref() != Some(folder)) {
            self.root.create_dir_all(folder.as_str())?;
            self.last = Some(folder);
        }
        Ok(())
    }

    /// Writes a file as a hard link to an earlier one with the same content. If that is not possible, because the file system has
    /// no links or the file has too many, a copy is written.
    pub(crate) fn put_shared(&mut self, at: &RelPath, content: &[u8]) -> io::Result<()> {
        let id = BlobId::of(content);
        if let Some(first) = self.shared.get(&id) {
            let first = first.clone();
            self.make_parent(at)?;
            if self.root.hard_link(first.as_str(), &self.root, at.as_str()).is_ok() {
                self.linked += 1;
                return Ok(());
            }
        }
        self.put(at, content)?;
        self.shared.insert(id, at.clone());
        Ok(())
    }

    /// Returns the number of files that are links.
    pub(crate) const fn linked(&self) -> u64 {
        self.linked
    }

    /// Moves the folder to the requested place.
    pub(crate) fn finish(mut self) -> Result<(), ServiceError> {
        drop(self.parent.remove_dir(&self.name));
        self.parent
            .rename(&self.unfinished, &self.parent, &self.name)
            .map_err(|source| ServiceError::io(&self.path, source))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if !self.finished {
            drop(self.parent.remove_dir_all(&self.unfinished));
        }
    }
}
