//! Sessions: items that run one after the other, each from the state that the previous one left.

use std::fmt;
use std::sync::Arc;

use crate::error::SandboxError;
use crate::instances::GuestState;
use crate::job::{Item, Setup};
use crate::report::Report;
use crate::runner::Runner;

/// The state of a guest between two items. Running an item creates a new state and leaves this one unchanged, so any state can be
/// kept and returned to.
///
/// Cheap to clone. Until its last handle is dropped, a state takes the memory that its guest has changed since the interpreter
/// started: some mebibytes. The same items after the same set-up give the same reports and states.
///
/// The limits of the set-up apply to each item by itself, except for memory, files and descriptors, which an item inherits from the
/// previous one. Randomness begins anew with the seed of each item; virtual time carries on.
#[derive(Clone)]
pub struct GuestSession {
    runner: Arc<Runner>,
    setup: Arc<Setup>,
    state: Arc<GuestState>,
}

impl GuestSession {
    pub(crate) fn new(runner: Arc<Runner>, setup: Arc<Setup>, state: Arc<GuestState>) -> Self {
        Self { runner, setup, state }
    }

    /// Runs an item in this state. Returns its report and the state after it. That state is `None` if the guest was stopped before it
    /// came to an end (by a limit, or because it exited with a code), after which nothing can continue. An exception is an end.
    ///
    /// Fuel, output, door calls and virtual time in the report are those of the item alone; changed files are those since the set-up.
    ///
    /// Needs a tokio runtime with time enabled. Dropping the future ends the item and leaves this state unchanged.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`](crate::Sandbox::run).
    pub async fn run(&self, item: Item) -> Result<(Report, Option<Self>), SandboxError> {
        let program = item.encode_in(&self.setup.environment)?;
        let (report, state) = self.runner.run_turn(&self.setup, &self.state, item, &program).await?;
        let next = state.map(|state| Self { state: Arc::new(state), ..self.clone() });
        Ok((report, next))
    }

    /// Returns the approximate number of bytes that this state keeps.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.state.bytes()
    }
}

impl fmt::Debug for GuestSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestSession").field("setup", &self.setup).field("bytes", &self.bytes()).finish()
    }
}
