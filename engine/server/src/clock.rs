//! Real time, for request rates, idle sessions and durations of answers. Nothing recorded depends on it.

use tokio::time::Instant;

/// Returns the present time.
pub(crate) fn now() -> Instant {
    Instant::now()
}
