//! The fields of a host, grouped by lifetime.
//!
//! A snapshot is a clone of [`PersistentState`], and the next call of a guest replaces [`CallState`] as a whole. Neither lists
//! fields, so a new field cannot be forgotten.
//!
//! Attacks that end here: T-DET-01, T-DET-09, T-OUT-01, T-OUT-02, T-OUT-03, T-OUT-04, T-OUT-05, T-OUT-06, T-OUT-07,
//! T-OUT-18, T-PROC-09.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_core::RelPath;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::backstop::{ThreadTurn, WaitTimer};
use crate::compute_permits::ComputePermit;
use crate::door::Door;
use crate::error::JobError;
use crate::guest;
use crate::job::{GuestEnvironment, Item, Job, ProgramInput, Setup};
use crate::limits::Limits;
use crate::markfs::MarkFs;
use crate::memory::ImageView;
use crate::memory_account::{MemoryAccount, MemoryShare};
use crate::mount::Mount;

/// The reason why a run was stopped from inside a host call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    #[error("exit {0}")]
    Exit(u32),
    #[error("output limit")]
    Output,
    #[error("host calls spent")]
    HostCalls,
    #[error("fuel spent")]
    Fuel,
    #[error("wall clock")]
    WallClock,
    #[error("{0}")]
    Abort(String),
}

/// Standard output and error.
#[derive(Default, Clone)]
pub(crate) struct Output {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// See the folder's page.
pub(crate) struct Host {
    pub(crate) kept: PersistentState,
    pub(crate) call: CallState,
    /// The image that the instance's memory is mapped to if there are many guests: pages are shared again while a guest waits.
    pub(crate) view: Option<ImageView>,
    /// Its linear memory, in the account of the guest that it works for.
    pub(crate) memory: MemoryShare,
}

/// The part that carries over from one call of the guest to the next, and from a set-up into its forks.
#[derive(Clone)]
pub(crate) struct PersistentState {
    pub(crate) fs: MarkFs,
    pub(crate) limits: Limits,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) output: Output,
    pub(crate) epoch_ns: u64,
    pub(crate) slept_ns: u64,
    pub(crate) host_calls: u64,
    pub(crate) memory_bytes_peak: u64,
    pub(crate) growth_denied: bool,
}

/// The part that belongs to one call of the guest.
pub(crate) struct CallState {
    /// True if the files belong to another guest, whose report lists the changes.
    pub(crate) nested: bool,
    pub(crate) args: Vec<String>,
    pub(crate) stdin: Vec<u8>,
    pub(crate) random: ChaCha20Rng,
    pub(crate) door: Option<Box<dyn Door>>,
    pub(crate) grant: BTreeSet<String>,
    /// Fuel used when the current host call began.
    pub(crate) fuel_used: u64,
    /// Charges of the current host call, debited when it returns.
    pub(crate) owed: u64,
    /// Fuel that the current host call refunds when it returns.
    pub(crate) refund: u64,
    /// Fuel until the next door call, starting when the current host call returns.
    pub(crate) bound: Option<u64>,
    /// Fuel that is left beyond that bound.
    pub(crate) reserve: u64,
    /// Time that the guest has spent waiting for its door.
    pub(crate) wait_timer: WaitTimer,
    /// The part of the call since it last yielded its thread.
    pub(crate) turn: ThreadTurn,
    pub(crate) permit: ComputePermit,
    /// The answer of the door, until the guest fetches it.
    pub(crate) answer: Vec<u8>,
    pub(crate) result: Option<Vec<u8>>,
    pub(crate) result_refused: bool,
}

impl Host {
    /// Returns the host of an instance that runs nothing.
    pub(crate) fn idle() -> Self {
        let (environment, call) =
            (GuestEnvironment::default(), CallState::new(Vec::new(), 0, ProgramInput::default()));
        Self::new(environment, MarkFs::absent(), call)
    }

    /// Returns the host of a job, with `library` mounted.
    pub(crate) fn of_job(job: Job, library: &Mount) -> Result<Self, JobError> {
        let argv = job.argv();
        let Job { mut environment, seed, input, .. } = job;
        let fs = file_system(&mut environment, library)?;
        Ok(Self::new(environment, fs, CallState::new(argv, seed, input)))
    }

    /// Returns the host of a set-up, with `library` mounted.
    pub(crate) fn of_setup(setup: &Setup, library: &Mount) -> Result<Self, JobError> {
        let mut environment = setup.environment.clone();
        let fs = file_system(&mut environment, library)?;
        Ok(Self::new(environment, fs, CallState::new(setup.argv(), setup.seed, ProgramInput::default())))
    }

    /// Returns the host of a job that runs on the files of another guest, in its memory account. The files are not there yet.
    pub(crate) fn of_nested_job(job: Job, account: MemoryAccount) -> Self {
        let argv = job.argv();
        let Job { environment, seed, input, .. } = job;
        let call = CallState { nested: true, ..CallState::new(argv, seed, input) };
        Self { memory: MemoryShare::new(account), ..Self::new(environment, MarkFs::absent(), call) }
    }

    /// Returns the host of a shell, which works on the files of other guests. They are not there yet.
    pub(crate) fn of_shell(environment: GuestEnvironment, seed: u64, input: ProgramInput) -> Self {
        let call = CallState { nested: true, ..CallState::new(Vec::new(), seed, input) };
        Self::new(environment, MarkFs::absent(), call)
    }

    /// Begins the next command of a shell, by whose end the shell may have used `fuel` in total. Time, randomness and the
    /// door carry over.
    pub(crate) fn resume(&mut self, fuel: u64) {
        self.kept.limits.fuel = fuel;
        (self.kept.host_calls, self.kept.growth_denied) = (0, false);
        self.kept.output = Output::default();
        self.call.wait_timer = WaitTimer::default();
        self.call.answer = Vec::new();
        (self.call.result, self.call.result_refused) = (None, false);
    }

    /// Returns the host of an item that continues from `kept` with `fuel_left`.
    pub(crate) fn of_item(kept: PersistentState, item: Item, fuel_left: u64) -> Self {
        let fuel_used = kept.limits.fuel.saturating_sub(fuel_left);
        let memory = MemoryShare::new(MemoryAccount::new(kept.limits.memory_bytes));
        Self { call: CallState::of_item(item, fuel_used), kept, view: None, memory }
    }

    fn new(environment: GuestEnvironment, fs: MarkFs, call: CallState) -> Self {
        let memory = MemoryShare::new(MemoryAccount::new(environment.limits.memory_bytes));
        let kept = PersistentState {
            fs,
            limits: environment.limits,
            env: environment.env,
            output: Output::default(),
            epoch_ns: environment.epoch_ms.saturating_mul(1_000_000),
            slept_ns: 0,
            host_calls: 0,
            memory_bytes_peak: 0,
            growth_denied: false,
        };
        Self { kept, call, view: None, memory }
    }

    /// Begins the next call of the guest, an item that continues from here.
    pub(crate) fn begin(&mut self, item: Item, fuel_left: u64) {
        self.call = CallState::of_item(item, self.kept.limits.fuel.saturating_sub(fuel_left));
    }

    /// Returns the virtual nanoseconds since the run began: fuel and sleeps.
    pub(crate) fn virtual_ns(&self) -> u64 {
        self.call.fuel_used.saturating_add(self.kept.slept_ns)
    }

    /// Appends to a standard stream. At the limit, the part that still fits is kept and the run ends.
    pub(crate) fn write_output(&mut self, stderr: bool, bytes: &[u8]) -> Result<(), Stop> {
        let PersistentState { output, limits, .. } = &mut self.kept;
        let used = output.stdout.len() + output.stderr.len();
        let room = usize::try_from(limits.output_bytes).unwrap_or(usize::MAX).saturating_sub(used);
        let stream = if stderr { &mut output.stderr } else { &mut output.stdout };
        stream.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room { Err(Stop::Output) } else { Ok(()) }
    }

    /// Fills `buffer` from the run's random stream.
    pub(crate) fn fill_random(&mut self, buffer: &mut [u8]) {
        self.call.random.fill_bytes(buffer);
    }
}

impl PersistentState {
    /// Returns a copy to continue from. Copies share the bytes of files until one of them changes a file.
    pub(crate) fn snapshot(&mut self) -> Self {
        self.fs.share();
        self.clone()
    }

    /// Returns the state from which the next item of a session starts, after `used` units of fuel, with `fuel` more.
    pub(crate) fn refuelled(&self, used: u64, fuel: u64) -> Self {
        let mut next = self.clone();
        next.limits.fuel = used.saturating_add(fuel);
        (next.host_calls, next.growth_denied) = (0, false);
        next
    }

    /// Returns the approximate number of bytes that this keeps: files that the guest made, and output.
    pub(crate) fn bytes(&self) -> usize {
        self.fs.bytes_made() + self.output.stdout.len() + self.output.stderr.len()
    }
}

impl CallState {
    /// Returns whether the door keeps the digits of long integers.
    pub(crate) fn keeps_integers(&self) -> bool {
        self.door.as_ref().is_some_and(|door| door.keeps_integers())
    }

    fn new(argv: Vec<String>, seed: u64, input: ProgramInput) -> Self {
        Self {
            nested: false,
            args: argv,
            stdin: input.stdin,
            random: random_stream(seed),
            door: input.door,
            grant: input.grant,
            fuel_used: 0,
            owed: 0,
            refund: 0,
            bound: None,
            reserve: 0,
            wait_timer: WaitTimer::default(),
            turn: ThreadTurn::default(),
            permit: ComputePermit::default(),
            answer: Vec::new(),
            result: None,
            result_refused: false,
        }
    }

    fn of_item(item: Item, fuel_used: u64) -> Self {
        Self { fuel_used, ..Self::new(item.argv(), item.seed, item.input) }
    }
}

/// Takes the files of a program from its environment: its mounts, the library, and a scratch folder.
fn file_system(environment: &mut GuestEnvironment, library: &Mount) -> Result<MarkFs, JobError> {
    let mut mounts = std::mem::take(&mut environment.mounts);
    mounts.push(library.clone());
    if let Ok(tmp) = RelPath::new(guest::TMP)
        && mounts.iter().all(|mount| mount.at != tmp)
    {
        mounts.push(Mount::scratch(tmp));
    }
    MarkFs::new(mounts, &environment.limits, environment.epoch_ms)
}

/// Returns the random stream of a run: ChaCha20, keyed by the seed and nothing else.
fn random_stream(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::from_seed(blake3::derive_key("hyperspace v1 sandbox random stream", &seed.to_le_bytes()))
}
