//! Places for requests that are worked on at the same time, and a queue for those that wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::refusal::{RefusalKind, RequestRefusal};

/// A queue with limited length.
#[derive(Debug)]
pub(crate) struct WorkQueue {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
}

/// Counts a waiting request during its lifetime.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl WorkQueue {
    pub(crate) fn new(places: usize, waiting_max: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), waiting: AtomicUsize::new(0), waiting_max }
    }

    /// Waits for a place, unless too many requests are waiting already.
    pub(crate) async fn enter(&self) -> Result<OwnedSemaphorePermit, RequestRefusal> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if before >= self.waiting_max {
            let detail = format!("{} requests wait already", self.waiting_max);
            return Err(RequestRefusal::new(RefusalKind::TooMany, detail).retry(1));
        }
        let place = Arc::clone(&self.places).acquire_owned().await;
        place.map_err(|_| RequestRefusal::new(RefusalKind::Stopping, "the server is about to stop"))
    }

    /// Returns the number of waiting requests.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Returns the number of free places.
    pub(crate) fn free(&self) -> usize {
        self.places.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn those_that_wait_are_bounded_and_those_that_give_up_are_forgotten() {
        let queue = Arc::new(WorkQueue::new(1, 1));
        let place = queue.enter().await.unwrap();
        let other = Arc::clone(&queue);
        let waits = tokio::spawn(async move { other.enter().await.map(drop) });
        while queue.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        let refusal = queue.enter().await.unwrap_err();
        assert_eq!((refusal.kind, refusal.retry_after), (RefusalKind::TooMany, Some(1)));
        waits.abort();
        assert!(waits.await.unwrap_err().is_cancelled());
        assert_eq!((queue.waiting(), queue.free()), (0, 0));
        drop(place);
        assert!(queue.enter().await.is_ok());
    }
}
