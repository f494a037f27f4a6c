//! The handle of a template.

use std::sync::Arc;

use super::cache::{StateCell, TemplateCache};
use crate::blocking::block_on;
use crate::error::SandboxError;
use crate::instances::SetupOutcome;
use crate::job::{Item, Setup};
use crate::place::Place;
use crate::report::{Outcome, Report};
use crate::runner::Runner;
use crate::session::GuestSession;

/// A set-up that runs once, and from which any number of isolated runs start.
///
/// Cheap to clone. The set-up runs when the first fork needs it. Its state is kept until the template is dropped, or until the sandbox
/// needs the room for others (`templates_max`, `template_bytes_max`); the next fork then runs it again.
///
/// A report counts from the beginning of the set-up: fuel, virtual time, output, file changes, refusals and door calls are those of
/// set-up and item together, and the limits apply to the sum. Randomness begins anew with the item's seed. If the set-up does not
/// complete, its report is the report of every item.
#[derive(Clone)]
pub struct Template {
    runner: Arc<Runner>,
    cache: Arc<TemplateCache>,
    setup: Arc<Setup>,
    cell: Arc<StateCell>,
    /// Held while the set-up runs, so that others wait for it instead of running it as well.
    running: Arc<tokio::sync::Mutex<()>>,
}

impl Template {
    pub(crate) fn new(runner: Arc<Runner>, cache: Arc<TemplateCache>, setup: Setup) -> Self {
        Self { runner, cache, setup: Arc::new(setup), cell: Arc::default(), running: Arc::default() }
    }

    /// Runs an item after the set-up, starting from the kept state.
    ///
    /// Needs a tokio runtime with time enabled. Dropping the future ends the run and affects no other one.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`](crate::Sandbox::run).
    pub async fn fork(&self, item: Item) -> Result<Report, SandboxError> {
        self.fork_at(item, Place::Own).await
    }

    /// Runs an item as [`Template::fork`] does, beside a guest that is waiting for its door. It takes no place of `instances_max`.
    ///
    /// The caller must limit the number of such runs for each waiting guest.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`](crate::Sandbox::run).
    pub async fn fork_beside(&self, item: Item) -> Result<Report, SandboxError> {
        self.fork_at(item, Place::Beside).await
    }

    async fn fork_at(&self, item: Item, place: Place) -> Result<Report, SandboxError> {
        let program = item.encode_in(&self.setup.environment)?;
        match self.prepared(place).await? {
            SetupOutcome::Ready(state) => self.runner.run_fork(&state, item, &program, place).await,
            SetupOutcome::Failed(report) => Ok(*report),
        }
    }

    /// Runs the set-up and then the item, without a kept state. The report is the same as that of [`Template::fork`], but takes longer.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`](crate::Sandbox::run).
    pub async fn fresh(&self, item: Item) -> Result<Report, SandboxError> {
        self.fresh_at(item, Place::Own).await
    }

    /// Runs the set-up and then the item beside a guest that is waiting for its door; see [`Template::fork_beside`].
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`](crate::Sandbox::run).
    pub async fn fresh_beside(&self, item: Item) -> Result<Report, SandboxError> {
        self.fresh_at(item, Place::Beside).await
    }

    async fn fresh_at(&self, item: Item, place: Place) -> Result<Report, SandboxError> {
        let program = item.encode_in(&self.setup.environment)?;
        self.runner.run_fresh(&self.setup, item, &program, place).await
    }

    /// Runs an item as [`Template::fork`] does, on this thread; the caller needs no tokio runtime.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`](crate::Sandbox::run).
    ///
    /// # Panics
    ///
    /// When called from within a tokio runtime.
    pub fn fork_blocking(&self, item: Item) -> Result<Report, SandboxError> {
        block_on(self.fork(item))
    }

    /// Runs an item as [`Template::fresh`] does, on this thread; the caller needs no tokio runtime.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`](crate::Sandbox::run).
    ///
    /// # Panics
    ///
    /// When called from within a tokio runtime.
    pub fn fresh_blocking(&self, item: Item) -> Result<Report, SandboxError> {
        block_on(self.fresh(item))
    }

    /// Returns the state after the set-up as the beginning of a session. The inner error is the report of a set-up that did not
    /// complete.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`](crate::Sandbox::run).
    pub async fn session(&self) -> Result<Result<GuestSession, Box<Report>>, SandboxError> {
        Ok(match self.prepared(Place::Own).await? {
            SetupOutcome::Ready(state) => {
                Ok(GuestSession::new(Arc::clone(&self.runner), Arc::clone(&self.setup), state))
            }
            SetupOutcome::Failed(report) => Err(report),
        })
    }

    /// Returns whether a state is currently kept.
    #[must_use]
    pub fn is_warm(&self) -> bool {
        self.cell.get().is_some()
    }

    async fn prepared(&self, place: Place) -> Result<SetupOutcome, SandboxError> {
        if let Some(prepared) = self.cached() {
            return Ok(prepared);
        }
        let _running = self.running.lock().await;
        if let Some(prepared) = self.cached() {
            return Ok(prepared);
        }
        let prepared = self.runner.prepare(&self.setup, place).await?;
        match &prepared {
            SetupOutcome::Ready(state) => {
                self.cell.put(prepared.clone());
                self.cache.put(state.memory.number, state.bytes(), &self.cell);
            }
            // The backstop says nothing about the set-up, so the next fork tries again.
            SetupOutcome::Failed(report) if report.outcome == Outcome::WallClock => {}
            SetupOutcome::Failed(_) => self.cell.put(prepared.clone()),
        }
        Ok(prepared)
    }

    fn cached(&self) -> Option<SetupOutcome> {
        let prepared = self.cell.get()?;
        if let SetupOutcome::Ready(state) = &prepared {
            self.cache.touch(state.memory.number);
        }
        Some(prepared)
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Template").field("setup", &self.setup).field("warm", &self.is_warm()).finish()
    }
}
