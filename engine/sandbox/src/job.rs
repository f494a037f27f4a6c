//! What is to be run: the program, its files, its limits, what it may call.
//!
//! Defaults deny: no arguments, no environment, no input, no files but the interpreter's library, a scratch folder, and no
//! host call.
//!
//! Attacks that end here: T-PROC-11, T-PROC-12, T-PROC-13.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use hyperspace_core::{Decision, FileOp, FileSet, RelPath};
use serde_json::{Value, json};

use crate::door::Door;
use crate::guest;
use crate::limits::Limits;

/// 2026-01-01T00:00:00Z in milliseconds since the Unix epoch: when a guest's clock starts unless the job says otherwise.
pub const EPOCH_MS: u64 = 1_767_225_600_000;

/// Decides on every change below a mount, before it happens. Paths are relative to the mount.
pub trait FilePolicy: Send + Sync {
    /// Returns the decision. Of a refusal the guest sees `EACCES`, and the report lists the reason.
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

/// Who may change what is mounted.
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
    /// Files that the guest can read at `/at` and nothing else. A mount may lie inside of another one.
    #[must_use]
    pub fn read_only(at: RelPath, files: FileSet) -> Self {
        Self { at, files, access: Access::ReadOnly }
    }

    /// Files that the guest may change at `/at`; the report lists what it changed.
    #[must_use]
    pub fn read_write(at: RelPath, files: FileSet) -> Self {
        Self { at, files, access: Access::ReadWrite { policy: None, keep: true } }
    }

    /// An empty folder for scratch files, which are discarded.
    #[must_use]
    pub fn scratch(at: RelPath) -> Self {
        Self { at, files: FileSet::new(), access: Access::ReadWrite { policy: None, keep: false } }
    }

    /// Asks `policy` before every change.
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

/// One run of the interpreter.
pub struct Job {
    pub(crate) main: Value,
    pub(crate) limits: Limits,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) args: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) stdin: Vec<u8>,
    pub(crate) seed: u64,
    pub(crate) epoch_ms: u64,
    pub(crate) python_path: Vec<String>,
    pub(crate) cwd: Option<String>,
    pub(crate) grant: BTreeSet<String>,
    pub(crate) door: Option<Box<dyn Door>>,
}

impl Job {
    fn new(main: Value) -> Self {
        Self {
            main,
            limits: Limits::default(),
            mounts: Vec::new(),
            args: Vec::new(),
            env: BTreeMap::new(),
            stdin: Vec::new(),
            seed: 0,
            epoch_ms: EPOCH_MS,
            python_path: Vec::new(),
            cwd: None,
            grant: BTreeSet::new(),
            door: None,
        }
    }

    /// Runs Python source as `__main__`; `name` is the file name that tracebacks show.
    #[must_use]
    pub fn source(name: &str, source: &str) -> Self {
        Self::new(json!({"source": source, "name": name}))
    }

    /// Runs a file of a mount as `__main__`; `path` is absolute in the guest.
    #[must_use]
    pub fn file(path: &str) -> Self {
        Self::new(json!({"file": path}))
    }

    /// Imports `module` and calls `function` with JSON arguments; the result is what it returns.
    #[must_use]
    pub fn call(module: &str, function: &str, args: Vec<Value>) -> Self {
        Self::new(guest::call(module, function, args))
    }

    /// The limits. Default: [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds a folder.
    #[must_use]
    pub fn mount(mut self, mount: Mount) -> Self {
        self.mounts.push(mount);
        self
    }

    /// Adds command line arguments, after the program's name.
    #[must_use]
    pub fn args<I: IntoIterator<Item = S>, S: Into<String>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Declares an environment variable. There are no others.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The bytes of standard input. Default: none.
    #[must_use]
    pub fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.stdin = bytes;
        self
    }

    /// Keys the guest's randomness. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Where the guest's clock starts, in milliseconds since the Unix epoch. Default [`EPOCH_MS`].
    #[must_use]
    pub fn epoch_ms(mut self, epoch_ms: u64) -> Self {
        self.epoch_ms = epoch_ms;
        self
    }

    /// Adds a folder in which modules are looked for first; absolute in the guest.
    #[must_use]
    pub fn python_path(mut self, folder: &str) -> Self {
        self.python_path.push(folder.to_owned());
        self
    }

    /// Where the guest starts; absolute. Default, and when there is no such folder: the first of `/repo`, `/tmp` and `/`.
    #[must_use]
    pub fn current_folder(mut self, folder: &str) -> Self {
        self.cwd = Some(folder.to_owned());
        self
    }

    /// Lets the guest call these operations of `door`, and no others.
    #[must_use]
    pub fn door(mut self, operations: &[&str], door: impl Door + 'static) -> Self {
        self.grant = operations.iter().map(|&name| name.to_owned()).collect();
        self.door = Some(Box::new(door));
        self
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("limits", &self.limits)
            .field("mounts", &self.mounts)
            .field("seed", &self.seed)
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}
