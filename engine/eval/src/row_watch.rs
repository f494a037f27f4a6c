//! Evaluations that may end before their last row: rows in an order that the caller chooses, and a watch that looks at each row.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::evaluation::{CaseOutcome, CaseResult, Evaluation};

/// Looks at the rows of an evaluation in their order, and may end it.
///
/// Invariant that an implementation must uphold: its answers depend on the rows alone. Otherwise evaluations are not reproducible.
pub trait RowWatch: Send {
    /// Returns whether the evaluation ends with this row, which is the next one.
    fn ends_with(&mut self, row: &CaseResult) -> bool;
}

impl Evaluation {
    /// Returns whether a watch ended it before its last row.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.outcome == CaseOutcome::Stopped
    }

    /// Returns the evaluation as it would have been with its rows in this order and with this watch. All of its rows must have been
    /// asked.
    #[must_use]
    pub fn watched(mut self, order: &[usize], watch: &mut dyn RowWatch) -> Self {
        let ordered: Vec<&CaseResult> = order.iter().filter_map(|row| self.cases.get(*row)).collect();
        let end = ordered.iter().position(|row| watch.ends_with(row)).map_or(ordered.len(), |last| last + 1);
        if end < ordered.len() {
            self.cases = ordered[..end].iter().map(|row| (*row).clone()).collect();
            self.stop();
        }
        self
    }

    /// Returns the rows in the order of the cases, each with its index among the cases of the split. A watched evaluation asks them in
    /// another order.
    #[must_use]
    pub fn placed<'a>(&'a self, cases: &[Case]) -> Vec<(usize, &'a CaseResult)> {
        if self.cases.iter().zip(cases).all(|(row, case)| row.case == case.name) {
            return self.cases.iter().enumerate().collect();
        }
        let index: BTreeMap<&str, usize> =
            cases.iter().enumerate().map(|(at, case)| (&*case.name, at)).collect();
        let place = |row: &'a CaseResult| Some((*index.get(&*row.case)?, row));
        let mut placed: Vec<(usize, &CaseResult)> = self.cases.iter().filter_map(place).collect();
        placed.sort_by_key(|(at, _)| *at);
        placed
    }

    /// Turns it into an evaluation that was ended by a watch.
    pub(crate) fn stop(&mut self) {
        self.score = None;
        self.outcome = CaseOutcome::Stopped;
        self.fuel = self.cases.iter().map(|case| case.fuel).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Score;
    use crate::scorer::Measure;
    use crate::split::Split;

    /// Ends with the row of this name.
    struct Until(&'static str);

    impl RowWatch for Until {
        fn ends_with(&mut self, row: &CaseResult) -> bool {
            row.case == self.0
        }
    }

    fn evaluation() -> Evaluation {
        let row = |(number, name): (u64, &str)| CaseResult {
            case: name.to_owned(),
            outcome: CaseOutcome::Scored,
            measure: Some(Measure::of(Score::integer(number))),
            fuel: number,
            evidence: None,
            answer: None,
            details: None,
        };
        Evaluation {
            task: "t".to_owned(),
            task_digest: String::new(),
            agent: hyperspace_core::TreeId::from_bytes([0; 32]),
            split: Split::Train,
            score: Some(Score::one()),
            outcome: CaseOutcome::Scored,
            cases: (1..).zip(["a", "b", "c", "d"]).map(row).collect(),
            fuel: 10,
        }
    }

    #[test]
    fn a_watched_evaluation_has_the_rows_that_were_asked() {
        let stopped = evaluation().watched(&[2, 0, 3, 1], &mut Until("a"));
        let names: Vec<&str> = stopped.cases.iter().map(|row| &*row.case).collect();
        assert_eq!((names, stopped.fuel, stopped.is_stopped()), (vec!["c", "a"], 4, true));
        assert_eq!((&stopped.score, stopped.outcome.name()), (&None, "stopped"));
        let cases = ["a", "b", "c", "d"].map(|name| Case::new(name, ()));
        let placed: Vec<usize> = stopped.placed(&cases).into_iter().map(|(at, _)| at).collect();
        assert_eq!(placed, [0, 2]);
        for until in ["b", "none"] {
            let whole = evaluation().watched(&[2, 0, 3, 1], &mut Until(until));
            assert_eq!(whole, evaluation(), "the last row, or none");
        }
    }
}
