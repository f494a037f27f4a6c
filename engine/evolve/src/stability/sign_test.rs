//! Tests on the rows on which two agents differ.
//!
//! Sums of binomial probabilities are taken relative to the greatest one, so that they neither overflow nor vanish, and without powers and
//! logarithms, whose last bit differs between machines.

use super::tally::RowTally;

/// Returns the mid-p value of a one-sided binomial test: the probability of more than `successes` successes in `trials` trials,
/// plus half of that of exactly as many, if each trial succeeds with probability `chance`. Returns 0.5 without trials.
///
/// # Panics
///
/// When `successes` is above `trials`.
#[must_use]
pub fn tail_p_value(successes: u64, trials: u64, chance: f64) -> f64 {
    assert!(successes <= trials, "{successes} of {trials}");
    let chance = chance.clamp(0.0, 1.0);
    if chance == 0.0 || chance == 1.0 {
        let certain = if chance == 0.0 { 0 } else { trials };
        return match certain.cmp(&successes) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        };
    }
    let sums = sums(successes, trials, chance);
    (sums.above + sums.equal / 2.0) / (sums.below + sums.equal + sums.above)
}

/// Returns the p value against "worse than the other by `margin` or more, as a share of the rows", or in reverse with
/// [`RowTally::reversed`]: against "better by `margin` or more". Small values refute it.
///
/// Given the rows that differ, the number gained is binomial with probability `(1 − margin/ψ)/2`, where `ψ` is the share of rows
/// that differ (mid-p). If fewer rows differ than `margin` says, the number lost is compared with `Binomial(rows, margin)`
/// instead, which needs no estimate.
#[must_use]
pub fn margin_p_value(tally: RowTally, margin: f64) -> f64 {
    let RowTally { gained, lost, rows } = tally;
    let (different, bound) = (tally.different() as f64, rows as f64 * margin);
    if rows == 0 {
        return 1.0;
    }
    if different <= bound {
        let sums = sums(lost, rows, margin.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON));
        return (sums.below + sums.equal) / (sums.below + sums.equal + sums.above);
    }
    tail_p_value(gained, gained + lost, (different - bound) / (2.0 * different))
}

/// Sums of binomial probabilities, all scaled by the same factor.
struct BinomialSums {
    below: f64,
    equal: f64,
    above: f64,
}

/// Returns the sums below, at and above a number of successes.
fn sums(successes: u64, trials: u64, chance: f64) -> BinomialSums {
    let odds = chance / (1.0 - chance);
    // The greatest term has weight 1; the others follow from their neighbours.
    let mode = ((trials as f64 + 1.0) * chance) as u64;
    let mode = mode.min(trials);
    let mut all = BinomialSums { below: 0.0, equal: 0.0, above: 0.0 };
    let mut weight = 1.0;
    for number in mode..=trials {
        all.add(number, successes, weight);
        weight *= (trials - number) as f64 / (number as f64 + 1.0) * odds;
    }
    weight = 1.0;
    for number in (0..mode).rev() {
        weight *= (number as f64 + 1.0) / (trials - number) as f64 / odds;
        all.add(number, successes, weight);
    }
    all
}

impl BinomialSums {
    fn add(&mut self, number: u64, successes: u64, weight: f64) {
        match number.cmp(&successes) {
            std::cmp::Ordering::Less => self.below += weight,
            std::cmp::Ordering::Equal => self.equal += weight,
            std::cmp::Ordering::Greater => self.above += weight,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn values_are_those_of_the_binomial_distribution() {
        near(tail_p_value(0, 0, 0.5), 0.5);
        near(tail_p_value(3, 3, 0.5), 0.0625);
        near(tail_p_value(8, 10, 0.5), (10.0 + 1.0 + 45.0 / 2.0) / 1024.0);
        near(tail_p_value(1, 2, 0.25), 0.0625 + 0.375 / 2.0);
        near(tail_p_value(2, 5, 0.0), 0.0);
        near(tail_p_value(2, 5, 1.0), 1.0);
        assert!(tail_p_value(60_000, 100_000, 0.5) < 1e-9);
        near(tail_p_value(50_000, 100_000, 0.5), 0.5);
    }

    #[test]
    fn a_margin_is_refuted_by_enough_rows_only() {
        // No row differs: 0.97^100 and 0.97^200.
        let same = |rows| margin_p_value(RowTally { gained: 0, lost: 0, rows }, 0.03);
        assert!((same(100) - 0.047_55).abs() < 1e-4 && same(200) < 0.003 && same(3) > 0.9 && same(0) == 1.0);
        // With a margin of 0, it is the sign test.
        let tally = RowTally { gained: 9, lost: 2, rows: 50 };
        near(margin_p_value(tally, 0.0), tail_p_value(9, 11, 0.5));
        near(margin_p_value(tally.reversed(), 0.0), 1.0 - tail_p_value(9, 11, 0.5));
    }

    proptest! {
        #[test]
        fn tails_are_probabilities_that_fall(trials in 1_u64..400, chance in 0.01_f64..0.99) {
            let mut before = 1.0;
            for successes in 0..=trials {
                let value = tail_p_value(successes, trials, chance);
                prop_assert!((0.0..=1.0).contains(&value) && value <= before + 1e-12, "{successes} {value} {before}");
                before = value;
            }
            let mirrored = 1.0 - tail_p_value(trials / 3, trials, chance);
            let other = tail_p_value(trials - trials / 3, trials, 1.0 - chance);
            prop_assert!((mirrored - other).abs() < 1e-9);
        }

        #[test]
        fn more_gains_never_speak_for_worse(gained in 0_u64..60, lost in 0_u64..60, more in 0_u64..20, margin in 0.0_f64..0.1) {
            let tally = RowTally { gained, lost, rows: 200 };
            let better = RowTally { gained: gained + more, lost: lost.saturating_sub(more), rows: 200 };
            prop_assert!(margin_p_value(better, margin) <= margin_p_value(tally, margin) + 1e-9);
        }
    }
}
