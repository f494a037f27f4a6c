//! The shell of meta agents as a WebAssembly guest: bashkit's interpreter over the files that WASI shows, with `python3` as a
//! call to the host and `git` as a program of its own.
//!
//! The module speaks the guest contract of the interpreter (`hyperspace_alloc`, `hyperspace_run`, `hyperspace.door`). A job is a
//! JSON object `{"root": …, "command": …}`. Its result says how the command ended; its output goes to standard output while it
//! is written. One instance is one shell: variables, functions and the directory stay from one job to the next.
//!
//! It relies on its host for every limit: fuel, memory, files, time and randomness are those of WASI.

mod abi;
mod devices;
mod error;
mod files;
mod fs;
mod git;
mod host;
mod programs;
mod python;
mod session;
