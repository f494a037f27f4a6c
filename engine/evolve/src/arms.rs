//! The arms of the replication experiments, and the rules of the original that a run may keep.
//!
//! | arm | parents | meta agent | candidates |
//! |---|---|---|---|
//! | `full` | as the selection says | the child's own | as configured |
//! | `freeze-meta` | as the selection says | always the seed's | as configured |
//! | `random` | every member alike | the child's own | as configured |
//! | `annealing` | as the selection says | the child's own | one, or the two of a tournament |
//!
//! Annealing: with probability p₀·dᵗ after t tournaments (p₀ = 0.5, d = 0.9), a generation is a tournament of a *directed*
//! candidate, forked from the parent that was selected, and a *blind* one, forked from the seed. The blind one wins only if it
//! is strictly better on training data; only the winner goes on. The probability falls after every tournament, whoever wins.

use std::fmt;
use std::str::FromStr;

use hyperspace_eval::{Direction, Score};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::selection::Selection;
use crate::streams::{Purpose, draw};

/// A variant of the loop; see the module.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// Everything evolves.
    #[default]
    Full,
    /// The meta agent is always that of the seed.
    FreezeMeta,
    /// Parents are drawn without regard to their scores.
    Random,
    /// Tournaments against a fork of the seed, less and less often.
    Annealing,
}

impl Arm {
    /// The names, as on the command line.
    pub const NAMES: [&str; 4] = ["full", "freeze-meta", "random", "annealing"];

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::FreezeMeta => "freeze-meta",
            Self::Random => "random",
            Self::Annealing => "annealing",
        }
    }

    /// How parents are chosen when `wanted` is configured.
    #[must_use]
    pub fn selection(self, wanted: Selection) -> Selection {
        if self == Self::Random { Selection::Random } else { wanted }
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no arm.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name:?} is not an arm; expected one of {}", Arm::NAMES.join(", "))]
pub struct ParseArmError {
    name: String,
}

impl FromStr for Arm {
    type Err = ParseArmError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Full, Self::FreezeMeta, Self::Random, Self::Annealing]
            .into_iter()
            .find(|arm| arm.name() == text)
            .ok_or_else(|| ParseArmError { name: text.to_owned() })
    }
}

/// A rule in which the original (hyperagents, Zhang et al. 2026, as replicated with hyperspace) and this engine differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is about.
    pub rule: &'static str,
    /// The original's way.
    pub original: &'static str,
    /// Ours.
    pub ours: &'static str,
    /// Whether a run with `parity` keeps the original's way.
    pub kept_by_parity: bool,
}

/// All of them.
pub const DIFFERENCES: [Difference; 7] = [
    Difference {
        rule: "valid parents",
        original: "a member one of whose children failed is never chosen again; if none is left, the seed is",
        ours: "a failed child does not exclude its parent",
        kept_by_parity: true,
    },
    Difference {
        rule: "admission",
        original: "every child with scores joins the archive",
        ours: "a child joins only if it is better than its parent on training data and not worse on held-out data",
        kept_by_parity: true,
    },
    Difference {
        rule: "fitness of parents",
        original: "the held-out (validation) score",
        ours: "the training score",
        kept_by_parity: true,
    },
    Difference {
        rule: "best agent",
        original: "the best held-out (validation) score",
        ours: "better on training data than the best so far, and not worse on held-out data",
        kept_by_parity: true,
    },
    Difference {
        rule: "failing meta agents",
        original: "the child is invalid",
        ours: "the last meta agent of the lineage that worked stands in",
        kept_by_parity: true,
    },
    Difference {
        rule: "failed evaluations",
        original: "a score of 0.0, recorded as valid, in the transfer experiment",
        ours: "no score, with evidence",
        kept_by_parity: false,
    },
    Difference {
        rule: "repeated code",
        original: "evaluated again, and a member of its own",
        ours: "recognised by its hash, not evaluated and not admitted again",
        kept_by_parity: false,
    },
];

/// The first probability of a tournament, as a fraction.
const P0: (u64, u64) = (1, 2);
/// What it is multiplied with after each tournament.
const DECAY: (u64, u64) = (9, 10);
/// Probabilities are rounded down to multiples of 2⁻³².
const UNIT: u64 = 1 << 32;
/// After so many tournaments the probability is below 2⁻³², and rounds to none.
const TOURNAMENTS_MAX: u32 = 256;

/// The probability that the next generation is a tournament, after so many: p₀·dᵗ, exact.
#[must_use]
pub fn probability(tournaments: u64) -> Score {
    let power = u32::try_from(tournaments).unwrap_or(TOURNAMENTS_MAX).min(TOURNAMENTS_MAX);
    let fraction = |(n, d)| Score::ratio(n, d).unwrap_or_else(Score::zero);
    (0..power).fold(fraction(P0), |p, _| &p * &fraction(DECAY))
}

/// Whether a generation is a tournament; the number drawn from `0..2³²` and the number it has to be below.
pub(crate) fn is_tournament(
    seed: u64,
    (generation, agent): (u64, u64),
    tournaments: u64,
) -> (bool, u64, u64) {
    let scaled = &probability(tournaments) * &Score::integer(UNIT);
    let whole = scaled.as_rational().to_integer();
    let below = u64::try_from(whole).unwrap_or(0);
    let drawn = draw(seed, generation, Purpose::Tournament, agent, UNIT);
    (drawn < below, drawn, below)
}

/// The candidates of a tournament.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contender {
    /// Forked from the parent that was selected; candidate 0.
    Directed,
    /// Forked from the seed; candidate 1.
    Blind,
}

/// Who wins: a failed candidate, without a score, never does; the blind one only if it is strictly better. `None` if both
/// failed.
#[must_use]
pub fn winner(direction: Direction, directed: Option<&Score>, blind: Option<&Score>) -> Option<Contender> {
    match (directed, blind) {
        (Some(directed), Some(blind)) if blind.better_than(directed, direction) => Some(Contender::Blind),
        (Some(_), _) => Some(Contender::Directed),
        (None, Some(_)) => Some(Contender::Blind),
        (None, None) => None,
    }
}

/// What `k` generations improved: the best of their scores minus the initial one, and not less than nothing; positive is
/// better in either direction. `scores` are those of the generations in order, `None` where there is none.
#[must_use]
pub fn imp_at_k(direction: Direction, initial: &Score, scores: &[Option<Score>], k: usize) -> Score {
    let known = scores.iter().take(k).flatten();
    let best =
        known.fold(initial, |best, score| if score.better_than(best, direction) { score } else { best });
    (best - initial).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(n: u64, d: u64) -> Score {
        Score::ratio(n, d).unwrap()
    }

    #[test]
    fn names_are_read_back() {
        for name in Arm::NAMES {
            assert_eq!(name.parse::<Arm>().unwrap().to_string(), name);
        }
        assert!("frozen".parse::<Arm>().unwrap_err().to_string().contains("freeze-meta"));
        assert_eq!(Arm::Random.selection(Selection::Best), Selection::Random);
        assert_eq!(Arm::Annealing.selection(Selection::Best), Selection::Best);
    }

    #[test]
    fn the_probability_of_a_tournament_decays() {
        assert_eq!(probability(0), ratio(1, 2));
        assert_eq!(probability(3), ratio(729, 2000));
        assert_eq!(probability(u64::MAX), probability(256));
        assert!(probability(256) < ratio(1, UNIT));
        let (tournament, _, below) = is_tournament(1, (1, 0), u64::MAX);
        assert_eq!((tournament, below), (false, 0));
    }

    #[test]
    fn tournaments_are_as_frequent_as_their_probability() {
        for tournaments in [0_u64, 1, 7, 20] {
            const DRAWS: u64 = 100_000;
            let hits = (0..DRAWS)
                .filter(|generation| is_tournament(5, (*generation, 0), tournaments).0)
                .count() as f64;
            let p = 0.5 * 0.9_f64.powi(i32::try_from(tournaments).unwrap());
            let (n, expected) = (DRAWS as f64, DRAWS as f64 * p);
            let chi_square = (hits - expected).powi(2) / (expected * (n - expected) / n);
            // One degree of freedom: p > 0.001.
            assert!(chi_square < 10.828, "{tournaments}: {hits} of {expected}, {chi_square}");
        }
    }

    #[test]
    fn the_blind_candidate_wins_only_if_it_is_strictly_better() {
        let (low, high) = (ratio(1, 3), ratio(1, 2));
        let check = |direction, directed, blind, expected| {
            assert_eq!(winner(direction, directed, blind), expected);
        };
        use Direction::{Maximize, Minimize};
        check(Maximize, Some(&low), Some(&high), Some(Contender::Blind));
        check(Maximize, Some(&high), Some(&high), Some(Contender::Directed));
        check(Minimize, Some(&low), Some(&high), Some(Contender::Directed));
        check(Minimize, Some(&high), Some(&low), Some(Contender::Blind));
        check(Maximize, None, Some(&low), Some(Contender::Blind));
        check(Maximize, Some(&low), None, Some(Contender::Directed));
        check(Maximize, None, None, None);
    }

    #[test]
    fn improvement_is_that_of_the_best_of_the_first_k() {
        let scores = [None, Some(ratio(2, 5)), Some(ratio(1, 5)), Some(ratio(3, 5))];
        let check = |direction, k, expected| {
            assert_eq!(imp_at_k(direction, &ratio(3, 10), &scores, k), expected);
        };
        check(Direction::Maximize, 1, Score::zero());
        check(Direction::Maximize, 2, ratio(1, 10));
        check(Direction::Maximize, 9, ratio(3, 10));
        check(Direction::Minimize, 4, ratio(1, 10));
    }
}
