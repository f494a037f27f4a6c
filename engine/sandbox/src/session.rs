//! Sessions: items that go on one after the other, each from the state that the one before left.

use std::fmt;
use std::sync::Arc;

use crate::error::SandboxError;
use crate::instances::GuestState;
use crate::job::{Item, Setup};
use crate::report::Report;
use crate::runner::Runner;

/// The state of a guest between two items. Running an item makes a new state and leaves this one as it is, so any state can be
/// kept and gone back to.
///
/// Cheap to clone. A state takes the memory that its guest has changed since the interpreter started, mebibytes, until its last
/// handle is dropped. The same items after the same set-up give the same reports and states.
///
/// The limits of the set-up bound each item by itself, except memory, files and descriptors, which an item takes over from the one
/// before. Randomness begins anew with the seed of each item; virtual time goes on.
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

    /// Runs an item in this state. Returns its report, and the state after it; `None` when the guest was stopped before it came to an
    /// end (by a limit, or because it left with an exit code), after which nothing can go on. An exception is an end.
    ///
    /// Fuel, output, calls through the door and virtual time in the report are those of the item alone; changed files are those
    /// since the set-up.
    ///
    /// Needs a tokio runtime with time enabled. Dropping the future ends the item and leaves this state as it is.
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

    /// Returns the bytes that this state keeps, about.
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
