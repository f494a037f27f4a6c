//! The files of a guest, as its door sees them while the guest waits.
//!
//! Invariants:
//! - Every access goes through the guest's own file system: its mounts, policy, quotas and list of refusals.
//! - The files are lent for one call. Afterwards every access through a handle is [`FileError::Gone`].
//! - The costs of accesses, and the virtual time that passes, are added up and charged to the guest when the call returns.
//! - The handle knows the fuel that the guest has left, so that code that works for the guest can stop in time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};

use crate::abi::Errno;
use hyperspace_core::Mutex;
use thiserror::Error;

use crate::epoch::EPOCH_MS;
use crate::error::JobError;
use crate::limits::{Limits, price};
use crate::markfs::{DescriptorTable, FsResult, MarkFs};
use crate::memory_account::MemoryAccount;
use crate::mount::Mount;
use crate::report::{Denial, FileChange};

/// The reason why an access to a file failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is no such file or folder.
    #[error("No such file or directory")]
    NotFound,
    /// The path exists already.
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
    /// The mount or its policy refuses it, for this reason. The refusal is listed in the report.
    #[error("Permission denied ({0})")]
    Refused(String),
    /// A quota is exhausted.
    #[error("No space left on device")]
    Full,
    /// A mount point cannot be moved or removed.
    #[error("Device or resource busy")]
    Busy,
    /// A rename cannot leave its mount.
    #[error("Invalid cross-device link")]
    OtherMount,
    /// No file can have this path.
    #[error("Invalid argument")]
    BadPath,
    /// The guest has taken its files back.
    #[error("the files are not at hand any more")]
    Gone,
}

/// Metadata of a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileInfo {
    /// True for a folder, false for a file.
    pub is_folder: bool,
    /// Bytes of a file; 0 for a folder.
    pub bytes: u64,
    /// Time of the last change in nanoseconds since the Unix epoch. It counts changes rather than real time.
    pub changed_ns: u64,
    /// True if it may be changed.
    pub writable: bool,
}

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderEntry {
    /// The name.
    pub name: String,
    /// True for a folder, false for a file.
    pub is_folder: bool,
}

struct FilesState {
    fs: Mutex<Option<MarkFs>>,
    cost: AtomicU64,
    /// Fuel that the guest had left when the files were lent.
    fuel: u64,
    /// Virtual time that has passed for the guest, in nanoseconds.
    passed_ns: AtomicU64,
    /// Fuel that is refunded because somebody else pays for what the guest did.
    refund: AtomicU64,
    /// Fuel until the guest's next call, plus one; 0 means no such bound.
    bound: AtomicU64,
    /// Memory of the guest and of the guests that work for it.
    memory: MemoryAccount,
}

/// Effects of a door call on the guest that waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallEffects {
    pub(crate) refund: u64,
    pub(crate) passed_ns: u64,
    pub(crate) bound: Option<u64>,
}

/// The files of a guest that waits for its door. Paths are absolute in the guest. Cheap to clone; may be used from any thread.
#[derive(Clone)]
pub struct Files {
    state: Arc<FilesState>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").field("cost", &self.cost()).finish_non_exhaustive()
    }
}

/// Returns a path relative to the root folder, as the file system expects it.
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
    /// Creates files that belong to no guest: `mounts` under the quotas of `limits`.
    ///
    /// # Errors
    ///
    /// [`JobError`] when the mounts conflict or exceed their quotas.
    pub fn new(mounts: Vec<Mount>, limits: &Limits) -> Result<Self, JobError> {
        let memory = MemoryAccount::new(limits.memory_bytes);
        Ok(Self::of(Some(MarkFs::new(mounts, limits, EPOCH_MS)?), limits.fuel, memory))
    }

    /// Returns a handle without files: every access is [`FileError::Gone`].
    #[must_use]
    pub fn none() -> Self {
        Self::of(None, 0, MemoryAccount::new(0))
    }

    fn of(fs: Option<MarkFs>, fuel: u64, memory: MemoryAccount) -> Self {
        let zero = AtomicU64::default;
        let (cost, passed_ns, refund, bound) = (zero(), zero(), zero(), zero());
        Self {
            state: Arc::new(FilesState { fs: Mutex::new(fs), cost, fuel, passed_ns, refund, bound, memory }),
        }
    }

    /// Moves files of no guest into a new handle with the budgets of `limits`; this handle has no files afterwards. Quotas stay
    /// those of [`Files::new`].
    #[must_use]
    pub fn renewed(&self, limits: &Limits) -> Self {
        Self::of(self.lock().take(), limits.fuel, MemoryAccount::new(limits.memory_bytes))
    }

    /// Returns the changes and refusals so far. For the files of a guest that has taken them back, both are empty.
    #[must_use]
    pub fn into_changes(self) -> (Vec<FileChange>, Vec<Denial>) {
        match self.lock().take() {
            Some(mut fs) => (fs.changes(), fs.take_denials().0),
            None => (Vec::new(), Vec::new()),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`FileError`], as for every method here.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let bytes = self.access(path, |fs, path| fs.read_all(path))?;
        self.charge_bytes(bytes.len());
        Ok(bytes)
    }

    /// Creates or replaces a file. On an error, the file is unchanged.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), FileError> {
        self.charge_bytes(bytes.len());
        self.access(path, |fs, path| fs.write_all(path, bytes))
    }

    /// Appends to a file, or creates it.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn append(&self, path: &str, bytes: &[u8]) -> Result<(), FileError> {
        self.charge_bytes(bytes.len());
        self.access(path, |fs, path| fs.append_all(path, bytes))
    }

    /// Returns the metadata of a path.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn info(&self, path: &str) -> Result<FileInfo, FileError> {
        let (stat, writable) = self.access(path, MarkFs::stat_path)?;
        Ok(FileInfo { is_folder: stat.is_dir, bytes: stat.size, changed_ns: stat.time_ns, writable })
    }

    /// Returns whether there is something at a path. The guest does not pay for this question of the host.
    #[must_use]
    pub fn is_there(&self, path: &str) -> bool {
        let Ok(path) = below_root(path) else { return false };
        self.lock().as_mut().is_some_and(|fs| fs.with_tool_table(|fs| fs.stat_path(path).is_ok()))
    }

    /// Lists a folder, sorted by name.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn list(&self, path: &str) -> Result<Vec<FolderEntry>, FileError> {
        let found = self.access(path, MarkFs::list_path)?;
        self.charge(price::STEP.saturating_mul(found.len() as u64));
        Ok(found.into_iter().map(|(name, is_folder)| FolderEntry { name: name.into(), is_folder }).collect())
    }

    /// Creates a folder in an existing one.
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

    /// Renames a file or a folder within its mount; an existing target is replaced according to POSIX.
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

    /// Charges the guest additional fuel for this call.
    pub fn charge(&self, fuel: u64) {
        add(&self.state.cost, fuel);
    }

    /// Advances the guest's virtual time by `nanoseconds`.
    pub fn pass_time(&self, nanoseconds: u64) {
        add(&self.state.passed_ns, nanoseconds);
    }

    /// Returns the fuel that the guest has left: what it had when the files were lent, minus the charges since.
    #[must_use]
    pub fn fuel_left(&self) -> u64 {
        self.state.fuel.saturating_sub(self.cost())
    }

    /// Refunds fuel to the guest that another guest pays for, at most what it used. Its virtual time advances as if it had paid.
    pub fn refund(&self, fuel: u64) {
        add(&self.state.refund, fuel);
    }

    /// Limits the fuel until the guest's next door call; a guest that uses more ends as out of fuel.
    pub fn bound_fuel(&self, fuel: u64) {
        self.state.bound.store(fuel.saturating_add(1), Ordering::Relaxed);
    }

    /// Returns the effects of this call on the guest, apart from its cost.
    pub(crate) fn effects(&self) -> CallEffects {
        let load = |of: &AtomicU64| of.load(Ordering::Relaxed);
        CallEffects {
            refund: load(&self.state.refund),
            passed_ns: load(&self.state.passed_ns),
            bound: load(&self.state.bound).checked_sub(1),
        }
    }

    /// Returns the guest's memory account.
    pub(crate) fn memory(&self) -> &MemoryAccount {
        &self.state.memory
    }

    /// Returns the fuel charged to the guest so far.
    #[must_use]
    pub fn cost(&self) -> u64 {
        self.state.cost.load(Ordering::Relaxed)
    }

    fn charge_bytes(&self, bytes: usize) {
        self.charge(price::BYTE.saturating_mul(bytes as u64));
    }

    fn access<T>(
        &self,
        path: &str,
        work: impl FnOnce(&mut MarkFs, &str) -> FsResult<T>,
    ) -> Result<T, FileError> {
        let steps = path.split('/').count() as u64;
        self.charge(price::CALL.saturating_add(price::STEP.saturating_mul(steps)));
        let path = below_root(path)?;
        let mut guard = self.lock();
        let fs = guard.as_mut().ok_or(FileError::Gone)?;
        fs.with_tool_table(|fs| work(fs, path).map_err(|errno| explain(fs, errno)))
    }

    fn lock(&self) -> MutexGuard<'_, Option<MarkFs>> {
        self.state.fs.lock()
    }

    /// Takes the file system for another guest, with a fresh descriptor table of at most `descriptors` entries.
    pub(crate) fn take(&self, descriptors: u64) -> Option<(MarkFs, DescriptorTable)> {
        let mut fs = self.lock().take()?;
        let table = fs.fresh_table(usize::try_from(descriptors).unwrap_or(usize::MAX));
        Some((fs, table))
    }

    /// Puts the file system back.
    pub(crate) fn put_back(&self, mut fs: MarkFs, table: DescriptorTable) {
        fs.restore_table(table);
        *self.lock() = Some(fs);
    }
}

fn add(sum: &AtomicU64, value: u64) {
    let more = |sum: u64| Some(sum.saturating_add(value));
    // The closure always returns a value, so this cannot fail.
    let _ = sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
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

/// A file system on loan to a door. Dropping the loan returns the file system even if handles still exist.
pub(crate) struct FilesLoan<'a> {
    home: &'a mut MarkFs,
    files: Files,
}

impl<'a> FilesLoan<'a> {
    /// Lends the file system and the memory account of a guest that has `fuel` left.
    pub(crate) fn new(home: &'a mut MarkFs, fuel: u64, memory: MemoryAccount) -> Self {
        let files = Files::of(Some(std::mem::replace(home, MarkFs::absent())), fuel, memory);
        Self { home, files }
    }

    pub(crate) fn files(&self) -> &Files {
        &self.files
    }
}

impl Drop for FilesLoan<'_> {
    fn drop(&mut self) {
        if let Some(fs) = self.files.lock().take() {
            *self.home = fs;
        }
    }
}
