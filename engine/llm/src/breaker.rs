//! A circuit breaker per model: after several consecutive failures no requests are sent for a while, then a single probe is.
//!
//! While the breaker is open, calls wait instead of failing, unless their patience ends. An outage costs time, not work.

use std::sync::MutexGuard;

use hyperspace_core::Mutex;
use tokio::sync::Notify;

use crate::time_source::TimeSource;

/// Consecutive failures that open the breaker.
const FAILURES: u32 = 3;
/// Milliseconds that the breaker stays open.
pub(crate) const OPEN_MS: u64 = 60_000;

#[derive(Debug, Default)]
pub(crate) struct Breaker {
    state: Mutex<BreakerState>,
    changed: Notify,
}

#[derive(Debug, Clone, Copy)]
enum BreakerState {
    Closed {
        failures: u32,
    },
    Open {
        until_ms: u64,
    },
    /// One call is in flight; the others wait for its result.
    Probing,
}

impl Default for BreakerState {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

/// The effect of an attempt on the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProviderHealth {
    /// The provider failed.
    Failing,
    /// The provider answered, or refused this request alone.
    Working,
    /// The attempt says nothing about the provider.
    Unknown,
}

/// Permission to send one request. Dropping the permit of a probe without a report lets the next call probe.
#[derive(Debug)]
pub(crate) struct BreakerPermit<'a> {
    breaker: &'a Breaker,
    probe: bool,
}

impl Breaker {
    fn state(&self) -> MutexGuard<'_, BreakerState> {
        self.state.lock()
    }

    /// Waits until a request may be sent. Reduces `patience_ms`, the remaining wait of the call, by the time waited. Returns
    /// `None` if the patience does not suffice.
    pub(crate) async fn admit(
        &self,
        clock: &dyn TimeSource,
        patience_ms: &mut u64,
    ) -> Option<BreakerPermit<'_>> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let now = clock.now_ms();
            let wait = {
                let mut state = self.state();
                match *state {
                    BreakerState::Closed { .. } => {
                        return Some(BreakerPermit { breaker: self, probe: false });
                    }
                    BreakerState::Open { until_ms } if until_ms <= now => {
                        *state = BreakerState::Probing;
                        return Some(BreakerPermit { breaker: self, probe: true });
                    }
                    BreakerState::Open { until_ms } => Some(until_ms - now),
                    BreakerState::Probing => None,
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

    /// Returns the milliseconds until a request may be sent; 0 if one may, or if that depends on another request.
    pub(crate) fn wait_ms(&self, now_ms: u64) -> u64 {
        match *self.state() {
            BreakerState::Open { until_ms } => until_ms.saturating_sub(now_ms),
            BreakerState::Closed { .. } | BreakerState::Probing => 0,
        }
    }

    fn set(&self, state: BreakerState) {
        *self.state() = state;
        self.changed.notify_waiters();
    }
}

impl BreakerPermit<'_> {
    /// Reports the result of the request.
    pub(crate) fn report(mut self, health: ProviderHealth, now_ms: u64) {
        let state = *self.breaker.state();
        let open = BreakerState::Open { until_ms: now_ms.saturating_add(OPEN_MS) };
        let next = match (health, state) {
            (ProviderHealth::Working, _) => BreakerState::Closed { failures: 0 },
            (ProviderHealth::Unknown, _) if self.probe => BreakerState::Closed { failures: 0 },
            (ProviderHealth::Failing, BreakerState::Closed { failures }) if failures + 1 < FAILURES => {
                BreakerState::Closed { failures: failures + 1 }
            }
            (ProviderHealth::Failing, BreakerState::Closed { .. }) => open,
            (ProviderHealth::Failing, _) if self.probe => open,
            (_, unchanged) => unchanged,
        };
        // The drop of a reported permit must not reopen the breaker.
        let probe = std::mem::take(&mut self.probe);
        if probe || !matches!((state, next), (BreakerState::Closed { .. }, BreakerState::Closed { .. })) {
            self.breaker.set(next);
        } else {
            *self.breaker.state() = next;
        }
    }
}

impl Drop for BreakerPermit<'_> {
    fn drop(&mut self) {
        if self.probe {
            self.breaker.set(BreakerState::Open { until_ms: 0 });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::VirtualTime;

    #[tokio::test]
    async fn it_opens_after_three_failures_and_lets_one_try() {
        let (breaker, clock) = (Breaker::default(), VirtualTime::default());
        let mut patience = 100_000;
        for _ in 0..2 {
            breaker
                .admit(&clock, &mut patience)
                .await
                .unwrap()
                .report(ProviderHealth::Failing, clock.now_ms());
        }
        breaker.admit(&clock, &mut patience).await.unwrap().report(ProviderHealth::Working, clock.now_ms());
        for _ in 0..3 {
            breaker
                .admit(&clock, &mut patience)
                .await
                .unwrap()
                .report(ProviderHealth::Failing, clock.now_ms());
        }
        assert_eq!(clock.now_ms(), 0);
        assert!(breaker.admit(&clock, &mut 59_999).await.is_none(), "the patience is too short");
        let probe = breaker.admit(&clock, &mut patience).await.unwrap();
        assert_eq!((probe.probe, clock.now_ms(), patience), (true, 60_000, 40_000));
        probe.report(ProviderHealth::Failing, clock.now_ms());
        assert!(breaker.admit(&clock, &mut patience).await.is_none());
        let mut patience = 60_000;
        let probe = breaker.admit(&clock, &mut patience).await.unwrap();
        drop(probe);
        let probe = breaker.admit(&clock, &mut patience).await.unwrap();
        assert!(probe.probe, "a dropped probe is repeated");
        probe.report(ProviderHealth::Working, clock.now_ms());
        assert!(!breaker.admit(&clock, &mut patience).await.unwrap().probe);
    }

    #[tokio::test]
    async fn others_wait_for_the_probe() {
        let (breaker, clock) = (Breaker::default(), VirtualTime::default());
        let mut patience = 100_000;
        for _ in 0..3 {
            breaker.admit(&clock, &mut patience).await.unwrap().report(ProviderHealth::Failing, 0);
        }
        let probe = breaker.admit(&clock, &mut patience).await.unwrap();
        let waiting = async {
            let mut patience = 1;
            breaker.admit(&clock, &mut patience).await.unwrap().probe
        };
        let reporting = async { probe.report(ProviderHealth::Working, clock.now_ms()) };
        assert!(!tokio::join!(waiting, reporting).0);
    }
}
