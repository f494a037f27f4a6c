//! The paired gate on simulated agents of known accuracy, at the budget of the fixed gate.

use hyperspace_evolve::stability::PairedRule;
use hyperspace_testkit::noise::{NoisyWorld, rate};
use hyperspace_testkit::random::SplitMix64;

const TRIALS: u32 = 6_000;
/// Rows that the fixed gate asks a candidate at most: those of both splits.
const BUDGET: f64 = 200.0;
const RULE: PairedRule = PairedRule { level: 0.05, looks: 1, margin: 0.035 };

/// The published noise: a pooled standard deviation of 0.024 of the accuracy on 100 rows.
const PUBLISHED: NoisyWorld = NoisyWorld { rows: 100, noise: 0.0576, churn: 0.0 };

#[test]
fn the_paired_gate_tells_better_from_worse_at_the_budget_of_the_fixed_gate() {
    for seed in 1..=3 {
        let mut random = SplitMix64::new(seed);
        // A parent that was measured again once.
        let mut paired = |difference| rate(TRIALS, || PUBLISHED.paired(RULE, 2, difference, &mut random));
        let (better, worse) = (paired(0.03), paired(-0.03));
        assert!(better.accepted >= 0.80 && worse.accepted <= 0.05, "{better:?} {worse:?}");
        assert!(better.rows <= BUDGET && worse.rows <= BUDGET, "{better:?} {worse:?}");
        let mut fixed = |difference| rate(TRIALS, || PUBLISHED.fixed(difference, &mut random));
        assert!(fixed(0.03).accepted < 0.70, "today's gate refuses what is better");
    }
}

#[test]
fn more_measurements_find_smaller_differences_at_the_same_level() {
    let mut random = SplitMix64::new(5);
    let churning = NoisyWorld { churn: 0.02, ..PUBLISHED };
    let mut accepted = |looks, difference| {
        rate(TRIALS, || churning.paired(PairedRule { looks, ..RULE }, 1, difference, &mut random)).accepted
    };
    assert!(accepted(3, 0.03) > 0.9 && accepted(3, -0.03) <= 0.05);
    assert!(accepted(3, 0.01) > accepted(1, 0.01) + 0.1);
}
