//! The gap of a lineage: progress since its seed on training rows that does not show on held-out rows.

use hyperspace_eval::Score;
use serde::{Deserialize, Serialize};

use super::tally::RowTally;
use crate::record::strategy::Fraction;

/// Number of standard errors that a gap has to exceed in runs that do not set it.
const ERRORS: u64 = 2;

/// The progress of an agent since the seed of its lineage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineageGap {
    /// Rows of the training split, compared with the seed.
    pub train: RowTally,
    /// Rows of the held-out split, compared with the seed.
    pub held_out: RowTally,
}

impl LineageGap {
    /// Returns the difference between the net shares of rows gained on training data and on held-out data: −2 to 2.
    #[must_use]
    pub fn size(&self) -> Score {
        &self.train.difference() - &self.held_out.difference()
    }

    /// Returns the number of standard errors that a gap has to exceed, in a run that sets this number or none.
    #[must_use]
    pub fn errors(set: Option<Fraction>) -> Score {
        set.map_or_else(|| Score::integer(ERRORS), Fraction::to_score)
    }

    /// Returns whether the gap exceeds the limit and also the given number of its standard errors `√(m/n² + m'/n'²)`, where `m`
    /// of `n` rows differ. The number is two if none is given.
    #[must_use]
    pub fn is_above(&self, limit: &Score, errors: Option<Fraction>) -> bool {
        let size = self.size();
        let variance = |tally: RowTally| {
            let rows = u128::from(tally.rows);
            Score::ratio(tally.different(), rows * rows).unwrap_or_else(Score::zero)
        };
        let variance = &variance(self.train) + &variance(self.held_out);
        let errors = Self::errors(errors);
        size > *limit && &size * &size > &(&errors * &errors) * &variance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(train: [u64; 3], held_out: [u64; 3]) -> LineageGap {
        let tally = |[gained, lost, rows]: [u64; 3]| RowTally { gained, lost, rows };
        LineageGap { train: tally(train), held_out: tally(held_out) }
    }

    #[test]
    fn a_gap_needs_size_and_rows() {
        let tenth = Score::ratio(1, 10).unwrap();
        assert!(gap([30, 0, 100], [2, 4, 100]).is_above(&tenth, None));
        assert!(!gap([30, 0, 100], [25, 0, 100]).is_above(&tenth, None), "progress that held-out data show");
        assert!(!gap([2, 0, 2], [0, 1, 1]).is_above(&Score::integer(2), None));
        assert!(!gap([1, 0, 4], [0, 0, 4]).is_above(&tenth, None), "one row of four");
        let errors = |number| Fraction::new(number, 1);
        let found = gap([30, 0, 100], [2, 4, 100]);
        assert!(found.is_above(&tenth, errors(5)) && !found.is_above(&tenth, errors(6)), "5.3 errors");
        assert_eq!(gap([30, 0, 100], [0, 10, 100]).size(), Score::ratio(2, 5).unwrap());
    }
}
