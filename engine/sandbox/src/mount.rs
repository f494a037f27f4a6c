//! Folders of a guest, and the policies that decide on changes in them.

use std::fmt;
use std::sync::Arc;

use hyperspace_core::{Decision, FileOp, FileSet, RelPath};

use crate::library::LibraryFile;

/// Decides on every change below a mount, before it happens. Paths are relative to the mount.
pub trait FilePolicy: Send + Sync {
    /// Returns the decision. On a refusal the guest gets `EACCES`, and the report lists the reason.
    ///
    /// It must be pure: the same question gets the same answer throughout a run.
    fn decide(&self, path: &RelPath, op: FileOp) -> Decision;
}

/// A folder of the guest.
#[derive(Clone)]
pub struct Mount {
    pub(crate) at: RelPath,
    pub(crate) files: FileSet,
    /// Additional files that are loaded when a guest needs them.
    pub(crate) library: Vec<(RelPath, Arc<LibraryFile>)>,
    pub(crate) access: Access,
}

/// The access that a guest has to a mount.
#[derive(Clone)]
pub(crate) enum Access {
    ReadOnly,
    /// With `keep`, changes are part of the report.
    ReadWrite {
        policy: Option<Arc<dyn FilePolicy>>,
        keep: bool,
    },
}

impl Mount {
    /// Mounts files at `/at` that the guest can only read. A mount may lie inside another one.
    #[must_use]
    pub fn read_only(at: RelPath, files: FileSet) -> Self {
        Self::new(at, files, Access::ReadOnly)
    }

    /// Mounts files at `/at` that the guest may change; the report lists its changes.
    #[must_use]
    pub fn read_write(at: RelPath, files: FileSet) -> Self {
        Self::new(at, files, Access::ReadWrite { policy: None, keep: true })
    }

    /// Mounts the files of a library at `/at`. No file's path may be a folder of another file.
    pub(crate) fn library(at: RelPath, library: Vec<(RelPath, Arc<LibraryFile>)>) -> Self {
        Self { library, ..Self::read_only(at, FileSet::new()) }
    }

    /// Loads those files of the library that are not loaded yet.
    pub(crate) fn load_library(&self) {
        for (_, file) in &self.library {
            file.bytes();
        }
    }

    fn new(at: RelPath, files: FileSet, access: Access) -> Self {
        Self { at, files, library: Vec::new(), access }
    }

    /// Mounts an empty folder for scratch files, which are discarded after the run.
    #[must_use]
    pub fn scratch(at: RelPath) -> Self {
        Self::new(at, FileSet::new(), Access::ReadWrite { policy: None, keep: false })
    }

    /// Asks `policy` before every change. Has no effect on a read-only mount.
    #[must_use]
    pub fn policy(mut self, policy: Arc<dyn FilePolicy>) -> Self {
        if let Access::ReadWrite { keep, .. } = self.access {
            self.access = Access::ReadWrite { policy: Some(policy), keep };
        }
        self
    }
}

impl fmt::Debug for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let writable = matches!(self.access, Access::ReadWrite { .. });
        f.debug_struct("Mount")
            .field("at", &self.at)
            .field("files", &(self.files.len() + self.library.len()))
            .field("writable", &writable)
            .finish()
    }
}
