//! A running operation: a stream of events while it runs, and a result at its end.
//!
//! It runs inside the calls that wait for it and holds its store itself, so dropping it cancels it at once: what was not
//! committed is not in the store, and the store is free for the next writer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::mpsc;

use crate::engine::Engine;
use crate::error::ServiceError;

type Work<T> = Pin<Box<dyn Future<Output = Result<T, ServiceError>> + Send>>;

/// Sends the events of an operation.
pub(crate) type EventSender<E> = mpsc::UnboundedSender<E>;

/// An operation that reports events of type `E` and ends with a `T`. It makes progress only while it is awaited.
pub struct Operation<E, T> {
    engine: Engine,
    events: mpsc::UnboundedReceiver<E>,
    state: OperationState<T>,
}

enum OperationState<T> {
    Running(Work<T>),
    Ended(Result<T, ServiceError>),
}

impl<E, T> std::fmt::Debug for Operation<E, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ended = matches!(self.state, OperationState::Ended(_));
        f.debug_struct("Operation").field("ended", &ended).finish_non_exhaustive()
    }
}

impl<E, T> Operation<E, T> {
    /// Returns an operation for the work that `work` returns, which sends its events through the given sender.
    pub(crate) fn new<F>(engine: &Engine, work: impl FnOnce(EventSender<E>) -> F) -> Self
    where
        F: Future<Output = Result<T, ServiceError>> + Send + 'static,
    {
        let (sender, events) = mpsc::unbounded_channel();
        Self { engine: engine.clone(), events, state: OperationState::Running(Box::pin(work(sender))) }
    }

    /// Returns the engine to which it belongs.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<E>> {
        if let OperationState::Running(work) = &mut self.state
            && let Poll::Ready(result) = work.as_mut().poll(context)
        {
            // The work is dropped together with its sender, so the channel ends after the remaining events.
            self.state = OperationState::Ended(result);
        }
        self.events.poll_recv(context)
    }

    /// Waits for the next event; `None` when the operation has ended. Cancel-safe.
    pub async fn next(&mut self) -> Option<E> {
        std::future::poll_fn(|context| self.poll_event(context)).await
    }

    /// Waits for the end and returns the result. Events that were not taken are dropped.
    ///
    /// # Errors
    ///
    /// The error that stopped the operation.
    pub async fn finish(mut self) -> Result<T, ServiceError> {
        while self.next().await.is_some() {}
        match self.state {
            OperationState::Ended(result) => result,
            OperationState::Running(work) => work.await,
        }
    }

    /// As [`Operation::next`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Threads`] when they cannot be started.
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn next_blocking(&mut self) -> Result<Option<E>, ServiceError> {
        let engine = self.engine.clone();
        engine.block_on(self.next())
    }

    /// As [`Operation::finish`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// As [`Operation::finish`] and [`Operation::next_blocking`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn finish_blocking(self) -> Result<T, ServiceError> {
        let engine = self.engine.clone();
        engine.block_on(self.finish())?
    }
}

impl<E, T: Unpin> Stream for Operation<E, T> {
    type Item = E;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<E>> {
        self.poll_event(context)
    }
}
