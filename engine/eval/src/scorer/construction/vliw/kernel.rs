//! The instance: reads programs, runs them on inputs that they cannot know, and compares their results.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Invocation, Measure};

use super::super::instance::Instance;
use super::super::parameters::{ParameterError, Parameters};
use super::inputs::{Inputs, KernelSizes};
use super::machine::VliwMachine;
use super::program::VliwProgram;

/// Number of inputs on which a program is run.
const RUNS: u64 = 8;
/// Number of cycles after which a program is stopped.
const CYCLES_MAX: u64 = 1_000_000;

pub(in super::super) fn make(parameters: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(KernelSizes {
        height: u32::try_from(parameters.number("height", 1..=12)?).unwrap_or(12),
        batch: parameters.size("batch", 1..=1_024)?,
        rounds: parameters.size("rounds", 1..=64)?,
    }))
}

impl Instance for KernelSizes {
    fn invocation(&self) -> Invocation {
        Invocation::Once(vec![json!(self.height), json!(self.batch), json!(self.rounds)])
    }

    fn verify(&self, answer: &Value) -> Result<Measure, InvalidAnswer> {
        let program = VliwProgram::read(answer)?;
        let key = blake3::hash(hyperspace_core::exact_json::to_text(answer).as_bytes());
        let mut most = 0;
        for run in 0..RUNS {
            let inputs = Inputs::draw(*self, key.as_bytes(), run);
            let mut machine = VliwMachine::new(inputs.memory());
            let cycles = machine.run(&program, CYCLES_MAX).map_err(|fault| {
                InvalidAnswer::new(
                    format!("input {run}, bundle {}", fault.bundle),
                    "a step that the machine can take",
                    fault.reason,
                )
            })?;
            let expected = inputs.results();
            let found = &machine.memory()[inputs.values_at()..][..expected.len()];
            if let Some(element) = (0..expected.len()).find(|element| expected[*element] != found[*element]) {
                let place = format!("input {run}, value {element}");
                return Err(InvalidAnswer::new(
                    place,
                    expected[element].to_string(),
                    found[element].to_string(),
                ));
            }
            most = most.max(cycles);
        }
        Ok(Measure::of(Score::integer(most)))
    }
}
