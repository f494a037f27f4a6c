//! The threads of an engine, which exist only in the process that made them.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::errors::RequestFailure;

/// Number of forks that led to this process.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// Counts a fork. For the child, which has none of its parent's threads.
pub(crate) fn count_fork() {
    FORKS.fetch_add(1, Ordering::SeqCst);
}

/// The threads, which are ended without waiting for them, because Python may be ending, too.
struct Threads(Option<Runtime>);

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A handle to the threads of an engine.
#[derive(Clone)]
pub(crate) struct EngineThreads {
    handle: Handle,
    forks: u64,
    _threads: Arc<Threads>,
}

impl EngineThreads {
    /// Starts threads.
    pub(crate) fn start(workers: usize) -> Result<Self, RequestFailure> {
        let runtime = Builder::new_multi_thread().worker_threads(workers).enable_all().build();
        let runtime = runtime.map_err(|error| RequestFailure::internal(error.to_string()))?;
        Ok(Self {
            handle: runtime.handle().clone(),
            forks: FORKS.load(Ordering::SeqCst),
            _threads: Arc::new(Threads(Some(runtime))),
        })
    }

    /// Refuses to wait for threads of another process.
    pub(crate) fn check(&self, py: Python<'_>) -> PyResult<()> {
        if self.forks == FORKS.load(Ordering::SeqCst) {
            return Ok(());
        }
        let problem =
            "it was made before this process was forked, and belongs to the parent; make it again here";
        Err(RequestFailure::usage(problem).into_exception(py))
    }
}

impl Deref for EngineThreads {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}
