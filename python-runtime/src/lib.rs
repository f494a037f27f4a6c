//! CPython for WASI: the interpreter's bytes, its library and its guest contract.
//!
//! The module is CPython 3.13 for `wasm32-wasip1`, already initialised: instantiating it takes microseconds, and the modules that
//! agents use most are imported. The library is a zip of byte code whose directory is part of the module's memory, so a host must
//! serve exactly these bytes at [`STDLIB_PATH`]. Both were made by `recipe/build.sh` from the inputs that [`manifest`] names.
//!
//! # Guest contract, version 1
//!
//! Exports of the module:
//!
//! | name | type | meaning |
//! |---|---|---|
//! | `memory` | memory | linear memory |
//! | `hyperspace_abi` | `() -> i32` | [`ABI_VERSION`] |
//! | `hyperspace_alloc` | `(len) -> ptr` | memory for a job; 0 when there is none |
//! | `hyperspace_run` | `(ptr, len) -> i32` | do the job at `ptr`, which is freed: 0 a result was delivered, 1 an error was delivered, 2 the job was not understood |
//!
//! Imports: `wasi_snapshot_preview1` and `hyperspace.door(op, ptr, len) -> i32`. Op 0 sends a request and returns the
//! length of the waiting answer, −1 (too large) or −2 (no door); op 1 receives the waiting answer and returns the bytes
//! copied; op 2 delivers the result of the job and returns 0 or −1 (too large).
//!
//! `hyperspace_run` may be called repeatedly on one instance. Deep recursion raises `RecursionError` if the engine allows
//! [`WASM_STACK_BYTES`] of stack; with less it traps.
//!
//! [`science`] is a second module of the same contract, with numpy and scipy. This crate runs nothing; it only holds bytes.

mod artifacts;
pub mod science;

pub use artifacts::{
    MEMORY_BYTES, MODULE_BYTES, STDLIB_BYTES, manifest, memory_digest, module_digest, module_wasm,
    stdlib_digest, stdlib_zip,
};

/// Version of the guest contract that the module speaks; `hyperspace_abi` returns the same number.
pub const ABI_VERSION: u32 = 1;

/// The path of the library in the guest, below the mount `/usr`.
pub const STDLIB_PATH: &str = "lib/python313.zip";

/// Size of the WebAssembly stack in bytes with which CPython's own recursion limits are reached before the stack ends.
pub const WASM_STACK_BYTES: usize = 8 << 20;
