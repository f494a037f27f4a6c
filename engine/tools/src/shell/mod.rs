//! The shell: bashkit's interpreter as a guest beside the guest that calls it, on the same files.
//!
//! A shell keeps its directory, variables and functions between calls. After `exit`, or when a limit ended a command, the next call
//! starts a fresh one.
//!
//! Invariants:
//! - A shell has only what its sandbox gives it: the files of the waiting guest, a virtual clock, a random stream keyed by its
//!   seed, and the operations of [`python::PythonDoor`].
//! - Its work is measured in fuel, charged to the waiting guest by the same counter. Real time is a backstop; when it fires,
//!   there is no answer.

mod config;
mod error;
mod python;
mod runner;

pub use config::{ShellConfig, ShellLimits};
pub use error::ShellError;
pub use runner::Shell;
pub(crate) use runner::ShellCommand;

/// Returns the door of a shell whose commands are paid for by `files`, with a budget of fuel.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn python_door(
    sandbox: hyperspace_sandbox::Sandbox,
    files: &hyperspace_sandbox::Files,
    budget: u64,
) -> impl hyperspace_sandbox::Door + use<> {
    let payer = python::Payer { files: files.clone(), budget };
    let payer = std::sync::Arc::new(hyperspace_core::Mutex::new(Some(payer)));
    python::PythonDoor::new(sandbox, payer, &ShellConfig::new("/repo", 0))
}
