//! Running jobs.
//!
//! Attacks that end here: T-CPU-01, T-CPU-02, T-CPU-03, T-CPU-04, T-CPU-05, T-CPU-06, T-CPU-08, T-CPU-09, T-CPU-10,
//! T-CPU-12, T-CPU-15, T-CPU-16, T-CPU-18, T-CPU-19, T-CPU-20, T-CPU-21, T-CPU-22, T-CPU-24, T-CPU-25, T-CRASH-01,
//! T-CRASH-02, T-CRASH-04, T-CRASH-05, T-CRASH-06, T-CRASH-08, T-CRASH-13, T-DOOR-11, T-HACK-14, T-HACK-37, T-MEM-09,
//! T-MEM-10, T-MEM-11, T-MEM-12, T-OUT-12, T-STACK-02, T-TIME-17.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyperspace_core::RelPath;
use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::{CallHook, StoreContextMut, Trap};

use crate::backstop;
use crate::engine::{Interpreter, engine_error};
use crate::error::{JobError, SandboxError};
use crate::files::Files;
use crate::fork::{Image, Item, Lease, MemoryImage, Pool, Prepared, Setup, Shelf, Slot, Template};
use crate::guest::{self, Claim, GuestError};
use crate::host::{Host, Stop, random_stream};
use crate::job::{Job, Mount};
use crate::limits::{DOOR_WAIT_MAX, price};
use crate::markfs::MarkFs;
use crate::place::Places;
use crate::report::{Outcome, Report};

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
#[non_exhaustive]
pub struct SandboxConfig {
    /// Where compiled interpreters are kept, with mode 0700. Default `None`: compile at every start (about 10 seconds).
    pub cache_dir: Option<PathBuf>,
    /// Runs at the same time; more of them wait. Default 8.
    pub instances_max: u32,
    /// How many of them compute at the same time; those that wait for an answer of their door do not. Default `None`: all.
    pub computing_max: Option<u32>,
    /// The largest `memory_bytes` that a job may ask for. Default 1 GiB.
    pub memory_bytes_max: usize,
    /// Keep instances after a run, and bring them back into the state that the next run starts from. Default true; without
    /// it, every run gets a new instance. Without effect where the kernel does not tell which pages a run changed.
    pub reuse: bool,
    /// Compare all memory of an instance with what it must be before every run, and panic if it is not. Slow; for tests.
    /// Default false.
    pub verify: bool,
    /// Templates whose state is kept at the same time; the one used longest ago goes first. Default 64.
    pub templates_max: usize,
    /// Bytes of all states kept. Default 256 MiB.
    pub template_bytes_max: usize,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            cache_dir: None,
            instances_max: 8,
            computing_max: None,
            memory_bytes_max: 1 << 30,
            reuse: true,
            verify: false,
            templates_max: 64,
            template_bytes_max: 256 << 20,
        }
    }
}

impl SandboxConfig {
    /// Sets the folder of compiled interpreters; see [`SandboxConfig::cache_dir`].
    #[must_use]
    pub fn with_cache_dir(mut self, cache_dir: impl Into<Option<PathBuf>>) -> Self {
        self.cache_dir = cache_dir.into();
        self
    }

    /// Sets the number of runs at the same time; see [`SandboxConfig::instances_max`].
    #[must_use]
    pub fn with_instances_max(mut self, instances_max: u32) -> Self {
        self.instances_max = instances_max;
        self
    }

    /// Sets the number of runs that compute at the same time; see [`SandboxConfig::computing_max`].
    #[must_use]
    pub fn with_computing_max(mut self, computing_max: impl Into<Option<u32>>) -> Self {
        self.computing_max = computing_max.into();
        self
    }

    /// Sets the largest memory of a job in bytes; see [`SandboxConfig::memory_bytes_max`].
    #[must_use]
    pub fn with_memory_bytes_max(mut self, memory_bytes_max: usize) -> Self {
        self.memory_bytes_max = memory_bytes_max;
        self
    }

    /// Sets whether instances are used again; see [`SandboxConfig::reuse`].
    #[must_use]
    pub fn with_reuse(mut self, reuse: bool) -> Self {
        self.reuse = reuse;
        self
    }

    /// Sets whether all memory is compared before every run; see [`SandboxConfig::verify`].
    #[must_use]
    pub fn with_verify(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }

    /// Sets the number of templates whose state is kept; see [`SandboxConfig::templates_max`].
    #[must_use]
    pub fn with_templates_max(mut self, templates_max: usize) -> Self {
        self.templates_max = templates_max;
        self
    }

    /// Sets the bytes of all states kept; see [`SandboxConfig::template_bytes_max`].
    #[must_use]
    pub fn with_template_bytes_max(mut self, template_bytes_max: usize) -> Self {
        self.template_bytes_max = template_bytes_max;
        self
    }
}

/// Runs Python in WebAssembly. Cheap to clone; all clones share one engine and one pool.
#[derive(Clone)]
pub struct Sandbox {
    interpreter: Arc<Interpreter>,
    slots: Arc<Semaphore>,
    /// Slots of runs beside a guest that waits: it holds one of the others, so they must not be the same.
    slots_beside: Arc<Semaphore>,
    places: Places,
    pool: Arc<Pool>,
    /// The state of a new instance.
    first: Arc<MemoryImage>,
    shelf: Arc<Shelf>,
    /// Numbers for states.
    numbers: Arc<AtomicU64>,
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
        if config.computing_max == Some(0) {
            return bad("computing_max", "must be at least 1");
        }
        if !((64 << 20)..=(4 << 30)).contains(&config.memory_bytes_max) {
            return bad("memory_bytes_max", "must be between 64 MiB and 4 GiB");
        }
        let interpreter = Interpreter::load(config)?;
        Ok(Self {
            pool: Arc::new(Pool::new(instances_max(config) as usize, config.reuse, config.verify)),
            first: Arc::new(MemoryImage::first(Arc::clone(&interpreter.first))),
            shelf: Arc::new(Shelf::new(config.templates_max, config.template_bytes_max)),
            numbers: Arc::new(AtomicU64::new(1)),
            interpreter: Arc::new(interpreter),
            slots: Arc::new(Semaphore::new(config.instances_max as usize)),
            slots_beside: Arc::new(Semaphore::new(beside_max(config) as usize)),
            places: Places::new(config.computing_max),
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
        let (text, wall_clock) = (self.check(&job)?, job.limits.wall_clock_ms);
        let _permit = self.permit().await?;
        let fs = file_system(self.interpreter.library.clone(), &mut job)?;
        let host = host(job, fs, false);
        if !self.fits(&host) {
            return Ok(too_large(host));
        }
        let mut lease = self.lease(&self.first).await?;
        let fuel = host.limits.fuel;
        lease.enter(&self.first, host, fuel)?;
        let ended = self.call(&mut lease, &text, wall_clock, false).await;
        let report = ended.report(lease.slot())?;
        lease.give_back();
        Ok(report)
    }

    /// Runs a job on the files of another guest, which waits for its door: with the same mounts, policies and quotas.
    ///
    /// What it changes and what is refused to it is part of the other guest's report, not of this one.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`]; [`JobError::MountsNested`] when the job brings mounts; [`SandboxError::Lost`] when the other
    /// guest has its files back already.
    pub async fn run_nested(&self, files: &Files, job: Job) -> Result<Report, SandboxError> {
        if !job.mounts.is_empty() {
            return Err(JobError::MountsNested.into());
        }
        let (text, wall_clock) = (self.check(&job)?, job.limits.wall_clock_ms);
        let slot = self.slots_beside.acquire().await;
        let _slot = slot.map_err(|error| SandboxError::Lost(error.to_string()))?;
        let descriptors = job.limits.descriptors;
        let mut host = host(job, MarkFs::absent(), true);
        if !self.fits(&host) {
            return Ok(too_large(host));
        }
        let mut lease = self.lease(&self.first).await?;
        let gone = || SandboxError::Lost("the files of the other guest are gone".to_owned());
        let (fs, table) = files.take(descriptors).ok_or_else(gone)?;
        host.fs = fs;
        let fuel = host.limits.fuel;
        let report = match lease.enter(&self.first, host, fuel) {
            Ok(()) => self.call(&mut lease, &text, wall_clock, false).await.report(lease.slot()),
            Err(error) => Err(error),
        };
        files.put_back(std::mem::replace(&mut lease.slot().host().fs, MarkFs::absent()), table);
        if report.is_ok() {
            lease.give_back();
        }
        report
    }

    /// What runs after this set-up; see [`Template`]. Nothing runs yet.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Job`] when the set-up makes no sense.
    pub fn template(&self, setup: Setup) -> Result<Template, SandboxError> {
        self.check(&setup.job())?;
        Ok(Template::new(self.clone(), setup))
    }

    /// Templates that hold a state at the moment, and about how many bytes these take.
    #[must_use]
    pub fn templates_kept(&self) -> (usize, usize) {
        self.shelf.filled()
    }

    pub(crate) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Does a set-up and keeps the state after it.
    pub(crate) async fn run_setup(&self, setup: &Setup) -> Result<Prepared, SandboxError> {
        let _permit = self.permit().await?;
        let (mut lease, ended) = match self.set_up(setup).await? {
            Ok(running) => running,
            Err(report) => return Ok(Prepared::Failed(report)),
        };
        if !ended.is_set_up(lease.slot()) {
            return Ok(Prepared::Failed(Box::new(ended.report(lease.slot())?)));
        }
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let fuel = lease.slot().fuel()?;
        let memory = lease.slot().capture(number);
        let image = Image { memory, host: lease.slot().host().image(), fuel };
        lease.give_back();
        Ok(Prepared::Ready(Arc::new(image)))
    }

    /// Does an item after a set-up, in the instance that did the set-up.
    pub(crate) async fn run_fresh(
        &self,
        setup: &Setup,
        item: Item,
        text: &[u8],
    ) -> Result<Report, SandboxError> {
        let _permit = self.permit().await?;
        let (mut lease, ended) = match self.set_up(setup).await? {
            Ok(running) => running,
            Err(report) => return Ok(*report),
        };
        if !ended.is_set_up(lease.slot()) {
            return ended.report(lease.slot());
        }
        let slot = lease.slot();
        let fuel = slot.fuel()?;
        slot.set_fuel(fuel)?;
        slot.host().begin(item, fuel);
        let ended = self.call(&mut lease, text, setup.wall_clock_ms(), false).await;
        let report = ended.report(lease.slot())?;
        lease.give_back();
        Ok(report)
    }

    /// Does an item in an instance that is brought into a state that was kept.
    pub(crate) async fn run_fork(
        &self,
        setup: &Setup,
        image: &Image,
        item: Item,
        text: &[u8],
    ) -> Result<Report, SandboxError> {
        let _permit = self.permit().await?;
        let mut lease = self.lease(&image.memory).await?;
        let mut host = image.host.host();
        host.begin(item, image.fuel);
        lease.enter(&image.memory, host, image.fuel)?;
        let ended = self.call(&mut lease, text, setup.wall_clock_ms(), false).await;
        let report = ended.report(lease.slot())?;
        lease.give_back();
        Ok(report)
    }

    /// Runs a set-up in the first state; a report when it cannot even begin.
    async fn set_up(&self, setup: &Setup) -> Result<Result<(Lease, Ended), Box<Report>>, SandboxError> {
        let mut job = setup.job();
        let text = self.check(&job)?;
        let fs = file_system(self.interpreter.library.clone(), &mut job)?;
        let host = host(job, fs, false);
        if !self.fits(&host) {
            return Ok(Err(Box::new(too_large(host))));
        }
        let mut lease = self.lease(&self.first).await?;
        let fuel = host.limits.fuel;
        lease.enter(&self.first, host, fuel)?;
        let ended = self.call(&mut lease, &text, setup.wall_clock_ms(), true).await;
        Ok(Ok((lease, ended)))
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, SandboxError> {
        self.slots.acquire().await.map_err(|error| SandboxError::Lost(error.to_string()))
    }

    async fn lease(&self, image: &MemoryImage) -> Result<Lease, SandboxError> {
        self.pool.lend(&self.interpreter, image).await
    }

    /// Whether the interpreter fits into the memory that the job may have.
    fn fits(&self, host: &Host) -> bool {
        self.interpreter.first.len() as u64 <= host.limits.memory_bytes
    }

    async fn call(&self, lease: &mut Lease, text: &[u8], wall_clock_ms: u64, room: bool) -> Ended {
        let abilities = self.pool.abilities();
        // A guest beside another computes where that one, which waits, did: a command of a shell must not queue behind whole runs.
        if !lease.slot().host().beside {
            lease.slot().host().place = self.places.take().await;
        }
        let waiting = lease.slot().host().waiting.clone();
        let called = lease.slot().call(text, room, abilities);
        let ended =
            backstop::within((Duration::from_millis(wall_clock_ms), DOOR_WAIT_MAX), &waiting, called).await;
        lease.slot().host().place.leave();
        Ended(ended)
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
        block_on(self.run(job))
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
}

/// Runs a future on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, SandboxError>>) -> Result<T, SandboxError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| SandboxError::Lost(error.to_string()))?;
    runtime.block_on(future)
}

/// Runs at the same time beside guests that wait.
fn beside_max(config: &SandboxConfig) -> u32 {
    config.instances_max.min(BESIDE_MAX)
}

/// Runs at the same time in all.
pub(crate) fn instances_max(config: &SandboxConfig) -> u32 {
    config.instances_max.saturating_add(beside_max(config))
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
pub(crate) fn host(job: Job, fs: MarkFs, beside: bool) -> Host {
    Host {
        fs,
        beside,
        args: guest::argv(&job),
        env: job.env,
        stdin: job.stdin,
        random: random_stream(job.seed),
        epoch_ns: job.epoch_ms.saturating_mul(1_000_000),
        door: job.door,
        grant: job.grant,
        limits: job.limits,
        ..Host::idle()
    }
}

/// Debits what a host call owes when it returns, and tells it the time when it begins.
pub(crate) fn debit(mut store: StoreContextMut<'_, Host>, hook: CallHook) -> wasmtime::Result<()> {
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

/// How a call of the guest ended; `None`: the backstop ended it.
struct Ended(Option<wasmtime::Result<i32>>);

impl Ended {
    /// Whether a set-up got to its end.
    fn is_set_up(&self, slot: &mut Slot) -> bool {
        let claim = slot.host().result.as_deref().and_then(guest::parse_claim);
        matches!((&self.0, claim), (Some(Ok(0)), Some(Claim::Ok(_))))
    }

    /// What it means.
    fn report(self, slot: &mut Slot) -> Result<Report, SandboxError> {
        let left = slot.fuel()?;
        match self.0 {
            Some(ended) => report(slot.host(), left, ended),
            None => Ok(finish(slot.host(), left, Outcome::WallClock, None, None)),
        }
    }
}

/// The report of a job that may not even have the interpreter's memory.
fn too_large(mut host: Host) -> Report {
    let left = host.limits.fuel;
    finish(&mut host, left, Outcome::OutOfMemory, None, None)
}

/// What the end of the call means.
fn report(host: &mut Host, left: u64, ended: wasmtime::Result<i32>) -> Result<Report, SandboxError> {
    let error = match ended {
        Ok(code) => {
            let frame = host.result.take();
            let claim = frame.and_then(|frame| guest::parse_claim(&frame));
            return match (code, claim) {
                (0, Some(Claim::Ok(value))) => Ok(finish(host, left, Outcome::Completed, Some(value), None)),
                (1, Some(Claim::Error(error))) => {
                    let outcome = exception(host, &error);
                    Ok(finish(host, left, outcome, None, Some(error.traceback)))
                }
                _ if host.result_refused => Ok(finish(host, left, quota("result_bytes"), None, None)),
                _ => Ok(finish(host, left, trap("malformed result"), None, None)),
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
            Stop::Abort(why) => return Err(SandboxError::Door(why.clone())),
        }
    } else if let Some(&code) = error.downcast_ref::<Trap>() {
        match code {
            Trap::OutOfFuel => Outcome::OutOfFuel,
            Trap::StackOverflow => Outcome::StackOverflow,
            _ if host.growth_denied => Outcome::OutOfMemory,
            code => trap(code.to_string().trim_start_matches("wasm trap: ")),
        }
    } else if error.downcast_ref::<wiggle::GuestError>().is_some() {
        trap("bad pointer in a host call")
    } else if host.growth_denied {
        Outcome::OutOfMemory
    } else {
        return Err(engine_error(error));
    };
    Ok(finish(host, left, outcome, None, None))
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
    host: &mut Host,
    left: u64,
    outcome: Outcome,
    result: Option<serde_json::Value>,
    traceback: Option<String>,
) -> Report {
    let fuel_used = match outcome {
        Outcome::OutOfFuel => host.limits.fuel,
        _ => host.limits.fuel.saturating_sub(left),
    };
    let ((denials, denials_total), changes) = match host.beside {
        true => ((Vec::new(), 0), Vec::new()),
        false => (host.fs.take_denials(), host.fs.changes()),
    };
    Report {
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
    }
}
