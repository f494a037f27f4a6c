//! Threads for the blocking twins of async methods.

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Runtime};

/// A tokio runtime that can be dropped anywhere.
pub(crate) struct BlockingRuntime(Option<Runtime>);

impl BlockingRuntime {
    /// Starts one thread per worker.
    pub(crate) fn new(workers: usize) -> io::Result<Self> {
        Builder::new_multi_thread()
            .worker_threads(workers)
            .enable_all()
            .build()
            .map(|runtime| Self(Some(runtime)))
    }

    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        match &self.0 {
            Some(runtime) => runtime.block_on(future),
            None => unreachable!("it is taken by `drop` alone"),
        }
    }
}

impl Drop for BlockingRuntime {
    fn drop(&mut self) {
        // Dropping a runtime waits for its threads, which panics on a thread of another runtime.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
