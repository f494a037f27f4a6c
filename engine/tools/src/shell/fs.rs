//! The guest's files as a file system of bashkit. Decides nothing by itself: [`Files`] does.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bashkit::{DirEntry, FileSystem, FileSystemExt, FileType, Metadata, Result};
use hyperspace_sandbox::{FileError, FileInfo, Files, async_trait};

use super::context::ShellContext;
use super::devices::Device;
use crate::limits::INPUT_FUEL;

/// File modes: the guest's files have none, so everything is executable, and writable if it may be changed.
const WRITABLE: u32 = 0o755;
const READ_ONLY: u32 = 0o555;
/// The prefix of temporary files that bashkit writes beside a file that it replaces; their names are random.
const TEMPORARY: &str = ".bashkit-";

// T-SH-08, T-SH-35, T-SH-39, T-SH-40.
/// The files of the current call as a file system of bashkit.
pub(super) struct GuardedFs {
    pub(super) context: Arc<ShellContext>,
}

/// Translates an error of the guest's files.
fn failed(error: &FileError) -> bashkit::Error {
    use io::ErrorKind;
    let kind = match error {
        FileError::NotFound => ErrorKind::NotFound,
        FileError::Exists => ErrorKind::AlreadyExists,
        FileError::NotAFolder => ErrorKind::NotADirectory,
        FileError::IsAFolder => ErrorKind::IsADirectory,
        FileError::NotEmpty => ErrorKind::DirectoryNotEmpty,
        FileError::Refused(_) => ErrorKind::PermissionDenied,
        FileError::Full => ErrorKind::StorageFull,
        FileError::Busy => ErrorKind::ResourceBusy,
        FileError::OtherMount => ErrorKind::CrossesDevices,
        _ => ErrorKind::InvalidInput,
    };
    io::Error::new(kind, error.to_string()).into()
}

fn refused(why: &str) -> bashkit::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why).into()
}

fn metadata(info: FileInfo) -> Metadata {
    Metadata {
        file_type: if info.is_folder { FileType::Directory } else { FileType::File },
        size: info.bytes,
        mode: if info.writable { WRITABLE } else { READ_ONLY },
        modified: UNIX_EPOCH + Duration::from_nanos(info.changed_ns),
        created: UNIX_EPOCH,
    }
}

/// The target of an operation: a device, or a path in the guest's files.
enum FsTarget {
    Device(Device),
    File(Files, String),
}

impl GuardedFs {
    fn target(&self, path: &Path) -> Result<FsTarget> {
        let path = path.to_str().ok_or_else(|| failed(&FileError::BadPath))?;
        if let Some(device) = Device::of(path) {
            return Ok(FsTarget::Device(device));
        }
        let files = self.context.files().ok_or_else(|| failed(&FileError::Gone))?;
        Ok(FsTarget::File(files, path.to_owned()))
    }

    /// Same as `target`, for operations that devices do not support.
    fn file(&self, path: &Path) -> Result<(Files, String)> {
        match self.target(path)? {
            FsTarget::File(files, path) => Ok((files, path)),
            FsTarget::Device(_) => Err(refused("a device stays as it is")),
        }
    }
}

fn remove_all(files: &Files, path: &str) -> std::result::Result<(), FileError> {
    // Folders are removed after their contents, without recursion: the guest chooses the depth.
    let (mut open, mut folders) = (vec![path.to_owned()], Vec::new());
    while let Some(path) = open.pop() {
        if files.info(&path)?.is_folder {
            open.extend(files.list(&path)?.into_iter().map(|entry| format!("{path}/{}", entry.name)));
            folders.push(path);
        } else {
            files.remove_file(&path)?;
        }
    }
    folders.iter().rev().try_for_each(|folder| files.remove_folder(folder))
}

/// Moves a file to another mount: writes it there, then removes it here. If that fails, nothing changes.
fn move_across(files: &Files, from: &str, to: &str) -> std::result::Result<(), FileError> {
    let before = files.read(to).ok();
    files.write(to, &files.read(from)?)?;
    files.remove_file(from).inspect_err(|_| {
        // The file was writable a moment ago, so this fails only together with the whole run.
        let _ = match &before {
            Some(bytes) => files.write(to, bytes),
            None => files.remove_file(to),
        };
    })
}

#[async_trait]
impl FileSystemExt for GuardedFs {
    fn backend_kind(&self) -> &'static str {
        "guarded"
    }
}

#[async_trait]
impl FileSystem for GuardedFs {
    async fn read_file(&self, path: &Path) -> Result<Vec<u8>> {
        match self.target(path)? {
            FsTarget::Device(device) => Ok(device.read(&self.context)),
            FsTarget::File(files, path) => {
                let content = files.read(&path).map_err(|error| failed(&error))?;
                files.charge(INPUT_FUEL.saturating_mul(content.len() as u64));
                Ok(content)
            }
        }
    }

    async fn write_file(&self, path: &Path, content: &[u8]) -> Result<()> {
        match self.target(path)? {
            FsTarget::Device(_) => Ok(()),
            FsTarget::File(files, path) => files.write(&path, content).map_err(|error| failed(&error)),
        }
    }

    async fn append_file(&self, path: &Path, content: &[u8]) -> Result<()> {
        match self.target(path)? {
            FsTarget::Device(_) => Ok(()),
            FsTarget::File(files, path) => files.append(&path, content).map_err(|error| failed(&error)),
        }
    }

    async fn mkdir(&self, path: &Path, recursive: bool) -> Result<()> {
        let (files, path) = self.file(path)?;
        if recursive {
            for (at, _) in path.match_indices('/').skip(1) {
                if let Err(FileError::NotFound) = files.info(&path[..at]) {
                    files.create_folder(&path[..at]).map_err(|error| failed(&error))?;
                }
            }
            if files.info(&path).is_ok_and(|info| info.is_folder) {
                return Ok(());
            }
        }
        files.create_folder(&path).map_err(|error| failed(&error))
    }

    async fn remove(&self, path: &Path, recursive: bool) -> Result<()> {
        let (files, path) = self.file(path)?;
        let removed = match files.info(&path) {
            Ok(_) if recursive => remove_all(&files, &path),
            Ok(info) if info.is_folder => files.remove_folder(&path),
            Ok(_) => files.remove_file(&path),
            Err(error) => Err(error),
        };
        removed.map_err(|error| failed(&error))
    }

    async fn stat(&self, path: &Path) -> Result<Metadata> {
        match self.target(path)? {
            FsTarget::Device(_) => Ok(Metadata {
                file_type: FileType::File,
                size: 0,
                mode: WRITABLE,
                modified: UNIX_EPOCH,
                created: UNIX_EPOCH,
            }),
            FsTarget::File(files, path) => files.info(&path).map(metadata).map_err(|error| failed(&error)),
        }
    }

    async fn read_dir(&self, path: &Path) -> Result<Vec<DirEntry>> {
        let (files, path) = self.file(path)?;
        let entries = files.list(&path).map_err(|error| failed(&error))?;
        let described = entries.into_iter().map(|entry| {
            let info = files.info(&format!("{}/{}", path.trim_end_matches('/'), entry.name))?;
            Ok(DirEntry { name: entry.name, metadata: metadata(info) })
        });
        described.collect::<std::result::Result<_, _>>().map_err(|error| failed(&error))
    }

    async fn exists(&self, path: &Path) -> Result<bool> {
        if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(TEMPORARY)) {
            // bashkit asks before it writes a temporary file. If refused, it replaces the file under its own name.
            return Err(refused("no file is written beside another one"));
        }
        match self.target(path)? {
            FsTarget::Device(_) => Ok(true),
            FsTarget::File(files, path) => match files.info(&path) {
                Ok(_) => Ok(true),
                Err(FileError::NotFound | FileError::NotAFolder | FileError::BadPath) => Ok(false),
                Err(error) => Err(failed(&error)),
            },
        }
    }

    async fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        let ((files, from), (_, to)) = (self.file(from)?, self.file(to)?);
        let renamed = match files.rename(&from, &to) {
            Err(FileError::OtherMount) if files.info(&from).is_ok_and(|info| !info.is_folder) => {
                move_across(&files, &from, &to)
            }
            renamed => renamed,
        };
        renamed.map_err(|error| failed(&error))
    }

    async fn copy(&self, from: &Path, to: &Path) -> Result<()> {
        let content = self.read_file(from).await?;
        self.write_file(to, &content).await
    }

    async fn symlink(&self, _target: &Path, _link: &Path) -> Result<()> {
        Err(refused("there are no links here"))
    }

    async fn read_link(&self, path: &Path) -> Result<PathBuf> {
        self.stat(path).await?;
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a link").into())
    }

    async fn chmod(&self, path: &Path, _mode: u32) -> Result<()> {
        // Files have no modes; changing the mode of an existing file succeeds.
        self.stat(path).await.map(drop)
    }

    async fn set_modified_time(&self, path: &Path, _time: SystemTime) -> Result<()> {
        // Times change only with contents.
        self.stat(path).await.map(drop)
    }
}
