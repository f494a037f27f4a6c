//! WASI preview 1, answered by [`Host`]: files by `MarkFs`, time by fuel, randomness by the job's seed.
//!
//! Every call is charged. A bad pointer ends the run with a trap; every other mistake is an error number. Features that
//! do not exist here (sockets, signals, links) answer `ENOTSUP`, `ENOSYS` or `EPERM` and change nothing.
//!
//! Attacks that end here: T-CRASH-03, T-FS-08, T-FS-12, T-FS-13, T-FS-37, T-PROC-05, T-PROC-06, T-TIME-12.

mod clock;
mod folders;
mod io;
mod linker;
mod preview1;
mod result;
mod stat;

pub(crate) use self::linker::add_to_linker;
