//! A set-up that was done, and the runs that start from it.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Item, MemoryImage, Setup};
use crate::error::SandboxError;
use crate::host::HostImage;
use crate::report::Report;
use crate::sandbox::Sandbox;

/// The state after a set-up.
pub(crate) struct Image {
    pub(crate) memory: Arc<MemoryImage>,
    pub(crate) host: HostImage,
    /// Fuel that the set-up left.
    pub(crate) fuel: u64,
}

/// What came of a set-up.
#[derive(Clone)]
pub(crate) enum Prepared {
    Ready(Arc<Image>),
    /// It did not get to its end; this is what every item gets.
    Failed(Box<Report>),
}

/// Where a template keeps its state, so that the shelf can take it away.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Option<Prepared>>);

impl Kept {
    fn get(&self) -> Option<Prepared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, prepared: Prepared) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(prepared);
    }

    /// Takes that state away; runs that have started from it go on.
    pub(super) fn evict(&self, number: u64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*kept, Some(Prepared::Ready(image)) if image.memory.number == number) {
            *kept = None;
        }
    }
}

/// A set-up that is done once, and from which any number of isolated runs start.
///
/// Cheap to clone. The set-up runs when the first fork needs it. Its state is kept until the template is dropped, or until
/// the sandbox needs the room for others (`templates_max`, `template_bytes_max`); then the next fork does it again.
///
/// A report counts from the beginning of the set-up: fuel, virtual time, output, file changes, refusals and calls through
/// the door are those of set-up and item together, and the limits bound the sum. Randomness begins anew with the item's
/// seed. A set-up that does not get to its end is the report of every item.
#[derive(Clone)]
pub struct Template {
    sandbox: Sandbox,
    setup: Arc<Setup>,
    kept: Arc<Kept>,
    /// Held while the set-up runs, so that others wait for it instead of doing it, too.
    running: Arc<tokio::sync::Mutex<()>>,
}

impl Template {
    pub(crate) fn new(sandbox: Sandbox, setup: Setup) -> Self {
        Self { sandbox, setup: Arc::new(setup), kept: Arc::default(), running: Arc::default() }
    }

    /// Runs an item after the set-up, starting from the kept state.
    ///
    /// Needs a tokio runtime with time enabled. Dropping the future ends the run and disturbs no other one.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`].
    pub async fn fork(&self, item: Item) -> Result<Report, SandboxError> {
        let text = self.setup.encode(&item)?;
        match self.prepared().await? {
            Prepared::Ready(image) => self.sandbox.run_fork(&self.setup, &image, item, &text).await,
            Prepared::Failed(report) => Ok(*report),
        }
    }

    /// Does the set-up and then the item, without any state kept: the same report as [`Template::fork`], later.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`].
    pub async fn fresh(&self, item: Item) -> Result<Report, SandboxError> {
        let text = self.setup.encode(&item)?;
        self.sandbox.run_fresh(&self.setup, item, &text).await
    }

    /// As [`Template::fork`], on this thread, without a runtime of the caller's.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`].
    ///
    /// # Panics
    ///
    /// When it is called from inside of a tokio runtime.
    pub fn fork_blocking(&self, item: Item) -> Result<Report, SandboxError> {
        crate::sandbox::block_on(self.fork(item))
    }

    /// As [`Template::fresh`], on this thread, without a runtime of the caller's.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`].
    ///
    /// # Panics
    ///
    /// When it is called from inside of a tokio runtime.
    pub fn fresh_blocking(&self, item: Item) -> Result<Report, SandboxError> {
        crate::sandbox::block_on(self.fresh(item))
    }

    /// Whether a state is kept at the moment.
    #[must_use]
    pub fn is_warm(&self) -> bool {
        self.kept.get().is_some()
    }

    async fn prepared(&self) -> Result<Prepared, SandboxError> {
        if let Some(prepared) = self.known() {
            return Ok(prepared);
        }
        let _running = self.running.lock().await;
        if let Some(prepared) = self.known() {
            return Ok(prepared);
        }
        let prepared = self.sandbox.run_setup(&self.setup).await?;
        match &prepared {
            Prepared::Ready(image) => {
                self.kept.put(prepared.clone());
                let bytes = image.memory.bytes() + image.host.bytes();
                self.sandbox.shelf().put(image.memory.number, bytes, &self.kept);
            }
            // The backstop says nothing about the set-up, so the next fork tries again.
            Prepared::Failed(report) if report.outcome == crate::Outcome::WallClock => {}
            Prepared::Failed(_) => self.kept.put(prepared.clone()),
        }
        Ok(prepared)
    }

    fn known(&self) -> Option<Prepared> {
        let prepared = self.kept.get()?;
        if let Prepared::Ready(image) = &prepared {
            self.sandbox.shelf().touch(image.memory.number);
        }
        Some(prepared)
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Template").field("setup", &self.setup).field("warm", &self.is_warm()).finish()
    }
}
