//! The WebAssembly engine and the interpreter, made once and shared by all runs.
//!
//! Everything here decides what a run means, so all of it is part of the runtime digest: interpreter, library, version
//! and settings of the engine, stack size, prices. Nothing in it depends on the machine.
//!
//! Attacks that end here: T-CPU-23, T-DET-03, T-DET-05, T-DET-06, T-DET-08, T-DET-10, T-STACK-01, T-STACK-03,
//! T-STACK-04, T-STACK-05, T-STACK-06, T-STACK-07, T-STACK-08, T-STACK-09, T-STACK-10, T-STACK-11, T-STACK-12,
//! T-STACK-13, T-STACK-14, T-STACK-15, T-STACK-16, T-STACK-18.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;

use crate::wasi;
use hyperspace_core::{FileSet, RelPath};
use wasmtime::{Config, Engine, InstancePre, Linker, OptLevel};

use crate::error::SandboxError;
use crate::ground::{Grounds, Sheet};
use crate::host::{Host, TABLE_ELEMENTS_MAX};
use crate::job::Mount;
use crate::limits::{self, HOST_STACK_BYTES, WASM_STACK_BYTES, price};
use crate::sandbox::SandboxConfig;
use crate::split::{Split, split};
use crate::unpacked::load_or_unpack;
use crate::{cache, gate, guest};

/// The version of wasmtime in the runtime digest; a test compares it with the lock file.
pub const WASMTIME_VERSION: &str = "48.0.8";

/// The settings of [`settings`] that decide what a guest computes; the others decide how fast.
const SETTINGS: &str = "fuel; canonical NaN; deterministic relaxed SIMD";

/// How a run after a set-up goes on from it; counted up when that changes.
const STAGES: u64 = 1;

pub(crate) struct Interpreter {
    pub(crate) engine: Engine,
    pub(crate) instance: InstancePre<Host>,
    pub(crate) library: Mount,
    pub(crate) digest: String,
    /// The linear memory of a new instance.
    pub(crate) first: Arc<Sheet>,
    pub(crate) grounds: Arc<Grounds>,
}

impl Interpreter {
    pub(crate) fn load(config: &SandboxConfig) -> Result<Self, SandboxError> {
        let grounds = Arc::new(Grounds::default());
        let engine = Engine::new(&settings(Arc::clone(&grounds))).map_err(engine_error)?;
        // What is compiled already needs no code, so code, library and data are made ready at the same time.
        let (module, first, library) = thread::scope(|scope| {
            let folder = config.cache_dir.as_deref();
            let library = scope.spawn(move || library(folder));
            let (send, receive) = mpsc::channel();
            let data = scope.spawn(move || {
                let Split { code, first } = split(&module_wasm(folder))?;
                // Nobody takes it where the module was in the cache.
                drop(send.send(code));
                Ok(first)
            });
            let code = || receive.recv().map_err(|_| wasmtime::Error::msg("the interpreter is unusable"));
            let identity = hyperspace_python::module_digest().as_bytes();
            let module = cache::load_or_compile(&engine, identity, code, folder);
            let first = joined(data.join())?;
            let ready = (module.map_err(engine_error)?, Arc::new(first), joined(library.join())?);
            Ok::<_, SandboxError>(ready)
        })?;
        grounds.begin_with(Arc::clone(&first));
        let instance = linker(&engine)
            .map_err(engine_error)?
            .instantiate_pre(&module)
            .map_err(|error| SandboxError::Interpreter(format!("it imports what does not exist: {error}")))?;
        Ok(Self { engine, instance, library, digest: digest(), first, grounds })
    }
}

/// What a thread made; its panic is ours.
fn joined<T>(ended: thread::Result<Result<T, SandboxError>>) -> Result<T, SandboxError> {
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

pub(crate) fn engine_error(error: wasmtime::Error) -> SandboxError {
    SandboxError::Engine(format!("{error:#}"))
}

/// Everything that a guest can import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    wasi::linker::add_to_linker(&mut linker)?;
    gate::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// The engine's settings; `grounds` makes the memories of its instances.
pub(crate) fn settings(grounds: Arc<Grounds>) -> Config {
    let mut settings = Config::new();
    settings
        .consume_fuel(true)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(false)
        .memory_init_cow(false)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(WASM_STACK_BYTES + HOST_STACK_BYTES)
        .with_host_memory(grounds);
    settings
}

fn module_wasm(folder: Option<&Path>) -> Vec<u8> {
    use hyperspace_python::{MODULE_BYTES, module_digest, module_wasm};
    load_or_unpack(folder, module_digest(), MODULE_BYTES, module_wasm)
}

fn stdlib_zip(folder: Option<&Path>) -> Vec<u8> {
    use hyperspace_python::{STDLIB_BYTES, stdlib_digest, stdlib_zip};
    load_or_unpack(folder, stdlib_digest(), STDLIB_BYTES, stdlib_zip)
}

/// The mount of the interpreter's library.
fn library(folder: Option<&Path>) -> Result<Mount, SandboxError> {
    let broken = |error: &dyn std::fmt::Display| SandboxError::Interpreter(error.to_string());
    let path = RelPath::new(hyperspace_python::STDLIB_PATH).map_err(|e| broken(&e))?;
    let mut files = FileSet::new();
    files.insert(path, Arc::<[u8]>::from(stdlib_zip(folder))).map_err(|e| broken(&e))?;
    Ok(Mount::read_only(RelPath::new(guest::USR).map_err(|e| broken(&e))?, files))
}

fn digest() -> String {
    let mut hasher = blake3::Hasher::new_derive_key("hyperspace v1 runtime");
    hasher.update(hyperspace_python::module_digest().as_bytes());
    hasher.update(hyperspace_python::stdlib_digest().as_bytes());
    hasher.update(WASMTIME_VERSION.as_bytes());
    hasher.update(SETTINGS.as_bytes());
    let numbers = [
        u64::from(hyperspace_python::ABI_VERSION),
        WASM_STACK_BYTES as u64,
        price::RULES,
        price::CALL,
        price::BYTE,
        price::STEP,
        price::FILE,
        price::DOOR,
        limits::IO_BYTES_MAX as u64,
        u64::from(limits::IOVECS_MAX),
        u64::from(limits::RANDOM_BYTES_MAX),
        u64::from(limits::PATH_BYTES_MAX),
        u64::from(limits::POLL_SUBSCRIPTIONS_MAX),
        limits::DOOR_REQUEST_BYTES_MAX as u64,
        limits::DOOR_ANSWER_BYTES_MAX as u64,
        TABLE_ELEMENTS_MAX as u64,
        STAGES,
    ];
    for number in numbers {
        hasher.update(&number.to_le_bytes());
    }
    hasher.finalize().to_hex().to_string()
}
