//! Files of the user: folders in, folders out, through capability-based file access.
//!
//! Links are refused, sizes are bounded, names must be valid in a tree.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use hyperspace_core::{FileSet, RelPath};

use crate::exit::usage_error;

/// Files of one folder.
const FILES_MAX: usize = 10_000;
/// Bytes of one file.
pub(crate) const FILE_BYTES_MAX: u64 = 64 << 20;
/// Bytes of a folder.
const FOLDER_BYTES_MAX: u64 = 256 << 20;
/// Folders that Python and version control leave behind, and that are no part of an agent.
const SKIPPED: [&str; 3] = ["__pycache__", ".git", ".hyperspace"];

/// Reads a folder with everything below it.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    if !path.is_dir() {
        return Err(usage_error(format!("{}: expected a folder", path.display())));
    }
    let root = Dir::open_ambient_dir(path, ambient_authority())
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let mut files = BTreeMap::new();
    let mut bytes = 0;
    let mut open = vec![(String::new(), root)];
    while let Some((prefix, folder)) = open.pop() {
        for entry in folder.entries()? {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|name| {
                usage_error(format!("{}: the name {prefix}{} is not UTF-8", path.display(), name.display()))
            })?;
            let shown = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() {
                if !SKIPPED.contains(&name.as_str()) {
                    open.push((format!("{shown}/"), entry.open_dir()?));
                }
                continue;
            }
            if !kind.is_file() {
                let text = format!(
                    "{}: {shown} is a link or a device; only files and folders are read",
                    path.display()
                );
                return Err(usage_error(text));
            }
            let mut content = Vec::new();
            entry.open()?.take(FILE_BYTES_MAX + 1).read_to_end(&mut content)?;
            bytes += content.len() as u64;
            if content.len() as u64 > FILE_BYTES_MAX || bytes > FOLDER_BYTES_MAX || files.len() >= FILES_MAX {
                let text = format!(
                    "{}: too large at {shown}; at most {FILES_MAX} files, {} MiB each, {} MiB in all",
                    path.display(),
                    FILE_BYTES_MAX >> 20,
                    FOLDER_BYTES_MAX >> 20
                );
                return Err(usage_error(text));
            }
            files.insert(shown, content);
        }
    }
    Ok(files)
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

/// Writes files into a folder that is new or empty. They are written into a new folder beside it, which takes its place when
/// it is whole.
pub(crate) fn write(path: &Path, files: &FileSet) -> Result<()> {
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
    for (place, content) in files.iter() {
        if let Some(folder) = place.parent() {
            root.create_dir_all(folder.as_str())?;
        }
        root.write(place.as_str(), content)?;
    }
    drop(parent.remove_dir(name));
    parent.rename(&unfinished, &parent, name).with_context(|| path.display().to_string())
}
