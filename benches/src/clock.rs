//! The cost of a work: elapsed time and CPU time.

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;

use crate::error::BenchError;

/// The cost of a work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Elapsed time.
    pub wall: Duration,
    /// CPU time, user and system, of all threads of this process, or of a measured child.
    pub cpu: Duration,
}

/// Does a work in this process and returns its cost.
///
/// # Errors
///
/// Those of the work; [`BenchError::Machine`] when the machine does not account for CPU time.
pub fn measure<T>(work: impl FnOnce() -> Result<T, BenchError>) -> Result<(T, Spent), BenchError> {
    let unknown = |error| BenchError::Machine { what: format!("CPU time: {error}") };
    let (start, before) = (now(), ProcessTime::try_now().map_err(unknown)?);
    let done = work()?;
    let cpu = before.try_elapsed().map_err(unknown)?;
    Ok((done, Spent { wall: start.elapsed(), cpu }))
}

/// Reads the host's clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the host's time; no run depends on it")]
pub fn now() -> Instant {
    Instant::now()
}
