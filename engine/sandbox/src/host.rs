//! The state behind one guest: everything that its host calls can reach.
//!
//! Attacks that end here: T-DET-01, T-DET-09, T-MEM-01, T-MEM-02, T-MEM-03, T-MEM-04, T-MEM-05, T-MEM-06, T-MEM-07,
//! T-MEM-08, T-MEM-17, T-MEM-19, T-OUT-01, T-OUT-02, T-OUT-03, T-OUT-04, T-OUT-05, T-OUT-06, T-OUT-07, T-OUT-18,
//! T-PROC-09.

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use wasmtime::ResourceLimiter;

use crate::backstop::Waiting;
use crate::door::Door;
use crate::fork::{Item, Shown};
use crate::limits::{Limits, price};
use crate::markfs::MarkFs;
use crate::place::Place;

/// Why a run was stopped from inside a host call.
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

/// See the module.
pub(crate) struct Host {
    pub(crate) fs: MarkFs,
    /// The files are those of another guest; its report tells what became of them.
    pub(crate) beside: bool,
    pub(crate) limits: Limits,
    pub(crate) args: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) stdin: Vec<u8>,
    pub(crate) output: Output,
    pub(crate) random: ChaCha20Rng,
    pub(crate) epoch_ns: u64,
    /// Fuel used when the current host call began.
    pub(crate) fuel_used: u64,
    /// Charges of the current host call, debited when it returns.
    pub(crate) owed: u64,
    pub(crate) slept_ns: u64,
    pub(crate) door: Option<Box<dyn Door>>,
    pub(crate) grant: BTreeSet<String>,
    pub(crate) host_calls: u64,
    /// Time that the door takes.
    pub(crate) waiting: Waiting,
    /// Where it computes.
    pub(crate) place: Place,
    /// The answer that waits to be fetched.
    pub(crate) answer: Vec<u8>,
    pub(crate) result: Option<Vec<u8>>,
    pub(crate) result_refused: bool,
    pub(crate) memory_bytes_peak: u64,
    pub(crate) growth_denied: bool,
    /// What to share again while the guest waits, when there are many guests.
    pub(crate) shown: Option<Shown>,
}

impl Host {
    /// The host of an instance that runs nothing.
    pub(crate) fn idle() -> Self {
        Self {
            fs: MarkFs::absent(),
            beside: false,
            limits: Limits::default(),
            args: Vec::new(),
            env: BTreeMap::new(),
            stdin: Vec::new(),
            output: Output::default(),
            random: random_stream(0),
            epoch_ns: 0,
            fuel_used: 0,
            owed: 0,
            slept_ns: 0,
            door: None,
            grant: BTreeSet::new(),
            host_calls: 0,
            waiting: Waiting::default(),
            place: Place::default(),
            answer: Vec::new(),
            result: None,
            result_refused: false,
            memory_bytes_peak: 0,
            growth_denied: false,
            shown: None,
        }
    }

    /// The state of a host between two calls of its guest, without what belongs to one call: input, door and result.
    pub(crate) fn image(&mut self) -> HostImage {
        self.fs.share();
        HostImage {
            fs: self.fs.clone(),
            limits: self.limits.clone(),
            env: self.env.clone(),
            output: self.output.clone(),
            epoch_ns: self.epoch_ns,
            slept_ns: self.slept_ns,
            host_calls: self.host_calls,
            memory_bytes_peak: self.memory_bytes_peak,
            growth_denied: self.growth_denied,
        }
    }

    /// Begins the next call of the guest: what belongs to one call is replaced, everything else goes on.
    pub(crate) fn begin(&mut self, item: Item, fuel_left: u64) {
        self.args = item.argv();
        self.stdin = item.stdin;
        self.random = random_stream(item.seed);
        self.door = item.door;
        self.grant = item.grant;
        self.fuel_used = self.limits.fuel.saturating_sub(fuel_left);
        self.owed = 0;
        self.answer = Vec::new();
        self.result = None;
        self.result_refused = false;
    }

    /// Charges the current call.
    pub(crate) fn charge(&mut self, fuel: u64) {
        self.owed = self.owed.saturating_add(fuel);
    }

    /// Charges bytes that the current call moves.
    pub(crate) fn charge_bytes(&mut self, bytes: usize) {
        self.charge((bytes as u64).saturating_mul(price::BYTE));
    }

    /// Virtual nanoseconds since the run began: fuel and sleeps.
    pub(crate) fn virtual_ns(&self) -> u64 {
        self.fuel_used.saturating_add(self.slept_ns)
    }

    /// Appends to a standard stream. At the limit, what still fits is kept and the run ends.
    pub(crate) fn write_output(&mut self, stderr: bool, bytes: &[u8]) -> Result<(), Stop> {
        let used = self.output.stdout.len() + self.output.stderr.len();
        let room = usize::try_from(self.limits.output_bytes).unwrap_or(usize::MAX).saturating_sub(used);
        let stream = if stderr { &mut self.output.stderr } else { &mut self.output.stdout };
        stream.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room { Err(Stop::Output) } else { Ok(()) }
    }

    /// Fills `buffer` from the run's random stream.
    pub(crate) fn fill_random(&mut self, buffer: &mut [u8]) {
        self.random.fill_bytes(buffer);
    }
}

/// What every fork of a template starts from; see [`Host::image`].
pub(crate) struct HostImage {
    fs: MarkFs,
    limits: Limits,
    env: BTreeMap<String, String>,
    output: Output,
    epoch_ns: u64,
    slept_ns: u64,
    host_calls: u64,
    memory_bytes_peak: u64,
    growth_denied: bool,
}

impl HostImage {
    /// A host in that state; `Host::begin` completes it.
    pub(crate) fn host(&self) -> Host {
        Host {
            fs: self.fs.clone(),
            limits: self.limits.clone(),
            env: self.env.clone(),
            output: self.output.clone(),
            epoch_ns: self.epoch_ns,
            slept_ns: self.slept_ns,
            host_calls: self.host_calls,
            memory_bytes_peak: self.memory_bytes_peak,
            growth_denied: self.growth_denied,
            ..Host::idle()
        }
    }

    /// Bytes that this keeps, about: files that the guest made, and output.
    pub(crate) fn bytes(&self) -> usize {
        self.fs.bytes_made() + self.output.stdout.len() + self.output.stderr.len()
    }
}

/// The random stream of a run: ChaCha20, keyed by the job's seed and nothing else.
pub(crate) fn random_stream(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::from_seed(blake3::derive_key("hyperspace v1 sandbox random stream", &seed.to_le_bytes()))
}

impl ResourceLimiter for Host {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let desired = desired as u64;
        let allowed =
            desired <= self.limits.memory_bytes && maximum.is_none_or(|maximum| desired <= maximum as u64);
        if allowed {
            self.memory_bytes_peak = self.memory_bytes_peak.max(desired);
        } else {
            self.growth_denied = true;
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS_MAX && maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        1
    }

    fn memories(&self) -> usize {
        1
    }
}

/// Elements of the interpreter's function table, with room.
pub(crate) const TABLE_ELEMENTS_MAX: usize = 65_536;
