//! The shell: bashkit's interpreter over the files of a guest.
//!
//! A shell keeps its directory, variables and functions between calls. After `exit`, a timeout or an exhausted limit the next call
//! starts a fresh one.
//!
//! Invariants:
//! - A shell has no process, no network and no files but [`hyperspace_sandbox::Files`]; `python3` runs in the sandbox.
//! - It is deterministic, bit for bit. Its clock is virtual (a paused runtime, which advances to the next timer at once); `date`,
//!   `$$`, `$RANDOM`, `$SRANDOM`, `mktemp` and `/dev/urandom` follow from the seed and from earlier commands; jobs and pipeline
//!   stages run one after the other; listings and times are those of the guest's file system. Features that could not be
//!   deterministic are refused with a message (`restrictions.rs`). The thread of a command has no randomness but the shell's own
//!   (`randomness.rs`), whatever a script calls it.
//! - Work is bounded by counts and charged by them (`meter.rs`). Real time is a backstop; when it fires there is no answer.
//!
//! Each command runs on its own thread, because the interpreter recurses and the clock of the caller's runtime is real. When the
//! caller drops the future, the thread ends at its next command; its access to the files is gone already.

mod config;
mod context;
mod cpu_time;
mod devices;
mod error;
mod fs;
mod meter;
mod mktemp;
mod python;
mod randomness;
mod restrictions;
mod runner;
mod session;
mod thread;
mod work;

pub use config::ShellConfig;
pub use error::ShellError;
pub use randomness::check_shell;
pub use runner::Shell;
