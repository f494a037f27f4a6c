//! The instance: reads programs, runs them on inputs that they cannot know, and compares their results.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Invocation, Measure, WorkMeter};

use super::super::instance::Instance;
use super::super::parameters::{ParameterError, Parameters};
use super::inputs::{Inputs, KernelSizes};
use super::machine::{MachineStop, VliwMachine};
use super::program::VliwProgram;

/// Number of inputs on which a program is run.
const RUNS: u64 = 8;
/// Number of cycles after which a program is stopped.
const CYCLES_MAX: u64 = 1_000_000;
/// Number of bytes of a program as JSON that are cheap: more than any useful program of the bundled task has.
const CHEAP_BYTES: u64 = 4_000_000;
/// Work of reading another byte, which takes as long as six units.
const BYTE_UNITS: u64 = 8;
/// Work of drawing a word or computing a round of an input.
const WORD_UNITS: u64 = 3;

pub(in super::super) fn make(parameters: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(KernelSizes {
        height: u32::try_from(parameters.number("height", 1..=12)?).unwrap_or(12),
        batch: parameters.size("batch", 1..=1_024)?,
        rounds: parameters.size("rounds", 1..=64)?,
    }))
}

impl KernelSizes {
    /// Returns the work of an input and its results.
    fn units(self) -> u64 {
        let (tree, batch) = (2_u64 << self.height, self.batch as u64);
        WORD_UNITS * (tree + batch * (2 + self.rounds as u64))
    }
}

impl Instance for KernelSizes {
    fn invocation(&self) -> Invocation {
        Invocation::Once(vec![json!(self.height), json!(self.batch), json!(self.rounds)])
    }

    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        let text = hyperspace_core::exact_json::to_text(answer);
        let bytes = text.len() as u64;
        work.spend(bytes + BYTE_UNITS * bytes.saturating_sub(CHEAP_BYTES))?;
        let program = VliwProgram::read_within(answer, work)?;
        let key = blake3::hash(text.as_bytes());
        let mut most = 0;
        for run in 0..RUNS {
            work.spend(self.units())?;
            let inputs = Inputs::draw(*self, key.as_bytes(), run);
            let mut machine = VliwMachine::new(inputs.memory());
            let ran = machine.run_within(&program, CYCLES_MAX, work);
            let cycles = ran.map_err(|stop| match stop {
                MachineStop::Work(answer) => answer,
                MachineStop::Fault(fault) => InvalidAnswer::new(
                    format!("input {run}, bundle {}", fault.bundle),
                    "a step that the machine can take",
                    fault.reason,
                ),
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
