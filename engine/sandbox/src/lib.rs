//! Runs untrusted Python in WebAssembly: deterministic, limited, without a way out.
//!
//! A [`Job`] says what runs and what it may reach; a [`Sandbox`] runs it; a [`Report`] tells what came of it. A guest has
//! no socket, process, thread, host file, host clock or host randomness. The same job gives the same report, bit for bit,
//! on every machine with the same [`Sandbox::runtime_digest`]. Whatever a guest does is an [`Outcome`], never an `Err`.
//!
//! ```
//! use hyperspace_sandbox::{Job, Limits, Sandbox, SandboxConfig};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let cache = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/hyperspace-cache");
//! let sandbox = Sandbox::new(&SandboxConfig::default().with_cache_dir(cache))?;
//! let job = Job::source(
//!     "greet.py",
//!     "import sys, time
//! time.sleep(3600)
//! print('Hello,', sys.argv[1])
//! open('/etc/passwd')",
//! )
//! .args(["world"])
//! .limits(Limits::default().with_fuel(1_000_000_000));
//! let report = sandbox.run_blocking(job)?;
//!
//! assert_eq!(report.stdout, b"Hello, world\n");
//! assert_eq!(report.outcome.name(), "exception"); // FileNotFoundError: there is no such file in there
//! assert!(report.virtual_ns > 3_600_000_000_000); // an hour passed, in no time
//! # Ok(())
//! # }
//! ```
//!
//! What many runs have in common is done once: a [`Setup`] (imports, files) makes a [`Template`], and each [`Item`] is a fork
//! of it, isolated from all others, with the report that a fresh run after the same set-up would give.

mod backstop;
mod cache;
mod door;
mod engine;
mod error;
mod files;
mod fork;
mod gate;
mod ground;
mod guest;
mod host;
#[cfg(any(test, feature = "fuzzing"))]
mod hostile;
mod job;
mod limits;
mod markfs;
mod place;
mod report;
mod sandbox;
mod split;
mod unpacked;
mod wasi;

/// The oracles of the fuzz targets. Each takes any bytes, and panics when something does not hold that must.
#[cfg(feature = "fuzzing")]
pub mod fuzzing {
    /// Host calls of a module that was never Python.
    pub fn calls(data: &[u8]) {
        crate::hostile::calls(data);
    }

    /// Operations on the guest's file system, against a plain model of one.
    pub fn files(data: &[u8]) {
        crate::hostile::check_files(data);
    }

    /// Set-ups and forks in one sandbox, against fresh runs.
    pub fn forks(data: &[u8]) {
        crate::hostile::check_forks(data);
    }

    /// A frame through the door, and one that carries a result.
    pub fn frames(data: &[u8]) {
        crate::hostile::check_frames(data);
    }
}

pub use async_trait::async_trait;
pub use door::{Door, DoorCall, DoorError};
pub use engine::WASMTIME_VERSION;
pub use error::{JobError, SandboxError};
pub use files::{FileError, FileInfo, Files, FolderEntry};
pub use fork::{Item, Setup, Template};
pub use job::{EPOCH_MS, FilePolicy, Job, Mount};
pub use limits::{
    DOOR_ANSWER_BYTES_MAX, DOOR_REQUEST_BYTES_MAX, JOB_BYTES_MAX, LimitError, Limits, WASM_STACK_BYTES,
};
pub use report::{Denial, FileChange, Outcome, Report};
pub use sandbox::{Sandbox, SandboxConfig};
