//! Brings results of cases that end in any order into the order of the cases.
//!
//! Invariants: nothing counts after the first case without a measure, even if it ran; an error ends the evaluation only when it
//! is its turn, so it hides no failure of an earlier case, and no later failure hides it.

use std::collections::BTreeMap;

use crate::error::EvalError;
use crate::evaluation::CaseResult;

/// Results in order, and those that wait for earlier ones.
#[derive(Default)]
pub(crate) struct ResultBuffer {
    results: Vec<CaseResult>,
    /// True if the last result has no measure.
    ended: bool,
    later: BTreeMap<usize, Result<CaseResult, EvalError>>,
    /// True if one of the later results is an error.
    broken: bool,
}

impl ResultBuffer {
    /// Returns whether further cases may be started. After an error they may not, but running cases are waited for, because the
    /// model calls that they made are paid for.
    pub(crate) fn takes_more(&self) -> bool {
        !self.ended && !self.broken
    }

    /// Returns whether a case without a measure has ended the evaluation.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended
    }

    /// Returns the number of results in order.
    pub(crate) fn len(&self) -> usize {
        self.results.len()
    }

    /// Returns the results in order, so far.
    pub(crate) fn results(&self) -> &[CaseResult] {
        &self.results
    }

    /// Returns the results in order, whatever follows them.
    pub(crate) fn into_results(self) -> Vec<CaseResult> {
        self.results
    }

    /// Adds the result of the case at `index`.
    pub(crate) fn add(&mut self, index: usize, result: Result<CaseResult, EvalError>) {
        self.broken |= result.is_err();
        self.later.insert(index, result);
        while !self.ended {
            let next = self.results.len();
            match self.later.remove(&next) {
                Some(Ok(result)) => {
                    self.ended = result.measure.is_none();
                    self.results.push(result);
                }
                Some(error) => {
                    self.later.insert(next, error);
                    return;
                }
                None => return,
            }
        }
    }

    /// Returns the results in order, or the error that follows them.
    pub(crate) fn finish(mut self) -> Result<Vec<CaseResult>, EvalError> {
        match self.later.remove(&self.results.len()) {
            Some(Err(error)) if !self.ended => Err(error),
            _ => Ok(self.results),
        }
    }
}
