//! A source of random bytes per thread, in place of the operating system's.
//!
//! A thread that must be reproducible sets a source with [`set_source`]. The package `getrandom` of this repository
//! (`engine/getrandom`), which replaces the one of that name in a workspace that patches it in, asks [`fill`] before it asks
//! the operating system.
//!
//! Invariant: once a thread has a source, every request on that thread is answered by it or fails. A source can be replaced
//! but not removed. Other threads are unaffected.
//!
//! This crate has no randomness of its own and no dependencies, so that both sides can share it.

use std::cell::RefCell;

type ThreadSource = Box<dyn FnMut(&mut [u8])>;

thread_local! {
    static SOURCE: RefCell<Option<ThreadSource>> = const { RefCell::new(None) };
}

/// The result of a request for random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum FillOutcome {
    /// The source of this thread filled the bytes.
    Filled,
    /// This thread has no source; the bytes are unchanged.
    NoSource,
    /// The source of this thread is the one that asks; the bytes are unchanged.
    Circular,
}

// T-SH-01.
/// Sets the source of this thread's random bytes for the rest of its life.
///
/// Has no effect if it is called by the current source.
pub fn set_source(source: impl FnMut(&mut [u8]) + 'static) {
    SOURCE.with(|current| {
        // A source that replaced itself while it is asked would be the circle that `fill` refuses.
        if let Ok(mut current) = current.try_borrow_mut() {
            *current = Some(Box::new(source));
        }
    });
}

/// Fills `bytes` from the source of this thread, if it has one.
pub fn fill(bytes: &mut [u8]) -> FillOutcome {
    SOURCE.with(|source| {
        let Ok(mut source) = source.try_borrow_mut() else { return FillOutcome::Circular };
        match source.as_mut() {
            Some(source) => {
                source(bytes);
                FillOutcome::Filled
            }
            None => FillOutcome::NoSource,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_draws_from_its_source_and_other_threads_have_none() {
        let drawn = std::thread::spawn(|| {
            let mut next = 0;
            set_source(move |bytes| {
                for byte in bytes {
                    *byte = next;
                    next += 1;
                }
            });
            let mut bytes = [[0; 3]; 2];
            assert_eq!(bytes.each_mut().map(|bytes| fill(bytes)), [FillOutcome::Filled; 2]);
            set_source(|bytes| bytes.fill(7));
            let mut last = [0; 2];
            assert_eq!(fill(&mut last), FillOutcome::Filled);
            (bytes, last)
        });
        assert_eq!(drawn.join().unwrap(), ([[0, 1, 2], [3, 4, 5]], [7, 7]));
        let mut bytes = [9; 2];
        assert_eq!((fill(&mut bytes), bytes), (FillOutcome::NoSource, [9, 9]));
    }

    #[test]
    fn a_source_can_neither_ask_nor_replace_itself() {
        let asked = std::thread::spawn(|| {
            set_source(|bytes| {
                set_source(|bytes| bytes.fill(2));
                bytes.fill(u8::from(fill(&mut [0]) == FillOutcome::Circular));
            });
            let mut bytes = [0; 2];
            (fill(&mut bytes[..1]), fill(&mut bytes[1..]), bytes)
        });
        assert_eq!(asked.join().unwrap(), (FillOutcome::Filled, FillOutcome::Filled, [1, 1]));
    }
}
