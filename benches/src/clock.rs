//! What a piece of work costs: time that passes, and CPU time.

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;

use crate::error::BenchError;

/// What a piece of work cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Time that passed.
    pub wall: Duration,
    /// CPU time, user and system, of all threads of this process, and of a child where one was measured.
    pub cpu: Duration,
}

/// Does the work in this process, and tells what it cost.
///
/// # Errors
///
/// Those of the work; [`BenchError::Machine`] when the machine keeps no account.
pub fn measure<T>(work: impl FnOnce() -> Result<T, BenchError>) -> Result<(T, Spent), BenchError> {
    let unknown = |error| BenchError::Machine { what: format!("CPU time: {error}") };
    let (start, before) = (now(), ProcessTime::try_now().map_err(unknown)?);
    let done = work()?;
    let cpu = before.try_elapsed().map_err(unknown)?;
    Ok((done, Spent { wall: start.elapsed(), cpu }))
}

/// The host's clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the host's time; no run depends on it")]
pub fn now() -> Instant {
    Instant::now()
}
