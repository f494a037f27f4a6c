//! The training rows of a generation in a run with a split policy: the rows that decide, and the rows that meta agents see.

use std::collections::BTreeSet;

use hyperspace_eval::{CaseResult, Evaluation, Score, Split, Task};

use crate::context::RunContext;
use crate::record::event::WindowDrawn;
use crate::record::split_policy::group_of;
use crate::stability;

/// The training rows that decide in a generation.
pub(crate) struct TrainingWindow {
    generation: u64,
    parts: u64,
    rows: BTreeSet<String>,
    all: usize,
}

impl TrainingWindow {
    /// Returns the window of a generation; `None` in a run with the fixed policy.
    pub(crate) fn of(context: &RunContext, generation: u64) -> Option<Self> {
        let splits = context.config.search.as_ref()?.splits?;
        let cases = context.task.cases(Split::Train);
        let groups: Vec<&str> = cases.iter().map(group_of).collect();
        let chosen = stability::window(&groups, splits.parts(), context.seed, generation);
        let names = groups.iter().collect::<BTreeSet<_>>().len() as u64;
        let rows = chosen.into_iter().filter_map(|row| Some(cases.get(row)?.name.clone())).collect();
        Some(Self { generation, parts: splits.parts().min(names), rows, all: cases.len() })
    }

    /// Returns the deciding rows of an evaluation.
    pub(crate) fn deciding(&self, evaluation: &Evaluation) -> Vec<CaseResult> {
        evaluation.cases.iter().filter(|case| self.rows.contains(&case.case)).cloned().collect()
    }

    /// Returns the score on the rows that decide. Rows that were not asked count as nothing, as after a first stage that was not
    /// passed.
    pub(crate) fn score(&self, task: &Task, evaluation: &Evaluation) -> Option<Score> {
        let rows = self.deciding(evaluation);
        let asked = Score::ratio(rows.len() as u64, self.rows.len() as u64)?;
        Some(&total(task, &rows)? * &asked)
    }

    /// Returns whether a row is hidden from the meta agents of the generation because it decides on their candidates.
    pub(crate) fn hides(&self, row: &str) -> bool {
        self.rows.len() < self.all && self.rows.contains(row)
    }

    /// Returns an evaluation on training data as meta agents see it: only the rows that do not decide, with their score.
    pub(crate) fn shown(&self, task: &Task, mut evaluation: Evaluation) -> Evaluation {
        if evaluation.split != Split::Train || self.rows.len() == self.all {
            return evaluation;
        }
        evaluation.cases.retain(|case| !self.hides(&case.case));
        evaluation.score = evaluation.score.and_then(|_| total(task, &evaluation.cases));
        evaluation.fuel = evaluation.cases.iter().map(|case| case.fuel).sum();
        evaluation
    }

    /// Returns the event that names the window, if it is only a part of the rows.
    pub(crate) fn event(&self) -> Option<WindowDrawn> {
        let before = self.generation.checked_sub(1).filter(|_| self.parts > 1)?;
        Some(WindowDrawn {
            generation: self.generation,
            epoch: before / self.parts,
            part: before % self.parts,
            parts: self.parts,
            rows: self.rows.len() as u64,
            of: self.all as u64,
        })
    }
}

/// Returns the score of some rows alone.
fn total(task: &Task, rows: &[CaseResult]) -> Option<Score> {
    let measures = rows.iter().map(|case| case.measure.clone()).collect::<Option<Vec<_>>>()?;
    task.scorer().total(&measures)
}
