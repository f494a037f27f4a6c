//! Time of the processor that a thread took: what Linux tells of it under `/proc`. Where it does not tell, nothing is known, and the
//! backstop of real time is the only one.
//!
//! Nothing that is recorded depends on it: when the time is spent, there is no answer at all.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::oneshot::Receiver;

use crate::limits::{PROCESSOR_LIMIT, PROCESSOR_LOOK, PROCESSOR_PER_MILLION};

/// Where the system tells it of one thread.
#[derive(Debug, Clone)]
pub(super) struct Processor(Option<PathBuf>);

impl Processor {
    pub(super) fn of_this_thread() -> Self {
        Self(
            std::fs::read_link("/proc/thread-self")
                .ok()
                .map(|thread| PathBuf::from("/proc").join(thread).join("schedstat")),
        )
    }

    /// What the thread took so far.
    pub(super) fn taken(&self) -> Option<Duration> {
        let text = std::fs::read_to_string(self.0.as_ref()?).ok()?;
        Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
    }
}

/// What the commands of one shell took, and what they were charged.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) taken: Duration,
    pub(super) charged: u64,
}

impl Account {
    /// What the next command may take.
    pub(super) fn allows(&self) -> Duration {
        let millions = u32::try_from(self.charged / 1_000_000).unwrap_or(u32::MAX);
        let paid = PROCESSOR_PER_MILLION.saturating_mul(millions);
        PROCESSOR_LIMIT.saturating_add(paid).saturating_sub(self.taken)
    }
}

/// Ends when the thread took more than it may, and never where that is not known.
pub(super) async fn spent(told: Receiver<Processor>, allowed: Duration) {
    if let Ok(processor) = told.await {
        while processor.taken().is_some_and(|taken| taken <= allowed) {
            tokio::time::sleep(PROCESSOR_LOOK).await;
        }
        if processor.taken().is_some() {
            return;
        }
    }
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_charged_may_be_taken() {
        let mut account = Account::default();
        assert_eq!(account.allows(), PROCESSOR_LIMIT);
        account = Account { taken: PROCESSOR_LIMIT, charged: 999_999 };
        assert_eq!(account.allows(), Duration::ZERO);
        account.charged = 3_000_000;
        assert_eq!(account.allows(), 3 * PROCESSOR_PER_MILLION);
    }

    #[test]
    fn the_time_of_a_thread_is_told_and_grows_with_its_work() {
        let processor = Processor::of_this_thread();
        let Some(before) = processor.taken() else {
            println!("skipped: this system does not tell");
            return;
        };
        let mut x = 1_u64;
        while processor.taken().unwrap() < before + Duration::from_millis(20) {
            x = std::hint::black_box(x.wrapping_mul(3));
        }
        let elsewhere = std::thread::spawn(Processor::of_this_thread).join().unwrap();
        // The kernel takes a thread down a moment after it was waited for.
        let gone = (0..2_000).any(|_| {
            std::thread::sleep(Duration::from_millis(1));
            elsewhere.taken().is_none()
        });
        assert!(gone, "a thread that is gone tells nothing");
    }
}
