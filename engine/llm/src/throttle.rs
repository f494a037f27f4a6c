//! Rate limits per model: in any 60 seconds at most the configured requests and tokens, first come, first served.

use std::collections::VecDeque;
use std::sync::MutexGuard;

use hyperspace_core::Mutex;

use crate::time_source::TimeSource;

const WINDOW_MS: u64 = 60_000;

#[derive(Debug)]
pub(crate) struct Throttle {
    requests_max: u64,
    tokens_max: u64,
    /// Held by the waiting request, so that later ones queue up behind it.
    turn: tokio::sync::Mutex<()>,
    window: Mutex<RateWindow>,
}

#[derive(Debug, Default)]
struct RateWindow {
    next: u64,
    requests: VecDeque<AdmittedRequest>,
}

#[derive(Debug)]
struct AdmittedRequest {
    number: u64,
    at_ms: u64,
    tokens: u64,
}

/// The number of an admitted request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestNumber(u64);

impl Throttle {
    /// Creates a throttle; absent values are unlimited.
    pub(crate) fn new(requests: Option<u64>, tokens: Option<u64>) -> Self {
        Self {
            requests_max: requests.unwrap_or(u64::MAX),
            tokens_max: tokens.unwrap_or(u64::MAX),
            turn: tokio::sync::Mutex::default(),
            window: Mutex::default(),
        }
    }

    fn window(&self) -> MutexGuard<'_, RateWindow> {
        self.window.lock()
    }

    /// Waits until a request of about `tokens` tokens may be sent.
    pub(crate) async fn admit(&self, clock: &dyn TimeSource, tokens: u64) -> RequestNumber {
        if self.requests_max == u64::MAX && self.tokens_max == u64::MAX {
            return RequestNumber(0);
        }
        let _turn = self.turn.lock().await;
        loop {
            match self.try_admit(clock.now_ms(), tokens) {
                Ok(number) => return number,
                Err(wait_ms) => clock.sleep(wait_ms).await,
            }
        }
    }

    /// Admits a request, or returns the milliseconds until the oldest one leaves the window.
    fn try_admit(&self, now_ms: u64, tokens: u64) -> Result<RequestNumber, u64> {
        let mut window = self.window();
        while window.requests.front().is_some_and(|request| request.at_ms.saturating_add(WINDOW_MS) <= now_ms)
        {
            window.requests.pop_front();
        }
        let used = window.requests.iter().fold(0_u64, |sum, request| sum.saturating_add(request.tokens));
        let count = window.requests.len() as u64;
        let fits = count < self.requests_max && used.saturating_add(tokens) <= self.tokens_max;
        // A request that is larger than a whole window is sent alone.
        match window.requests.front() {
            Some(oldest) if !fits => Err((oldest.at_ms.saturating_add(WINDOW_MS) - now_ms).max(1)),
            _ => {
                window.next += 1;
                let number = window.next;
                window.requests.push_back(AdmittedRequest { number, at_ms: now_ms, tokens });
                Ok(RequestNumber(number))
            }
        }
    }

    /// Replaces the estimate of a request by the number of tokens that it took.
    pub(crate) fn correct(&self, number: RequestNumber, tokens: u64) {
        let mut window = self.window();
        if let Some(request) = window.requests.iter_mut().rev().find(|request| request.number == number.0) {
            request.tokens = tokens;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::VirtualTime;

    /// Returns the time at which each of these requests is admitted.
    async fn times(throttle: &Throttle, clock: &VirtualTime, tokens: &[u64]) -> Vec<u64> {
        let mut times = vec![];
        for tokens in tokens {
            throttle.admit(clock, *tokens).await;
            times.push(clock.now_ms());
        }
        times
    }

    #[tokio::test]
    async fn no_minute_has_more_than_is_allowed() {
        let clock = VirtualTime::default();
        let throttle = Throttle::new(Some(2), None);
        assert_eq!(times(&throttle, &clock, &[1; 5]).await, [0, 0, 60_000, 60_000, 120_000]);
        let clock = VirtualTime::default();
        let throttle = Throttle::new(None, Some(100));
        assert_eq!(times(&throttle, &clock, &[60, 40, 1, 500, 1]).await, [0, 0, 60_000, 120_000, 180_000]);
        let clock = VirtualTime::default();
        assert_eq!(times(&Throttle::new(None, None), &clock, &[9; 3]).await, [0, 0, 0]);
    }

    #[tokio::test]
    async fn estimates_are_corrected() {
        let clock = VirtualTime::default();
        let throttle = Throttle::new(None, Some(100));
        let number = throttle.admit(&clock, 100).await;
        throttle.correct(number, 10);
        assert_eq!(times(&throttle, &clock, &[90, 1]).await, [0, 60_000]);
    }
}
