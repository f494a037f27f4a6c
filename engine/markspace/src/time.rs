//! Logical time: a number that the engine passes in. Nothing in this crate reads a clock.
//!
//! By convention of the defaults, one tick is a millisecond; nothing else depends on that.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// Number of ticks in a minute.
pub const MINUTE: u64 = 60_000;
/// Number of ticks in an hour.
pub const HOUR: u64 = 60 * MINUTE;

/// A point in logical time, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tick(pub u64);

impl Tick {
    /// Returns the point `ticks` later, or the end of time.
    #[must_use]
    pub const fn after(self, ticks: u64) -> Self {
        Self(self.0.saturating_add(ticks))
    }

    /// Returns the ticks since an earlier point; 0 if that point is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The source of a space's time. It is read while the space is locked, so one clock serves all threads. If it
/// goes backwards, the operation is refused and nothing is written.
pub trait SpaceClock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Tick;
}

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
pub struct LogicalClock(AtomicU64);

impl LogicalClock {
    /// Returns a clock that shows this time.
    #[must_use]
    pub fn at(tick: Tick) -> Self {
        Self(AtomicU64::new(tick.0))
    }

    /// Moves it forward.
    pub fn advance(&self, ticks: u64) {
        self.0.fetch_add(ticks, Ordering::AcqRel);
    }

    /// Sets it to any time, even an earlier one.
    pub fn set(&self, tick: Tick) {
        self.0.store(tick.0, Ordering::Release);
    }
}

impl SpaceClock for LogicalClock {
    fn now(&self) -> Tick {
        Tick(self.0.load(Ordering::Acquire))
    }
}

impl<C: SpaceClock + ?Sized> SpaceClock for std::sync::Arc<C> {
    fn now(&self) -> Tick {
        (**self).now()
    }
}
