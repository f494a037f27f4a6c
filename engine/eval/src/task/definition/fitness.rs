//! `[fitness]`: the scores that are worth 0 and 1 in the selection of parents.

use serde::{Deserialize, Serialize};

use crate::score::{Direction, Score};
use crate::task::error::TaskError;

/// The table as written.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FitnessTable {
    zero: f64,
    one: f64,
}

/// A linear map from scores to fitness between 0 and 1, used only to select parents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fitness {
    /// The score that is worth 0; worse scores are worth 0 as well.
    pub zero: Score,
    /// The score that is worth 1; better scores are worth 1 as well.
    pub one: Score,
}

impl Fitness {
    /// Returns the fitness of a score, exact and between 0 and 1.
    #[must_use]
    pub fn of(&self, score: &Score) -> Score {
        let way = &self.one - &self.zero;
        let part = (score - &self.zero).checked_div(&way).unwrap_or_else(Score::zero);
        part.clamp(Score::zero(), Score::one())
    }
}

impl FitnessTable {
    pub(crate) fn check(self, file: &str, direction: Direction) -> Result<Fitness, TaskError> {
        let exact = |value: f64, field: &str| {
            Score::from_f64_exact(value)
                .ok_or_else(|| TaskError::field(file, field, "a finite number", value))
        };
        let (zero, one) = (exact(self.zero, "fitness.zero")?, exact(self.one, "fitness.one")?);
        if !one.better_than(&zero, direction) {
            let expected =
                format!("a score better than fitness.zero = {zero}, as the task is to {direction}");
            return Err(TaskError::field(file, "fitness.one", expected, one));
        }
        Ok(Fitness { zero, one })
    }
}
