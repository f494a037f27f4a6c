//! CPU time of a thread, as Linux reports it under `/proc`. Where it is not reported, the backstop of real time is the only one.
//!
//! Nothing that is recorded depends on it: when the limit is exceeded, there is no answer.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::oneshot::Receiver;

use crate::limits::{PROCESSOR_LIMIT, PROCESSOR_LOOK, PROCESSOR_PER_MILLION};

/// The CPU time of one thread.
#[derive(Debug, Clone)]
pub(super) struct ThreadCpuTime(Option<PathBuf>);

impl ThreadCpuTime {
    pub(super) fn of_this_thread() -> Self {
        let thread = std::fs::read_link("/proc/thread-self").ok();
        Self(thread.map(|thread| PathBuf::from("/proc").join(thread).join("schedstat")))
    }

    /// Returns the CPU time used so far, or `None` if it is not reported or the thread is gone.
    pub(super) fn elapsed(&self) -> Option<Duration> {
        let text = std::fs::read_to_string(self.0.as_ref()?).ok()?;
        Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
    }
}

/// CPU time used by the commands of a shell, and the fuel charged for them.
#[derive(Debug, Default)]
pub(super) struct CpuBudget {
    pub(super) used: Duration,
    pub(super) charged: u64,
}

impl CpuBudget {
    /// Returns the CPU time that the next command may use.
    pub(super) fn remaining(&self) -> Duration {
        let millions = u32::try_from(self.charged / 1_000_000).unwrap_or(u32::MAX);
        let paid = PROCESSOR_PER_MILLION.saturating_mul(millions);
        PROCESSOR_LIMIT.saturating_add(paid).saturating_sub(self.used)
    }
}

/// Completes when the thread has used more than `limit`; never, if its CPU time is not reported.
pub(super) async fn exceeded(thread: Receiver<ThreadCpuTime>, limit: Duration) {
    if let Ok(thread) = thread.await {
        while thread.elapsed().is_some_and(|used| used <= limit) {
            tokio::time::sleep(PROCESSOR_LOOK).await;
        }
        if thread.elapsed().is_some() {
            return;
        }
    }
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charged_fuel_extends_the_limit() {
        let mut budget = CpuBudget::default();
        assert_eq!(budget.remaining(), PROCESSOR_LIMIT);
        budget = CpuBudget { used: PROCESSOR_LIMIT, charged: 999_999 };
        assert_eq!(budget.remaining(), Duration::ZERO);
        budget.charged = 3_000_000;
        assert_eq!(budget.remaining(), 3 * PROCESSOR_PER_MILLION);
    }

    #[test]
    fn the_time_of_a_thread_grows_with_its_work() {
        let thread = ThreadCpuTime::of_this_thread();
        let Some(before) = thread.elapsed() else {
            println!("skipped: this system does not report it");
            return;
        };
        let mut x = 1_u64;
        while thread.elapsed().unwrap() < before + Duration::from_millis(20) {
            x = std::hint::black_box(x.wrapping_mul(3));
        }
        let elsewhere = std::thread::spawn(ThreadCpuTime::of_this_thread).join().unwrap();
        // The kernel removes a thread shortly after it was joined.
        let gone = (0..2_000).any(|_| {
            std::thread::sleep(Duration::from_millis(1));
            elsewhere.elapsed().is_none()
        });
        assert!(gone, "a thread that is gone has no time");
    }
}
