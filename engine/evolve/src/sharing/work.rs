//! The work of the policies, counted in tests.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts steps: bytes that are read, or searches of a fixed size.
pub(super) fn count(steps: usize) {
    #[cfg(test)]
    STEPS.with(|all| all.set(all.get() + steps));
    #[cfg(not(test))]
    let _ = steps;
}

/// Returns the number of steps since the last call on this thread.
#[cfg(test)]
pub(super) fn taken() -> usize {
    STEPS.take()
}
