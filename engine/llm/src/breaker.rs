//! A circuit breaker per model: after some failures in a row nobody asks for a while, then one call asks for all.
//!
//! Calls wait while it is open; they are not failed, unless their own patience ends. So an outage costs time, not work.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::time_source::TimeSource;

/// Failures in a row that open it.
const FAILURES: u32 = 3;
/// How long it stays open.
pub(crate) const OPEN_MS: u64 = 60_000;

#[derive(Debug, Default)]
pub(crate) struct Breaker {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until_ms: u64,
    },
    /// One call asks; the others wait for what comes of it.
    Probing,
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

/// Leave to ask once. It must be told how that went; if it is dropped untold, nothing was learned.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    breaker: &'a Breaker,
    probe: bool,
}

impl Breaker {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until one may ask. `patience_ms` is what may be waited in all, and is lowered by what was; nothing is answered
    /// when it does not suffice.
    pub(crate) async fn admit(&self, clock: &dyn TimeSource, patience_ms: &mut u64) -> Option<Pass<'_>> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let now = clock.now_ms();
            let wait = {
                let mut state = self.state();
                match *state {
                    State::Closed { .. } => return Some(Pass { breaker: self, probe: false }),
                    State::Open { until_ms } if until_ms <= now => {
                        *state = State::Probing;
                        return Some(Pass { breaker: self, probe: true });
                    }
                    State::Open { until_ms } => Some(until_ms - now),
                    State::Probing => None,
                }
            };
            match wait {
                Some(wait) if wait > *patience_ms => return None,
                Some(wait) => {
                    *patience_ms -= wait;
                    clock.sleep(wait).await;
                }
                None => changed.await,
            }
        }
    }

    fn set(&self, state: State) {
        *self.state() = state;
        self.changed.notify_waiters();
    }
}

impl Pass<'_> {
    /// Tells what came of asking: `Some(true)` for a failure of the provider, `Some(false)` for an answer, nothing for what
    /// says neither.
    pub(crate) fn report(mut self, failed: Option<bool>, now_ms: u64) {
        let state = *self.breaker.state();
        let next = match (failed, state) {
            (Some(false), _) => State::Closed { failures: 0 },
            (None, _) if self.probe => State::Closed { failures: 0 },
            (Some(true), State::Closed { failures }) if failures + 1 < FAILURES => {
                State::Closed { failures: failures + 1 }
            }
            (Some(true), State::Closed { .. }) => State::Open { until_ms: now_ms.saturating_add(OPEN_MS) },
            (Some(true), _) if self.probe => State::Open { until_ms: now_ms.saturating_add(OPEN_MS) },
            (_, unchanged) => unchanged,
        };
        // What was told is not taken back by the drop.
        let probe = std::mem::take(&mut self.probe);
        if probe || !matches!((state, next), (State::Closed { .. }, State::Closed { .. })) {
            self.breaker.set(next);
        } else {
            *self.breaker.state() = next;
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probe {
            self.breaker.set(State::Open { until_ms: 0 });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Virtual;

    #[tokio::test]
    async fn it_opens_after_three_failures_and_lets_one_try() {
        let (breaker, clock) = (Breaker::default(), Virtual::default());
        let mut patience = 100_000;
        for _ in 0..2 {
            breaker.admit(&clock, &mut patience).await.unwrap().report(Some(true), clock.now_ms());
        }
        breaker.admit(&clock, &mut patience).await.unwrap().report(Some(false), clock.now_ms());
        for _ in 0..3 {
            breaker.admit(&clock, &mut patience).await.unwrap().report(Some(true), clock.now_ms());
        }
        assert_eq!(clock.now_ms(), 0);
        assert!(breaker.admit(&clock, &mut 59_999).await.is_none(), "its patience is too short");
        let probe = breaker.admit(&clock, &mut patience).await.unwrap();
        assert_eq!((probe.probe, clock.now_ms(), patience), (true, 60_000, 40_000));
        probe.report(Some(true), clock.now_ms());
        assert!(breaker.admit(&clock, &mut patience).await.is_none());
        let mut patience = 60_000;
        let probe = breaker.admit(&clock, &mut patience).await.unwrap();
        drop(probe);
        let probe = breaker.admit(&clock, &mut patience).await.unwrap();
        assert!(probe.probe, "a probe that was given up is taken over");
        probe.report(Some(false), clock.now_ms());
        assert!(!breaker.admit(&clock, &mut patience).await.unwrap().probe);
    }

    #[tokio::test]
    async fn others_wait_for_the_probe() {
        let (breaker, clock) = (Breaker::default(), Virtual::default());
        let mut patience = 100_000;
        for _ in 0..3 {
            breaker.admit(&clock, &mut patience).await.unwrap().report(Some(true), 0);
        }
        let probe = breaker.admit(&clock, &mut patience).await.unwrap();
        let waiting = async {
            let mut patience = 1;
            breaker.admit(&clock, &mut patience).await.unwrap().probe
        };
        let telling = async { probe.report(Some(false), clock.now_ms()) };
        assert!(!tokio::join!(waiting, telling).0);
    }
}
