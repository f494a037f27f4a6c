//! Runs programs, each in an instance from the pool that is brought into the state that the program starts from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::backstop::{self, WaitLimits};
use crate::call::{self, CallEnd};
use crate::compute_permits::ComputePermits;
use crate::config::SandboxConfig;
use crate::engine::Interpreter;
use crate::error::{JobError, SandboxError};
use crate::files::Files;
use crate::host::Host;
use crate::instances::{GuestCall, GuestState, InstanceLease, InstancePool, SetupOutcome};
use crate::job::{GuestEnvironment, Item, Job, ProgramInput, Setup};
use crate::limits::{DOOR_WAIT_MAX, LimitError, Limits};
use crate::markfs::{DescriptorTable, MarkFs};
use crate::memory::MemoryImage;
use crate::place::Place;
use crate::report::Report;
use crate::runtime_name::RuntimeName;

/// See the module. All clones of a sandbox and all of its templates share one.
pub(crate) struct Runner {
    interpreter: Interpreter,
    permits: Semaphore,
    /// Permits of nested runs. These are separate, because their parents hold one of the other permits while they wait.
    nested_permits: Semaphore,
    compute_permits: ComputePermits,
    pool: Arc<InstancePool>,
    /// The state of a new instance.
    initial: Arc<MemoryImage>,
    /// The number of the next state.
    next_state: AtomicU64,
    memory_bytes_max: usize,
}

/// The result of a set-up: an instance in the state after it, or the report if the set-up did not complete.
type PreparedInstance = Result<InstanceLease, Box<Report>>;

impl Runner {
    /// Loads the interpreter, with the errors of [`Sandbox::new`](crate::Sandbox::new).
    pub(crate) fn new(config: &SandboxConfig) -> Result<Self, SandboxError> {
        config.validate()?;
        let interpreter = Interpreter::load(config)?;
        Ok(Self {
            pool: Arc::new(InstancePool::new(config)),
            initial: Arc::new(MemoryImage::initial(Arc::clone(&interpreter.initial))),
            next_state: AtomicU64::new(1),
            interpreter,
            permits: Semaphore::new(config.instances_max as usize),
            nested_permits: Semaphore::new(config.nested_max() as usize),
            compute_permits: ComputePermits::new(config.computing_max),
            memory_bytes_max: config.memory_bytes_max,
        })
    }

    /// Returns the runtime digest.
    pub(crate) fn digest(&self) -> &str {
        &self.interpreter.digest
    }

    /// Returns the name of the runtime.
    pub(crate) fn runtime_name(&self) -> Option<RuntimeName> {
        self.interpreter.runtime_name
    }

    /// Runs a job.
    pub(crate) async fn run(&self, job: Job, place: Place) -> Result<Report, SandboxError> {
        self.check(&job.environment.limits)?;
        let (program, wall_clock_ms) = (job.encode()?, job.wall_clock_ms());
        let _permit = self.permit(place).await?;
        let host = Host::of_job(job, &self.interpreter.library)?;
        if !self.fits(&host) {
            return Ok(call::too_large(host));
        }
        let lease = self.enter_initial(host).await?;
        self.complete(lease, &GuestCall { program: &program, wall_clock_ms, heap_room: false, place }).await
    }

    /// Computes something of the host, with a permit that is held until its end.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, SandboxError> {
        let permit = self.compute_permits.acquire().await;
        let work = move || {
            let _permit = permit;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => SandboxError::Lost(error.to_string()),
        })
    }

    /// Runs a job on the files of a guest that waits for its door.
    pub(crate) async fn run_nested(&self, files: &Files, mut job: Job) -> Result<Report, SandboxError> {
        if !job.environment.mounts.is_empty() {
            return Err(JobError::MountsNested.into());
        }
        self.check(&job.environment.limits)?;
        let (program, wall_clock_ms) = (job.encode()?, job.wall_clock_ms());
        let _permit = acquire(&self.nested_permits).await?;
        let limits = &mut job.environment.limits;
        let descriptors = limits.descriptors;
        limits.memory_bytes = limits.memory_bytes.min(files.memory().left());
        let host = Host::of_nested_job(job, files.memory().clone());
        if !self.fits(&host) {
            return Ok(call::too_large(host));
        }
        let mut lease = self.enter_initial(host).await?;
        let guest_call =
            GuestCall { program: &program, wall_clock_ms, heap_room: false, place: Place::Beside };
        let report = self.call_on(&mut lease, files, descriptors, &guest_call).await?;
        lease.give_back();
        Ok(report)
    }

    /// Calls a guest on the files of another one. They are put back before this returns, and when the future is dropped.
    async fn call_on(
        &self,
        lease: &mut InstanceLease,
        files: &Files,
        descriptors: u64,
        guest_call: &GuestCall<'_>,
    ) -> Result<Report, SandboxError> {
        let visit = FilesVisit::begin(lease, files, descriptors)?;
        let end = self.call(visit.lease, guest_call).await;
        self.report(visit.lease, end)
    }

    /// Runs a program that starts the shell, and captures the state after it.
    pub(crate) async fn boot(
        &self,
        environment: GuestEnvironment,
        program: &[u8],
    ) -> Result<GuestState, SandboxError> {
        let wall_clock_ms = environment.limits.wall_clock_ms;
        let mut lease = self.enter_initial(Host::of_shell(environment, 0, ProgramInput::default())).await?;
        let guest_call = GuestCall { program, wall_clock_ms, heap_room: false, place: Place::Beside };
        let end = self.call(&mut lease, &guest_call).await;
        if !end.is_set_up(lease.instance().host()) {
            return Err(SandboxError::Interpreter("the shell does not start".to_owned()));
        }
        let number = self.next_state.fetch_add(1, Ordering::Relaxed);
        let state = lease.instance().capture(number)?;
        lease.give_back();
        Ok(state)
    }

    /// Leases an instance and brings it into the state of a shell that has started.
    pub(crate) async fn enter_shell(
        &self,
        state: &GuestState,
        limits: Limits,
        seed: u64,
        input: ProgramInput,
    ) -> Result<InstanceLease, SandboxError> {
        let environment = GuestEnvironment { limits, ..GuestEnvironment::default() };
        self.enter(&state.memory, 0, || Host::of_shell(environment, seed, input)).await
    }

    /// Runs a command in a shell that has used `used` units of fuel and may use `budget` more, on the files of a waiting guest.
    /// The report counts from the start of the shell.
    pub(crate) async fn call_shell(
        &self,
        lease: &mut InstanceLease,
        files: &Files,
        program: &[u8],
        (used, budget): (u64, u64),
    ) -> Result<Report, SandboxError> {
        let instance = lease.instance();
        instance.refuel(budget)?;
        let host = instance.host();
        if !host.memory.join(files.memory()) {
            return Ok(call::too_large(std::mem::replace(host, Host::idle())));
        }
        host.resume(used.saturating_add(budget));
        let (descriptors, wall_clock_ms) = (host.kept.limits.descriptors, host.kept.limits.wall_clock_ms);
        let guest_call = GuestCall { program, wall_clock_ms, heap_room: false, place: Place::Beside };
        self.call_on(lease, files, descriptors, &guest_call).await
    }

    /// Runs a set-up and captures the state after it.
    pub(crate) async fn prepare(&self, setup: &Setup, place: Place) -> Result<SetupOutcome, SandboxError> {
        let _permit = self.permit(place).await?;
        let mut lease = match self.set_up(setup, place).await? {
            Ok(lease) => lease,
            Err(report) => return Ok(SetupOutcome::Failed(report)),
        };
        let number = self.next_state.fetch_add(1, Ordering::Relaxed);
        let state = lease.instance().capture(number)?;
        lease.give_back();
        Ok(SetupOutcome::Ready(Arc::new(state)))
    }

    /// Runs a set-up and then an item in the same instance. `program` is the encoded item.
    pub(crate) async fn run_fresh(
        &self,
        setup: &Setup,
        item: Item,
        program: &[u8],
        place: Place,
    ) -> Result<Report, SandboxError> {
        let _permit = self.permit(place).await?;
        let mut lease = match self.set_up(setup, place).await? {
            Ok(lease) => lease,
            Err(report) => return Ok(*report),
        };
        lease.instance().begin(item)?;
        let wall_clock_ms = setup.wall_clock_ms();
        self.complete(lease, &GuestCall { program, wall_clock_ms, heap_room: false, place }).await
    }

    /// Runs an item in an instance that is brought into a captured state. `program` is the encoded item.
    pub(crate) async fn run_fork(
        &self,
        state: &GuestState,
        item: Item,
        program: &[u8],
        place: Place,
    ) -> Result<Report, SandboxError> {
        let _permit = self.permit(place).await?;
        let wall_clock_ms = state.host.limits.wall_clock_ms;
        let lease = self
            .enter(&state.memory, state.fuel, || Host::of_item(state.host.clone(), item, state.fuel))
            .await?;
        self.complete(lease, &GuestCall { program, wall_clock_ms, heap_room: false, place }).await
    }

    /// Runs an item of a session, and captures the state after it if the guest came to an end. `program` is the encoded item.
    ///
    /// The report counts from the given state, and the limits apply to the item by itself.
    pub(crate) async fn run_turn(
        &self,
        setup: &Setup,
        state: &GuestState,
        item: Item,
        program: &[u8],
    ) -> Result<(Report, Option<GuestState>), SandboxError> {
        let _permit = self.permit(Place::Own).await?;
        let fuel = setup.environment.limits.fuel;
        let before = state.elapsed();
        let mut lease = self.pool.lease(&self.interpreter, &state.memory).await?;
        // The new state is kept as its difference from the initial image, so that image must be the one that is mapped.
        lease.enter_copied(
            &state.memory,
            Host::of_item(state.host.refuelled(before.fuel, fuel), item, fuel),
            fuel,
        )?;
        let wall_clock_ms = setup.wall_clock_ms();
        let guest_call = GuestCall { program, wall_clock_ms, heap_room: false, place: Place::Own };
        let end = self.call(&mut lease, &guest_call).await;
        let came_to_an_end = matches!(end, CallEnd::Guest(Ok(_)));
        let mut report = self.report(&mut lease, end)?;
        let instance = lease.instance();
        report.fuel_used = report.fuel_used.saturating_sub(before.fuel);
        report.virtual_ns = report.virtual_ns.saturating_sub(before.virtual_ns);
        if !came_to_an_end {
            lease.give_back();
            return Ok((report, None));
        }
        let after = instance.capture(self.next_state.fetch_add(1, Ordering::Relaxed))?;
        lease.give_back();
        Ok((report, Some(after)))
    }

    /// Acquires the permit of a place, if it needs one.
    async fn permit(&self, place: Place) -> Result<Option<SemaphorePermit<'_>>, SandboxError> {
        match place {
            Place::Own => acquire(&self.permits).await.map(Some),
            Place::Beside => Ok(None),
        }
    }

    /// Checks the limits of a program.
    pub(crate) fn check(&self, limits: &Limits) -> Result<(), JobError> {
        limits.validate()?;
        if limits.memory_bytes > self.memory_bytes_max as u64 {
            return Err(JobError::from(LimitError {
                field: "memory_bytes",
                given: limits.memory_bytes,
                least: 1 << 20,
                most: self.memory_bytes_max as u64,
            }));
        }
        Ok(())
    }

    /// Runs a set-up in the initial state.
    async fn set_up(&self, setup: &Setup, place: Place) -> Result<PreparedInstance, SandboxError> {
        self.check(&setup.environment.limits)?;
        let program = setup.encode()?;
        let host = Host::of_setup(setup, &self.interpreter.library)?;
        if !self.fits(&host) {
            return Ok(Err(Box::new(call::too_large(host))));
        }
        let mut lease = self.enter_initial(host).await?;
        let guest_call =
            GuestCall { program: &program, wall_clock_ms: setup.wall_clock_ms(), heap_room: true, place };
        let end = self.call(&mut lease, &guest_call).await;
        if end.is_set_up(lease.instance().host()) {
            return Ok(Ok(lease));
        }
        Ok(Err(Box::new(self.conclude(lease, end)?)))
    }

    /// Returns whether the interpreter fits into the memory that the program is allowed.
    fn fits(&self, host: &Host) -> bool {
        self.interpreter.initial.len() as u64 <= host.kept.limits.memory_bytes
    }

    /// Leases an instance and brings it into the initial state.
    async fn enter_initial(&self, host: Host) -> Result<InstanceLease, SandboxError> {
        let fuel = host.kept.limits.fuel;
        self.enter(&self.initial, fuel, || host).await
    }

    /// Leases an instance and brings it into a state, with `fuel` left.
    async fn enter(
        &self,
        memory: &Arc<MemoryImage>,
        fuel: u64,
        host: impl FnOnce() -> Host,
    ) -> Result<InstanceLease, SandboxError> {
        let mut lease = self.pool.lease(&self.interpreter, memory).await?;
        lease.enter(memory, host(), fuel)?;
        Ok(lease)
    }

    /// Calls the guest and returns the instance to the pool.
    async fn complete(
        &self,
        mut lease: InstanceLease,
        guest_call: &GuestCall<'_>,
    ) -> Result<Report, SandboxError> {
        let end = self.call(&mut lease, guest_call).await;
        self.conclude(lease, end)
    }

    /// Makes the report and returns the instance to the pool.
    fn conclude(&self, mut lease: InstanceLease, end: CallEnd) -> Result<Report, SandboxError> {
        let report = self.report(&mut lease, end)?;
        lease.give_back();
        Ok(report)
    }

    /// Makes the report of a call that has ended.
    fn report(&self, lease: &mut InstanceLease, end: CallEnd) -> Result<Report, SandboxError> {
        let instance = lease.instance();
        let fuel_left = instance.fuel()?;
        let place = end.is_stopped().then(|| self.interpreter.place_in(instance.memory())).flatten();
        let mut report = end.report(instance.host(), fuel_left)?;
        report.stopped_at = place;
        Ok(report)
    }

    async fn call(&self, lease: &mut InstanceLease, guest_call: &GuestCall<'_>) -> CallEnd {
        let instance = lease.instance();
        if guest_call.place == Place::Own {
            instance.host().call.permit = self.compute_permits.acquire().await;
        }
        let timer = instance.host().call.wait_timer.clone();
        let limits = WaitLimits { run: Duration::from_millis(guest_call.wall_clock_ms), wait: DOOR_WAIT_MAX };
        let ended = backstop::within(limits, &timer, instance.call(guest_call)).await;
        instance.host().call.permit.release();
        ended.map_or(CallEnd::Backstop, CallEnd::Guest)
    }
}

/// The files of a guest while another one works on them. Dropping this puts them back, whatever ended the call.
struct FilesVisit<'a> {
    lease: &'a mut InstanceLease,
    files: &'a Files,
    /// `None` once the files were put back.
    table: Option<DescriptorTable>,
}

impl<'a> FilesVisit<'a> {
    fn begin(lease: &'a mut InstanceLease, files: &'a Files, descriptors: u64) -> Result<Self, SandboxError> {
        let gone = || SandboxError::Lost("the files of the other guest are gone".to_owned());
        let (fs, table) = files.take(descriptors).ok_or_else(gone)?;
        lease.instance().host().kept.fs = fs;
        Ok(Self { lease, files, table: Some(table) })
    }
}

impl Drop for FilesVisit<'_> {
    fn drop(&mut self) {
        if let Some(table) = self.table.take() {
            let home = &mut self.lease.instance().host().kept.fs;
            self.files.put_back(std::mem::replace(home, MarkFs::absent()), table);
        }
    }
}

async fn acquire(permits: &Semaphore) -> Result<SemaphorePermit<'_>, SandboxError> {
    permits.acquire().await.map_err(|error| SandboxError::Lost(error.to_string()))
}
