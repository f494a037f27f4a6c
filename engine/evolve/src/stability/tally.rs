//! Rows of two evaluations, compared one by one.

use std::collections::BTreeMap;

use hyperspace_eval::{CaseResult, Direction, Score};
use serde::{Deserialize, Serialize};

/// Counts of the rows that two evaluations share, by which of the two is better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowTally {
    /// Rows on which the first one is better.
    pub gained: u64,
    /// Rows on which the second one is better.
    pub lost: u64,
    /// All rows that both were asked.
    pub rows: u64,
}

impl RowTally {
    /// Compares the rows of two evaluations by name. A row that only one of them was asked is left out; a row that was asked but
    /// has no measure is worse than one that has.
    #[must_use]
    pub fn of(own: &[CaseResult], other: &[CaseResult], direction: Direction) -> Self {
        let known: BTreeMap<&str, Option<Score>> =
            other.iter().map(|case| (case.case.as_str(), value(case))).collect();
        let mut tally = Self::default();
        for case in own {
            let Some(other) = known.get(case.case.as_str()) else { continue };
            tally.add(value(case).as_ref(), other.as_ref(), direction);
        }
        tally
    }

    pub(super) fn add(&mut self, own: Option<&Score>, other: Option<&Score>, direction: Direction) {
        self.rows += 1;
        let (gained, lost) = match (own, other) {
            (Some(own), Some(other)) => {
                (own.better_than(other, direction), other.better_than(own, direction))
            }
            (Some(_), None) => (true, false),
            (None, Some(_)) => (false, true),
            (None, None) => (false, false),
        };
        self.gained += u64::from(gained);
        self.lost += u64::from(lost);
    }

    /// Returns the sum of both counts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            gained: self.gained + other.gained,
            lost: self.lost + other.lost,
            rows: self.rows + other.rows,
        }
    }

    /// Returns the counts from the other one's point of view.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { gained: self.lost, lost: self.gained, rows: self.rows }
    }

    /// Returns the number of independent rows to which a sum over `measurements` of the second agent, compared with one
    /// measurement of the first, is equivalent.
    ///
    /// Each measurement of the second agent adds its own noise and repeats that of the first. If both have the same noise, the
    /// mean difference has `(k+1)/2k` of the variance that `k` independent comparisons of as many rows would have, so the
    /// comparisons are worth `2/(k+1)` of their rows. Gains are rounded down and losses up.
    #[must_use]
    pub fn worth(self, measurements: u64) -> Self {
        let parts = measurements.max(1) + 1;
        Self {
            gained: 2 * self.gained / parts,
            lost: (2 * self.lost).div_ceil(parts),
            rows: 2 * self.rows / parts,
        }
    }

    /// Returns the number of rows on which one of them is better.
    #[must_use]
    pub fn different(self) -> u64 {
        self.gained + self.lost
    }

    /// Returns the rows gained minus those lost, divided by all rows: −1 to 1, and 0 without rows.
    #[must_use]
    pub fn difference(self) -> Score {
        let net = i128::from(self.gained) - i128::from(self.lost);
        Score::ratio(net, self.rows).unwrap_or_else(Score::zero)
    }
}

pub(super) fn value(case: &CaseResult) -> Option<Score> {
    case.measure.as_ref().and_then(|measure| measure.score())
}

#[cfg(test)]
mod tests {
    use hyperspace_eval::CaseOutcome;
    use hyperspace_eval::scorer::Measure;

    use super::*;

    fn rows(values: &[(&str, Option<u64>)]) -> Vec<CaseResult> {
        let row = |(name, value): &(&str, Option<u64>)| CaseResult {
            case: (*name).to_owned(),
            outcome: CaseOutcome::Scored,
            measure: value.map(|value| Measure::of(Score::integer(value))),
            fuel: 0,
            evidence: None,
            answer: None,
            details: None,
        };
        values.iter().map(row).collect()
    }

    #[test]
    fn repeated_measurements_are_worth_less_than_their_rows() {
        let tally = RowTally { gained: 21, lost: 10, rows: 200 };
        assert_eq!(tally.worth(1), tally);
        assert_eq!(tally.worth(2), RowTally { gained: 14, lost: 7, rows: 133 });
        assert_eq!(tally.worth(3), RowTally { gained: 10, lost: 5, rows: 100 });
    }

    #[test]
    fn rows_are_compared_by_name_and_direction() {
        let own = rows(&[("a", Some(1)), ("b", Some(0)), ("c", None), ("d", Some(1)), ("e", None)]);
        let other =
            rows(&[("e", None), ("d", None), ("b", Some(1)), ("a", Some(0)), ("c", Some(0)), ("z", Some(1))]);
        let tally = RowTally::of(&own, &other, Direction::Maximize);
        assert_eq!(tally, RowTally { gained: 2, lost: 2, rows: 5 });
        let tally = RowTally::of(&own[..2], &other, Direction::Minimize);
        assert_eq!(tally, RowTally { gained: 1, lost: 1, rows: 2 });
        assert!(tally.difference().is_zero() && RowTally::default().difference().is_zero());
    }
}
