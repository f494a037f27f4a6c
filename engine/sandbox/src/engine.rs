//! The WebAssembly engine and the interpreter, made once and shared by all runs.
//!
//! Everything here determines what a run computes, so all of it is part of the runtime digest: interpreter, library, version and
//! settings of the engine, stack size, prices. Nothing in it depends on the machine.
//!
//! Attacks that end here: T-CPU-23, T-DET-03, T-DET-05, T-DET-06, T-DET-08, T-DET-10, T-STACK-01, T-STACK-03,
//! T-STACK-04, T-STACK-05, T-STACK-06, T-STACK-07, T-STACK-08, T-STACK-09, T-STACK-10, T-STACK-11, T-STACK-12,
//! T-STACK-13, T-STACK-14, T-STACK-15, T-STACK-16, T-STACK-18.

use std::sync::{Arc, OnceLock};
use std::thread;

use wasmtime::{Config, Engine, InstancePre, Linker, OptLevel};

use crate::code_place::{self, CodePlace};
use crate::config::SandboxConfig;
use crate::error::SandboxError;
use crate::host::{self, Host, TABLE_ELEMENTS_MAX};
use crate::limits::{self, HOST_STACK_BYTES, WASM_STACK_BYTES, price};
use crate::memory::{CowMemoryCreator, MemoryFile, check_state_is_in_memory, code_of, load_initial_memory};
use crate::mount::Mount;
use crate::runtime::Runtime;
use crate::runtime_name::RuntimeName;
use crate::{module_cache, wasi};

/// The version of wasmtime in the runtime digest; a test compares it with the lock file.
pub const WASMTIME_VERSION: &str = "48.0.8";

/// The settings in [`settings`] that determine what a guest computes; the others only affect speed.
const SETTINGS: &str = "fuel; canonical NaN; deterministic relaxed SIMD";

/// The version of how a run continues after a set-up; incremented when that changes.
const STAGES: u64 = 1;

pub(crate) struct Interpreter {
    pub(crate) engine: Engine,
    pub(crate) instance: InstancePre<Host>,
    pub(crate) library: Mount,
    pub(crate) digest: String,
    pub(crate) runtime_name: Option<RuntimeName>,
    /// The linear memory of a new instance.
    pub(crate) initial: Arc<MemoryFile>,
    pub(crate) memories: Arc<CowMemoryCreator>,
    /// The address of the interpreter's description of itself, once it was searched for.
    table: OnceLock<Option<usize>>,
}

impl Interpreter {
    /// Loads the runtime of `config`.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Interpreter`] when the runtime does not fit this sandbox; [`SandboxError::Engine`] when the engine cannot be
    /// created.
    pub(crate) fn load(config: &SandboxConfig) -> Result<Self, SandboxError> {
        let (runtime, folder) = (&config.runtime, config.cache_dir.as_deref());
        if runtime.abi_version() != hyperspace_python::ABI_VERSION {
            return Err(SandboxError::Interpreter(format!(
                "it speaks version {} of the guest contract, this sandbox version {}",
                runtime.abi_version(),
                hyperspace_python::ABI_VERSION
            )));
        }
        let memories = Arc::new(CowMemoryCreator::default());
        let engine = Engine::new(&settings(Arc::clone(&memories), runtime.has_canonical_nan()))
            .map_err(SandboxError::engine)?;
        let library = runtime.library(folder)?;
        // Neither a module that is compiled already nor a memory that was made already needs the module's bytes.
        let wasm = OnceLock::new();
        let wasm = || &**wasm.get_or_init(|| runtime.load_module());
        if runtime.is_unchecked() {
            check_state_is_in_memory(wasm())?;
        }
        let (module, initial) = thread::scope(|scope| {
            let initial = scope.spawn(|| load_initial_memory(folder, runtime.memory_id(), wasm));
            let code = || {
                // The first start takes a while; meanwhile, files that later starts may need are cached.
                scope.spawn(|| library.load_library());
                code_of(wasm()).map_err(wasmtime::Error::msg)
            };
            let identity = runtime.module_digest().as_bytes();
            let module = module_cache::load_or_compile(&engine, identity, code, folder);
            let initial = initial.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            Ok::<_, SandboxError>((module.map_err(SandboxError::engine)?, Arc::new(initial)))
        })?;
        memories.set_initial_image(Arc::clone(&initial));
        let mut linker = linker(&engine).map_err(SandboxError::engine)?;
        if runtime.is_shell() {
            host::add_file_calls_to_linker(&mut linker).map_err(SandboxError::engine)?;
        }
        let instance = linker
            .instantiate_pre(&module)
            .map_err(|error| SandboxError::Interpreter(format!("it imports what does not exist: {error}")))?;
        Ok(Self {
            engine,
            instance,
            library,
            digest: digest(runtime),
            runtime_name: runtime.name(),
            initial,
            memories,
            table: OnceLock::new(),
        })
    }
}

impl Interpreter {
    /// Returns the place in Python code that the interpreter with this memory had reached.
    pub(crate) fn place_in(&self, memory: &[u8]) -> Option<CodePlace> {
        let table = *self.table.get_or_init(|| code_place::find_table(&self.initial));
        code_place::read(memory, table?)
    }
}

/// Returns a linker with everything that a guest can import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    wasi::add_to_linker(&mut linker)?;
    host::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// Returns the engine's settings. `memories` makes the memories of its instances; `canonical_nan` says that modules canonicalize NaN
/// themselves.
pub(crate) fn settings(memories: Arc<CowMemoryCreator>, canonical_nan: bool) -> Config {
    let mut settings = Config::new();
    settings
        .consume_fuel(true)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(!canonical_nan)
        .relaxed_simd_deterministic(true)
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(false)
        .memory_init_cow(false)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(WASM_STACK_BYTES + HOST_STACK_BYTES)
        .with_host_memory(memories);
    settings
}

/// Returns the runtime digest, which covers the runtime, the engine and the prices.
fn digest(runtime: &Runtime) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("hyperspace v1 runtime");
    hasher.update(runtime.module_digest().as_bytes());
    hasher.update(runtime.library_digest().as_bytes());
    hasher.update(WASMTIME_VERSION.as_bytes());
    hasher.update(SETTINGS.as_bytes());
    let numbers = [
        u64::from(runtime.abi_version()),
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
