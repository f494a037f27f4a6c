//! Folders of a guest, and the policies that decide on changes in them.

use std::fmt;
use std::sync::Arc;

use hyperspace_core::{Decision, FileOp, FileSet, RelPath};

/// Decides on every change below a mount, before it happens. Paths are relative to the mount.
pub trait FilePolicy: Send + Sync {
    /// Returns the decision. On a refusal the guest gets `EACCES`, and the report lists the reason.
    ///
    /// Must be pure: the same question gets the same answer during a run.
    fn decide(&self, path: &RelPath, op: FileOp) -> Decision;
}

/// A folder of the guest.
#[derive(Clone)]
pub struct Mount {
    pub(crate) at: RelPath,
    pub(crate) files: FileSet,
    pub(crate) access: Access,
}

/// The access that a guest has to a mount.
#[derive(Clone)]
pub(crate) enum Access {
    ReadOnly,
    /// `keep`: changes are part of the report.
    ReadWrite {
        policy: Option<Arc<dyn FilePolicy>>,
        keep: bool,
    },
}

impl Mount {
    /// Mounts files at `/at` that the guest can only read. A mount may lie inside of another one.
    #[must_use]
    pub fn read_only(at: RelPath, files: FileSet) -> Self {
        Self { at, files, access: Access::ReadOnly }
    }

    /// Mounts files at `/at` that the guest may change; the report lists its changes.
    #[must_use]
    pub fn read_write(at: RelPath, files: FileSet) -> Self {
        Self { at, files, access: Access::ReadWrite { policy: None, keep: true } }
    }

    /// Mounts an empty folder for scratch files, which are discarded.
    #[must_use]
    pub fn scratch(at: RelPath) -> Self {
        Self { at, files: FileSet::new(), access: Access::ReadWrite { policy: None, keep: false } }
    }

    /// Asks `policy` before every change. Without effect on a read-only mount.
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
            .field("files", &self.files.len())
            .field("writable", &writable)
            .finish()
    }
}
