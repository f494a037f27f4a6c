//! Requests and tokens per minute: in any 60 seconds at most what is allowed, first come, first served.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::time_source::TimeSource;

const WINDOW_MS: u64 = 60_000;

#[derive(Debug)]
pub(crate) struct Throttle {
    requests_max: u64,
    tokens_max: u64,
    /// Held by the one that waits, so that the others queue behind it.
    turn: tokio::sync::Mutex<()>,
    window: Mutex<Window>,
}

#[derive(Debug, Default)]
struct Window {
    next: u64,
    entries: VecDeque<Entry>,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    at_ms: u64,
    tokens: u64,
}

/// The place of a request in the window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot(u64);

impl Throttle {
    /// Absent values are not limited.
    pub(crate) fn new(requests: Option<u64>, tokens: Option<u64>) -> Self {
        Self {
            requests_max: requests.unwrap_or(u64::MAX),
            tokens_max: tokens.unwrap_or(u64::MAX),
            turn: tokio::sync::Mutex::default(),
            window: Mutex::default(),
        }
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a request of about this many tokens may go.
    pub(crate) async fn admit(&self, clock: &dyn TimeSource, tokens: u64) -> Slot {
        if self.requests_max == u64::MAX && self.tokens_max == u64::MAX {
            return Slot(0);
        }
        let _turn = self.turn.lock().await;
        loop {
            match self.try_admit(clock.now_ms(), tokens) {
                Ok(slot) => return slot,
                Err(wait_ms) => clock.sleep(wait_ms).await,
            }
        }
    }

    /// Takes a slot, or tells how long to wait for the oldest entry to leave.
    fn try_admit(&self, now_ms: u64, tokens: u64) -> Result<Slot, u64> {
        let mut window = self.window();
        while window.entries.front().is_some_and(|entry| entry.at_ms.saturating_add(WINDOW_MS) <= now_ms) {
            window.entries.pop_front();
        }
        let used = window.entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.tokens));
        let count = window.entries.len() as u64;
        let fits = count < self.requests_max && used.saturating_add(tokens) <= self.tokens_max;
        // One that is larger than a whole window goes alone.
        match window.entries.front() {
            Some(oldest) if !fits => Err((oldest.at_ms.saturating_add(WINDOW_MS) - now_ms).max(1)),
            _ => {
                window.next += 1;
                let number = window.next;
                window.entries.push_back(Entry { number, at_ms: now_ms, tokens });
                Ok(Slot(number))
            }
        }
    }

    /// Replaces the estimate by what it was.
    pub(crate) fn correct(&self, slot: Slot, tokens: u64) {
        if let Some(entry) = self.window().entries.iter_mut().rev().find(|entry| entry.number == slot.0) {
            entry.tokens = tokens;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Virtual;

    /// When each of these requests goes, and no window holds more than allowed.
    async fn times(throttle: &Throttle, clock: &Virtual, tokens: &[u64]) -> Vec<u64> {
        let mut times = vec![];
        for tokens in tokens {
            throttle.admit(clock, *tokens).await;
            times.push(clock.now_ms());
        }
        times
    }

    #[tokio::test]
    async fn no_minute_has_more_than_is_allowed() {
        let clock = Virtual::default();
        let throttle = Throttle::new(Some(2), None);
        assert_eq!(times(&throttle, &clock, &[1; 5]).await, [0, 0, 60_000, 60_000, 120_000]);
        let clock = Virtual::default();
        let throttle = Throttle::new(None, Some(100));
        assert_eq!(times(&throttle, &clock, &[60, 40, 1, 500, 1]).await, [0, 0, 60_000, 120_000, 180_000]);
        let clock = Virtual::default();
        assert_eq!(times(&Throttle::new(None, None), &clock, &[9; 3]).await, [0, 0, 0]);
    }

    #[tokio::test]
    async fn estimates_are_corrected() {
        let clock = Virtual::default();
        let throttle = Throttle::new(None, Some(100));
        let slot = throttle.admit(&clock, 100).await;
        throttle.correct(slot, 10);
        assert_eq!(times(&throttle, &clock, &[90, 1]).await, [0, 60_000]);
    }
}
