//! The templates that hold a state, and their eviction in order of use.

use std::collections::VecDeque;
use std::sync::{Arc, MutexGuard, Weak};

use hyperspace_core::Mutex;

use crate::instances::SetupOutcome;

/// The cell in which a template keeps its state, so that the cache can take it away.
#[derive(Default)]
pub(crate) struct StateCell(Mutex<Option<SetupOutcome>>);

impl StateCell {
    fn lock(&self) -> MutexGuard<'_, Option<SetupOutcome>> {
        self.0.lock()
    }

    pub(super) fn get(&self) -> Option<SetupOutcome> {
        self.lock().clone()
    }

    pub(super) fn put(&self, outcome: SetupOutcome) {
        *self.lock() = Some(outcome);
    }

    /// Takes that state away; runs that started from it continue.
    fn evict(&self, number: u64) {
        let mut cell = self.lock();
        if matches!(&*cell, Some(SetupOutcome::Ready(state)) if state.memory.number == number) {
            *cell = None;
        }
    }
}

/// Templates that hold a state, the least recently used first. An evicted template runs its set-up again on its next use, so
/// eviction costs time and changes nothing else.
pub(crate) struct TemplateCache {
    order: Mutex<VecDeque<TemplateCacheEntry>>,
    templates_max: usize,
    bytes_max: usize,
}

struct TemplateCacheEntry {
    number: u64,
    bytes: usize,
    cell: Weak<StateCell>,
}

impl TemplateCache {
    pub(crate) fn new(templates_max: usize, bytes_max: usize) -> Self {
        Self { order: Mutex::default(), templates_max, bytes_max }
    }

    fn order(&self) -> MutexGuard<'_, VecDeque<TemplateCacheEntry>> {
        self.order.lock()
    }

    /// Adds a template that holds a state, evicting others until there is room. The new one always stays, even if it is the
    /// only one.
    pub(crate) fn put(&self, number: u64, bytes: usize, cell: &Arc<StateCell>) {
        let mut order = self.order();
        order.retain(|entry| entry.cell.strong_count() > 0 && entry.number != number);
        let mut total: usize = order.iter().map(|entry| entry.bytes).sum();
        while order.len() >= self.templates_max || total.saturating_add(bytes) > self.bytes_max {
            let Some(oldest) = order.pop_front() else { break };
            total -= oldest.bytes;
            if let Some(cell) = oldest.cell.upgrade() {
                cell.evict(oldest.number);
            }
        }
        order.push_back(TemplateCacheEntry { number, bytes, cell: Arc::downgrade(cell) });
    }

    /// Records that a template was used.
    pub(crate) fn touch(&self, number: u64) {
        let mut order = self.order();
        if let Some(at) = order.iter().position(|entry| entry.number == number)
            && let Some(entry) = order.remove(at)
        {
            order.push_back(entry);
        }
    }

    /// Returns the number of templates that hold a state, and the total size of these states in bytes.
    pub(crate) fn filled(&self) -> (usize, usize) {
        let order = self.order();
        let alive = || order.iter().filter(|entry| entry.cell.strong_count() > 0);
        (alive().count(), alive().map(|entry| entry.bytes).sum())
    }
}
