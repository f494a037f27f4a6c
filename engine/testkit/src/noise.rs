//! Simulated agents whose answers to some rows are a matter of chance, and whose true accuracy is known; and gates that decide on them.

use hyperspace_evolve::stability::{PairedRule, PairedVerdict, RowLook, RowTally};

use crate::random::SplitMix64;

/// Accuracy of the parent on rows that it always answers alike, in percent.
const CERTAIN_RIGHT: u64 = 60;

/// Rows of two splits of equal size.
#[derive(Debug, Clone, Copy)]
pub struct NoisyWorld {
    /// Rows of each split.
    pub rows: usize,
    /// Mean variance of the answer to a row, at most 0.25: this share, times four, of the rows are answered rightly every other time.
    pub noise: f64,
    /// Rows that a candidate gains, and as many that it loses, without any effect on its accuracy, as a share.
    pub churn: f64,
}

/// A decision on a candidate.
#[derive(Debug, Clone, Copy)]
pub struct Decided {
    /// True if it was accepted.
    pub accepted: bool,
    /// Rows that were asked for the decision: those of the candidate, and those of the parent that were not asked before.
    pub rows: usize,
}

/// Share of accepted candidates, and mean number of rows for a decision.
#[derive(Debug, Clone, Copy)]
pub struct AcceptanceRate {
    /// The share of accepted candidates.
    pub accepted: f64,
    /// The mean number of rows.
    pub rows: f64,
}

/// A split as both agents answer it: for each row, the probabilities of a right answer of parent and candidate, in half turns.
type SplitOdds = Vec<[u8; 2]>;

impl NoisyWorld {
    /// Returns a split of a candidate whose true accuracy differs by `difference` from the parent's, on exactly these rows.
    fn candidate(&self, difference: f64) -> SplitOdds {
        let count = |share: f64| (share * self.rows as f64).round() as usize;
        let (uncertain, right) = (count(self.noise * 4.0), count(CERTAIN_RIGHT as f64 / 100.0));
        let certain_right = right.saturating_sub(uncertain * right / self.rows.max(1));
        let (gained, lost) =
            (count(self.churn + difference.max(0.0)), count(self.churn + (-difference).max(0.0)));
        let row = |index: usize| match index {
            _ if index < uncertain => [1, 1],
            _ if index < uncertain + lost => [2, 0],
            _ if index < uncertain + certain_right => [2, 2],
            _ if index < uncertain + certain_right + gained => [0, 2],
            _ => [0, 0],
        };
        (0..self.rows).map(row).collect()
    }

    /// Decides as the fixed gate does: better on training rows, and not worse on held-out rows.
    pub fn fixed(&self, difference: f64, random: &mut SplitMix64) -> Decided {
        let split = self.candidate(difference);
        let net = |tally: RowTally| tally.gained.cmp(&tally.lost);
        if net(measured(&split, 1, random)).is_le() {
            return Decided { accepted: false, rows: self.rows };
        }
        Decided { accepted: net(measured(&split, 1, random)).is_ge(), rows: 2 * self.rows }
    }

    /// Decides as the paired gate does, where the parent was measured `known` times before.
    pub fn paired(&self, rule: PairedRule, known: u64, difference: f64, random: &mut SplitMix64) -> Decided {
        let split = self.candidate(difference);
        let first = measured(&split, known, random);
        if rule.is_refused_on(first) {
            return Decided { accepted: false, rows: self.rows };
        }
        let mut looks = vec![RowLook { train: first, held_out: measured(&split, known, random) }];
        while rule.decide(&looks) == PairedVerdict::Open {
            looks.push(RowLook { train: measured(&split, 1, random), held_out: measured(&split, 1, random) });
        }
        // From the second look on, the parent is measured, too.
        let measurements = 2 * looks.len() - 1;
        Decided {
            accepted: rule.decide(&looks) == PairedVerdict::Accepted,
            rows: 2 * self.rows * measurements,
        }
    }
}

/// Returns the rates of `trials` decisions.
pub fn rate(trials: u32, mut decide: impl FnMut() -> Decided) -> AcceptanceRate {
    let (mut accepted, mut rows) = (0, 0);
    for _ in 0..trials {
        let decided = decide();
        accepted += u32::from(decided.accepted);
        rows += decided.rows;
    }
    AcceptanceRate {
        accepted: f64::from(accepted) / f64::from(trials),
        rows: rows as f64 / f64::from(trials),
    }
}

/// Asks the candidate every row once, and compares it with `known` answers of the parent to each.
fn measured(split: &SplitOdds, known: u64, random: &mut SplitMix64) -> RowTally {
    let mut tally = RowTally::default();
    for [parent, child] in split {
        let child = random.below(2) < u64::from(*child);
        for _ in 0..known {
            let parent = random.below(2) < u64::from(*parent);
            tally.rows += 1;
            tally.gained += u64::from(child && !parent);
            tally.lost += u64::from(parent && !child);
        }
    }
    tally.worth(known)
}
