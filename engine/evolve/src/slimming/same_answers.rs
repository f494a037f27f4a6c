//! A watch that ends an evaluation at the first row with a different answer.

use std::sync::Arc;

use hyperspace_eval::{CaseResult, Evaluation, RowWatch};

use crate::executor::interface::EarlyRows;

/// Compares rows with recorded rows.
struct SameAnswers {
    expected: Arc<Evaluation>,
    /// The indices of the recorded rows, in the order in which they are evaluated.
    order: Arc<Vec<usize>>,
    asked: usize,
}

impl RowWatch for SameAnswers {
    fn ends_with(&mut self, row: &CaseResult) -> bool {
        let expected = self.order.get(self.asked).and_then(|row| self.expected.cases.get(*row));
        self.asked += 1;
        !expected.is_some_and(|expected| expected.is_same_answer(row))
    }
}

/// The rows of an evaluation in an order that begins with rows that told programs apart.
#[derive(Debug, Clone)]
pub(crate) struct TellingRows {
    expected: Arc<Evaluation>,
    order: Arc<Vec<usize>>,
}

impl TellingRows {
    pub(crate) fn new(expected: Arc<Evaluation>) -> Self {
        let order = Arc::new((0..expected.cases.len()).collect());
        Self { expected, order }
    }

    /// Returns the rows for an evaluation that ends at the first different answer.
    pub(crate) fn rows(&self) -> EarlyRows {
        let (expected, order) = (Arc::clone(&self.expected), Arc::clone(&self.order));
        let watch = move || -> Box<dyn RowWatch> {
            let (expected, order) = (Arc::clone(&expected), Arc::clone(&order));
            Box::new(SameAnswers { expected, order, asked: 0 })
        };
        EarlyRows { order: self.order.to_vec(), watch: Arc::new(watch) }
    }

    /// Returns whether an evaluation of these rows has all of the recorded answers. If not, the row that differed is evaluated
    /// first from now on.
    pub(crate) fn compare(&mut self, evaluation: &Evaluation) -> bool {
        let is_same =
            evaluation.score == self.expected.score && self.expected.first_difference(evaluation).is_none();
        // The evaluation ended with the row that differs.
        let last = evaluation.cases.len().min(self.order.len());
        if !is_same && last > 0 {
            Arc::make_mut(&mut self.order)[..last].rotate_right(1);
        }
        is_same
    }
}
