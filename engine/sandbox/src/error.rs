//! Errors of the host. A guest's actions are never errors; see [`crate::Outcome`].

use std::path::PathBuf;

use thiserror::Error;

use crate::limits::LimitError;

/// A job that cannot be started.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JobError {
    /// A limit is out of its range.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// Two mounts overlap, or a mount and a file.
    #[error("cannot mount at /{at}: there is a file or another mount already")]
    MountConflict {
        /// The mount.
        at: String,
    },
    /// A writable mount exceeds its own quota from the start.
    #[error(
        "the files for /{at} ({files} files and folders, {bytes} bytes) exceed the limits `files` or `file_bytes`; raise them"
    )]
    MountTooLarge {
        /// The mount.
        at: String,
        /// Bytes to mount.
        bytes: u64,
        /// Files and folders to mount.
        files: u64,
    },
    /// The text of the job is too large.
    #[error("program, arguments, environment and input have {bytes} bytes; at most {most}")]
    TooLarge {
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        most: usize,
    },
    /// A nested job brings mounts, although it has the files of its parent.
    #[error("a job that runs on the files of another guest brings no mounts")]
    MountsNested,
    /// A text contains a NUL character, which no argument or variable can hold.
    #[error("{what} {text:?} holds a NUL character or, in a name, `=`")]
    BadText {
        /// `argument` or `environment variable`.
        what: &'static str,
        /// The text.
        text: String,
    },
}

/// An error of the sandbox itself: it could not do its work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The job is invalid; it did not run.
    #[error(transparent)]
    Job(#[from] JobError),
    /// A setting is out of its range.
    #[error("sandbox setting `{field}`: {why}")]
    Config {
        /// The field of [`crate::SandboxConfig`].
        field: &'static str,
        /// The values expected.
        why: String,
    },
    /// The interpreter does not fit this sandbox; for the bundled one, this means a broken build.
    #[error("the interpreter is unusable: {0}")]
    Interpreter(String),
    /// The folder for compiled modules cannot be used.
    #[error("the cache folder {}: {source}", folder.display())]
    Cache {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// wasmtime failed for a reason other than the guest.
    #[error("the WebAssembly engine failed: {0}")]
    Engine(String),
    /// The door cannot go on with this guest; see [`DoorError::Abort`](crate::DoorError::Abort).
    #[error("{0}")]
    Door(String),
    /// The thread or task that ran the guest is gone.
    #[error("the run was given up: {0}")]
    Lost(String),
}

impl SandboxError {
    /// Converts a failure of wasmtime.
    pub(crate) fn engine(error: wasmtime::Error) -> Self {
        Self::Engine(format!("{error:#}"))
    }
}
