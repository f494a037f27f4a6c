//! What can go wrong on our side. What the guest does is no error; see [`crate::Outcome`].

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
    /// Two things want the same place.
    #[error("cannot mount at /{at}: there is a file or another mount already")]
    MountConflict {
        /// The mount.
        at: String,
    },
    /// A writable mount starts above its own quota.
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
    /// Too much text.
    #[error("program, arguments, environment and input have {bytes} bytes; at most {most}")]
    TooLarge {
        /// What was given.
        bytes: usize,
        /// What is allowed.
        most: usize,
    },
    /// A job beside another guest has that guest's files.
    #[error("a job that runs on the files of another guest brings no mounts")]
    MountsNested,
    /// Text with a NUL character, which no argument or variable can hold.
    #[error("{what} {text:?} holds a NUL character or, in a name, `=`")]
    BadText {
        /// `argument` or `environment variable`.
        what: &'static str,
        /// The text.
        text: String,
    },
}

/// The sandbox could not do its work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The job makes no sense; nothing ran.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The sandbox was configured with something it cannot do.
    #[error("sandbox setting `{field}`: {why}")]
    Config {
        /// The field of [`crate::SandboxConfig`].
        field: &'static str,
        /// What was expected.
        why: String,
    },
    /// The embedded interpreter does not fit this sandbox: a broken build.
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
    /// wasmtime failed for a reason that is not the guest's.
    #[error("the WebAssembly engine failed: {0}")]
    Engine(String),
    /// What answers the guest's requests cannot go on.
    #[error("{0}")]
    Door(String),
    /// The thread or task that ran the guest is gone.
    #[error("the run was given up: {0}")]
    Lost(String),
}
