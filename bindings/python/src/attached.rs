//! Calls of Python from threads that Python did not start.
//!
//! Once its interpreter ends, CPython ends such a thread where it waits for Python's lock. Rust cannot be unwound from there, so the process
//! would abort. So no call begins after [`end_calls`], which waits for those that are under way.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

use crate::engine_threads::count_fork;

/// Time between two looks at the calls under way.
const LOOK_INTERVAL: Duration = Duration::from_millis(1);
/// Looks before the end of the interpreter does not wait any more, for a function of the user that does not return.
const LOOKS_MAX: usize = 5_000;

static ENDED: AtomicBool = AtomicBool::new(false);
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// A call under way.
struct CallUnderWay;

impl CallUnderWay {
    fn begin() -> Option<Self> {
        UNDER_WAY.fetch_add(1, Ordering::SeqCst);
        let call = Self;
        // Counted first, so that the end waits for it, or it sees the end.
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

/// Returns whether no call begins any more.
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
