//! The state of a guest between two calls, from which any number of forks start.

use std::sync::Arc;

use crate::host::PersistentState;
use crate::memory::MemoryImage;
use crate::report::Report;

/// See the module.
pub(crate) struct GuestState {
    pub(crate) memory: Arc<MemoryImage>,
    pub(crate) host: PersistentState,
    /// Fuel left in this state.
    pub(crate) fuel: u64,
}

/// Fuel and virtual nanoseconds from the beginning of a guest to a state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Elapsed {
    pub(crate) fuel: u64,
    pub(crate) virtual_ns: u64,
}

impl GuestState {
    /// Returns the fuel and time that passed before this state.
    pub(crate) fn elapsed(&self) -> Elapsed {
        let fuel = self.host.limits.fuel.saturating_sub(self.fuel);
        Elapsed { fuel, virtual_ns: fuel.saturating_add(self.host.slept_ns) }
    }

    /// Returns the approximate number of bytes that it keeps.
    pub(crate) fn bytes(&self) -> usize {
        self.memory.bytes() + self.host.bytes()
    }
}

/// The outcome of a set-up.
#[derive(Clone)]
pub(crate) enum SetupOutcome {
    Ready(Arc<GuestState>),
    /// The set-up did not complete; every item gets this report.
    Failed(Box<Report>),
}
