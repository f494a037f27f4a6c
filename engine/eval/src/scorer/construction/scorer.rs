//! The scorer of all constructions: it asks what the instance of a case asks, and measures through the instance's verification.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::case::Case;
use crate::scorer::{CaseSession, Episode, InvalidAnswer, InvalidCase, Measure, Scorer};

use super::instance::Instance;
use super::parameters::{ParameterError, Parameters};
use super::problem::Problem;

/// The data of a case: the parameters of an instance, and the instance.
#[derive(Debug, Clone, Serialize)]
pub struct ConstructionCase {
    problem: &'static str,
    parameters: Map<String, Value>,
    #[serde(skip)]
    instance: Arc<dyn Instance>,
}

impl ConstructionCase {
    /// Makes an instance of a problem from these parameters.
    ///
    /// # Errors
    ///
    /// When a parameter is missing, wrong or unknown.
    pub fn new(problem: &'static Problem, parameters: Map<String, Value>) -> Result<Self, ParameterError> {
        let mut left = Parameters::new(parameters.clone());
        let instance = (problem.make)(&mut left)?;
        left.finish()?;
        Ok(Self { problem: problem.name, parameters, instance })
    }

    /// Returns the instance.
    #[must_use]
    pub fn instance(&self) -> &Arc<dyn Instance> {
        &self.instance
    }
}

/// The scorer of one problem. Its cases contain a [`ConstructionCase`] of that problem.
#[derive(Debug, Clone, Copy)]
pub struct ConstructionScorer(&'static Problem);

impl ConstructionScorer {
    /// Creates the scorer of a problem.
    #[must_use]
    pub fn new(problem: &'static Problem) -> Self {
        Self(problem)
    }
}

impl Scorer for ConstructionScorer {
    fn rule(&self) -> String {
        format!("construction, problem {}", self.0.name)
    }

    fn check(&self, case: &Case) -> Result<(), InvalidCase> {
        let fits = case.data::<ConstructionCase>().is_some_and(|data| data.problem == self.0.name);
        let expected = format!("parameters of {}", self.0.name);
        if fits { Ok(()) } else { Err(InvalidCase::data(&expected, case)) }
    }

    fn start(&self, case: &Case) -> CaseSession {
        let data = case.data::<ConstructionCase>();
        #[expect(clippy::expect_used, reason = "`check` saw the case when the task was built")]
        let instance = Arc::clone(&data.expect("a case of this scorer").instance);
        match Arc::clone(&instance).episode() {
            Some(episode) => CaseSession::episode(BoxedEpisode(episode)),
            None => {
                let invocation = instance.invocation();
                CaseSession::metered(invocation, move |answer, work| instance.verify_within(answer, work))
            }
        }
    }
}

/// An episode of any problem.
struct BoxedEpisode(Box<dyn Episode>);

impl Episode for BoxedEpisode {
    fn next_call(&self) -> Option<Vec<Value>> {
        self.0.next_call()
    }

    fn answer(&mut self, answer: &Value) -> Result<(), InvalidAnswer> {
        self.0.answer(answer)
    }

    fn measure(&self) -> Result<Measure, InvalidAnswer> {
        self.0.measure()
    }
}
