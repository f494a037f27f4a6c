//! Work that goes on while Python does something else, or waits.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use crate::attached::{attached, ended};
use crate::errors::RequestFailure;

/// Time between two looks at signals while a thread waits: how long Ctrl-C takes at most.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Makes the Python value of a result, once.
type Deliver = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

enum PendingStage {
    Running(Vec<Py<PyAny>>),
    Done(Option<Result<Deliver, RequestFailure>>),
    Cancelled,
}

struct PendingState {
    stage: Mutex<PendingStage>,
    changed: Condvar,
}

impl PendingState {
    fn stage(&self) -> MutexGuard<'_, PendingStage> {
        // A value is put in whole or not at all.
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters the last stage. Returns whom to tell.
    fn end(&self, stage: PendingStage) -> Vec<Py<PyAny>> {
        let before = std::mem::replace(&mut *self.stage(), stage);
        self.changed.notify_all();
        match before {
            PendingStage::Running(callbacks) => callbacks,
            PendingStage::Done(_) | PendingStage::Cancelled => Vec::new(),
        }
    }
}

/// Work that goes on by itself. `result()` waits for it and may be called once.
#[pyclass(frozen, module = "hyperspace")]
pub(crate) struct Pending {
    shared: Arc<PendingState>,
    abort: AbortHandle,
}

impl Pending {
    /// Starts work on the threads of `runtime`. Its result becomes a Python value when somebody takes it.
    pub(crate) fn start<T: for<'py> IntoPyObject<'py> + Send + 'static>(
        runtime: &Handle,
        work: impl Future<Output = Result<T, RequestFailure>> + Send + 'static,
    ) -> Self {
        let shared = Arc::new(PendingState {
            stage: Mutex::new(PendingStage::Running(Vec::new())),
            changed: Condvar::new(),
        });
        let task = runtime.spawn(work);
        let (abort, ending) = (task.abort_handle(), Arc::clone(&shared));
        runtime.spawn(async move {
            let stage = match task.await {
                Ok(result) => PendingStage::Done(Some(
                    result.map(|value| -> Deliver { Box::new(move |py| value.into_py_any(py)) }),
                )),
                // A panic is a bug; whoever waits is told instead of waiting forever.
                Err(error) if error.is_panic() => PendingStage::Done(Some(Err(RequestFailure::internal(
                    format!("a bug of hyperspace: {error}"),
                )))),
                Err(_) => PendingStage::Cancelled,
            };
            let callbacks = ending.end(stage);
            if !callbacks.is_empty() {
                // Python may be busy: its lock is waited for on a thread of its own.
                tokio::task::spawn_blocking(move || tell(callbacks));
            }
        });
        Self { shared, abort }
    }
}

fn tell(callbacks: Vec<Py<PyAny>>) {
    // When Python ends, nobody waits any more.
    let _told = attached(|py| {
        for callback in callbacks {
            if let Err(error) = callback.call0(py) {
                // The event loop that it belongs to was closed meanwhile.
                error.write_unraisable(py, Some(callback.bind(py)));
            }
        }
    });
}

#[pymethods]
impl Pending {
    /// Waits for the end, without Python's lock, and returns the result or raises the error. Ctrl-C ends the work.
    fn result(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        loop {
            let done = self.is_over(py);
            if let Err(interrupt) = py.check_signals() {
                self.abort.abort();
                return Err(interrupt);
            }
            if done {
                return self.take(py);
            }
        }
    }

    /// Calls `callback()` once the work has ended, on another thread; at once if it has.
    fn on_done(&self, py: Python<'_>, callback: Py<PyAny>) -> PyResult<()> {
        if ended() {
            // No other thread calls back any more, so this one waits.
            while !self.is_over(py) {
                py.check_signals()?;
            }
        }
        let waits = py.detach(|| {
            let mut stage = self.shared.stage();
            match &mut *stage {
                PendingStage::Running(callbacks) => {
                    callbacks.push(callback);
                    None
                }
                PendingStage::Done(_) | PendingStage::Cancelled => Some(callback),
            }
        });
        match waits {
            Some(callback) => callback.call0(py).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Ends the work. What was committed stays.
    fn cancel(&self) {
        self.abort.abort();
    }
}

impl Pending {
    /// Waits for the end, without Python's lock and not for long. Returns whether it has come.
    fn is_over(&self, py: Python<'_>) -> bool {
        py.detach(|| {
            let stage = self.shared.stage();
            let running = |stage: &mut PendingStage| matches!(stage, PendingStage::Running(_));
            let (stage, _) = self
                .shared
                .changed
                .wait_timeout_while(stage, SIGNAL_INTERVAL, running)
                .unwrap_or_else(PoisonError::into_inner);
            !matches!(*stage, PendingStage::Running(_))
        })
    }

    fn take(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let result = py.detach(|| match &mut *self.shared.stage() {
            PendingStage::Done(result) => result.take(),
            PendingStage::Running(_) => None,
            PendingStage::Cancelled => Some(Err(RequestFailure::internal("the work was cancelled"))),
        });
        match result {
            Some(Ok(deliver)) => deliver(py),
            Some(Err(failure)) => Err(failure.into_exception(py)),
            None => Err(RequestFailure::internal("the result was taken already").into_exception(py)),
        }
    }
}

impl Drop for Pending {
    /// Work that nobody can wait for any more is ended.
    fn drop(&mut self) {
        self.abort.abort();
    }
}
