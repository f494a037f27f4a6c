//! The meter: a program of ours before every command that records bashkit's counters.
//!
//! bashkit counts units of work and bytes per request and shows them only to the programs of that request. A script that hides
//! the meter behind a function is charged the most that a command can cost.

use std::sync::Arc;

use bashkit::{Builtin, BuiltinContext, ExecResult, Result};
use hyperspace_sandbox::async_trait;

use super::context::ShellContext;

// T-SH-15, T-SH-38.
/// The name of the program before every command.
pub(super) const METER: &str = "__meter";

pub(super) struct Meter {
    context: Arc<ShellContext>,
}

impl Meter {
    pub(super) fn new(context: Arc<ShellContext>) -> Self {
        Self { context }
    }
}

#[async_trait]
impl Builtin for Meter {
    async fn execute(&self, ctx: BuiltinContext<'_>) -> Result<ExecResult> {
        let budget = ctx.execution_budget().and_then(|budget| budget.try_with(Clone::clone).ok());
        self.context.set_budget(budget);
        Ok(ExecResult::ok(""))
    }
}
