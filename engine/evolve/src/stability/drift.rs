//! Drift: measurements of an agent that differ from earlier ones of the same agent by more than noise.

use std::collections::BTreeMap;

use hyperspace_eval::{CaseResult, Direction, Score};

use super::tally::{RowTally, value};
use crate::record::strategy::Fraction;

/// Returns the change between the first and the last measurements of an agent, divided at the place where the change is clearest,
/// if it is above `errors` standard errors. Rows gained are those on which the last measurements are better. Each measurement
/// consists of the rows of its splits, always in the same order.
///
/// For each row, `d` is the number of pairs of a first and a last measurement in which the last one is better, minus the number
/// in which it is worse. Without drift, each `d` has mean 0, so the variance of the sum over all rows is estimated by `Σd²`, and
/// the change is `Σd / √Σd²` standard errors (a paired test by its normal approximation). It is at most the square root of the
/// number of rows, so few rows show no drift. Pairs of several measurements have less noise than single ones. All comparisons use
/// whole numbers.
#[must_use]
pub fn drift_in(
    measurements: &[Vec<&[CaseResult]>],
    direction: Direction,
    errors: Fraction,
) -> Option<RowTally> {
    let rows = rows_of(measurements);
    let changes = (1..measurements.len()).map(|at| MeasurementChange::at(at, &rows, direction));
    let clearest = changes.reduce(|best, next| if next.is_clearer(&best) { next } else { best })?;
    clearest.is_above(errors).then_some(clearest.tally)
}

/// Returns, for each row that all measurements have, its values in their order.
fn rows_of(measurements: &[Vec<&[CaseResult]>]) -> Vec<Vec<Option<Score>>> {
    // Different splits may have rows of the same name.
    let mut rows: BTreeMap<(usize, &str), Vec<Option<Score>>> = BTreeMap::new();
    for (number, measurement) in measurements.iter().enumerate() {
        for (split, case) in
            (0..).zip(measurement).flat_map(|(split, cases)| cases.iter().map(move |case| (split, case)))
        {
            let row = rows.entry((split, &case.case)).or_default();
            if row.len() == number {
                row.push(value(case));
            }
        }
    }
    rows.into_values().filter(|row| row.len() == measurements.len()).collect()
}

/// The change of an agent between two groups of its measurements.
struct MeasurementChange {
    sum: i128,
    squares: u128,
    tally: RowTally,
}

impl MeasurementChange {
    /// Returns the change between the first `at` measurements and the others.
    fn at(at: usize, rows: &[Vec<Option<Score>>], direction: Direction) -> Self {
        let mut change = Self { sum: 0, squares: 0, tally: RowTally::default() };
        for row in rows {
            let mut pairs = RowTally::default();
            let (before, after) = row.split_at(at);
            for own in after {
                for other in before {
                    pairs.add(own.as_ref(), other.as_ref(), direction);
                }
            }
            let net = i128::from(pairs.gained) - i128::from(pairs.lost);
            change.sum += net;
            change.squares += net.unsigned_abs().pow(2);
            change.tally.gained += u64::from(net > 0);
            change.tally.lost += u64::from(net < 0);
            change.tally.rows += 1;
        }
        change
    }

    /// Returns whether it is more standard errors than another change.
    fn is_clearer(&self, other: &Self) -> bool {
        if other.squares == 0 {
            return self.squares > 0;
        }
        self.sum.unsigned_abs().pow(2) * other.squares > other.sum.unsigned_abs().pow(2) * self.squares
    }

    fn is_above(&self, errors: Fraction) -> bool {
        let part = |number: u64| u128::from(number).pow(2);
        let (own, limit) = (
            self.sum.unsigned_abs().pow(2).checked_mul(part(errors.denominator())),
            self.squares.checked_mul(part(errors.numerator())),
        );
        // Products overflow only for fractions that nobody would write; then no drift is shown.
        self.squares > 0 && own.zip(limit).is_some_and(|(own, limit)| own > limit)
    }
}

#[cfg(test)]
mod tests {
    use hyperspace_eval::CaseOutcome;
    use hyperspace_eval::scorer::Measure;

    use super::*;

    fn measurement(right: impl Fn(usize) -> bool) -> Vec<CaseResult> {
        let row = |index: usize| CaseResult {
            case: format!("row {index}"),
            outcome: CaseOutcome::Scored,
            measure: Some(Measure::of(Score::integer(u8::from(right(index))))),
            fuel: 0,
            evidence: None,
            answer: None,
            details: None,
        };
        (0..100).map(row).collect()
    }

    fn drift(measurements: &[Vec<CaseResult>]) -> Option<RowTally> {
        let all: Vec<Vec<&[CaseResult]>> = measurements.iter().map(|one| vec![one.as_slice()]).collect();
        drift_in(&all, Direction::Maximize, Fraction::new(4, 1).unwrap())
    }

    #[test]
    fn a_change_that_lasts_is_clearer_than_one_measurement() {
        // Ten rows differ from time to time; twenty are lost in the last two measurements.
        let noisy = |time: usize| measurement(move |row| row >= 10 || (row + time).is_multiple_of(2));
        let worse =
            |time: usize| measurement(move |row| row >= 30 || (row < 10 && (row + time).is_multiple_of(2)));
        assert_eq!(drift(&[noisy(0), noisy(1), noisy(2)]), None);
        assert_eq!(drift(&[noisy(0), worse(1)]), None, "3.7 standard errors");
        let found = drift(&[noisy(0), noisy(1), worse(0), worse(1)]).unwrap();
        assert_eq!((found.gained, found.lost, found.rows), (0, 20, 100));
        assert_eq!(drift(&[noisy(0)]), None);
        assert_eq!(drift(&[]), None);
    }

    #[test]
    fn a_first_half_without_a_change_hides_none() {
        // Lower in the second measurement and higher in the third, so that pairs with the first one alone cancel out.
        let score = |value: u64| {
            let mut cases = measurement(|_| true);
            cases.iter_mut().for_each(|case| case.measure = Some(Measure::of(Score::integer(value))));
            cases
        };
        assert_eq!(drift(&[score(2), score(1), score(3)]).map(|tally| tally.gained), Some(100));
    }

    #[test]
    fn rows_that_a_measurement_has_not_are_left_out() {
        let all = |row: usize| row < 100;
        let (first, mut last) = (measurement(all), measurement(|_| false));
        last.truncate(20);
        assert_eq!(drift(&[first, last]).map(|tally| (tally.lost, tally.rows)), Some((20, 20)));
    }
}
