//! State that the parts of a shell share: the files of the call, the random stream, notes for the answer, counters.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use bashkit::ExecutionBudget;
use hyperspace_core::Mutex;
use hyperspace_sandbox::Files;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::error::ShellError;
use super::work::WorkCount;

/// Maximum number of notes per call; further ones would repeat the same.
const NOTES_MAX: usize = 8;

pub(super) struct ShellContext {
    files: Mutex<Option<Files>>,
    random: Mutex<ChaCha20Rng>,
    notes: Mutex<Vec<String>>,
    failure: Mutex<Option<ShellError>>,
    budget: Mutex<Option<ExecutionBudget>>,
    /// Fuel of `python3` in this call.
    python_fuel: AtomicU64,
    /// Nesting depth of programs that run programs.
    depth: AtomicU32,
}

impl ShellContext {
    /// Creates a context whose random stream is keyed by `seed` and by the number of the shell.
    pub(super) fn new(seed: u64, number: u64) -> Self {
        let mut key = [0_u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&number.to_le_bytes());
        key[16..].copy_from_slice(b"hyperspace shell");
        Self {
            files: Mutex::new(None),
            random: Mutex::new(ChaCha20Rng::from_seed(key)),
            notes: Mutex::new(Vec::new()),
            failure: Mutex::new(None),
            budget: Mutex::new(None),
            python_fuel: AtomicU64::new(0),
            depth: AtomicU32::new(0),
        }
    }

    /// Sets the files of the current call, or `None` between calls.
    pub(super) fn set_files(&self, files: Option<Files>) {
        *self.files.lock() = files;
    }

    pub(super) fn files(&self) -> Option<Files> {
        self.files.lock().clone()
    }

    // T-SH-02, T-SH-04.
    pub(super) fn random_bytes(&self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.fill(&mut bytes);
        bytes
    }

    /// Fills `bytes` from the random stream.
    pub(super) fn fill(&self, bytes: &mut [u8]) {
        self.random.lock().fill_bytes(bytes);
    }

    pub(super) fn random_u64(&self) -> u64 {
        self.random.lock().next_u64()
    }

    /// Adds a note after the output, unless it is there already.
    pub(super) fn note(&self, text: String) {
        let mut notes = self.notes.lock();
        if notes.len() < NOTES_MAX && !notes.contains(&text) {
            notes.push(text);
        }
    }

    pub(super) fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut *self.notes.lock())
    }

    /// Records a failure of the host, which ends the call without an answer. The first one counts.
    pub(super) fn fail(&self, error: ShellError) {
        self.failure.lock().get_or_insert(error);
    }

    pub(super) fn take_failure(&self) -> Option<ShellError> {
        self.failure.lock().take()
    }

    /// Sets bashkit's budget of this call, which has its counters.
    pub(super) fn set_budget(&self, budget: Option<ExecutionBudget>) {
        *self.budget.lock() = budget;
    }

    /// Returns the work of this call, or `None` if it was not metered.
    pub(super) fn take_work(&self) -> Option<WorkCount> {
        WorkCount::of(&self.budget.lock().take()?)
    }

    /// Charges the fuel of a `python3`. Has no effect on files that are gone.
    pub(super) fn charge_python(&self, fuel: u64) {
        if let Some(files) = self.files() {
            files.charge(fuel);
        }
        self.python_fuel.fetch_add(fuel, Ordering::Relaxed);
    }

    pub(super) fn take_python_fuel(&self) -> u64 {
        self.python_fuel.swap(0, Ordering::Relaxed)
    }

    /// Enters a level of nesting. Returns false at the maximum depth.
    pub(super) fn enter(&self, depth_max: u32) -> bool {
        let deeper = |depth: u32| (depth < depth_max).then_some(depth + 1);
        self.depth.fetch_update(Ordering::Relaxed, Ordering::Relaxed, deeper).is_ok()
    }

    pub(super) fn leave(&self) {
        let higher = |depth: u32| depth.checked_sub(1);
        // The depth does not fall below zero.
        let _ = self.depth.fetch_update(Ordering::Relaxed, Ordering::Relaxed, higher);
    }

    /// Resets the nesting depth for a new command.
    pub(super) fn reset_depth(&self) {
        self.depth.store(0, Ordering::Relaxed);
    }
}
