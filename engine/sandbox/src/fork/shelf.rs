//! How many templates are kept, and which one goes first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::template::Kept;

/// Templates that hold a state, the one used longest ago first. A template that was evicted does its set-up again when it is
/// used next: eviction costs time and changes nothing else.
pub(crate) struct Shelf {
    order: Mutex<VecDeque<Place>>,
    templates_max: usize,
    bytes_max: usize,
}

struct Place {
    number: u64,
    bytes: usize,
    kept: Weak<Kept>,
}

impl Shelf {
    pub(crate) fn new(templates_max: usize, bytes_max: usize) -> Self {
        Self { order: Mutex::default(), templates_max, bytes_max }
    }

    fn order(&self) -> std::sync::MutexGuard<'_, VecDeque<Place>> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A template holds a state now; others go until there is room. The new one stays, alone if it must.
    pub(crate) fn put(&self, number: u64, bytes: usize, kept: &Arc<Kept>) {
        let mut order = self.order();
        order.retain(|place| place.kept.strong_count() > 0 && place.number != number);
        let mut total: usize = order.iter().map(|place| place.bytes).sum();
        while order.len() >= self.templates_max || total.saturating_add(bytes) > self.bytes_max {
            let Some(oldest) = order.pop_front() else { break };
            total -= oldest.bytes;
            if let Some(kept) = oldest.kept.upgrade() {
                kept.evict(oldest.number);
            }
        }
        order.push_back(Place { number, bytes, kept: Arc::downgrade(kept) });
    }

    /// A template was used.
    pub(crate) fn touch(&self, number: u64) {
        let mut order = self.order();
        if let Some(at) = order.iter().position(|place| place.number == number)
            && let Some(place) = order.remove(at)
        {
            order.push_back(place);
        }
    }

    /// Templates that hold a state, and their bytes.
    pub(crate) fn filled(&self) -> (usize, usize) {
        let order = self.order();
        let alive = || order.iter().filter(|place| place.kept.strong_count() > 0);
        (alive().count(), alive().map(|place| place.bytes).sum())
    }
}
