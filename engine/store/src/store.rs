//! The handle: a store as its users hold it.

use std::path::Path;
use std::sync::Arc;

use crate::backend::Backend;
use crate::batch::Batch;
use crate::error::StoreError;
use crate::memory::MemoryBackend;
use crate::sqlite::SqliteBackend;

/// An open store: a handle that is cheap to clone. All clones share one backend. If the store was opened for writing, they
/// also share the writer's lock, which is released when the last of them is dropped.
///
/// ```
/// use hyperspace_store::Store;
///
/// let store = Store::in_memory();
/// let mut batch = store.batch()?;
/// let blob = batch.put_blob(b"content");
/// batch.commit()?;
/// assert_eq!(store.get_blob(&blob)?, b"content");
/// # Ok::<(), hyperspace_store::StoreError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Store {
    backend: Arc<dyn Backend>,
}

impl Store {
    /// Opens a store for writing, and creates it if the folder is absent or empty. `holder` says who is writing, for the
    /// error message that a second writer gets.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] names the other writer; [`StoreError::Foreign`], [`StoreError::Format`] and I/O errors say
    /// what is in the way.
    pub fn open_or_create(folder: &Path, holder: &str) -> Result<Self, StoreError> {
        Ok(Self::with_backend(SqliteBackend::open_or_create(folder, holder)?))
    }

    /// Opens an existing store for writing.
    ///
    /// # Errors
    ///
    /// As [`Store::open_or_create`], and [`StoreError::Absent`].
    pub fn open_writer(folder: &Path, holder: &str) -> Result<Self, StoreError> {
        Ok(Self::with_backend(SqliteBackend::open_writer(folder, holder)?))
    }

    /// Opens an existing store for reading; a writer may be active meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`], [`StoreError::Format`], and errors of the file system.
    pub fn open_reader(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self::with_backend(SqliteBackend::open_reader(folder)?))
    }

    /// Creates an empty store in memory. It is gone when its last handle is dropped.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::with_backend(MemoryBackend::new())
    }

    /// Creates a store on a backend. Everything that the backend returns is verified before it is served.
    #[must_use]
    pub fn with_backend(backend: impl Backend + 'static) -> Self {
        Self { backend: Arc::new(backend) }
    }

    /// Returns the folder of the store; `None` for one that is not in a folder.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.backend.folder()
    }

    /// Begins a batch of writes that belong together.
    ///
    /// # Errors
    ///
    /// [`StoreError::ReadOnly`] on a store opened for reading.
    pub fn batch(&self) -> Result<Batch, StoreError> {
        if self.backend.is_writable() {
            return Ok(Batch::new(self.clone()));
        }
        Err(StoreError::ReadOnly)
    }

    pub(crate) fn backend(&self) -> &dyn Backend {
        &*self.backend
    }
}
