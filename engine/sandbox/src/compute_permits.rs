//! Permits to compute: they limit how many guests run code at the same time, however many guests there are.
//!
//! A guest acquires a permit when it begins, releases it while it waits for its door, and acquires one again before it
//! continues. The holder of a permit waits for nothing else, so guests cannot deadlock. A nested guest needs no permit, because
//! its parent waits. A guest can observe none of this.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All permits.
#[derive(Debug, Clone)]
pub(crate) struct ComputePermits(Option<Arc<Semaphore>>);

impl ComputePermits {
    /// Limits the guests that compute at the same time to `most`; `None` means no limit.
    pub(crate) fn new(most: Option<u32>) -> Self {
        Self(most.map(|most| Arc::new(Semaphore::new(most as usize))))
    }

    /// Acquires a permit as soon as one is free.
    pub(crate) async fn acquire(&self) -> ComputePermit {
        let mut permit = ComputePermit { permits: self.0.clone(), held: None };
        permit.acquire().await;
        permit
    }
}

/// The permit of one run. Dropping it releases it.
#[derive(Debug, Default)]
pub(crate) struct ComputePermit {
    permits: Option<Arc<Semaphore>>,
    held: Option<OwnedSemaphorePermit>,
}

impl ComputePermit {
    /// Lets another guest compute.
    pub(crate) fn release(&mut self) {
        self.held = None;
    }

    /// Acquires the permit again as soon as one is free.
    pub(crate) async fn acquire(&mut self) {
        if let (Some(permits), None) = (&self.permits, &self.held) {
            // The semaphore is never closed.
            self.held = Arc::clone(permits).acquire_owned().await.ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;

    use super::*;

    #[tokio::test]
    async fn a_guest_that_waits_lets_others_compute() {
        let permits = ComputePermits::new(Some(1));
        let mut first = permits.acquire().await;
        let mut second = pin!(permits.acquire());
        assert!(poll_fn(|context| Poll::Ready(second.as_mut().poll(context).is_pending())).await);
        first.release();
        let mut second = second.await;
        let mut again = pin!(first.acquire());
        assert!(poll_fn(|context| Poll::Ready(again.as_mut().poll(context).is_pending())).await);
        second.release();
        again.await;
        let mut unlimited = ComputePermits::new(None).acquire().await;
        unlimited.release();
        unlimited.acquire().await;
    }
}
