//! The bound of the work that checking one answer may take.
//!
//! The work depends only on the answer, so the same answers are refused on every machine. It is no fuel: nothing records it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::InvalidAnswer;

/// Maximum work of checking one answer, in units: a unit takes at most about ten nanoseconds of processor time.
pub const WORK_MAX: u64 = 100_000_000;

/// Number of units after which the meter looks whether the check is still wanted.
const POLL_UNITS: u64 = 20_000;

/// Counts the work of checking one answer, and ends the check at [`WORK_MAX`].
#[derive(Debug)]
pub struct WorkMeter {
    left: u64,
    until_poll: u64,
    /// True if nobody waits for the result any more.
    is_cancelled: Option<Arc<AtomicBool>>,
}

impl WorkMeter {
    /// Creates a meter with [`WORK_MAX`] units left.
    #[must_use]
    pub fn new() -> Self {
        Self { left: WORK_MAX, until_poll: POLL_UNITS, is_cancelled: None }
    }

    /// Creates a meter that also ends the check when this becomes true. Nobody may look at the result then.
    pub(crate) fn cancelled_by(is_cancelled: Arc<AtomicBool>) -> Self {
        Self { is_cancelled: Some(is_cancelled), until_poll: 0, ..Self::new() }
    }

    /// Creates a meter with this many units left, for work other than that on one answer.
    pub(crate) fn of(units: u64) -> Self {
        Self { left: units, ..Self::new() }
    }

    /// Creates a meter without a bound, for callers that have their own.
    pub(crate) fn unbounded() -> Self {
        Self { left: u64::MAX, ..Self::new() }
    }

    /// Returns the number of units left.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Counts work that is about to be done.
    ///
    /// # Errors
    ///
    /// When it is more than what is left; the answer is then invalid.
    #[inline]
    pub fn spend(&mut self, units: u64) -> Result<(), InvalidAnswer> {
        if units > self.left {
            self.left = 0;
            return Err(too_much());
        }
        self.left -= units;
        if units < self.until_poll {
            self.until_poll -= units;
            return Ok(());
        }
        self.poll()
    }

    /// Looks whether somebody still waits, for work that was counted before it is done.
    ///
    /// # Errors
    ///
    /// When nobody does.
    #[inline]
    pub(crate) fn look(&mut self) -> Result<(), InvalidAnswer> {
        self.poll()
    }

    fn poll(&mut self) -> Result<(), InvalidAnswer> {
        self.until_poll = POLL_UNITS;
        match &self.is_cancelled {
            Some(is_cancelled) if is_cancelled.load(Ordering::Relaxed) => {
                Err(InvalidAnswer::new("answer", "a check until its end", "a check that nobody waits for"))
            }
            _ => Ok(()),
        }
    }
}

impl Default for WorkMeter {
    fn default() -> Self {
        Self::new()
    }
}

#[cold]
fn too_much() -> InvalidAnswer {
    InvalidAnswer::new(
        "answer",
        format!("one that takes at most {WORK_MAX} units of work to check"),
        "one that takes more; numbers of similar magnitude and fewer steps take less",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_of_an_answer_has_a_bound_that_the_message_names() {
        let mut work = WorkMeter::new();
        assert!(work.spend(WORK_MAX).is_ok());
        assert!(work.spend(0).is_ok());
        assert_eq!(
            work.spend(1).unwrap_err().to_string(),
            "answer: expected one that takes at most 100000000 units of work to check, \
             found one that takes more; numbers of similar magnitude and fewer steps take less"
        );
        let mut work = WorkMeter::new();
        assert!(work.spend(WORK_MAX + 1).is_err() && work.spend(1).is_err(), "and there is no way back");
    }

    #[test]
    fn a_check_that_nobody_waits_for_ends() {
        let flag = Arc::new(AtomicBool::new(false));
        let mut work = WorkMeter::cancelled_by(Arc::clone(&flag));
        assert!(work.spend(1).is_ok());
        flag.store(true, Ordering::Relaxed);
        let ended = (0..POLL_UNITS).position(|_| work.spend(1).is_err());
        assert!(ended.is_some());
        assert!(
            WorkMeter::cancelled_by(Arc::clone(&flag)).spend(1).is_err(),
            "at once if it was over before"
        );
        assert!(WorkMeter::cancelled_by(flag).look().is_err() && WorkMeter::new().look().is_ok());
    }
}
