//! The files of a guest, as a door sees them while the guest waits for its answer.
//!
//! Invariants:
//! - Every access goes through the guest's own file system: its mounts, policy, quotas and list of refusals.
//! - They are lent for one call. Afterwards a handle that somebody kept finds nothing.
//! - What an access costs is added up and charged to the guest when the call returns.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::wasi::abi::types::Errno;
use thiserror::Error;

use crate::error::JobError;
use crate::job::{EPOCH_MS, Mount};
use crate::limits::{Limits, price};
use crate::markfs::{Guest, MarkFs, Table};
use crate::report::{Denial, FileChange};

/// Why an access to a file failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is no such file or folder.
    #[error("No such file or directory")]
    NotFound,
    /// There is something already.
    #[error("File exists")]
    Exists,
    /// A folder was expected.
    #[error("Not a directory")]
    NotAFolder,
    /// A file was expected.
    #[error("Is a directory")]
    IsAFolder,
    /// Only an empty folder can be removed.
    #[error("Directory not empty")]
    NotEmpty,
    /// The mount or its policy says no; says why. It is in the report.
    #[error("Permission denied ({0})")]
    Refused(String),
    /// A quota is spent.
    #[error("No space left on device")]
    Full,
    /// A mount point stays where it is.
    #[error("Device or resource busy")]
    Busy,
    /// Nothing moves from one mount to another.
    #[error("Invalid cross-device link")]
    OtherMount,
    /// No file can have this path.
    #[error("Invalid argument")]
    BadPath,
    /// The guest has its files back.
    #[error("the files are not at hand any more")]
    Gone,
}

/// What there is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileInfo {
    /// A folder, or a file.
    pub is_folder: bool,
    /// Bytes of a file; 0 for a folder.
    pub bytes: u64,
    /// When it changed last, in nanoseconds since the Unix epoch; counts changes, not time.
    pub changed_ns: u64,
    /// Whether it may be changed.
    pub writable: bool,
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderEntry {
    /// The name.
    pub name: String,
    /// A folder, or a file.
    pub is_folder: bool,
}

struct Shared {
    fs: Mutex<Option<MarkFs>>,
    cost: AtomicU64,
}

/// The files of a guest that waits. Paths are absolute in the guest. Cheap to clone; may be used from any thread.
#[derive(Clone)]
pub struct Files {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").field("cost", &self.cost()).finish_non_exhaustive()
    }
}

/// A path below the root folder, as the file system takes it.
fn below_root(path: &str) -> Result<&str, FileError> {
    match path.strip_prefix('/') {
        Some(rest) => match rest.trim_start_matches('/') {
            "" => Ok("."),
            rest => Ok(rest),
        },
        None => Err(FileError::BadPath),
    }
}

impl Files {
    /// Files of no guest: `mounts` under the quotas of `limits`.
    ///
    /// # Errors
    ///
    /// [`JobError`] when the mounts do not go together or exceed their quotas.
    pub fn new(mounts: Vec<Mount>, limits: &Limits) -> Result<Self, JobError> {
        Ok(Self::of(MarkFs::new(mounts, limits, EPOCH_MS)?))
    }

    /// Files of no guest at all: every access is [`FileError::Gone`].
    #[must_use]
    pub fn none() -> Self {
        Self { shared: Arc::new(Shared { fs: Mutex::new(None), cost: AtomicU64::new(0) }) }
    }

    fn of(fs: MarkFs) -> Self {
        Self { shared: Arc::new(Shared { fs: Mutex::new(Some(fs)), cost: AtomicU64::new(0) }) }
    }

    /// What was changed and what was refused so far, for files of no guest; empty for those of a guest that has them back.
    #[must_use]
    pub fn into_changes(self) -> (Vec<FileChange>, Vec<Denial>) {
        match self.place().take() {
            Some(mut fs) => (fs.changes(), fs.take_denials().0),
            None => (Vec::new(), Vec::new()),
        }
    }

    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// [`FileError`], as for every method here.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let bytes = self.access(path, |fs, path| fs.read_all(path))?;
        self.charge_bytes(bytes.len());
        Ok(bytes)
    }

    /// Replaces or makes a file; on an error it is as it was.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), FileError> {
        self.charge_bytes(bytes.len());
        self.access(path, |fs, path| fs.write_all(path, bytes))
    }

    /// Appends to a file, or makes one.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn append(&self, path: &str, bytes: &[u8]) -> Result<(), FileError> {
        self.charge_bytes(bytes.len());
        self.access(path, |fs, path| fs.append_all(path, bytes))
    }

    /// What there is at a path.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn info(&self, path: &str) -> Result<FileInfo, FileError> {
        let (stat, writable) = self.access(path, MarkFs::stat_path)?;
        Ok(FileInfo { is_folder: stat.is_dir, bytes: stat.size, changed_ns: stat.time_ns, writable })
    }

    /// What is in a folder, sorted by name.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn list(&self, path: &str) -> Result<Vec<FolderEntry>, FileError> {
        let found = self.access(path, MarkFs::list_path)?;
        self.charge(price::STEP.saturating_mul(found.len() as u64));
        Ok(found.into_iter().map(|(name, is_folder)| FolderEntry { name: name.into(), is_folder }).collect())
    }

    /// Makes a folder in one that exists.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn create_folder(&self, path: &str) -> Result<(), FileError> {
        self.charge(price::FILE);
        self.access(path, MarkFs::create_folder_path)
    }

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn remove_file(&self, path: &str) -> Result<(), FileError> {
        self.charge(price::FILE);
        self.access(path, MarkFs::remove_file_path)
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn remove_folder(&self, path: &str) -> Result<(), FileError> {
        self.charge(price::FILE);
        self.access(path, MarkFs::remove_folder_path)
    }

    /// Renames a file or a folder within its mount; an existing target is replaced as POSIX says.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        let target = below_root(to)?;
        let mut seen = 0;
        let renamed = self.access(from, |fs, path| fs.rename_path(path, target, &mut seen));
        self.charge(price::STEP.saturating_mul(seen));
        renamed
    }

    /// Adds to what the guest is charged for this call.
    pub fn charge(&self, fuel: u64) {
        let add = |cost: u64| Some(cost.saturating_add(fuel));
        // The closure always gives a value, so there is nothing to fail.
        let _ = self.shared.cost.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// What the guest is charged so far, in fuel.
    #[must_use]
    pub fn cost(&self) -> u64 {
        self.shared.cost.load(Ordering::Relaxed)
    }

    fn charge_bytes(&self, bytes: usize) {
        self.charge(price::BYTE.saturating_mul(bytes as u64));
    }

    fn access<T>(
        &self,
        path: &str,
        work: impl FnOnce(&mut MarkFs, &str) -> Guest<T>,
    ) -> Result<T, FileError> {
        let steps = path.split('/').count() as u64;
        self.charge(price::CALL.saturating_add(price::STEP.saturating_mul(steps)));
        let path = below_root(path)?;
        let mut place = self.place();
        let fs = place.as_mut().ok_or(FileError::Gone)?;
        fs.beside(|fs| work(fs, path).map_err(|errno| explain(fs, errno)))
    }

    fn place(&self) -> MutexGuard<'_, Option<MarkFs>> {
        self.shared.fs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the file system away for another guest, with a fresh table of at most `descriptors`.
    pub(crate) fn take(&self, descriptors: u64) -> Option<(MarkFs, Table)> {
        let mut fs = self.place().take()?;
        let table = fs.fresh_table(usize::try_from(descriptors).unwrap_or(usize::MAX));
        Some((fs, table))
    }

    /// Brings it back.
    pub(crate) fn put_back(&self, mut fs: MarkFs, table: Table) {
        fs.restore_table(table);
        *self.place() = Some(fs);
    }
}

fn explain(fs: &MarkFs, errno: Errno) -> FileError {
    match errno {
        Errno::Noent => FileError::NotFound,
        Errno::Exist => FileError::Exists,
        Errno::Notdir => FileError::NotAFolder,
        Errno::Isdir => FileError::IsAFolder,
        Errno::Notempty => FileError::NotEmpty,
        Errno::Acces => FileError::Refused(fs.denial_reason().to_owned()),
        Errno::Nospc | Errno::Fbig | Errno::Mfile => FileError::Full,
        Errno::Busy => FileError::Busy,
        Errno::Xdev => FileError::OtherMount,
        _ => FileError::BadPath,
    }
}

/// A file system that is lent: when this is dropped, it is where it was, whoever still has a handle.
pub(crate) struct Lent<'a> {
    home: &'a mut MarkFs,
    files: Files,
}

impl<'a> Lent<'a> {
    pub(crate) fn new(home: &'a mut MarkFs) -> Self {
        let files = Files::of(std::mem::replace(home, MarkFs::absent()));
        Self { home, files }
    }

    pub(crate) fn files(&self) -> &Files {
        &self.files
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(fs) = self.files.place().take() {
            *self.home = fs;
        }
    }
}
