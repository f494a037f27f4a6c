//! The wall-clock backstop of a run: real time, without the time that the guest waits for its door.
//!
//! A guest that asks a model may wait for minutes, which says nothing about the guest, and whoever answers has limits of its
//! own. Nothing that is recorded depends on the clock read here: it only decides when a stuck host is given up.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// How soon a deadline is looked at again while the guest waits.
const STEP: Duration = Duration::from_millis(10);

/// How long the guest of one run has waited. Clones share the count.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waiting(Arc<Mutex<Waited>>);

#[derive(Debug, Default)]
struct Waited {
    before: Duration,
    since: Option<Instant>,
}

impl Waiting {
    fn state(&self) -> MutexGuard<'_, Waited> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The guest waits until the answer is dropped.
    pub(crate) fn begin(&self) -> Pause {
        self.state().since = Some(Instant::now());
        Pause(self.clone())
    }

    /// How long it waits already for what it asked last.
    fn current(&self) -> Duration {
        self.state().since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn total(&self) -> Duration {
        let state = self.state();
        state.before + state.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// Ends a wait when it is dropped.
pub(crate) struct Pause(Waiting);

impl Drop for Pause {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if let Some(since) = state.since.take() {
            state.before += since.elapsed();
        }
    }
}

/// What the future comes to; `None` when it has run for `limit`, waits not counted, or has waited for `wait_max` at a stretch.
pub(crate) async fn within<F: Future>(
    (limit, wait_max): (Duration, Duration),
    waiting: &Waiting,
    future: F,
) -> Option<F::Output> {
    let start = Instant::now();
    let mut deadline = start + limit;
    let mut future = pin!(future);
    loop {
        if let Ok(output) = timeout_at(deadline, future.as_mut()).await {
            return Some(output);
        }
        let later = start + limit + waiting.total();
        if later <= deadline || waiting.current() > wait_max {
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
        let waiting = Waiting::default();
        let wait_max = Duration::from_millis(wait_max_ms);
        let ended = runtime.block_on(within((LIMIT, wait_max), &waiting, async {
            let pause = waiting.begin();
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
