//! How much work a command was.
//!
//! bashkit counts units of work of one request and tells nobody but the programs of that request, so a program of ours is put
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

/// Units that were charged to a request. What bashkit makes public of them is their written form.
pub(super) fn work_of(budget: &ExecutionBudget) -> Option<u64> {
    let text = format!("{budget:?}");
    let (_, rest) = text.split_once(" work_units: ")?;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use bashkit::ExecutionLimits;

    use super::*;

    #[test]
    fn units_of_work_are_read() {
        let budget = ExecutionBudget::new(&ExecutionLimits::new(), Arc::new(AtomicBool::new(false)));
        assert_eq!(work_of(&budget), Some(0));
        budget.consume_work(12_345).unwrap();
        assert_eq!(work_of(&budget), Some(12_345));
        assert_eq!(work_of(&budget.clone()), Some(12_345));
    }
}
