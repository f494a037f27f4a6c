//! Real time: rates of requests, sessions that nobody uses, and how long answers take. Nothing that is recorded depends on it.

use tokio::time::Instant;

/// Returns the present time.
pub(crate) fn now() -> Instant {
    Instant::now()
}
