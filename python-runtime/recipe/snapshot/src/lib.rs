//! The common part of both recipe tools: an engine as the product configures it, and a WASI context in which nothing varies.

pub mod memory;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use wasmtime::{Caller, Config, Engine, Linker, Memory, OptLevel};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::{FsPerms, HostMonotonicClock, HostWallClock, WasiCtxBuilder};

/// Below this, deep recursion traps where CPython would raise `RecursionError`.
pub const WASM_STACK_BYTES: usize = 8 << 20;

/// The clock during the snapshot stands at the recipe's SOURCE_DATE_EPOCH.
const EPOCH_SECONDS: u64 = 1_749_600_000;

struct StoppedClock;

impl HostWallClock for StoppedClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }
    fn now(&self) -> Duration {
        Duration::from_secs(EPOCH_SECONDS)
    }
}

impl HostMonotonicClock for StoppedClock {
    fn resolution(&self) -> u64 {
        1
    }
    fn now(&self) -> u64 {
        0
    }
}

/// State of one guest: WASI, and the frames that went through the door.
pub struct Guest {
    /// The guest's WASI context.
    pub wasi: WasiP1Ctx,
    /// Result frames, in order.
    pub results: Vec<Vec<u8>>,
    /// The door may be used.
    pub door_open: bool,
    answer: Vec<u8>,
}

impl Guest {
    /// A guest that sees `root` as `/` and nothing else of the machine but standard output and error; while the door
    /// is closed, a snapshot is being taken and the clocks stand.
    pub fn new(root: &Path, door_open: bool) -> Result<Self> {
        let mut builder = WasiCtxBuilder::new();
        builder
            .inherit_stdout()
            .inherit_stderr()
            .secure_random(ChaCha20Rng::seed_from_u64(0))
            .preopened_dir(root, "/", FsPerms::ReadWrite)?;
        if !door_open {
            builder.wall_clock(StoppedClock).monotonic_clock(StoppedClock);
        }
        Ok(Self { wasi: builder.build_p1(), results: Vec::new(), door_open, answer: Vec::new() })
    }

    /// An echo for tests: the answer to a request is the request as value.
    fn serve(&mut self, request: &[u8]) -> i32 {
        self.answer = [b"{\"ok\":".as_slice(), request, b"}"].concat();
        i32::try_from(self.answer.len()).unwrap_or(-1)
    }
}

fn door(mut caller: Caller<'_, Guest>, op: i32, ptr: i32, len: i32) -> wasmtime::Result<i32> {
    if !caller.data().door_open {
        wasmtime::bail!("the guest used the door while the snapshot was being taken");
    }
    let memory: Option<Memory> = caller.get_export("memory").and_then(wasmtime::Extern::into_memory);
    let Some(memory) = memory else { wasmtime::bail!("no memory") };
    let (bytes, guest) = memory.data_and_store_mut(&mut caller);
    let range = ptr as u32 as usize..(ptr as u32 as usize).saturating_add(len as u32 as usize);
    let Some(bytes) = bytes.get_mut(range) else { wasmtime::bail!("frame outside memory") };
    Ok(match op {
        0 => guest.serve(bytes),
        1 => {
            let count = guest.answer.len().min(bytes.len());
            bytes[..count].copy_from_slice(&guest.answer[..count]);
            count as i32
        }
        2 if bytes.len() > 1 << 20 => -1,
        2 => {
            guest.results.push(bytes.to_vec());
            0
        }
        _ => -2,
    })
}

/// An engine as the product uses it for this module; `fuel` meters instructions.
pub fn engine(wasm: &[u8], fuel: bool) -> Result<Engine> {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(!hyperspace_canonical_nan::is_canonical(wasm))
        .relaxed_simd_deterministic(true)
        .consume_fuel(fuel)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(2 * WASM_STACK_BYTES)
        .memory_init_cow(true);
    Ok(Engine::new(&config)?)
}

/// WASI and the door.
pub fn linker(engine: &Engine) -> Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    p1::add_to_linker_sync(&mut linker, |guest: &mut Guest| &mut guest.wasi)?;
    linker.func_wrap("hyperspace", "door", door)?;
    Ok(linker)
}

/// Run `work` on a thread whose stack holds the guest's.
pub fn on_large_stack<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let thread = std::thread::Builder::new().stack_size(4 * WASM_STACK_BYTES).spawn(work)?;
    thread.join().map_err(|_| anyhow::anyhow!("the guest's thread panicked"))?
}
