//! The paired gate: a sequential test of a candidate against another agent on the same rows.

use super::sign_test::{margin_p_value, tail_p_value};
use super::tally::RowTally;

/// The rule of a paired comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedRule {
    /// Largest probability of accepting an agent that is worse by `margin`, which is 1 minus the confidence.
    pub level: f64,
    /// Maximum number of measurements of a candidate, at least 1.
    pub looks: u64,
    /// The smallest difference that matters, as a share of the rows.
    pub margin: f64,
}

/// One measurement of both agents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowLook {
    /// Rows of the training split.
    pub train: RowTally,
    /// Rows of the held-out split; none before they were asked.
    pub held_out: RowTally,
}

/// The result of a paired comparison so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairedVerdict {
    /// Shown not to be worse by the margin.
    Accepted,
    /// Shown to be worse on held-out rows.
    Overfitted,
    /// Shown not to be better by the margin, or all measurements were made and nothing was shown.
    Refused,
    /// Undecided: another measurement is needed.
    Open,
}

impl PairedVerdict {
    /// Returns the name used in journals.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Overfitted => "overfitted",
            Self::Refused => "refused",
            Self::Open => "open",
        }
    }
}

impl PairedRule {
    /// Returns the part of the level that measurement `look`, counted from 1, may spend: half for the last one, half of the rest
    /// for the one before, and so on. The parts of all measurements add up to the level (Bonferroni), so their order and number
    /// need no further care.
    #[must_use]
    pub fn level_of(&self, look: u64) -> f64 {
        let halvings =
            if look <= 1 { self.looks.saturating_sub(1) } else { self.looks.saturating_sub(look) + 1 };
        (0..halvings).fold(self.level, |level, _| level / 2.0)
    }

    /// Returns whether training rows alone show that a candidate is not better by the margin, so that its held-out rows need not be asked.
    #[must_use]
    pub fn is_refused_on(&self, train: RowTally) -> bool {
        margin_p_value(train.reversed(), self.margin) <= self.level_of(1)
    }

    /// Decides on measurements of both splits, in order. The first decisive one counts.
    #[must_use]
    pub fn decide(&self, looks: &[RowLook]) -> PairedVerdict {
        let (mut train, mut held_out) = (RowTally::default(), RowTally::default());
        for (number, look) in (1..).zip(looks) {
            (train, held_out) = (train.plus(look.train), held_out.plus(look.held_out));
            let verdict = self.decide_at(number, train, held_out);
            if verdict != PairedVerdict::Open {
                return verdict;
            }
        }
        PairedVerdict::Open
    }

    fn decide_at(&self, number: u64, train: RowTally, held_out: RowTally) -> PairedVerdict {
        let (level, all) = (self.level_of(number), train.plus(held_out));
        if is_better(held_out.reversed(), level) {
            return PairedVerdict::Overfitted;
        }
        let behind = held_out.lost as f64 - held_out.gained as f64;
        let holds = behind <= self.margin * held_out.rows as f64;
        if holds && margin_p_value(all, self.margin) <= level {
            return PairedVerdict::Accepted;
        }
        if margin_p_value(all.reversed(), self.margin) <= level || number >= self.looks {
            return PairedVerdict::Refused;
        }
        PairedVerdict::Open
    }
}

/// Returns whether the first agent is shown to be better at this level: the one-sided sign test.
#[must_use]
pub fn is_better(tally: RowTally, level: f64) -> bool {
    tally.gained > tally.lost && tail_p_value(tally.gained, tally.different(), 0.5) <= level
}

/// Returns whether two measurements of one agent on the same rows differ by more than noise: the two-sided sign test.
#[must_use]
pub fn has_drifted(tally: RowTally, level: f64) -> bool {
    is_better(tally, level / 2.0) || is_better(tally.reversed(), level / 2.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULE: PairedRule = PairedRule { level: 0.05, looks: 3, margin: 0.03 };

    fn look(train: [u64; 2], held_out: [u64; 2]) -> RowLook {
        let tally = |[gained, lost]: [u64; 2]| RowTally { gained, lost, rows: 100 };
        RowLook { train: tally(train), held_out: tally(held_out) }
    }

    #[test]
    fn what_is_new_is_accepted_and_what_is_worse_is_not() {
        let one = PairedRule { looks: 1, ..RULE };
        assert_eq!(one.decide(&[look([9, 5], [8, 5])]), PairedVerdict::Accepted);
        assert_eq!(one.decide(&[look([5, 9], [5, 8])]), PairedVerdict::Refused);
        assert_eq!(one.decide(&[look([20, 2], [0, 8])]), PairedVerdict::Overfitted);
        assert_eq!(one.decide(&[look([20, 2], [2, 6])]), PairedVerdict::Refused, "behind on held-out rows");
        assert_eq!(one.decide(&[look([0, 0], [0, 0])]), PairedVerdict::Accepted, "the same answers");
        assert!(
            RULE.is_refused_on(look([1, 14], [0, 0]).train)
                && !RULE.is_refused_on(look([7, 7], [0, 0]).train)
        );
    }

    #[test]
    fn what_is_open_is_measured_again_and_the_last_look_decides() {
        let open = look([9, 9], [9, 9]);
        assert_eq!(RULE.decide(&[open]), PairedVerdict::Open);
        assert_eq!(RULE.decide(&[open, open]), PairedVerdict::Open);
        assert_ne!(RULE.decide(&[open, open, open]), PairedVerdict::Open);
        let better = look([14, 4], [14, 4]);
        assert_eq!(
            RULE.decide(&[open, better, look([0, 50], [0, 50])]),
            PairedVerdict::Accepted,
            "decided before"
        );
    }

    #[test]
    fn drift_has_two_sides() {
        let tally = RowTally { gained: 2, lost: 14, rows: 100 };
        assert!(has_drifted(tally, 0.01) && has_drifted(tally.reversed(), 0.01));
        assert!(!has_drifted(RowTally { gained: 6, lost: 10, rows: 100 }, 0.01));
        assert!(!has_drifted(RowTally::default(), 0.01));
    }

    proptest! {
        #[test]
        fn the_looks_spend_the_level(looks in 1_u64..12, level in 0.001_f64..0.5) {
            let rule = PairedRule { level, looks, margin: 0.0 };
            let spent: f64 = (1..=looks).map(|look| rule.level_of(look)).sum();
            prop_assert!((spent - level).abs() < 1e-12);
        }

        #[test]
        fn a_rule_decides_with_its_last_look(counts in prop::collection::vec((0_u64..30, 0_u64..30, 0_u64..30, 0_u64..30), 3)) {
            let looks: Vec<RowLook> = counts.iter().map(|(a, b, c, d)| look([*a, *b], [*c, *d])).collect();
            prop_assert_ne!(RULE.decide(&looks), PairedVerdict::Open);
        }
    }
}
