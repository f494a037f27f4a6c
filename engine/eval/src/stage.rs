//! How rows become a score: the declared policy for rows that fail, and the first stage.
//!
//! With [`OnFailure::NoScore`] there is a score exactly when every case was measured. With [`OnFailure::Wrong`] the task
//! declares what a row that was not answered measures: nothing of one. It keeps its outcome and its evidence. A candidate
//! that answered no row at all was not measured, whatever the policy, and has no score.
//!
//! A candidate that is not better than the threshold in the first stage is not asked the other rows. Its score is that of
//! the stage times the share of the rows that were asked, as if all others were wrong: `raw · asked / all` (hyperagents,
//! Zhang et al. 2026, saves it like that).

use crate::case::Case;
use crate::evaluation::{CaseOutcome, CaseResult};
use crate::score::Score;
use crate::scorer::{self, Measure};
use crate::task::{OnFailure, Task};

/// What a case that was not answered contributes, if the task says that it does.
pub(crate) fn of_failure(task: &Task) -> Option<Measure> {
    (task.on_failure() == OnFailure::Wrong).then(|| Measure::of(Score::zero()))
}

/// The cases of the first stage, and the rest.
pub(crate) fn split<'a>(task: &Task, cases: &'a [Case]) -> (&'a [Case], &'a [Case]) {
    match task.stage() {
        Some(stage) if stage.rows < cases.len() => cases.split_at(stage.rows),
        _ => (cases, &[]),
    }
}

/// Whether the rest is asked after the first stage.
pub(crate) fn goes_on(task: &Task, rows: &[CaseResult]) -> bool {
    let threshold = task.stage().map(|stage| stage.threshold);
    let raw = score(rows, rows.len());
    raw.is_some_and(|raw| threshold.is_none_or(|threshold| raw.better_than(&threshold, task.direction())))
}

/// The score of the rows that were asked, out of so many cases.
pub(crate) fn score(rows: &[CaseResult], cases: usize) -> Option<Score> {
    if rows.iter().all(|row| row.outcome != CaseOutcome::Scored) {
        return None;
    }
    let measures: Vec<Measure> = rows.iter().map(|row| row.measure.clone()).collect::<Option<_>>()?;
    let raw = scorer::total(&measures)?;
    if rows.len() == cases {
        return Some(raw);
    }
    Some(&raw * &Score::ratio(rows.len() as u64, cases as u64)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scorer::InvalidAnswer;

    fn row(right: Option<bool>) -> CaseResult {
        let (outcome, amount) = match right {
            Some(right) => (CaseOutcome::Scored, u8::from(right)),
            None => (CaseOutcome::Invalid { evidence: InvalidAnswer::new("answer", "a text", "null") }, 0),
        };
        let measure = Some(Measure::of(Score::integer(amount)));
        CaseResult { case: "r".to_owned(), outcome, measure, fuel: 1, evidence: None, answer: None }
    }

    #[test]
    fn a_failed_row_counts_and_failed_rows_alone_do_not() {
        let rows = [row(Some(true)), row(None), row(Some(false)), row(None)];
        assert_eq!(score(&rows, 4), Score::ratio(1, 4));
        assert_eq!(score(&[row(None), row(None)], 2), None);
        assert_eq!(score(&[], 2), None);
        let unmeasured = CaseResult { measure: None, ..row(None) };
        assert_eq!(score(&[row(Some(true)), unmeasured], 2), None);
    }

    #[test]
    fn a_score_of_the_first_stage_is_scaled_to_all_rows() {
        let rows: Vec<CaseResult> = (0..10).map(|index| row(Some(index < 3))).collect();
        assert_eq!(score(&rows, 100), Score::ratio(3, 100));
        assert_eq!(score(&rows, 10), Score::ratio(3, 10));
    }
}
