//! How much work a command was.
//!
//! bashkit counts units of work and bytes of one request and tells nobody but the programs of that request, so a program of ours is put
//! before every command and takes note of the counter. A script that hides it behind a function of its own is charged
//! for the most that a command can be.

use std::sync::Arc;

use bashkit::{Builtin, BuiltinContext, ExecResult, ExecutionBudget, Result};
use hyperspace_sandbox::async_trait;

use super::place::Place;

// T-SH-15, T-SH-38.
/// The program that stands before every command.
pub(super) const METER: &str = "__meter";

pub(super) struct Meter {
    place: Arc<Place>,
}

impl Meter {
    pub(super) fn new(place: Arc<Place>) -> Self {
        Self { place }
    }
}

#[async_trait]
impl Builtin for Meter {
    async fn execute(&self, ctx: BuiltinContext<'_>) -> Result<ExecResult> {
        let budget = ctx.execution_budget().and_then(|budget| budget.try_with(Clone::clone).ok());
        self.place.meter(budget);
        Ok(ExecResult::ok(""))
    }
}

/// What one request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Work {
    /// bashkit's units.
    pub(super) units: u64,
    /// Bytes that went into commands.
    pub(super) input_bytes: u64,
}

/// What was charged to a request. What bashkit makes public of it is its written form.
pub(super) fn work_of(budget: &ExecutionBudget) -> Option<Work> {
    let text = format!("{budget:?}");
    let number = |name: &str| {
        let (_, rest) = text.split_once(name)?;
        rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
    };
    Some(Work { units: number(" work_units: ")?, input_bytes: number(" input_bytes: ")? })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use bashkit::ExecutionLimits;

    use super::*;

    #[test]
    fn units_of_work_are_read() {
        let budget = ExecutionBudget::new(&ExecutionLimits::new(), Arc::new(AtomicBool::new(false)));
        assert_eq!(work_of(&budget), Some(Work { units: 0, input_bytes: 0 }));
        budget.consume_work(12_345).unwrap();
        budget.consume_input(67).unwrap();
        assert_eq!(work_of(&budget), Some(Work { units: 12_345, input_bytes: 67 }));
        assert_eq!(work_of(&budget.clone()), work_of(&budget));
    }
}
