//! Virtual time for tests: sleeping advances it at once.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::time_source::TimeSource;

#[derive(Debug, Default)]
pub(crate) struct VirtualTime(AtomicU64);

impl TimeSource for VirtualTime {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn unix_seconds(&self) -> u64 {
        self.now_ms() / 1_000
    }

    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.fetch_add(ms, Ordering::SeqCst);
        Box::pin(ready(()))
    }
}
