//! What the parts of a shell share: the files of the call, the stream of chance, notes for the answer.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bashkit::ExecutionBudget;
use hyperspace_sandbox::Files;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::ShellError;
use super::meter::{Work, work_of};

/// Notes of one call that are told; the rest would say the same.
const NOTES_MAX: usize = 8;

pub(super) struct Place {
    files: Mutex<Option<Files>>,
    random: Mutex<ChaCha20Rng>,
    notes: Mutex<Vec<String>>,
    trouble: Mutex<Option<ShellError>>,
    budget: Mutex<Option<ExecutionBudget>>,
    /// Fuel of `python3` in this call.
    python_fuel: AtomicU64,
    /// Programs that run others, one in the other.
    depth: AtomicU32,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Place {
    /// `seed` keys the randomness of the shell, `number` tells shells of one seed apart.
    pub(super) fn new(seed: u64, number: u64) -> Self {
        let mut key = [0_u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&number.to_le_bytes());
        key[16..].copy_from_slice(b"hyperspace shell");
        Self {
            files: Mutex::new(None),
            random: Mutex::new(ChaCha20Rng::from_seed(key)),
            notes: Mutex::new(Vec::new()),
            trouble: Mutex::new(None),
            budget: Mutex::new(None),
            python_fuel: AtomicU64::new(0),
            depth: AtomicU32::new(0),
        }
    }

    /// The files of this call, or of none.
    pub(super) fn lend(&self, files: Option<Files>) {
        *locked(&self.files) = files;
    }

    pub(super) fn files(&self) -> Option<Files> {
        locked(&self.files).clone()
    }

    // T-SH-02, T-SH-04.
    pub(super) fn random_bytes(&self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        locked(&self.random).fill_bytes(&mut bytes);
        bytes
    }

    pub(super) fn fill(&self, bytes: &mut [u8]) {
        locked(&self.random).fill_bytes(bytes);
    }

    pub(super) fn random_u64(&self) -> u64 {
        locked(&self.random).next_u64()
    }

    /// Says something after the output, once.
    pub(super) fn note(&self, text: String) {
        let mut notes = locked(&self.notes);
        if notes.len() < NOTES_MAX && !notes.contains(&text) {
            notes.push(text);
        }
    }

    pub(super) fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut *locked(&self.notes))
    }

    /// A failure of the host, which ends the call with no answer.
    pub(super) fn fail(&self, error: ShellError) {
        locked(&self.trouble).get_or_insert(error);
    }

    pub(super) fn take_trouble(&self) -> Option<ShellError> {
        locked(&self.trouble).take()
    }

    /// Keeps the counter of this call.
    pub(super) fn meter(&self, budget: Option<ExecutionBudget>) {
        *locked(&self.budget) = budget;
    }

    /// What it says, if this call was counted.
    pub(super) fn take_work(&self) -> Option<Work> {
        work_of(&locked(&self.budget).take()?)
    }

    /// Charges what `python3` took; a failure to would be one of the files, which are gone then.
    pub(super) fn charge_python(&self, fuel: u64) {
        if let Some(files) = self.files() {
            files.charge(fuel);
        }
        self.python_fuel.fetch_add(fuel, Ordering::Relaxed);
    }

    pub(super) fn take_python_fuel(&self) -> u64 {
        self.python_fuel.swap(0, Ordering::Relaxed)
    }

    /// One level deeper, unless there are that many already.
    pub(super) fn enter(&self, most: u32) -> bool {
        let deeper = |depth: u32| (depth < most).then_some(depth + 1);
        self.depth.fetch_update(Ordering::Relaxed, Ordering::Relaxed, deeper).is_ok()
    }

    pub(super) fn leave(&self) {
        let higher = |depth: u32| depth.checked_sub(1);
        // A level that was not entered cannot be left.
        let _ = self.depth.fetch_update(Ordering::Relaxed, Ordering::Relaxed, higher);
    }

    /// Out of all levels: a command begins.
    pub(super) fn surface(&self) {
        self.depth.store(0, Ordering::Relaxed);
    }
}
