//! The shell of meta agents as a WebAssembly module: its bytes and digests.
//!
//! The module is bashkit's interpreter with `git` beside it, compiled for `wasm32-wasip1` by `recipe/build.sh` from `guest/`. It speaks the
//! guest contract of the interpreter (`hyperspace-python`): exports `memory`, `hyperspace_abi`, `hyperspace_alloc`, `hyperspace_run`, imports
//! of `wasi_snapshot_preview1` and `hyperspace.door`, and two more:
//!
//! | import | type | meaning |
//! |---|---|---|
//! | `hyperspace.file_info` | `(path, len, out) -> i32` | writes size and time of change (64 bits each), whether it is a folder, whether it may be changed (a byte each) to `out`; 0, or an error number |
//! | `hyperspace.refusal` | `(ptr, len) -> i32` | writes the reason of the last refusal, and returns its length |
//!
//! A job is a JSON object: `root`, the folder of the shell, and `command`; without `command`, the shell is only started. `fresh`
//! is true if a session begins. Output goes to standard output. The result has `code`, `stopped` (the reason why the shell is
//! gone, or null), `left` (the folder outside of the root in which the command ended, or null) and `exited`. Operations of the
//! door are `python.input` and `python.run`.
//!
//! This crate runs nothing; it only holds bytes.

mod artifacts;

pub use artifacts::{MEMORY_BYTES, MODULE_BYTES, manifest, memory_digest, module_digest, module_wasm};
