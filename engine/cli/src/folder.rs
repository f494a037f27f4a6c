//! Files of the user: folders in, folders out, through capability-based file access.
//!
//! Links are refused, sizes and depths are bounded, names must be valid in a tree. A folder that is written is whole or not
//! there.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use hyperspace_core::{FileSet, PATH_DEPTH_MAX, RelPath};

use crate::exit::usage_error;

/// Bytes of one file.
pub(crate) const FILE_BYTES_MAX: u64 = 64 << 20;
/// Folders that Python and version control leave behind, and that are no part of an agent.
const SKIPPED: [&str; 3] = ["__pycache__", ".git", ".hyperspace"];

/// How much is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Most {
    /// Files, and as many folders.
    files: usize,
    /// Bytes of all files.
    bytes: u64,
}

/// Of an agent, a task or its data.
const ORDINARY: Most = Most { files: 10_000, bytes: 256 << 20 };
/// Of the outcome of a run: 200 generations on 200 rows of olympiad solutions are half a gigabyte, and their calls of models
/// another.
pub(crate) const OUTCOME: Most = Most { files: 100_000, bytes: 2 << 30 };

/// A folder that was read.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// Contents by path.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Folders that were left out.
    pub(crate) skipped: Vec<String>,
}

/// Reads a folder with everything below it.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    Ok(read_most(path, ORDINARY)?.files)
}

/// Reads a folder with everything below it, up to a size.
pub(crate) fn read_most(path: &Path, most: Most) -> Result<Files> {
    if !path.is_dir() {
        return Err(usage_error(format!("{}: expected a folder", path.display())));
    }
    let root = Dir::open_ambient_dir(path, ambient_authority())
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let (mut found, mut bytes, mut folders) = (Files::default(), 0, 1);
    // Names and not handles: there may be more folders than a process may have open.
    let mut waiting = vec![String::new()];
    while let Some(prefix) = waiting.pop() {
        let folder = if prefix.is_empty() { root.try_clone() } else { root.open_dir(&prefix) };
        for entry in
            folder.and_then(|folder| folder.entries()).with_context(|| format!("{prefix} cannot be read"))?
        {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|name| {
                usage_error(format!("{}: the name {prefix}{} is not UTF-8", path.display(), name.display()))
            })?;
            let shown = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() && SKIPPED.contains(&name.as_str()) {
                found.skipped.push(shown);
                continue;
            }
            if kind.is_dir() {
                folders += 1;
                if shown.split('/').count() >= PATH_DEPTH_MAX {
                    return Err(usage_error(format!(
                        "{}: {shown} is too deep; at most {PATH_DEPTH_MAX} levels",
                        path.display()
                    )));
                }
                waiting.push(format!("{shown}/"));
            } else if kind.is_file() {
                let mut content = Vec::new();
                entry.open()?.take(FILE_BYTES_MAX + 1).read_to_end(&mut content)?;
                bytes += content.len() as u64;
                if content.len() as u64 > FILE_BYTES_MAX {
                    return Err(too_large(path, &shown, most));
                }
                found.files.insert(shown.clone(), content);
            } else {
                let text = format!(
                    "{}: {shown} is a link or a device; only files and folders are read",
                    path.display()
                );
                return Err(usage_error(text));
            }
            if bytes > most.bytes || found.files.len() > most.files || folders > most.files {
                return Err(too_large(path, &shown, most));
            }
        }
    }
    found.skipped.sort();
    Ok(found)
}

fn too_large(path: &Path, shown: &str, most: Most) -> anyhow::Error {
    usage_error(format!(
        "{}: too large at {shown}; at most {} files, {} MiB each, {} MiB in all",
        path.display(),
        most.files,
        FILE_BYTES_MAX >> 20,
        most.bytes >> 20
    ))
}

/// Reads a folder as a set of files.
pub(crate) fn read_set(path: &Path) -> Result<FileSet> {
    let mut set = FileSet::new();
    for (name, content) in read(path)? {
        let place = RelPath::new(&name).map_err(|e| usage_error(format!("{}: {e}", path.display())))?;
        set.insert(place, content).map_err(|e| usage_error(format!("{}: {e}", path.display())))?;
    }
    Ok(set)
}

/// Reads one file.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>> {
    let file = std::fs::File::open(path).map_err(|e| usage_error(format!("{}: {e}", path.display())))?;
    let mut content = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut content).with_context(|| path.display().to_string())?;
    if content.len() as u64 > FILE_BYTES_MAX {
        return Err(usage_error(format!("{}: larger than {} MiB", path.display(), FILE_BYTES_MAX >> 20)));
    }
    Ok(content)
}

/// Writes files into a folder that is new or empty.
pub(crate) fn write(path: &Path, files: &FileSet) -> Result<()> {
    let mut folder = NewFolder::begin(path)?;
    for (place, content) in files.iter() {
        folder.put(place, content).with_context(|| path.join(place.as_str()).display().to_string())?;
    }
    folder.finish()
}

/// A folder that is being written: a new one beside the one that was asked for, which takes its place when it is whole.
/// Dropped before, it is removed.
#[derive(Debug)]
pub(crate) struct NewFolder {
    path: PathBuf,
    parent: Dir,
    name: OsString,
    unfinished: String,
    root: Dir,
    /// The last folder that was made.
    made: Option<RelPath>,
    finished: bool,
}

impl NewFolder {
    /// Begins a folder that is new or empty.
    pub(crate) fn begin(path: &Path) -> Result<Self> {
        if path.exists() && std::fs::read_dir(path).map_or(true, |mut entries| entries.next().is_some()) {
            return Err(usage_error(format!("{}: it exists; choose a new folder", path.display())));
        }
        let name = path
            .file_name()
            .ok_or_else(|| usage_error(format!("{}: expected the name of a new folder", path.display())))?;
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        let parent = Dir::open_ambient_dir(parent, ambient_authority())?;
        let unfinished = format!(".{}.unfinished", name.display());
        drop(parent.remove_dir_all(&unfinished));
        parent.create_dir(&unfinished)?;
        let root = parent.open_dir(&unfinished)?;
        let (path, name) = (path.to_path_buf(), name.to_owned());
        Ok(Self { path, parent, name, unfinished, root, made: None, finished: false })
    }

    /// Writes a file.
    pub(crate) fn put(&mut self, place: &RelPath, content: &[u8]) -> io::Result<()> {
        let folder = place.parent();
        if let Some(folder) = folder.as_ref().filter(|folder| self.made.as_ref() != Some(folder)) {
            self.root.create_dir_all(folder.as_str())?;
            self.made = Some(folder.clone());
        }
        self.root.write(place.as_str(), content)
    }

    /// Puts it where it belongs.
    pub(crate) fn finish(mut self) -> Result<()> {
        drop(self.parent.remove_dir(&self.name));
        self.parent
            .rename(&self.unfinished, &self.parent, &self.name)
            .with_context(|| self.path.display().to_string())?;
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
