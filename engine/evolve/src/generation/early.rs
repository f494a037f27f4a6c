//! Early stops of evaluations on training data, in runs that ask for them: rows are evaluated in a keyed order and compared with
//! those of the parent.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_eval::{CaseResult, Evaluation, RowWatch, Split};
use rand_chacha::rand_core::Rng;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::executor::interface::EarlyRows;
use crate::generation::work::GenerationWork;
use crate::offspring::candidate::CandidatePlan;
use crate::record::candidate_id::CandidateId;
use crate::record::event::CandidateStopped;
use crate::record::generation::load_evaluation;
use crate::record::search_config::SearchConfig;
use crate::rng::{Purpose, StreamKey};
use crate::stability::{EarlyStopTest, KnownRow, StopReason};

/// The early stops of a generation.
pub(crate) struct EarlyStops<'a> {
    work: &'a GenerationWork<'a>,
    /// The evaluations of parents on training data.
    parents: BTreeMap<CandidateId, Arc<Evaluation>>,
}

/// The test of a candidate, with the rows that it compares.
pub(crate) struct EarlyTest {
    /// The rows in the order in which they are evaluated.
    order: Vec<usize>,
    test: EarlyStopTest,
    parent: Arc<Evaluation>,
}

/// A test that watches an evaluation.
struct TestWatch {
    test: EarlyStopTest,
    /// The bases that measures must have, in order.
    bases: Vec<u64>,
    reason: Option<StopReason>,
    /// True if a measure has another base, so that the sums cannot be compared.
    is_void: bool,
}

impl RowWatch for TestWatch {
    fn ends_with(&mut self, row: &CaseResult) -> bool {
        let seen = self.test.seen();
        match (&row.measure, self.bases.get(seen)) {
            (Some(measure), Some(base)) if measure.base == *base && !self.is_void => {
                self.reason = self.test.look(&measure.amount);
            }
            _ => self.is_void = true,
        }
        self.reason.is_some()
    }
}

impl<'a> EarlyStops<'a> {
    /// Returns the early stops of a generation, or `None` in a run without them.
    pub(crate) fn new(work: &'a GenerationWork<'a>) -> Option<Self> {
        work.context.config.search.as_ref()?.early_stop?;
        Some(Self { work, parents: BTreeMap::new() })
    }

    /// Returns the test of a candidate; `None` if its parent was not measured on the same rows.
    pub(crate) fn test(&mut self, plan: &CandidatePlan) -> Result<Option<EarlyTest>, EvolveError> {
        let context = self.work.context;
        let Some(search) = &context.config.search else { return Ok(None) };
        let members = self.work.state.populations[plan.population].archive().members();
        let parent = &members[plan.choice.member];
        let Some(record) = parent.train_evaluation else { return Ok(None) };
        let evaluation = match self.parents.get(&parent.id) {
            Some(known) => Arc::clone(known),
            None => Arc::new(load_evaluation(self.work.store, &record)?),
        };
        self.parents.insert(parent.id, Arc::clone(&evaluation));
        Ok(EarlyTest::new(context, search, plan.id, evaluation))
    }
}

impl EarlyTest {
    fn new(
        context: &RunContext,
        search: &SearchConfig,
        id: CandidateId,
        parent: Arc<Evaluation>,
    ) -> Option<Self> {
        let (task, level) = (&context.task, search.early_stop?.to_f64());
        let best = task.scorer().best_amount(task.direction())?;
        let cases = task.cases(Split::Train);
        let same = parent.score.is_some()
            && parent.cases.len() == cases.len()
            && parent.cases.iter().zip(cases.iter()).all(|(row, case)| row.case == case.name);
        if !same {
            return None;
        }
        let order = order(context.seed, id, cases.len());
        let rows = order.iter().map(|row| {
            let amount = &parent.cases[*row].measure.as_ref()?.amount;
            Some(KnownRow { parent: amount.clone(), best: best.clone() })
        });
        let rows = rows.collect::<Option<Vec<KnownRow>>>()?;
        let test = EarlyStopTest::new(task.direction(), level, search.parsimony, rows);
        Some(Self { order, test, parent })
    }

    fn watch(&self) -> TestWatch {
        let base = |row: &usize| self.parent.cases[*row].measure.as_ref().map_or(0, |measure| measure.base);
        let bases = self.order.iter().map(base).collect();
        TestWatch { test: self.test.clone(), bases, reason: None, is_void: false }
    }

    /// Returns what an evaluation of all rows becomes under this test; `None` if that cannot be told, because a row has no
    /// measure.
    pub(crate) fn applied(&self, evaluation: Evaluation) -> Option<Evaluation> {
        let complete = evaluation.score.is_some() && evaluation.cases.len() == self.order.len();
        complete.then(|| evaluation.watched(&self.order, &mut self.watch()))
    }

    /// Returns the event of a stopped evaluation.
    pub(crate) fn event(&self, id: CandidateId, evaluation: &Evaluation) -> CandidateStopped {
        let mut watch = self.watch();
        let _ = evaluation.cases.iter().any(|row| watch.ends_with(row));
        let seen = evaluation.cases.len();
        let rest = self.order.get(seen..).unwrap_or_default();
        CandidateStopped {
            candidate: id,
            rows: seen as u64,
            of: self.order.len() as u64,
            reason: watch.reason.map(StopReason::name).unwrap_or_default().to_owned(),
            saved: rest.iter().map(|row| self.parent.cases[*row].fuel).sum(),
        }
    }

    /// Returns the order and the watch, as an executor needs them.
    pub(crate) fn rows(self: &Arc<Self>) -> EarlyRows {
        let test = Arc::clone(self);
        EarlyRows { order: self.order.clone(), watch: Arc::new(move || Box::new(test.watch())) }
    }
}

/// Returns the keyed order of a candidate's rows.
fn order(seed: u64, id: CandidateId, rows: usize) -> Vec<usize> {
    let key = StreamKey { seed, generation: id.generation, purpose: Purpose::Rows, item: id.candidate };
    let mut stream = key.stream();
    let mut order: Vec<usize> = (0..rows).collect();
    for last in (1..rows).rev() {
        let total = last as u64 + 1;
        // Unbiased, like draws.
        let threshold = total.wrapping_neg() % total;
        let place = loop {
            let product = u128::from(stream.next_u64()) * u128::from(total);
            if product as u64 >= threshold {
                break (product >> 64) as usize;
            }
        };
        order.swap(last, place);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_keyed_and_even() {
        let of = |candidate| order(7, CandidateId { generation: 3, candidate }, 5);
        assert_eq!(of(1), of(1));
        assert_ne!((0..9).map(of).collect::<Vec<_>>(), vec![of(0); 9]);
        let mut counts = [[0_u32; 5]; 5];
        for candidate in 0..10_000 {
            for (place, row) in of(candidate).into_iter().enumerate() {
                counts[place][row] += 1;
            }
        }
        // 2,000 are expected; the limit is the 0.1 % point of the chi-square distribution with 16 degrees of freedom.
        let chi_square: f64 =
            counts.iter().flatten().map(|count| (f64::from(*count) - 2_000.0).powi(2) / 2_000.0).sum();
        assert!(chi_square < 39.252, "{counts:?}");
    }
}
