//! Connections, limited in number, and closed when their client takes nothing of an answer.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

/// Bytes that a client has to take within the time limit while more is waiting.
const STALLED_BYTES: usize = 64 << 10;

/// Accepts connections up to the maximum; further ones are closed.
#[derive(Debug, Clone)]
pub(super) struct BoundedAcceptor {
    places: Arc<Semaphore>,
    /// Time limit for a client that takes nothing of an answer.
    stall: Duration,
}

impl BoundedAcceptor {
    pub(super) fn new(most: usize, stall: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(most)), stall }
    }
}

impl<S> Accept<TcpStream, S> for BoundedAcceptor {
    type Stream = CountedStream;
    type Service = S;
    type Future = std::future::Ready<io::Result<(CountedStream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let accepted = || {
            let place = Arc::clone(&self.places).try_acquire_owned().map_err(io::Error::other)?;
            stream.set_nodelay(true)?;
            Ok((CountedStream { stream, limit: self.stall, stalled: None, _place: place }, service))
        };
        std::future::ready(accepted())
    }
}

/// A connection that holds its place.
#[derive(Debug)]
pub(super) struct CountedStream {
    stream: TcpStream,
    limit: Duration,
    /// Present while the client is behind.
    stalled: Option<StalledWrite>,
    _place: OwnedSemaphorePermit,
}

/// A write that could not be finished at once.
#[derive(Debug)]
struct StalledWrite {
    deadline: Pin<Box<Sleep>>,
    /// Bytes that the client has taken since it was first behind.
    taken: usize,
}

impl CountedStream {
    /// Keeps the account of an attempt to write `given` bytes. The error is a client that took too little for too long.
    fn account(
        &mut self,
        context: &mut Context<'_>,
        given: usize,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(taken)) = &written {
            if let Some(stalled) = &mut self.stalled {
                stalled.taken += taken;
            }
            if *taken == given || self.stalled.as_ref().is_some_and(|stalled| stalled.taken >= STALLED_BYTES)
            {
                self.stalled = None;
            }
        }
        if written.is_pending() {
            let limit = self.limit;
            let new = || StalledWrite { deadline: Box::pin(tokio::time::sleep(limit)), taken: 0 };
            let stalled = self.stalled.get_or_insert_with(new);
            ready!(stalled.deadline.as_mut().poll(context));
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes no answer")));
        }
        written
    }
}

impl AsyncRead for CountedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for CountedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.account(context, bytes.len(), written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.account(context, parts.iter().map(|part| part.len()).sum(), written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
