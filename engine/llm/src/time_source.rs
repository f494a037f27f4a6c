//! Time as a value that is handed in: this crate reads no clock.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// Tells time and waits.
pub trait TimeSource: Send + Sync {
    /// Milliseconds since a moment of the clock's choice; never less than before.
    fn now_ms(&self) -> u64;

    /// Seconds since 1970, to understand dates of a provider.
    fn unix_seconds(&self) -> u64;

    /// Waits. The default waits in real time, on a tokio runtime.
    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(Duration::from_millis(ms)))
    }
}
