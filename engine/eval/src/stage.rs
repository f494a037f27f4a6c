//! The score of an evaluation: the task's policy for failed cases, and the first stage.
//!
//! With [`OnFailure::NoScore`] there is a score exactly when every case was measured. With [`OnFailure::Wrong`] the task
//! declares that a case without an answer has the scorer's worst measure; the case keeps its outcome and evidence. A
//! candidate that answered no case at all was not measured, whatever the policy, and has no score.
//!
//! A candidate that does not exceed the threshold in the first stage is not asked the other cases. Its score is that of the
//! stage times the share of cases that were asked, as if all others were wrong: `raw · asked / all` (hyperagents, Zhang et
//! al. 2026, saves it in this form).

use crate::case::Case;
use crate::evaluation::{CaseOutcome, CaseResult};
use crate::score::Score;
use crate::scorer::{InvalidAnswer, Measure, Scorer};
use crate::task::{OnFailure, Task};

/// Returns the measure of a case that was not answered, if the task counts such cases.
pub(crate) fn measure_of_failure(task: &Task) -> Option<Measure> {
    match task.on_failure() {
        OnFailure::NoScore => None,
        OnFailure::Wrong => task.scorer().worst(),
    }
}

/// Splits cases into those of the first stage and the rest.
pub(crate) fn split<'a>(task: &Task, cases: &'a [Case]) -> (&'a [Case], &'a [Case]) {
    match task.stage() {
        Some(stage) if stage.cases < cases.len() => cases.split_at(stage.cases),
        _ => (cases, &[]),
    }
}

/// Returns whether the remaining cases are asked after the first stage.
pub(crate) fn passes(task: &Task, results: &[CaseResult]) -> bool {
    let threshold = task.stage().map(|stage| &stage.threshold);
    let raw = score(task.scorer(), results, results.len());
    raw.is_some_and(|raw| threshold.is_none_or(|threshold| raw.better_than(threshold, task.direction())))
}

/// Returns the score of the cases that were asked, out of `count` cases.
pub(crate) fn score(scorer: &dyn Scorer, results: &[CaseResult], count: usize) -> Option<Score> {
    if results.iter().all(|result| result.outcome != CaseOutcome::Scored) {
        return None;
    }
    let measures: Vec<Measure> =
        results.iter().map(|result| result.measure.clone()).collect::<Option<_>>()?;
    let raw = scorer.total(&measures)?;
    if results.len() == count {
        return Some(raw);
    }
    Some(&raw * &Score::ratio(results.len() as u64, count as u64)?)
}

/// Returns the outcome of an evaluation without a score: that of the last case, or, if the cases were measured, that their measures have
/// no total.
pub(crate) fn outcome_without_score(results: &[CaseResult]) -> CaseOutcome {
    let is_measured = results.iter().all(|result| result.measure.is_some());
    let is_answered = results.iter().any(|result| result.outcome == CaseOutcome::Scored);
    let last = results.last().map_or(CaseOutcome::Scored, |last| last.outcome.clone());
    if !is_measured || !is_answered {
        return last;
    }
    let expected = "some whose scores add up to a fraction of at most 4,000 digits";
    let found = "a total without such a value; numbers with fewer digits have one";
    CaseOutcome::Invalid { evidence: InvalidAnswer::new("answers of all cases", expected, found) }
}

#[cfg(test)]
mod tests {
    use super::{CaseOutcome, CaseResult, Measure, Score};
    use crate::scorer::InvalidAnswer;
    use crate::scorer::rows::{Metric, RowsScorer};

    fn score(results: &[CaseResult], count: usize) -> Option<Score> {
        super::score(&RowsScorer::new(Metric::Label), results, count)
    }

    fn row(right: Option<bool>) -> CaseResult {
        let (outcome, amount) = match right {
            Some(right) => (CaseOutcome::Scored, u8::from(right)),
            None => (CaseOutcome::Invalid { evidence: InvalidAnswer::new("answer", "a text", "null") }, 0),
        };
        let measure = Some(Measure::of(Score::integer(amount)));
        CaseResult {
            case: "r".to_owned(),
            outcome,
            measure,
            fuel: 1,
            evidence: None,
            answer: None,
            details: None,
        }
    }

    #[test]
    fn a_failed_case_counts_and_failed_cases_alone_do_not() {
        let rows = [row(Some(true)), row(None), row(Some(false)), row(None)];
        assert_eq!(score(&rows, 4), Score::ratio(1, 4));
        assert_eq!(score(&[row(None), row(None)], 2), None);
        assert_eq!(score(&[], 2), None);
        let unmeasured = CaseResult { measure: None, ..row(None) };
        assert_eq!(score(&[row(Some(true)), unmeasured], 2), None);
    }

    #[test]
    fn a_score_of_the_first_stage_is_scaled_to_all_cases() {
        let rows: Vec<CaseResult> = (0..10).map(|index| row(Some(index < 3))).collect();
        assert_eq!(score(&rows, 100), Score::ratio(3, 100));
        assert_eq!(score(&rows, 10), Score::ratio(3, 10));
    }

    #[test]
    fn measures_without_a_total_are_named() {
        let unrelated = |number: u64| {
            let power = Score::ratio(1, num_bigint::BigInt::from(3_u8).pow(4_000) + number).unwrap();
            CaseResult { measure: Some(Measure::of(power)), ..row(Some(true)) }
        };
        let rows: Vec<CaseResult> = (1..9).map(unrelated).collect();
        assert_eq!(score(&rows, 8), None);
        let outcome = super::outcome_without_score(&rows);
        assert!(outcome.describe().starts_with("invalid: answers of all cases: expected"), "{outcome:?}");
        let failed = [row(Some(true)), CaseResult { measure: None, ..row(None) }];
        assert_eq!(super::outcome_without_score(&failed), failed[1].outcome);
        assert_eq!(super::outcome_without_score(&[row(None)]), row(None).outcome);
        assert_eq!(super::outcome_without_score(&[]), CaseOutcome::Scored);
    }
}
