//! The files of WASI as a file system of bashkit. Decides nothing by itself: the host does.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bashkit::{DirEntry, FileSystem, FileSystemExt, FileType, Metadata, Result, async_trait};

use crate::devices::Device;
use crate::error::FileError;
use crate::files;
use crate::host::FileInfo;

/// File modes: the files have none, so everything is executable, and writable if it may be changed.
const WRITABLE: u32 = 0o755;
const READ_ONLY: u32 = 0o555;
/// The prefix of temporary files that bashkit writes beside a file that it replaces; their names are random.
const TEMPORARY: &str = ".bashkit-";

/// The files of this guest.
pub(crate) struct WasiFs;

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

/// The target of an operation: a device, or a path.
enum FsTarget<'a> {
    Device(Device),
    File(&'a str),
}

fn target(path: &Path) -> Result<FsTarget<'_>> {
    let path = path.to_str().ok_or(FileError::BadPath)?;
    Ok(Device::of(path).map_or(FsTarget::File(path), FsTarget::Device))
}

/// Same as `target`, for operations that devices do not support.
fn file(path: &Path) -> Result<&str> {
    match target(path)? {
        FsTarget::File(path) => Ok(path),
        FsTarget::Device(_) => Err(refused("a device stays as it is")),
    }
}

#[async_trait]
impl FileSystemExt for WasiFs {
    fn backend_kind(&self) -> &'static str {
        "wasi"
    }
}

#[async_trait]
impl FileSystem for WasiFs {
    async fn read_file(&self, path: &Path) -> Result<Vec<u8>> {
        match target(path)? {
            FsTarget::Device(device) => Ok(device.read()),
            FsTarget::File(path) => Ok(files::read(path)?),
        }
    }

    async fn write_file(&self, path: &Path, content: &[u8]) -> Result<()> {
        match target(path)? {
            FsTarget::Device(_) => Ok(()),
            FsTarget::File(path) => Ok(files::write(path, content)?),
        }
    }

    async fn append_file(&self, path: &Path, content: &[u8]) -> Result<()> {
        match target(path)? {
            FsTarget::Device(_) => Ok(()),
            FsTarget::File(path) => Ok(files::append(path, content)?),
        }
    }

    async fn mkdir(&self, path: &Path, recursive: bool) -> Result<()> {
        let path = file(path)?;
        Ok(if recursive { files::create_folders(path) } else { files::create_folder(path) }?)
    }

    async fn remove(&self, path: &Path, recursive: bool) -> Result<()> {
        let path = file(path)?;
        let is_folder = files::info(path)?.is_folder;
        Ok(match (recursive, is_folder) {
            (true, _) => files::remove_all(path),
            (false, true) => files::remove_folder(path),
            (false, false) => files::remove_file(path),
        }?)
    }

    async fn stat(&self, path: &Path) -> Result<Metadata> {
        match target(path)? {
            FsTarget::Device(_) => Ok(Metadata {
                file_type: FileType::File,
                size: 0,
                mode: WRITABLE,
                modified: UNIX_EPOCH,
                created: UNIX_EPOCH,
            }),
            FsTarget::File(path) => Ok(metadata(files::info(path)?)),
        }
    }

    async fn read_dir(&self, path: &Path) -> Result<Vec<DirEntry>> {
        let path = file(path)?;
        let described = files::list(path)?.into_iter().map(|entry| {
            let info = files::info(&format!("{}/{}", path.trim_end_matches('/'), entry.name))?;
            Ok(DirEntry { name: entry.name, metadata: metadata(info) })
        });
        described.collect()
    }

    async fn exists(&self, path: &Path) -> Result<bool> {
        if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(TEMPORARY)) {
            // bashkit asks before it writes a temporary file. If refused, it replaces the file under its own name.
            return Err(refused("no file is written beside another one"));
        }
        match target(path)? {
            FsTarget::Device(_) => Ok(true),
            FsTarget::File(path) => match files::info(path) {
                Ok(_) => Ok(true),
                Err(FileError::NotFound | FileError::NotAFolder | FileError::BadPath) => Ok(false),
                Err(error) => Err(error.into()),
            },
        }
    }

    async fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        Ok(files::rename(file(from)?, file(to)?)?)
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
