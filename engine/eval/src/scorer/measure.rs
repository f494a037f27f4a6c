//! Measures: the contributions of cases to the score of a task.

use serde::{Deserialize, Serialize};

use crate::score::Score;

/// A quotient that is kept unevaluated: the score of several cases is the sum of amounts over the sum of bases.
///
/// For bin packing, the amount is 100 × (bins − bound) and the base is the bound. For rows and single-instance tasks the
/// base is 1, so the total is the mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The numerator.
    pub amount: Score,
    /// The denominator; not zero.
    pub base: u64,
}

impl Measure {
    /// Creates a measure of base 1.
    #[must_use]
    pub fn of(amount: Score) -> Self {
        Self { amount, base: 1 }
    }

    /// Returns the score of this case alone, or `None` for a base of zero.
    #[must_use]
    pub fn score(&self) -> Option<Score> {
        self.amount.checked_div(&Score::integer(self.base))
    }
}

/// Returns the sum of amounts over the sum of bases, or `None` if there is nothing to divide by.
#[must_use]
pub fn total(measures: &[Measure]) -> Option<Score> {
    let amount: Score = measures.iter().map(|measure| &measure.amount).sum();
    let base: u128 = measures.iter().map(|measure| u128::from(measure.base)).sum();
    amount.checked_div(&Score::integer(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_a_ratio_of_sums() {
        let measure = |amount: u64, base| Measure { amount: Score::integer(amount), base };
        assert_eq!(total(&[measure(1, 2), measure(3, 6)]), Score::ratio(1, 2));
        assert_eq!(total(&[Measure::of(Score::one()), Measure::of(Score::zero())]), Score::ratio(1, 2));
        assert_eq!(total(&[]), None);
        assert_eq!(measure(1, 0).score(), None);
    }
}
