//! The wall-clock backstop of a run: real time, not counting the time that the guest waits for its door.
//!
//! A guest that asks a model may wait for minutes, which says nothing about the guest, and the door limits its own time.
//! Nothing recorded depends on the clock read here: it only decides when to give up on a stuck host.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, MutexGuard};
use std::task::Poll;
use std::time::Duration;

use hyperspace_core::Mutex;
use tokio::time::{Instant, timeout_at};

/// Interval at which a deadline is checked while the guest waits.
const STEP: Duration = Duration::from_millis(10);

/// Real time for which a guest that calls the host may keep its thread at a stretch.
const TURN: Duration = Duration::from_millis(10);

/// The part of a run between two points at which it yields its thread.
#[derive(Debug)]
pub(crate) struct ThreadTurn(Instant);

impl Default for ThreadTurn {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl ThreadTurn {
    /// Begins the next turn.
    pub(crate) fn begin(&mut self) {
        self.0 = Instant::now();
    }

    /// Returns whether other work must get a turn.
    pub(crate) fn is_over(&self) -> bool {
        self.0.elapsed() >= TURN
    }
}

/// The time that the guest of one run has spent waiting for its door. Clones share the count.
#[derive(Debug, Clone, Default)]
pub(crate) struct WaitTimer(Arc<Mutex<WaitTimerState>>);

#[derive(Debug, Default)]
struct WaitTimerState {
    before: Duration,
    since: Option<Instant>,
}

impl WaitTimer {
    fn state(&self) -> MutexGuard<'_, WaitTimerState> {
        self.0.lock()
    }

    /// Counts the time until the guard is dropped.
    pub(crate) fn begin(&self) -> WaitGuard {
        self.state().since = Some(Instant::now());
        WaitGuard(self.clone())
    }

    /// Returns the duration of the current wait; zero if there is none.
    fn current(&self) -> Duration {
        self.state().since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn total(&self) -> Duration {
        let state = self.state();
        state.before + state.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// Ends a wait when it is dropped.
pub(crate) struct WaitGuard(WaitTimer);

impl Drop for WaitGuard {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if let Some(since) = state.since.take() {
            state.before += since.elapsed();
        }
    }
}

/// The limits of a run in real time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WaitLimits {
    /// Time to run, excluding waits.
    pub(crate) run: Duration,
    /// Time of a single wait.
    pub(crate) wait: Duration,
}

/// Awaits the future; returns `None` if it exceeds a limit.
///
/// The clock is also read whenever the future yields: a runtime whose threads are all computing looks at its timers late.
pub(crate) async fn within<F: Future>(limits: WaitLimits, timer: &WaitTimer, future: F) -> Option<F::Output> {
    let start = Instant::now();
    let mut deadline = start + limits.run;
    let mut future = pin!(future);
    loop {
        let watched = poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if Instant::now() >= deadline => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        });
        if let Ok(Some(output)) = timeout_at(deadline, watched).await {
            return Some(output);
        }
        let later = start + limits.run + timer.total();
        if later <= deadline || timer.current() > limits.wait {
            return None;
        }
        deadline = later.max(Instant::now() + STEP);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(300);

    fn check(wait_ms: u64, run_ms: u64, wait_max_ms: u64, done: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let timer = WaitTimer::default();
        let limits = WaitLimits { run: LIMIT, wait: Duration::from_millis(wait_max_ms) };
        let ended = runtime.block_on(within(limits, &timer, async {
            let pause = timer.begin();
            sleep(Duration::from_millis(wait_ms)).await;
            drop(pause);
            sleep(Duration::from_millis(run_ms)).await;
        }));
        assert_eq!(ended.is_some(), done, "wait {wait_ms} ms of {wait_max_ms}, run {run_ms} ms");
    }

    #[test]
    fn waits_do_not_count_and_work_does() {
        check(700, 0, 60_000, true);
        check(0, 60_000, 60_000, false);
        check(400, 60_000, 60_000, false);
    }

    #[test]
    fn a_door_that_never_answers_ends_with_the_backstop() {
        check(60_000, 0, 500, false);
    }
}
