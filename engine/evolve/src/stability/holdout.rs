//! The reusable hold-out: held-out rows that answer many questions of a search, and wear out only when they contradict training
//! rows.
//!
//! Source: Thresholdout, Dwork, Feldman, Hardt, Pitassi, Reingold and Roth 2015 (Science 349:636; arXiv 1506.02629, figure 1). A
//! question is the mean over rows of gains minus losses against another agent, −1 to 1. With threshold `T`, noise `σ` and budget
//! `B`: while `B` is not spent, the answer is that of training rows if `|train − held-out| ≤ T + Lap(2σ) + Lap(4σ)`, and
//! otherwise `held-out + Lap(σ)`, which spends 1. The first noise is drawn anew whenever the budget was spent from. Noise is
//! drawn exactly, in steps of one millionth.

use hyperspace_eval::Score;

use super::laplace;
use super::tally::RowTally;
use crate::record::candidate_id::CandidateId;
use crate::record::strategy::Fraction;
use crate::rng::{Purpose, StreamKey};

/// The rule of a reusable hold-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReusableHoldout {
    /// The seed of the noise.
    pub seed: u64,
    /// The difference between training and held-out rows that still counts as chance.
    pub threshold: Fraction,
    /// The scale of the noise.
    pub noise: Fraction,
    /// Maximum number of answers that held-out rows give of their own.
    pub budget: u64,
}

/// A question: a candidate compared with another agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldoutQuestion {
    /// The candidate.
    pub candidate: CandidateId,
    /// The number of the question about this candidate, from 0.
    pub number: u64,
    /// Training rows.
    pub train: RowTally,
    /// Held-out rows.
    pub held_out: RowTally,
}

/// The answer of a reusable hold-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldoutReply {
    /// Held-out rows agree with training rows; nothing else about them is revealed.
    Agrees,
    /// Held-out rows do not agree: their own mean, with noise. This spends one unit of the budget.
    Differs(Score),
    /// The budget was already spent.
    Spent,
}

impl ReusableHoldout {
    /// Answers a question when `spent` of the budget has been spent.
    #[must_use]
    pub fn ask(&self, question: &HoldoutQuestion, spent: u64) -> HoldoutReply {
        if spent >= self.budget {
            return HoldoutReply::Spent;
        }
        let HoldoutQuestion { candidate, number, train, held_out } = *question;
        let of_question = |kind| StreamKey {
            seed: self.seed,
            generation: candidate.generation,
            purpose: Purpose::HeldOut(kind + 2 * number),
            item: candidate.candidate,
        };
        let of_threshold =
            StreamKey { seed: self.seed, generation: 0, purpose: Purpose::HeldOut(0), item: spent };
        let threshold = &self.threshold.to_score() + &laplace::draw(of_threshold, self.noise, 2);
        let bound = &threshold + &laplace::draw(of_question(1), self.noise, 4);
        let held_out = held_out.difference();
        if (&train.difference() - &held_out).abs() <= bound {
            return HoldoutReply::Agrees;
        }
        HoldoutReply::Differs(&held_out + &laplace::draw(of_question(2), self.noise, 1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fraction(top: u64, bottom: u64) -> Fraction {
        Fraction::new(top, bottom).unwrap()
    }

    fn question(item: u64, train: [u64; 2], held_out: [u64; 2]) -> HoldoutQuestion {
        let tally = |[gained, lost]: [u64; 2]| RowTally { gained, lost, rows: 100 };
        let candidate = CandidateId { generation: 4, candidate: item };
        HoldoutQuestion { candidate, number: 0, train: tally(train), held_out: tally(held_out) }
    }

    fn rule(noise: Fraction, budget: u64) -> ReusableHoldout {
        ReusableHoldout { seed: 9, threshold: fraction(1, 25), noise, budget }
    }

    #[test]
    fn without_noise_the_threshold_decides() {
        let exact = rule(fraction(0, 1), 3);
        assert_eq!(exact.ask(&question(0, [9, 0], [5, 0]), 0), HoldoutReply::Agrees, "4 rows of 100");
        let differs = exact.ask(&question(0, [10, 0], [5, 0]), 2);
        assert_eq!(differs, HoldoutReply::Differs(Score::ratio(1, 20).unwrap()));
        assert_eq!(exact.ask(&question(0, [10, 0], [0, 5]), 3), HoldoutReply::Spent);
    }

    #[test]
    fn a_clear_difference_is_told_and_a_clear_agreement_is_not() {
        let noisy = rule(fraction(1, 100), 50);
        let differs = (0..400).filter(|item| {
            matches!(noisy.ask(&question(*item, [60, 0], [0, 0]), item % 50), HoldoutReply::Differs(_))
        });
        assert_eq!(differs.count(), 400);
        let agrees = (0..400)
            .filter(|item| noisy.ask(&question(*item, [5, 0], [5, 0]), item % 50) == HoldoutReply::Agrees);
        assert!(agrees.count() > 240, "most of the time the noise is below the threshold");
    }

    proptest! {
        #[test]
        fn answers_depend_on_nothing_but_the_question(item: u64, spent in 0_u64..5, gained in 0_u64..50, lost in 0_u64..50) {
            let (noisy, asked) = (rule(fraction(1, 50), 4), question(item, [gained, 3], [3, lost]));
            prop_assert_eq!(noisy.ask(&asked, spent), noisy.ask(&asked, spent));
            prop_assert_eq!(noisy.ask(&asked, spent) == HoldoutReply::Spent, spent >= 4);
        }
    }
}
