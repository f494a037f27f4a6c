//! Retries: the number of attempts and the waits between them.

use crate::digest;

/// The number of attempts of a call, and the waits between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Maximum number of attempts, including the first.
    pub attempts_max: u32,
    /// Mean wait before the second attempt in milliseconds; doubled for each further attempt.
    pub base_ms: u64,
    /// Upper bound of the mean wait in milliseconds.
    pub backoff_ms_max: u64,
    /// Maximum total wait of one call in milliseconds, including waits requested by the provider and those of the circuit
    /// breaker.
    pub wait_ms_max: u64,
}

impl RetryPolicy {
    /// Sets the maximum number of attempts, including the first.
    #[must_use]
    pub fn attempts_max(mut self, attempts: u32) -> Self {
        self.attempts_max = attempts;
        self
    }
}

impl Default for RetryPolicy {
    /// Returns 8 attempts with mean waits of 1, 2, 4 … 60 seconds, at most 10 minutes in all.
    fn default() -> Self {
        Self { attempts_max: 8, base_ms: 1_000, backoff_ms_max: 60_000, wait_ms_max: 600_000 }
    }
}

/// The key of a wait's jitter: equal keys give equal jitter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JitterKey<'a> {
    pub(crate) seed: u64,
    pub(crate) stream: &'a str,
    pub(crate) sequence: u64,
}

impl RetryPolicy {
    /// Returns the wait after attempt number `attempt`, from 1, in milliseconds: min(base · 2^(attempt−1), max) times 0.5 to 1.5,
    /// and never less than the provider asks for.
    pub(crate) fn wait_ms(&self, attempt: u32, retry_after_ms: Option<u64>, key: JitterKey<'_>) -> u64 {
        let factor = 1_u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX);
        let mean = self.base_ms.saturating_mul(factor).min(self.backoff_ms_max);
        let name = format!("{}\n{}\n{}\n{attempt}", key.seed, key.stream, key.sequence);
        let draw = digest::draw("hyperspace v1 model backoff", name.as_bytes());
        // Fractions of 1/2^16 are fine enough for milliseconds.
        let part = mean.saturating_mul(draw & 0xffff) >> 16;
        (mean / 2).saturating_add(part).max(retry_after_ms.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_within_their_jitter_and_are_reproducible() {
        let policy = RetryPolicy::default();
        let jitter = |sequence| JitterKey { seed: 1, stream: "s", sequence };
        let mut different = 0;
        for attempt in 1..=70 {
            let mean = 1_000_u64.saturating_mul(1 << (attempt - 1).min(20)).min(60_000);
            for sequence in 0..50 {
                let wait = policy.wait_ms(attempt, None, jitter(sequence));
                assert!((mean / 2..=mean / 2 * 3).contains(&wait), "{attempt}: {wait}");
                assert_eq!(wait, policy.wait_ms(attempt, None, jitter(sequence)));
                different += u32::from(wait != policy.wait_ms(attempt, None, jitter(sequence + 1)));
            }
        }
        assert!(different > 3_000, "{different}");
        assert_eq!(policy.wait_ms(1, Some(7_000), jitter(0)), 7_000);
        assert!(policy.wait_ms(5, Some(1), jitter(0)) >= 8_000);
    }
}
