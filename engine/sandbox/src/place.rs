//! Places to compute: how many guests run code at the same time, however many there are.
//!
//! A guest takes a place when it begins, leaves it while it waits for its door, and takes one again before it goes on. Who holds a place waits
//! for nothing else, so guests cannot block each other. A guest beside another one needs none, as that one waits. Nothing that a guest can see depends
//! on it.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All places.
#[derive(Debug, Clone)]
pub(crate) struct Places(Option<Arc<Semaphore>>);

impl Places {
    /// So many; as many as there are guests without a number.
    pub(crate) fn new(most: Option<u32>) -> Self {
        Self(most.map(|most| Arc::new(Semaphore::new(most as usize))))
    }

    /// A place, as soon as one is free.
    pub(crate) async fn take(&self) -> Place {
        let mut place = Place { places: self.0.clone(), held: None };
        place.take().await;
        place
    }
}

/// The place of one run. Dropping it leaves it.
#[derive(Debug, Default)]
pub(crate) struct Place {
    places: Option<Arc<Semaphore>>,
    held: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// Lets another guest compute.
    pub(crate) fn leave(&mut self) {
        self.held = None;
    }

    /// Computes again, as soon as a place is free.
    pub(crate) async fn take(&mut self) {
        if let (Some(places), None) = (&self.places, &self.held) {
            // Nobody closes it.
            self.held = Arc::clone(places).acquire_owned().await.ok();
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
    async fn who_waits_lets_others_compute() {
        let places = Places::new(Some(1));
        let mut first = places.take().await;
        let mut second = pin!(places.take());
        assert!(poll_fn(|context| Poll::Ready(second.as_mut().poll(context).is_pending())).await);
        first.leave();
        let mut second = second.await;
        let mut again = pin!(first.take());
        assert!(poll_fn(|context| Poll::Ready(again.as_mut().poll(context).is_pending())).await);
        second.leave();
        again.await;
        let mut anyone = Places::new(None).take().await;
        anyone.leave();
        anyone.take().await;
    }
}
