//! A mutex and a condition variable without poisoning.
//!
//! Use them where a panic leaves the protected value sound, so that the next holder can go on with it. A value that a
//! panic can leave half changed does not belong in here.

use std::fmt;
use std::sync::{MutexGuard, PoisonError, TryLockError, WaitTimeoutResult};
use std::time::Duration;

/// A mutual exclusion lock that is not poisoned when its holder panics.
///
/// ```
/// let numbers = hyperspace_core::Mutex::new(vec![1, 2]);
/// numbers.lock().push(3);
/// assert_eq!(numbers.into_inner(), [1, 2, 3]);
/// ```
#[derive(Default)]
pub struct Mutex<T: ?Sized>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// Creates an unlocked mutex around a value.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    /// Consumes the mutex and returns the value.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits for the lock and returns the guard that releases it.
    ///
    /// # Panics
    ///
    /// May panic or deadlock when this thread already holds the lock.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the guard that releases the lock, or `None` when it is held.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Returns the value without locking, which the exclusive reference makes unnecessary.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A condition variable for guards of [`Mutex`].
#[derive(Debug, Default)]
pub struct Condvar(std::sync::Condvar);

impl Condvar {
    /// Creates a condition variable.
    #[must_use]
    pub const fn new() -> Self {
        Self(std::sync::Condvar::new())
    }

    /// Releases the lock, waits for a notification, and takes the lock again. May wake spuriously.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits as [`Condvar::wait`] does, for at most `limit`.
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        limit: Duration,
    ) -> (MutexGuard<'a, T>, WaitTimeoutResult) {
        self.0.wait_timeout(guard, limit).unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes one waiting thread.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes all waiting threads.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn a_panic_under_the_lock_does_not_poison_it() {
        let numbers = Mutex::new(vec![1]);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let mut held = numbers.lock();
            held.push(2);
            panic!("while holding the lock");
        }));
        assert!(panicked.is_err());
        assert_eq!(*numbers.lock(), [1, 2]);
        assert_eq!(numbers.into_inner(), [1, 2]);
    }
}
