//! Reads files and folders of the user.
//!
//! Attacks that end here: T-CONF-01, T-CONF-02, T-CONF-03, T-CONF-04, T-FOLD-01, T-FOLD-02, T-FOLD-03, T-FOLD-04,
//! T-FOLD-05, T-FOLD-06.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read};
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use hyperspace_core::{FileSet, PATH_DEPTH_MAX, RelPath, regular_file};

use crate::error::ServiceError;

/// Maximum size of one file in bytes.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Maximum size of a settings file in bytes.
const SETTINGS_BYTES_MAX: u64 = 256 << 10;
/// Folders that Python, editors, package managers and version control leave behind and that are not part of an agent.
pub(super) const SKIPPED: [&str; 12] = [
    "__pycache__",
    ".git",
    ".hyperspace",
    ".venv",
    "venv",
    "node_modules",
    ".tox",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".idea",
    ".vscode",
];

/// Limits on a folder that is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FolderBounds {
    /// Number of files, and of folders.
    files: usize,
    /// Total size of all files in bytes.
    bytes: u64,
}

/// Limits for an agent, a task or its data.
const ORDINARY: FolderBounds = FolderBounds { files: 10_000, bytes: 256 << 20 };
/// Limits for the folder of a single program, which may be any folder, such as a home folder.
const BESIDE: FolderBounds = FolderBounds { files: 2_000, bytes: 64 << 20 };
/// Limits for the outcome of a run: 200 generations on 200 rows of olympiad solutions are half a gigabyte, and their model calls
/// another.
pub(crate) const OUTCOME: FolderBounds = FolderBounds { files: 100_000, bytes: 2 << 30 };

/// The content of a folder.
#[derive(Debug, Default)]
pub(crate) struct FolderContent {
    /// Contents by path.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Folders that were skipped, in order.
    pub(crate) skipped: Vec<String>,
}

/// Reads a folder with everything below it, within limits.
pub(crate) fn read_bounded(path: &Path, bounds: FolderBounds) -> Result<FolderContent, ServiceError> {
    if !path.is_dir() {
        return Err(no_folder(path));
    }
    let io = |source| ServiceError::io(path, source);
    let root = Dir::open_ambient_dir(path, ambient_authority()).map_err(io)?;
    let mut reading = Reading { path, bounds, content: FolderContent::default(), bytes: 0, folders: 1 };
    // Names instead of handles, because there may be more folders than a process may have open.
    let mut waiting = vec![String::new()];
    while let Some(prefix) = waiting.pop() {
        let folder = if prefix.is_empty() { root.try_clone() } else { root.open_dir(&prefix) };
        let entries = folder.and_then(|folder| folder.entries());
        for entry in entries.map_err(|source| ServiceError::io(path.join(&prefix), source))? {
            let entry = entry.map_err(io)?;
            let name = entry.file_name().into_string().map_err(|name| {
                ServiceError::file(path, format!("the name {prefix}{} is not UTF-8", name.display()))
            })?;
            waiting.extend(reading.entry(&entry, &name, format!("{prefix}{name}"))?);
        }
    }
    reading.content.skipped.sort();
    Ok(reading.content)
}

/// A folder that is being read.
struct Reading<'a> {
    path: &'a Path,
    bounds: FolderBounds,
    content: FolderContent,
    bytes: u64,
    folders: usize,
}

impl Reading<'_> {
    /// Reads an entry. Returns the prefix of a folder that has to be read as well.
    fn entry(
        &mut self,
        entry: &cap_std::fs::DirEntry,
        name: &str,
        shown: String,
    ) -> Result<Option<String>, ServiceError> {
        let io = |source: io::Error| ServiceError::io(self.path.join(&shown), source);
        let kind = entry.file_type().map_err(io)?;
        if (kind.is_dir() || kind.is_symlink()) && SKIPPED.contains(&name) {
            self.content.skipped.push(shown);
            return Ok(None);
        }
        let mut found = None;
        if kind.is_dir() {
            self.folders += 1;
            if shown.split('/').count() >= PATH_DEPTH_MAX {
                let problem = format!("{shown} is too deep; at most {PATH_DEPTH_MAX} levels");
                return Err(ServiceError::file(self.path, problem));
            }
            found = Some(format!("{shown}/"));
        } else if kind.is_file() {
            let mut content = Vec::new();
            let file = entry.open().map_err(io)?;
            let size = file.metadata().map_err(io)?.len().min(FILE_BYTES_MAX);
            // Exactly that size: whole runs are read, and growing buffers would take up to twice their bytes.
            content.reserve_exact(usize::try_from(size).unwrap_or_default() + 1);
            file.take(FILE_BYTES_MAX + 1).read_to_end(&mut content).map_err(io)?;
            self.bytes += content.len() as u64;
            if content.len() as u64 > FILE_BYTES_MAX {
                return Err(self.too_large(&shown));
            }
            self.content.files.insert(shown.clone(), content);
        } else {
            let problem = format!(
                "{shown} is a link or a device; only files and folders are read: put a copy of what it points to in its place, \
                 or take it out"
            );
            return Err(ServiceError::file(self.path, problem));
        }
        let FolderBounds { files, bytes } = self.bounds;
        if self.bytes > bytes || self.content.files.len() > files || self.folders > files {
            return Err(self.too_large(&shown));
        }
        Ok(found)
    }

    fn too_large(&self, shown: &str) -> ServiceError {
        let problem = format!(
            "too large at {shown}; at most {} files, {} MiB each, {} MiB in all",
            self.bounds.files,
            FILE_BYTES_MAX >> 20,
            self.bounds.bytes >> 20
        );
        ServiceError::file(self.path, problem)
    }
}

/// Reads a folder as a set of files.
pub(crate) fn read_set(path: &Path) -> Result<FileSet, ServiceError> {
    let mut set = FileSet::new();
    for (name, content) in read_bounded(path, ORDINARY)?.files {
        let at = RelPath::new(&name).map_err(|error| ServiceError::file(path, error))?;
        set.insert(at, content).map_err(|error| ServiceError::file(path, error))?;
    }
    Ok(set)
}

/// Reads the folder of another engine's project, skipping hidden files and those whose names no tree can have.
pub(crate) fn read_project(path: &Path) -> Result<FileSet, ServiceError> {
    let mut set = FileSet::new();
    for (name, content) in read_bounded(path, ORDINARY)?.files {
        let hidden = name.split('/').any(|part| part.starts_with('.'));
        let Some(at) = RelPath::new(&name).ok().filter(|_| !hidden) else { continue };
        set.insert(at, content).map_err(|error| ServiceError::file(path, error))?;
    }
    Ok(set)
}

/// Reads the folder of a program so that the program can read it: the program itself, if it is a file there, and all regular
/// files that are not hidden, nearer ones first, as far as the limits allow. Returns whether these are all.
pub(crate) fn read_beside(folder: &Path, program: Option<&str>) -> Result<(FileSet, bool), ServiceError> {
    let named = |error: String| ServiceError::file(folder, error);
    let root = Dir::open_ambient_dir(folder, ambient_authority())
        .map_err(|source| ServiceError::io(folder, source))?;
    let (mut set, mut bytes, mut waiting) = (FileSet::new(), 0, VecDeque::from([String::new()]));
    if let Some(program) = program {
        let own = RelPath::new(program).map_err(|error| named(error.to_string()))?;
        set.insert(own, read_file(&folder.join(program))?).map_err(|error| named(error.to_string()))?;
    }
    while let Some(prefix) = waiting.pop_front() {
        let opened = if prefix.is_empty() { root.try_clone() } else { root.open_dir(&prefix) };
        // The program cannot read a folder that the user cannot read.
        let Ok(entries) = opened.and_then(|folder| folder.entries()) else { continue };
        let name = |entry: &cap_std::fs::DirEntry| entry.file_name().into_string().ok();
        let entries: BTreeMap<String, _> =
            entries.flatten().filter_map(|entry| Some((name(&entry)?, entry))).collect();
        for (name, entry) in entries {
            let (path, Ok(data)) = (format!("{prefix}{name}"), entry.metadata()) else { continue };
            if name.starts_with('.') || SKIPPED.contains(&name.as_str()) || Some(path.as_str()) == program {
                continue;
            }
            if data.is_dir() && path.split('/').count() < PATH_DEPTH_MAX {
                waiting.push_back(format!("{path}/"));
            }
            let Some(at) = RelPath::new(&path).ok().filter(|_| data.is_file()) else { continue };
            bytes += data.len();
            if bytes > BESIDE.bytes || set.len() >= BESIDE.files || waiting.len() > BESIDE.files {
                return Ok((set, false));
            }
            let mut content = Vec::new();
            let read = entry.open().and_then(|file| file.take(data.len()).read_to_end(&mut content));
            if read.is_ok() {
                set.insert(at, content).map_err(|error| named(error.to_string()))?;
            }
        }
    }
    Ok((set, true))
}

/// Reads one file of at most 64 MiB.
///
/// # Errors
///
/// [`ServiceError::File`] when it cannot be opened or is larger.
pub fn read_file(path: &Path) -> Result<Vec<u8>, ServiceError> {
    read_up_to(path, FILE_BYTES_MAX)
}

/// The error for a path that the user named and that is not a folder.
pub(super) fn no_folder(path: &Path) -> ServiceError {
    match path.exists() {
        true => ServiceError::file(path, "expected a folder, found a file"),
        false => ServiceError::missing(path, "folder"),
    }
}

/// The error for a path that the user named and that cannot be opened.
pub(crate) fn not_opened(path: &Path, error: &io::Error) -> ServiceError {
    match error.kind() {
        io::ErrorKind::NotFound => ServiceError::missing(path, "file or folder"),
        io::ErrorKind::PermissionDenied => ServiceError::file(path, "no permission to read it"),
        _ => ServiceError::file(path, error),
    }
}

/// Reads a file that the user named, of at most `most` bytes. The path may be a link, but must lead to a file: opening a pipe
/// would wait for a writer.
fn read_up_to(path: &Path, most: u64) -> Result<Vec<u8>, ServiceError> {
    let named = |error: io::Error| not_opened(path, &error);
    let real = std::fs::canonicalize(path).map_err(named)?;
    let file = regular_file::open_to_read(&real).map_err(named)?;
    let mut content = Vec::new();
    let taken = file.take(most + 1).read_to_end(&mut content);
    taken.map_err(|source| ServiceError::io(path, source))?;
    if content.len() as u64 > most {
        let limit =
            if most >= 1 << 20 { format!("{} MiB", most >> 20) } else { format!("{} KiB", most >> 10) };
        return Err(ServiceError::file(path, format!("larger than {limit}")));
    }
    Ok(content)
}

/// Returns the text of a file without a byte order mark, which editors of other systems put in front.
fn without_mark(path: &Path, content: Vec<u8>) -> Result<String, ServiceError> {
    let text = String::from_utf8(content).map_err(|_| ServiceError::file(path, "it is not UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Reads a settings file of at most 256 KiB.
///
/// # Errors
///
/// As [`read_text`].
pub fn read_settings(path: &Path) -> Result<String, ServiceError> {
    without_mark(path, read_up_to(path, SETTINGS_BYTES_MAX)?)
}

/// Reads one text of at most 64 MiB; a byte order mark is no part of it.
///
/// # Errors
///
/// As [`read_file`], and [`ServiceError::File`] when it is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, ServiceError> {
    without_mark(path, read_file(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("hyperspace.toml");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let error = read_settings(&socket).unwrap_err().to_string();
        assert!(error.contains("a pipe, a socket or a device"), "{error}");
        read_settings(folder.path()).unwrap_err();
        let large = folder.path().join("large");
        std::fs::write(&large, vec![b' '; 300 << 10]).unwrap();
        assert!(read_settings(&large).unwrap_err().to_string().contains("256 KiB"));
        read_text(&large).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&large, &link).unwrap();
        read_text(&link).unwrap();
        std::fs::write(&large, "\u{feff}a = 1").unwrap();
        assert_eq!(
            (read_text(&large).unwrap(), read_settings(&large).unwrap()),
            ("a = 1".into(), "a = 1".into())
        );
    }
}
