//! The handle of a run that goes on.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use hyperspace_core::RecordId;
use hyperspace_evolve::RunEvent;

use super::view::RunView;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::operation::Operation;

/// Facts of a run that are known when it starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunStart {
    pub(super) run: RecordId,
    pub(super) generation: u64,
    pub(super) generations: u64,
}

/// A message of the work behind a handle.
pub(super) enum RunMessage {
    Started(RunStart),
    Event(RunEvent),
}

/// A run that goes on while its handle is awaited: `'static` and `Send`. It holds the store as its writer.
///
/// Dropping the handle cancels the run: the generation at work is given up, everything committed stays, and
/// [`Engine::resume`](crate::Engine::resume) continues from there to the same end.
#[derive(Debug)]
pub struct RunHandle {
    start: RunStart,
    early: VecDeque<RunEvent>,
    operation: Operation<RunMessage, RunView>,
}

impl RunHandle {
    /// Waits until the run has its first generation.
    pub(super) async fn launch(mut operation: Operation<RunMessage, RunView>) -> Result<Self, ServiceError> {
        let mut early = VecDeque::new();
        loop {
            match operation.next().await {
                Some(RunMessage::Started(start)) => return Ok(Self { start, early, operation }),
                Some(RunMessage::Event(event)) => early.push_back(event),
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
        self.start.run
    }

    /// Returns the last generation that was committed when the handle was made.
    #[must_use]
    pub fn first_generation(&self) -> u64 {
        self.start.generation
    }

    /// Returns the generation after which the run ends.
    #[must_use]
    pub fn last_generation(&self) -> u64 {
        self.start.generations
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<RunEvent>> {
        if let Some(event) = self.early.pop_front() {
            return Poll::Ready(Some(event));
        }
        loop {
            match Pin::new(&mut self.operation).poll_next(context) {
                Poll::Ready(Some(RunMessage::Event(event))) => return Poll::Ready(Some(event)),
                Poll::Ready(Some(RunMessage::Started(_))) => {}
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Waits for the next event; `None` when the run has ended. Cancel-safe.
    pub async fn next(&mut self) -> Option<RunEvent> {
        std::future::poll_fn(|context| self.poll_event(context)).await
    }

    /// Waits for the end and returns its view. Events that were not taken are dropped.
    ///
    /// # Errors
    ///
    /// What stopped the run; everything committed stays.
    pub async fn finish(self) -> Result<RunView, ServiceError> {
        self.operation.finish().await
    }

    /// Cancels the run; the same as dropping it.
    pub fn cancel(self) {}

    /// As [`RunHandle::next`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Threads`] when they cannot be started.
    ///
    /// # Panics
    ///
    /// Inside of a tokio runtime.
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
    /// Inside of a tokio runtime.
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
