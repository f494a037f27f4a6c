//! Running jobs.
//!
//! Attacks that end here: T-CPU-01, T-CPU-02, T-CPU-03, T-CPU-04, T-CPU-05, T-CPU-06, T-CPU-08, T-CPU-09, T-CPU-10,
//! T-CPU-12, T-CPU-15, T-CPU-16, T-CPU-18, T-CPU-19, T-CPU-20, T-CPU-21, T-CPU-22, T-CPU-24, T-CPU-25, T-CRASH-01,
//! T-CRASH-02, T-CRASH-04, T-CRASH-05, T-CRASH-06, T-CRASH-08, T-CRASH-13, T-DOOR-11, T-HACK-14, T-HACK-37, T-MEM-09,
//! T-MEM-10, T-MEM-11, T-MEM-12, T-OUT-12, T-STACK-02, T-TIME-17.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyperspace_core::RelPath;
use tokio::sync::Semaphore;
use wasmtime::{CallHook, Engine, Instance, Store, StoreContextMut, Trap};

use crate::engine::{Interpreter, engine_error};
use crate::error::{JobError, SandboxError};
use crate::files::Files;
use crate::guest::{self, Claim, GuestError};
use crate::host::{Host, Output, Stop, random_stream};
use crate::job::{Job, Mount};
use crate::limits::price;
use crate::markfs::MarkFs;
use crate::report::{Outcome, Report};

/// Fuel after which a run lets other tasks of its thread go on: about ten milliseconds.
const YIELD_FUEL: u64 = 10_000_000;
/// Error numbers of preview 1 that a spent quota causes: `EFBIG`, `EMFILE`, `ENOSPC`.
const QUOTA_ERRNOS: [u16; 3] = [22, 33, 51];
/// Runs at the same time beside guests that wait, at most.
const BESIDE_MAX: u32 = 64;
/// Characters of an exception's name that an outcome keeps.
const NAME_CHARS_MAX: usize = 256;
/// Characters of an exception's message that an outcome keeps.
const MESSAGE_CHARS_MAX: usize = 4_096;

/// How a sandbox is set up. Nothing in here changes what a run computes.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Where compiled interpreters are kept, with mode 0700. Default `None`: compile at every start (about 10 seconds).
    pub cache_dir: Option<PathBuf>,
    /// Runs at the same time; more of them wait. Default 8.
    pub instances_max: u32,
    /// The largest `memory_bytes` that a job may ask for. Default 1 GiB.
    pub memory_bytes_max: usize,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self { cache_dir: None, instances_max: 8, memory_bytes_max: 1 << 30 }
    }
}

/// Runs Python in WebAssembly. Cheap to clone; all clones share one engine and one pool.
#[derive(Clone)]
pub struct Sandbox {
    interpreter: Arc<Interpreter>,
    slots: Arc<Semaphore>,
    /// Slots of runs beside a guest that waits: it holds one of the others, so they must not be the same.
    slots_beside: Arc<Semaphore>,
    memory_bytes_max: usize,
}

impl Sandbox {
    /// Loads the interpreter.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Config`] for a setting out of range; [`SandboxError::Engine`] when the engine cannot be made.
    pub fn new(config: &SandboxConfig) -> Result<Self, SandboxError> {
        let bad = |field, why: &str| Err(SandboxError::Config { field, why: why.to_owned() });
        if !(1..=10_000).contains(&config.instances_max) {
            return bad("instances_max", "must be between 1 and 10000");
        }
        if !((64 << 20)..=(4 << 30)).contains(&config.memory_bytes_max) {
            return bad("memory_bytes_max", "must be between 64 MiB and 4 GiB");
        }
        Ok(Self {
            interpreter: Arc::new(Interpreter::load(config)?),
            slots: Arc::new(Semaphore::new(config.instances_max as usize)),
            slots_beside: Arc::new(Semaphore::new(beside_max(config) as usize)),
            memory_bytes_max: config.memory_bytes_max,
        })
    }

    /// The digest of everything that decides what a run computes, in hexadecimal: interpreter, library, engine, prices.
    #[must_use]
    pub fn runtime_digest(&self) -> &str {
        &self.interpreter.digest
    }

    /// Runs a job. Whatever the guest does is in the report.
    ///
    /// Needs a tokio runtime with time enabled. Dropping the future ends the run.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Job`] when the job makes no sense; the other kinds when the sandbox itself failed.
    pub async fn run(&self, mut job: Job) -> Result<Report, SandboxError> {
        let (text, wall_clock) = (self.check(&job)?, Duration::from_millis(job.limits.wall_clock_ms));
        let slot = self.slots.acquire().await.map_err(|error| SandboxError::Lost(error.to_string()))?;
        let fs = file_system(self.interpreter.library.clone(), &mut job)?;
        let mut store = store(&self.interpreter.engine, job, fs, false)?;
        let ended = tokio::time::timeout(wall_clock, self.call(&mut store, &text)).await;
        let report = match ended {
            Ok(ended) => report(&mut store, ended)?,
            Err(_) => finish(&mut store, Outcome::WallClock, None, None)?,
        };
        drop(store);
        drop(slot);
        Ok(report)
    }

    /// Runs a job on the files of another guest, which waits for its door: with the same mounts, policies and quotas.
    ///
    /// What it changes and what is refused to it is part of the other guest's report, not of this one.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`]; [`JobError::MountsBeside`] when the job brings mounts; [`SandboxError::Lost`] when the other
    /// guest has its files back already.
    pub async fn run_beside(&self, files: &Files, job: Job) -> Result<Report, SandboxError> {
        if !job.mounts.is_empty() {
            return Err(JobError::MountsBeside.into());
        }
        let (text, wall_clock) = (self.check(&job)?, Duration::from_millis(job.limits.wall_clock_ms));
        let slot =
            self.slots_beside.acquire().await.map_err(|error| SandboxError::Lost(error.to_string()))?;
        let gone = || SandboxError::Lost("the files of the other guest are gone".to_owned());
        let (fs, table) = files.take(job.limits.descriptors).ok_or_else(gone)?;
        let mut store = store(&self.interpreter.engine, job, fs, true)?;
        let ended = tokio::time::timeout(wall_clock, self.call(&mut store, &text)).await;
        let report = match ended {
            Ok(ended) => report(&mut store, ended),
            Err(_) => finish(&mut store, Outcome::WallClock, None, None),
        };
        files.put_back(std::mem::replace(&mut store.data_mut().fs, MarkFs::absent()), table);
        drop(store);
        drop(slot);
        report
    }

    /// Runs a job on this thread, without a runtime of the caller's.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`].
    ///
    /// # Panics
    ///
    /// When it is called from inside of a tokio runtime.
    pub fn run_blocking(&self, job: Job) -> Result<Report, SandboxError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| SandboxError::Lost(error.to_string()))?;
        runtime.block_on(self.run(job))
    }

    fn check(&self, job: &Job) -> Result<Vec<u8>, SandboxError> {
        job.limits.validate().map_err(JobError::from)?;
        if job.limits.memory_bytes > self.memory_bytes_max as u64 {
            return Err(JobError::from(crate::LimitError {
                field: "memory_bytes",
                given: job.limits.memory_bytes,
                least: 1 << 20,
                most: self.memory_bytes_max as u64,
            })
            .into());
        }
        Ok(guest::encode(job)?)
    }

    async fn call(&self, store: &mut Store<Host>, job: &[u8]) -> wasmtime::Result<i32> {
        let instance: Instance = self.interpreter.instance.instantiate_async(&mut *store).await?;
        let alloc = instance.get_typed_func::<i32, i32>(&mut *store, "hyperspace_alloc")?;
        let run = instance.get_typed_func::<(i32, i32), i32>(&mut *store, "hyperspace_run")?;
        let memory = instance
            .get_memory(&mut *store, "memory")
            .ok_or_else(|| wasmtime::Error::msg("the interpreter exports no memory"))?;
        let len = i32::try_from(job.len())?;
        let ptr = alloc.call_async(&mut *store, len).await?;
        if ptr == 0 {
            store.data_mut().growth_denied = true;
            return Err(Trap::UnreachableCodeReached.into());
        }
        memory.write(&mut *store, ptr.cast_unsigned() as usize, job)?;
        run.call_async(&mut *store, (ptr, len)).await
    }
}

/// Runs at the same time beside guests that wait.
pub(crate) fn beside_max(config: &SandboxConfig) -> u32 {
    config.instances_max.min(BESIDE_MAX)
}

/// The files of a job, which it gives away: its mounts, the library, and a scratch folder.
pub(crate) fn file_system(library: Mount, job: &mut Job) -> Result<MarkFs, SandboxError> {
    let mut mounts = std::mem::take(&mut job.mounts);
    mounts.push(library);
    if let Ok(tmp) = RelPath::new(guest::TMP)
        && mounts.iter().all(|mount| mount.at != tmp)
    {
        mounts.push(Mount::scratch(tmp));
    }
    Ok(MarkFs::new(mounts, &job.limits, job.epoch_ms)?)
}

/// The state of one run, with everything in place but the interpreter.
pub(crate) fn store(
    engine: &Engine,
    job: Job,
    fs: MarkFs,
    beside: bool,
) -> Result<Store<Host>, SandboxError> {
    let args = guest::argv(&job);
    let host = Host {
        fs,
        beside,
        args,
        env: job.env,
        stdin: job.stdin,
        output: Output::default(),
        random: random_stream(job.seed),
        epoch_ns: job.epoch_ms.saturating_mul(1_000_000),
        fuel_used: 0,
        owed: 0,
        slept_ns: 0,
        door: job.door,
        grant: job.grant,
        host_calls: 0,
        answer: Vec::new(),
        result: None,
        result_refused: false,
        memory_bytes_peak: 0,
        growth_denied: false,
        limits: job.limits,
    };
    let fuel = host.limits.fuel;
    let mut store = Store::new(engine, host);
    store.limiter(|host| host);
    store.set_fuel(fuel).map_err(engine_error)?;
    store.fuel_async_yield_interval(Some(YIELD_FUEL)).map_err(engine_error)?;
    store.call_hook(debit);
    Ok(store)
}

/// Debits what a host call owes when it returns, and tells it the time when it begins.
fn debit(mut store: StoreContextMut<'_, Host>, hook: CallHook) -> wasmtime::Result<()> {
    match hook {
        CallHook::CallingHost => {
            let left = store.get_fuel()?;
            let host = store.data_mut();
            host.fuel_used = host.limits.fuel.saturating_sub(left);
            host.owed = price::CALL;
            Ok(())
        }
        CallHook::ReturningFromHost => {
            let left = store.get_fuel()?;
            let owed = std::mem::take(&mut store.data_mut().owed);
            store.set_fuel(left.saturating_sub(owed))?;
            if owed > left { Err(Stop::Fuel.into()) } else { Ok(()) }
        }
        CallHook::CallingWasm | CallHook::ReturningFromWasm => Ok(()),
    }
}

/// What the end of the call means.
fn report(store: &mut Store<Host>, ended: wasmtime::Result<i32>) -> Result<Report, SandboxError> {
    let error = match ended {
        Ok(code) => {
            let frame = store.data_mut().result.take();
            let claim = frame.and_then(|frame| guest::parse_claim(&frame));
            return match (code, claim) {
                (0, Some(Claim::Ok(value))) => finish(store, Outcome::Completed, Some(value), None),
                (1, Some(Claim::Error(error))) => {
                    let outcome = exception(store.data(), &error);
                    finish(store, outcome, None, Some(error.traceback))
                }
                _ if store.data().result_refused => finish(store, quota("result_bytes"), None, None),
                _ => finish(store, trap("malformed result"), None, None),
            };
        }
        Err(error) => error,
    };
    let outcome = if let Some(stop) = error.downcast_ref::<Stop>() {
        match stop {
            Stop::Exit(0) => Outcome::Completed,
            Stop::Exit(code) => Outcome::Exit { code: *code },
            Stop::Output => Outcome::OutputLimit,
            Stop::HostCalls => quota("host_calls"),
            Stop::Fuel => Outcome::OutOfFuel,
            Stop::WallClock => Outcome::WallClock,
        }
    } else if let Some(&code) = error.downcast_ref::<Trap>() {
        match code {
            Trap::OutOfFuel => Outcome::OutOfFuel,
            Trap::StackOverflow => Outcome::StackOverflow,
            _ if store.data().growth_denied => Outcome::OutOfMemory,
            code => trap(code.to_string().trim_start_matches("wasm trap: ")),
        }
    } else if error.downcast_ref::<wiggle::GuestError>().is_some() {
        trap("bad pointer in a host call")
    } else if store.data().growth_denied {
        Outcome::OutOfMemory
    } else {
        return Err(engine_error(error));
    };
    finish(store, outcome, None, None)
}

fn quota(name: &str) -> Outcome {
    Outcome::Quota { quota: name.to_owned() }
}

fn trap(name: &str) -> Outcome {
    Outcome::Trap { trap: name.to_owned() }
}

/// What an uncaught exception means: spent memory or a spent quota is told as such.
fn exception(host: &Host, error: &GuestError) -> Outcome {
    if error.exception == "MemoryError" {
        return Outcome::OutOfMemory;
    }
    if host.fs.quota_hit() && error.errno.is_some_and(|errno| QUOTA_ERRNOS.contains(&errno)) {
        return quota("files");
    }
    if host.result_refused {
        return quota("result_bytes");
    }
    let message: String = error.message.chars().take(MESSAGE_CHARS_MAX).collect();
    let exception = error.exception.chars().take(NAME_CHARS_MAX).collect();
    Outcome::Exception { exception, message }
}

fn finish(
    store: &mut Store<Host>,
    outcome: Outcome,
    result: Option<serde_json::Value>,
    traceback: Option<String>,
) -> Result<Report, SandboxError> {
    let left = store.get_fuel().map_err(engine_error)?;
    let host = store.data_mut();
    let fuel_used = match outcome {
        Outcome::OutOfFuel => host.limits.fuel,
        _ => host.limits.fuel.saturating_sub(left),
    };
    let ((denials, denials_total), changes) = match host.beside {
        true => ((Vec::new(), 0), Vec::new()),
        false => (host.fs.take_denials(), host.fs.changes()),
    };
    Ok(Report {
        outcome,
        result,
        traceback,
        fuel_used,
        stdout: std::mem::take(&mut host.output.stdout),
        stderr: std::mem::take(&mut host.output.stderr),
        virtual_ns: fuel_used.saturating_add(host.slept_ns),
        host_calls: host.host_calls,
        changes,
        denials,
        denials_total,
        memory_bytes_peak: host.memory_bytes_peak,
    })
}
