//! Calls of Python from threads that Python did not start.
//!
//! Once its interpreter ends, CPython ends such a thread at the point where it waits for Python's lock. Rust cannot be unwound
//! from there, so the process would abort. Therefore no call begins after [`end_calls`], which waits for the calls in progress.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

use crate::engine_threads::count_fork;

/// Time between two checks for calls in progress.
const LOOK_INTERVAL: Duration = Duration::from_millis(1);
/// Number of checks after which the end of the interpreter no longer waits for a function of the user that does not return.
const LOOKS_MAX: usize = 5_000;

static ENDED: AtomicBool = AtomicBool::new(false);
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// A call in progress.
struct CallUnderWay;

impl CallUnderWay {
    fn begin() -> Option<Self> {
        UNDER_WAY.fetch_add(1, Ordering::SeqCst);
        let call = Self;
        // Counted first, so that either the end waits for the call, or the call sees the end.
        (!ENDED.load(Ordering::SeqCst)).then_some(call)
    }
}

impl Drop for CallUnderWay {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Calls Python from a thread that it did not start. Returns `None` when the interpreter ends.
pub(crate) fn attached<T>(work: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    let _call = CallUnderWay::begin()?;
    Some(Python::attach(work))
}

/// Returns whether calls can no longer begin.
pub(crate) fn ended() -> bool {
    ENDED.load(Ordering::SeqCst)
}

/// Lets no call begin any more, and waits for those under way. For `atexit`.
#[pyfunction(name = "_end_calls")]
pub(crate) fn end_calls(py: Python<'_>) {
    ENDED.store(true, Ordering::SeqCst);
    py.detach(|| {
        for _ in 0..LOOKS_MAX {
            if UNDER_WAY.load(Ordering::SeqCst) == 0 {
                return;
            }
            thread::sleep(LOOK_INTERVAL);
        }
    });
}

/// Forgets the threads of the parent and their calls, which a forked child does not have.
#[pyfunction(name = "_forget_calls")]
pub(crate) fn forget_calls() {
    UNDER_WAY.store(0, Ordering::SeqCst);
    count_fork();
}
