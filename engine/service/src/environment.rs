//! The environment of the process, as values: this crate does not read environment variables, clocks, home folders or terminals.

use std::fmt;
use std::sync::Arc;

use hyperspace_llm::{Secret, TimeSource};

/// Looks up the value of an environment variable that may hold a key of a model's provider.
pub type KeyLookup = Arc<dyn Fn(&str) -> Option<Secret> + Send + Sync>;

/// Values that a front end reads from its environment and passes in.
///
/// The default is empty: no keys, no clock, and a holder without a name. That is enough for everything except calling models.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Environment {
    /// Names the process in the message that a second writer of the store gets. Default: empty.
    pub holder: String,
    /// Real time, for durations in views and for retries of calls. Default `None`: views have no durations, and models cannot be
    /// called.
    pub clock: Option<Arc<dyn TimeSource>>,
    /// Looks up the keys of models by the name of their variable. Default `None`: there are none.
    pub keys: Option<KeyLookup>,
}

impl Environment {
    /// Sets the name of the process, such as `my-server, process 12`.
    #[must_use]
    pub fn holder(mut self, holder: impl Into<String>) -> Self {
        self.holder = holder.into();
        self
    }

    /// Sets the clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn TimeSource>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Sets the lookup of keys.
    #[must_use]
    pub fn keys(mut self, keys: impl Fn(&str) -> Option<Secret> + Send + Sync + 'static) -> Self {
        self.keys = Some(Arc::new(keys));
        self
    }

    /// Starts a measurement.
    pub(crate) fn stopwatch(&self) -> Stopwatch {
        Stopwatch(self.clock.as_ref().map(|clock| (Arc::clone(clock), clock.now_ms())))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("holder", &self.holder).finish_non_exhaustive()
    }
}

/// A running measurement. Without a clock, it measures nothing.
#[derive(Clone)]
pub(crate) struct Stopwatch(Option<(Arc<dyn TimeSource>, u64)>);

impl Stopwatch {
    /// Returns the milliseconds since the start.
    pub(crate) fn millis(&self) -> Option<u64> {
        self.0.as_ref().map(|(clock, start)| clock.now_ms().saturating_sub(*start))
    }
}
