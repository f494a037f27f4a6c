//! The shell: bashkit's interpreter as a guest beside the guest that calls it, on the same files.
//!
//! A shell keeps its directory, variables and functions between calls. After `exit`, or when a limit ended a command, the next call
//! starts a fresh one.
//!
//! Invariants:
//! - A shell has what its sandbox gives it and nothing else: the files of the waiting guest, a virtual clock, a random stream keyed
//!   by its seed, and the operations of [`python::PythonDoor`].
//! - Its work is fuel, charged to the waiting guest by the same counter. Real time is a backstop; when it fires there is no answer.

mod config;
mod error;
mod python;
mod runner;

pub use config::ShellConfig;
pub use error::ShellError;
pub use runner::Shell;
