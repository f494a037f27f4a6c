//! The scorer of tasks whose evaluator is Python code.

use serde::Serialize;
use serde_json::Value;

use crate::case::Case;
use crate::scorer::{CaseSession, InvalidAnswer, InvalidCase, Invocation, Scorer};

use super::settings::PythonScoring;

/// One problem of an evaluator: additional arguments of its function, or a seed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct PythonCase {
    pub(crate) args: Vec<Value>,
    pub(crate) seed: Option<u64>,
}

/// The scorer. It only carries the settings: the case runner calls the evaluator's guest.
#[derive(Debug)]
pub(crate) struct PythonScorer(pub(crate) PythonScoring);

impl Scorer for PythonScorer {
    fn rule(&self) -> String {
        format!("python, version 1, {}", serde_json::to_string(&self.0).unwrap_or_default())
    }

    fn check(&self, case: &Case) -> Result<(), InvalidCase> {
        match case.data::<PythonCase>() {
            Some(_) => Ok(()),
            None => Err(InvalidCase::data("arguments or a seed", case)),
        }
    }

    fn start(&self, _case: &Case) -> CaseSession {
        let refuse =
            |_: &Value| Err(InvalidAnswer::new("answer", "none, as an evaluator measures", "a value"));
        CaseSession::new(Invocation::Once(Vec::new()), refuse)
    }

    fn python(&self) -> Option<&PythonScoring> {
        Some(&self.0)
    }
}
