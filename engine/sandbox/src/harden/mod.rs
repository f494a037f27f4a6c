//! Hardening of the whole process: it limits what a guest finds if it has broken out of wasmtime.
//!
//! [`harden`] takes privileges away from the calling thread, and so from every thread that it starts; nothing gives them back. A
//! program calls it at its beginning; this library never does on its own, because an embedder's process is the embedder's. Guests
//! run on the threads that also talk to models and write the store, so one set of restrictions holds for all of them.
//!
//! - `system_calls.rs`: the filter of system calls: no other program, no other process, no tracing, no modules, no sockets that
//!   nobody needs.
//! - `files.rs`: Landlock: the files that remain.
//! - `process.rs`: limits of the operating system, core dumps, and access by other processes of the same user.
//!
//! This module owns these privileges, and no code outside of it names `landlock` or `seccompiler`. Each measure is read back from
//! the kernel where the kernel reports it ([`hardening`]), and a kernel that lacks one measure leaves the others in force.
//! `docs/harden.md` is the page for users.

mod confinement;
mod files;
mod process;
mod report;
mod system_calls;

pub use self::confinement::{Confinement, NetworkUse};
pub use self::report::{HardenError, Hardening, HardeningMeasure, harden, hardening};
