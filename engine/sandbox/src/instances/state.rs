//! The state of a guest between two calls, from which any number of forks start.

use std::sync::Arc;

use crate::host::PersistentState;
use crate::memory::MemoryImage;
use crate::report::Report;

/// See the module.
pub(crate) struct GuestState {
    pub(crate) memory: Arc<MemoryImage>,
    pub(crate) host: PersistentState,
    /// Fuel that is left in it.
    pub(crate) fuel: u64,
}

impl GuestState {
    /// Bytes that it keeps, about.
    pub(crate) fn bytes(&self) -> usize {
        self.memory.bytes() + self.host.bytes()
    }
}

/// The outcome of a set-up.
#[derive(Clone)]
pub(crate) enum SetupOutcome {
    Ready(Arc<GuestState>),
    /// It did not get to its end; every item gets this report.
    Failed(Box<Report>),
}
