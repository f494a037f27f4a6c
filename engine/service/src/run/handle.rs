//! The handle of a run in progress.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use hyperspace_core::RecordId;
use hyperspace_evolve::RunEvent;
use hyperspace_llm::{Models, Spend};

use super::progress::{ProgressFold, RunProgress};
use super::start_view::RunStartView;
use super::view::RunView;
use crate::engine::Engine;
use crate::environment::Stopwatch;
use crate::error::ServiceError;
use crate::operation::Operation;

/// The start of a run, with the models that it calls.
pub(super) struct RunStart {
    pub(super) view: RunStartView,
    pub(super) called: Option<Models>,
}

/// An event, with this session's spend on models when it happened.
pub(super) struct StampedEvent {
    pub(super) event: RunEvent,
    pub(super) spent: Spend,
}

/// A message of the work behind a handle.
pub(super) enum RunMessage {
    Started(Box<RunStart>),
    Event(Box<StampedEvent>),
}

/// A run that makes progress while its handle is awaited: `'static` and `Send`. It holds the store as its writer.
///
/// Dropping the handle cancels the run: the generation at work is abandoned, everything committed stays, and
/// [`Engine::resume`](crate::Engine::resume) continues from there to the same end.
pub struct RunHandle {
    start: RunStart,
    early: VecDeque<StampedEvent>,
    operation: Operation<RunMessage, RunView>,
    progress: ProgressFold,
    watch: Stopwatch,
}

impl std::fmt::Debug for RunHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunHandle").field("start", &self.start.view).finish_non_exhaustive()
    }
}

impl RunHandle {
    /// Waits until the run is known.
    pub(super) async fn launch(
        mut operation: Operation<RunMessage, RunView>,
        watch: Stopwatch,
    ) -> Result<Self, ServiceError> {
        let mut early = VecDeque::new();
        loop {
            match operation.next().await {
                Some(RunMessage::Started(start)) => {
                    let progress = ProgressFold::new(start.view.generation, start.view.generations);
                    return Ok(Self { start: *start, early, operation, progress, watch });
                }
                Some(RunMessage::Event(event)) => early.push_back(*event),
                None => {
                    let ended = operation.finish().await.map(|_| ());
                    ended?;
                    return Err(ServiceError::request("the run ended before it started"));
                }
            }
        }
    }

    /// Returns the hash of the run's configuration, which names it.
    #[must_use]
    pub fn id(&self) -> RecordId {
        self.start.view.run
    }

    /// Returns the facts known at the start.
    #[must_use]
    pub fn start(&self) -> &RunStartView {
        &self.start.view
    }

    /// Returns the progress, up to the last event that was taken.
    #[must_use]
    pub fn progress(&self) -> RunProgress {
        let spent = self.start.called.as_ref().map(|models| models.spent()).unwrap_or_default();
        self.progress.view(spent, &self.watch)
    }

    /// Returns the last generation that was committed when the handle was created; 0 for a new run.
    #[must_use]
    pub fn first_generation(&self) -> u64 {
        self.start.view.generation.unwrap_or_default()
    }

    /// Returns the generation after which the run ends.
    #[must_use]
    pub fn last_generation(&self) -> u64 {
        self.start.view.generations
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<RunEvent>> {
        if let Some(stamped) = self.early.pop_front() {
            return Poll::Ready(Some(self.taken(stamped)));
        }
        loop {
            match Pin::new(&mut self.operation).poll_next(context) {
                Poll::Ready(Some(RunMessage::Event(stamped))) => {
                    return Poll::Ready(Some(self.taken(*stamped)));
                }
                Poll::Ready(Some(RunMessage::Started(_))) => {}
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Adds an event to the progress.
    fn taken(&mut self, StampedEvent { event, spent }: StampedEvent) -> RunEvent {
        self.progress.apply(&event, self.watch.millis().unwrap_or_default(), spent);
        event
    }

    /// Waits for the next event; `None` when the run has ended. Cancel-safe.
    pub async fn next(&mut self) -> Option<RunEvent> {
        std::future::poll_fn(|context| self.poll_event(context)).await
    }

    /// Waits for the end and returns its view. Events that were not taken are dropped.
    ///
    /// # Errors
    ///
    /// The error that stopped the run; everything committed stays.
    pub async fn finish(self) -> Result<RunView, ServiceError> {
        self.operation.finish().await
    }

    /// Cancels the run, like dropping it.
    pub fn cancel(self) {}

    /// As [`RunHandle::next`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Threads`] when they cannot be started.
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn next_blocking(&mut self) -> Result<Option<RunEvent>, ServiceError> {
        let engine: Engine = self.operation.engine().clone();
        engine.block_on(self.next())
    }

    /// As [`RunHandle::finish`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// As [`RunHandle::finish`] and [`RunHandle::next_blocking`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn finish_blocking(self) -> Result<RunView, ServiceError> {
        self.operation.finish_blocking()
    }
}

impl Stream for RunHandle {
    type Item = RunEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<RunEvent>> {
        self.poll_event(context)
    }
}
