//! Measures: the contributions of cases to the score of a task.
//!
//! Attacks that end here: T-CHECK-14.

use serde::{Deserialize, Serialize};

use super::{InvalidAnswer, WorkMeter};
use crate::score::Score;

/// Maximum work of one sum: less than a fifth of a second. Sums that can be recorded take much less.
const TOTAL_UNITS_MAX: u64 = 20_000_000;
/// Maximum number of bits of an intermediate sum: twice as many as a score that can be recorded has.
const SUM_BITS_MAX: u64 = 27_000;
/// Work of an addition besides that on its digits.
const SUM_UNITS: u64 = 8;

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

/// Returns the sum of amounts over the sum of bases. `None` if there is nothing to divide by, or if the sum cannot be recorded: the
/// denominators of unrelated fractions multiply, so the work of their sum is bounded.
#[must_use]
pub fn total(measures: &[Measure]) -> Option<Score> {
    let mut work = WorkMeter::of(TOTAL_UNITS_MAX);
    let amount = sum(measures, &mut work).ok()?;
    let base: u128 = measures.iter().map(|measure| u128::from(measure.base)).sum();
    amount.checked_div(&Score::integer(base)).filter(Score::is_recordable)
}

/// Returns the sum of amounts, and counts the work. It adds halves, so that most sums are short.
fn sum(measures: &[Measure], work: &mut WorkMeter) -> Result<Score, InvalidAnswer> {
    let (left, right) = match measures {
        [] => return Ok(Score::zero()),
        [one] => return short(one.amount.clone()),
        _ => measures.split_at(measures.len() / 2),
    };
    let (left, right) = (sum(left, work)?, sum(right, work)?);
    work.spend(units(&left, &right))?;
    short(&left + &right)
}

/// Refuses a sum with which further work would take long.
fn short(sum: Score) -> Result<Score, InvalidAnswer> {
    if sum.bits() <= SUM_BITS_MAX {
        return Ok(sum);
    }
    Err(InvalidAnswer::new("answers", "a shorter sum of amounts", "a longer one"))
}

/// Returns the work of adding two numbers: a few shifts, or two greatest common divisors, each of which takes a step for every bit.
fn units(a: &Score, b: &Score) -> u64 {
    let bits = a.bits() + b.bits();
    let words = bits / 64;
    match (a.binary_places(), b.binary_places()) {
        (Some(_), Some(_)) => SUM_UNITS + words,
        _ => SUM_UNITS + 2 * bits * (4 + words / 8),
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use num_rational::BigRational;

    use super::*;

    #[test]
    fn the_total_is_a_ratio_of_sums() {
        let measure = |amount: u64, base| Measure { amount: Score::integer(amount), base };
        assert_eq!(total(&[measure(1, 2), measure(3, 6)]), Score::ratio(1, 2));
        assert_eq!(total(&[Measure::of(Score::one()), Measure::of(Score::zero())]), Score::ratio(1, 2));
        assert_eq!(total(&[]), None);
        assert_eq!(measure(1, 0).score(), None);
    }

    /// Fractions with nothing in common, as those of points with arbitrary coordinates.
    fn unrelated(count: u64, bits: u64) -> Vec<Measure> {
        let odd = |number: u64| (BigInt::from(1) << bits) + 2 * number + 1;
        (0..count)
            .map(|number| Measure::of(Score::ratio(odd(number), odd(number + count)).unwrap()))
            .collect()
    }

    #[test]
    fn a_total_that_cannot_be_recorded_is_none_and_takes_bounded_work() {
        for (count, bits) in [(20, 4_000), (10_000, 60), (4, 4_000), (130, 60)] {
            assert_eq!(total(&unrelated(count, bits)), None, "{count} {bits}");
        }
        // The denominators divide one that is long, so that sums stay long and can be recorded.
        let long: BigInt = (BigInt::from(1) << 6_000) + 1;
        let of = |number: u64| Measure::of(Score::ratio(number, long.clone() * (1 + number % 7)).unwrap());
        let measures: Vec<Measure> = (1..60).map(of).collect();
        assert_eq!(total(&measures), None);
        assert_eq!(total(&[Measure::of(Score::integer(BigInt::from(1) << 4_000_000))]), None);
        for few in [unrelated(50, 100), unrelated(200, 20), unrelated(3, 2_000), unrelated(1, 6_000)] {
            let exact: BigRational = few.iter().map(|measure| measure.amount.as_rational().clone()).sum();
            let count = BigRational::from_integer(few.len().into());
            assert_eq!(total(&few), Some(Score::from(exact / count)));
        }
    }

    #[test]
    fn sums_of_doubles_are_never_too_much() {
        let doubles = [f64::MAX, 5e-324, -1.5, 1e300, 1.0 / 3.0];
        let of = |index: usize| Measure::of(Score::from_f64_exact(doubles[index % doubles.len()]).unwrap());
        let measures: Vec<Measure> = (0..10_000).map(of).collect();
        let exact: Score = measures.iter().map(|measure| &measure.amount).sum();
        assert_eq!(total(&measures), exact.checked_div(&Score::integer(10_000)));
    }
}
