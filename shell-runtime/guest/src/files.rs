//! The files that WASI shows. Paths are absolute; every access is one or a few calls of the host, which decides on it.

use wasi::{Ciovec, Fd, Iovec, Oflags, Rights};

use crate::error::FileError;
use crate::host::{self, FileInfo};

/// The descriptor of the root folder.
const ROOT: Fd = 3;
/// Bytes of a listing that are fetched at a time.
const LISTING_BYTES: usize = 16 << 10;
/// Bytes of an entry of a listing before its name.
const ENTRY_BYTES: usize = 24;

/// An entry of a folder.
#[derive(Debug, Clone)]
pub(crate) struct FolderEntry {
    pub(crate) name: String,
    pub(crate) is_folder: bool,
}

/// An open file or folder, closed when it is dropped.
struct Open(Fd);

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: this descriptor was opened here and is closed once.
        let closed = unsafe { wasi::fd_close(self.0) };
        debug_assert!(closed.is_ok(), "an open descriptor can be closed");
    }
}

/// Returns the path below the root folder.
fn below_root(path: &str) -> Result<&str, FileError> {
    match path.strip_prefix('/').map(|rest| rest.trim_start_matches('/')) {
        Some("") => Ok("."),
        Some(rest) => Ok(rest),
        None => Err(FileError::BadPath),
    }
}

fn open(path: &str, oflags: Oflags, rights: Rights) -> Result<Open, FileError> {
    // SAFETY: the path is passed with its length; the host checks the rest.
    let fd = unsafe { wasi::path_open(ROOT, 0, below_root(path)?, oflags, rights, 0, 0) }?;
    Ok(Open(fd))
}

/// Reads a file.
pub(crate) fn read(path: &str) -> Result<Vec<u8>, FileError> {
    let file = open(path, 0, wasi::RIGHTS_FD_READ)?;
    // SAFETY: asks about a descriptor that is open.
    let stat = unsafe { wasi::fd_filestat_get(file.0) }?;
    if stat.filetype == wasi::FILETYPE_DIRECTORY {
        return Err(FileError::IsAFolder);
    }
    let mut bytes = vec![0; usize::try_from(stat.size).map_err(|_| FileError::Full)?];
    let mut done = 0;
    while done < bytes.len() {
        let rest = &mut bytes[done..];
        let part = Iovec { buf: rest.as_mut_ptr(), buf_len: rest.len() };
        // SAFETY: the vector names the bytes that are left of this buffer.
        let count = unsafe { wasi::fd_read(file.0, &[part]) }?;
        if count == 0 {
            break;
        }
        done += count;
    }
    bytes.truncate(done);
    Ok(bytes)
}

fn write_all(file: &Open, mut bytes: &[u8], mut at: u64) -> Result<(), FileError> {
    while !bytes.is_empty() {
        let part = Ciovec { buf: bytes.as_ptr(), buf_len: bytes.len() };
        // SAFETY: the vector names the bytes of this slice.
        let count = unsafe { wasi::fd_pwrite(file.0, &[part], at) }?;
        at += count as u64;
        bytes = &bytes[count..];
    }
    Ok(())
}

/// Replaces or makes a file; on an error it is as it was.
pub(crate) fn write(path: &str, bytes: &[u8]) -> Result<(), FileError> {
    match open(path, 0, wasi::RIGHTS_FD_WRITE) {
        Ok(file) => {
            // The one step that can be refused comes first.
            // SAFETY: changes the size of a file that is open.
            unsafe { wasi::fd_filestat_set_size(file.0, bytes.len() as u64) }?;
            write_all(&file, bytes, 0)
        }
        Err(FileError::NotFound) => {
            let file = open(path, wasi::OFLAGS_CREAT, wasi::RIGHTS_FD_WRITE)?;
            let written = write_all(&file, bytes, 0);
            if written.is_err() {
                // The policy decides whether a file that could not be filled is removed.
                drop(remove_file(path));
            }
            written
        }
        Err(error) => Err(error),
    }
}

/// Appends to a file, or makes one.
pub(crate) fn append(path: &str, bytes: &[u8]) -> Result<(), FileError> {
    let file = open(path, wasi::OFLAGS_CREAT, wasi::RIGHTS_FD_WRITE)?;
    // SAFETY: asks about a descriptor that is open.
    let end = unsafe { wasi::fd_filestat_get(file.0) }?.size;
    write_all(&file, bytes, end)
}

/// Returns the metadata of a path.
pub(crate) fn info(path: &str) -> Result<FileInfo, FileError> {
    host::info(below_root(path)?).map_err(FileError::of)
}

/// Lists a folder, sorted by name.
pub(crate) fn list(path: &str) -> Result<Vec<FolderEntry>, FileError> {
    let folder = open(path, wasi::OFLAGS_DIRECTORY, wasi::RIGHTS_FD_READDIR)?;
    let (mut found, mut cookie, mut room) = (Vec::new(), 0, LISTING_BYTES);
    loop {
        let mut buffer = vec![0; room];
        // SAFETY: the host writes at most `room` bytes into this buffer.
        let used = unsafe { wasi::fd_readdir(folder.0, buffer.as_mut_ptr(), room, cookie) }?;
        let mut rest = &buffer[..used.min(room)];
        let before = cookie;
        while let Some((entry, next, len)) = entry(rest) {
            (cookie, rest) = (next, &rest[len..]);
            found.extend(entry);
        }
        if used < room {
            return Ok(found);
        }
        if cookie == before {
            // Not even one entry fits.
            room *= 2;
        }
    }
}

/// Reads the first entry of a listing, if it is whole: the entry (none for `.` and `..`), the next cookie, its bytes.
fn entry(bytes: &[u8]) -> Option<(Option<FolderEntry>, u64, usize)> {
    let next = u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?);
    let len = u32::from_le_bytes(bytes.get(16..20)?.try_into().ok()?) as usize;
    let kind = *bytes.get(20)?;
    let name = bytes.get(ENTRY_BYTES..ENTRY_BYTES + len)?;
    let name = String::from_utf8_lossy(name).into_owned();
    let is_folder = kind == wasi::FILETYPE_DIRECTORY.raw();
    let entry = (name != "." && name != "..").then_some(FolderEntry { name, is_folder });
    Some((entry, next, ENTRY_BYTES + len))
}

/// Makes a folder in one that exists.
pub(crate) fn create_folder(path: &str) -> Result<(), FileError> {
    // SAFETY: the path is passed with its length.
    Ok(unsafe { wasi::path_create_directory(ROOT, below_root(path)?) }?)
}

/// Makes a folder and those above it that are missing.
pub(crate) fn create_folders(path: &str) -> Result<(), FileError> {
    for (at, _) in path.match_indices('/').skip(1) {
        if let Err(FileError::NotFound) = info(&path[..at]) {
            create_folder(&path[..at])?;
        }
    }
    if info(path).is_ok_and(|info| info.is_folder) {
        return Ok(());
    }
    create_folder(path)
}

/// Removes a file.
pub(crate) fn remove_file(path: &str) -> Result<(), FileError> {
    // SAFETY: the path is passed with its length.
    Ok(unsafe { wasi::path_unlink_file(ROOT, below_root(path)?) }?)
}

/// Removes an empty folder.
pub(crate) fn remove_folder(path: &str) -> Result<(), FileError> {
    // SAFETY: the path is passed with its length.
    Ok(unsafe { wasi::path_remove_directory(ROOT, below_root(path)?) }?)
}

/// Removes a file, or a folder with all it holds.
pub(crate) fn remove_all(path: &str) -> Result<(), FileError> {
    // Folders are removed after their contents, without recursion: a script chooses the depth.
    let (mut open, mut folders) = (vec![path.to_owned()], Vec::new());
    while let Some(path) = open.pop() {
        if info(&path)?.is_folder {
            open.extend(list(&path)?.into_iter().map(|entry| format!("{path}/{}", entry.name)));
            folders.push(path);
        } else {
            remove_file(&path)?;
        }
    }
    folders.iter().rev().try_for_each(|folder| remove_folder(folder))
}

/// Renames a file or folder. A file may go to another mount: it is written there, then removed here.
pub(crate) fn rename(from: &str, to: &str) -> Result<(), FileError> {
    // SAFETY: both paths are passed with their lengths.
    let renamed = unsafe { wasi::path_rename(ROOT, below_root(from)?, ROOT, below_root(to)?) };
    match renamed.map_err(FileError::from) {
        Err(FileError::OtherMount) if info(from).is_ok_and(|info| !info.is_folder) => move_across(from, to),
        renamed => renamed,
    }
}

fn move_across(from: &str, to: &str) -> Result<(), FileError> {
    let before = read(to).ok();
    write(to, &read(from)?)?;
    remove_file(from).inspect_err(|_| {
        // The file was writable a moment ago, so this fails only together with the whole run.
        drop(match &before {
            Some(bytes) => write(to, bytes),
            None => remove_file(to),
        });
    })
}
