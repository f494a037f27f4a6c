//! Work whose result Python waits for, or is told of.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use tokio::task::AbortHandle;

use crate::attached::{attached, ended};
use crate::engine_threads::EngineThreads;
use crate::errors::RequestFailure;

/// Time between two checks for signals while a thread waits, which is the longest that Ctrl-C takes.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Creates the Python value of a result, once.
type Deliver = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// Work up to its result.
type PendingWork = Pin<Box<dyn Future<Output = Result<Deliver, RequestFailure>> + Send>>;

enum PendingStage {
    /// Nobody has asked for the result.
    New(PendingWork),
    /// The work is in progress; these callbacks are told of its end.
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
        // A value is stored completely or not at all.
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the work if it has not begun, and marks it as running.
    fn begin(&self) -> Option<PendingWork> {
        let mut stage = self.stage();
        match std::mem::replace(&mut *stage, PendingStage::Running(Vec::new())) {
            PendingStage::New(work) => Some(work),
            other => {
                *stage = other;
                None
            }
        }
    }

    /// Enters the last stage. Returns the callbacks to be told.
    fn end(&self, stage: PendingStage) -> Vec<Py<PyAny>> {
        let before = std::mem::replace(&mut *self.stage(), stage);
        self.changed.notify_all();
        match before {
            PendingStage::Running(callbacks) => callbacks,
            PendingStage::New(_) | PendingStage::Done(_) | PendingStage::Cancelled => Vec::new(),
        }
    }
}

/// Work that begins when somebody waits for it. `result()` does it on the thread that waits, and may be called once; with `on_done` it goes
/// on by itself.
#[pyclass(frozen, module = "hyperspace")]
pub(crate) struct Pending {
    shared: Arc<PendingState>,
    runtime: EngineThreads,
    /// Aborts the work once it runs by itself.
    abort: OnceLock<AbortHandle>,
}

impl Pending {
    /// Prepares work for `runtime`. Its result becomes a Python value when it is taken.
    pub(crate) fn new<T: for<'py> IntoPyObject<'py> + Send + 'static>(
        runtime: &EngineThreads,
        work: impl Future<Output = Result<T, RequestFailure>> + Send + 'static,
    ) -> Self {
        let work =
            async move { work.await.map(|value| -> Deliver { Box::new(move |py| value.into_py_any(py)) }) };
        let stage = Mutex::new(PendingStage::New(Box::pin(work)));
        let shared = Arc::new(PendingState { stage, changed: Condvar::new() });
        Self { shared, runtime: runtime.clone(), abort: OnceLock::new() }
    }

    /// Lets the work run by itself.
    fn spawn(&self, work: PendingWork) {
        let task = self.runtime.spawn(work);
        self.abort.get_or_init(|| task.abort_handle());
        let ending = Arc::clone(&self.shared);
        self.runtime.spawn(async move {
            let stage = match task.await {
                Ok(result) => PendingStage::Done(Some(result)),
                // A panic is a bug; it is reported to whoever waits, instead of letting them wait forever.
                Err(error) if error.is_panic() => PendingStage::Done(Some(Err(bug(&error.to_string())))),
                Err(_) => PendingStage::Cancelled,
            };
            let callbacks = ending.end(stage);
            if !callbacks.is_empty() {
                // Python may be busy, so waiting for its lock happens on a separate thread.
                tokio::task::spawn_blocking(move || tell(callbacks));
            }
        });
    }

    /// Does the work on this thread, without Python's lock. Returns the exception of a signal if one ended it.
    fn finish(&self, py: Python<'_>, work: PendingWork) -> PyResult<()> {
        let done = py.detach(|| {
            let until_signal = async {
                let mut work = pin!(work);
                loop {
                    tokio::select! {
                        biased;
                        result = &mut work => return Ok(result),
                        () = tokio::time::sleep(SIGNAL_INTERVAL) => Python::attach(|py| py.check_signals())?,
                    }
                }
            };
            catch_unwind(AssertUnwindSafe(|| self.runtime.block_on(until_signal)))
        });
        let (stage, ended) = match done {
            Ok(Ok(result)) => (PendingStage::Done(Some(result)), py.check_signals()),
            Ok(Err(interrupt)) => (PendingStage::Cancelled, Err(interrupt)),
            Err(_) => (PendingStage::Done(Some(Err(bug("see the message above")))), Ok(())),
        };
        self.shared.end(stage);
        ended
    }

    fn abort(&self) {
        if let Some(task) = self.abort.get() {
            task.abort();
        }
    }
}

fn bug(what: &str) -> RequestFailure {
    RequestFailure::internal(format!("a bug of hyperspace: {what}"))
}

fn tell(callbacks: Vec<Py<PyAny>>) {
    // When Python is ending, nobody waits any more.
    let _told = attached(|py| {
        for callback in callbacks {
            if let Err(error) = callback.call0(py) {
                // The event loop of the callback was closed in the meantime.
                error.write_unraisable(py, Some(callback.bind(py)));
            }
        }
    });
}

#[pymethods]
impl Pending {
    /// Lets the work go on by itself.
    fn start(&self, py: Python<'_>) -> PyResult<()> {
        self.runtime.check(py)?;
        if let Some(work) = self.shared.begin() {
            self.spawn(work);
        }
        Ok(())
    }

    /// Waits for the end, without Python's lock, and returns the result or raises the error. Ctrl-C ends the work.
    fn result(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.runtime.check(py)?;
        if let Some(work) = self.shared.begin() {
            self.finish(py, work)?;
            return self.take(py);
        }
        loop {
            let done = self.is_over(py);
            if let Err(interrupt) = py.check_signals() {
                self.abort();
                return Err(interrupt);
            }
            if done {
                return self.take(py);
            }
        }
    }

    /// Calls `callback()` once the work has ended, on another thread; at once if it has.
    fn on_done(&self, py: Python<'_>, callback: Py<PyAny>) -> PyResult<()> {
        self.start(py)?;
        if ended() {
            // No other thread can call back any more, so this one waits.
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
                PendingStage::New(_) | PendingStage::Done(_) | PendingStage::Cancelled => Some(callback),
            }
        });
        match waits {
            Some(callback) => callback.call0(py).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Ends the work. What was committed stays.
    fn cancel(&self) {
        match self.shared.begin() {
            Some(work) => {
                drop(work);
                self.shared.end(PendingStage::Cancelled);
            }
            None => self.abort(),
        }
    }
}

impl Pending {
    /// Waits for the end for a short time, without Python's lock. Returns whether it has ended.
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
            PendingStage::New(_) | PendingStage::Running(_) => None,
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
        self.abort();
    }
}
