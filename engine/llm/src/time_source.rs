//! Time as a capability passed in by the caller; this crate reads no clock.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A clock and timer.
pub trait TimeSource: Send + Sync {
    /// Returns milliseconds since an arbitrary moment; never decreases.
    fn now_ms(&self) -> u64;

    /// Returns seconds since 1970, used to interpret dates sent by a provider.
    fn unix_seconds(&self) -> u64;

    /// Waits. The default implementation waits in real time, on a tokio runtime.
    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(Duration::from_millis(ms)))
    }
}
