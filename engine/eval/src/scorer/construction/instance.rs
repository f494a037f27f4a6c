//! The trait that instances of problems implement.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::scorer::{Episode, InvalidAnswer, Invocation, Measure, WorkMeter};

/// One instance of a problem.
pub trait Instance: fmt::Debug + Send + Sync {
    /// Returns the calls of the candidate's function. Default: one call without arguments.
    fn invocation(&self) -> Invocation {
        Invocation::Once(Vec::new())
    }

    /// Returns a conversation in place of [`Instance::invocation`], for problems that answer the candidate. Default `None`.
    fn episode(self: Arc<Self>) -> Option<Box<dyn Episode>> {
        None
    }

    /// Verifies the value that the calls returned and computes its worth.
    ///
    /// # Errors
    ///
    /// The evidence for why the answer is not a solution.
    fn verify(&self, answer: &Value) -> Result<Measure, InvalidAnswer> {
        self.verify_within(answer, &mut WorkMeter::new())
    }

    /// Verifies as [`Instance::verify`] does, and counts its work.
    ///
    /// # Errors
    ///
    /// As [`Instance::verify`], and when the answer takes too much work.
    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer>;
}
