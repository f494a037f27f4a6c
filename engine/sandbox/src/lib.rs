//! Runs untrusted Python in WebAssembly: deterministic, limited, without a way out.
//!
//! A [`Job`] is a program, its files and its limits; a [`Sandbox`] runs it and returns a [`Report`]. A guest has no socket,
//! process, thread, host file, host clock or host randomness. The same job gives the same report, bit for bit, on every
//! machine with the same [`Sandbox::runtime_digest`]. Everything that a guest does is an [`Outcome`], never an `Err`.
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
//! Work shared by many runs is done once: a [`Setup`] (imports, files) makes a [`Template`], and each [`Item`] is a fork of it, isolated
//! from all others, with the report that a fresh run after the same set-up would give.
//!
//! A [`GuestSession`] is the state after a set-up or an item: items continue from it, one after the other, and one can go back to any
//! state.
//!
//! A [`ShellGuest`] is a second kind of guest: a shell that works on the files of a waiting guest, and is called again and again.
//!
//! The interpreter is a [`Runtime`], CPython by default; sandboxes with different runtimes can coexist in one process.

mod abi;
mod artifact_cache;
mod backstop;
mod blocking;
mod cache_folder;
mod call;
mod code_place;
mod compute_permits;
mod config;
mod door;
mod engine;
mod epoch;
mod error;
mod files;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod guest;
pub mod harden;
mod host;
mod instances;
mod job;
mod json_look;
mod library;
mod limits;
mod markfs;
mod memory;
mod memory_account;
mod module_cache;
mod mount;
mod place;
mod report;
mod runner;
mod runtime;
mod runtime_name;
mod sandbox;
mod session;
mod shell;
mod template;
mod wasi;

pub use async_trait::async_trait;
pub use cache_folder::close_cache_to_others;
pub use code_place::{CodePlace, virtual_seconds};
pub use config::SandboxConfig;
pub use door::{Door, DoorCall, DoorError};
pub use engine::WASMTIME_VERSION;
pub use epoch::EPOCH_MS;
pub use error::{JobError, SandboxError};
pub use files::{FileError, FileInfo, Files, FolderEntry};
pub use hyperspace_core::{Decision, FileOp, FileSet, RelPath};
pub use job::{GuestEnvironment, Item, Job, NoEnvironment, NoInput, Program, ProgramInput, Setup};
pub use limits::{
    DOOR_ANSWER_BYTES_MAX, DOOR_REQUEST_BYTES_MAX, JOB_BYTES_MAX, LimitError, Limits, WASM_STACK_BYTES,
};
pub use mount::{FilePolicy, Mount};
pub use report::{Denial, FileChange, Outcome, Report};
pub use runtime::{Runtime, RuntimeArtifact};
pub use runtime_name::{RuntimeName, UnknownRuntime};
pub use sandbox::Sandbox;
pub use session::GuestSession;
pub use shell::{SHELL_START_FUEL, ShellGuest, ShellStart};
pub use template::Template;
