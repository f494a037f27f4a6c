//! Tournaments of the arm and of the strategy `annealing`: their probability and their winner.
//!
//! With probability p₀·dᵗ after t tournaments (for the arm, p₀ = 0.5 and d = 0.9), a generation is a tournament between a
//! *directed* candidate, forked from the selected parent, and a *blind* one, forked from the seed. The blind one wins only if it
//! is strictly better on training data; only the winner goes on. The probability falls after every tournament.

use hyperspace_eval::{Direction, Score};

use crate::record::config::TournamentRule;
use crate::record::tournament_side::TournamentSide;
use crate::rng::{Purpose, StreamKey};

/// Probability of the first tournament, as a fraction.
const P0: (u64, u64) = (1, 2);
/// Factor on the probability after each tournament, as a fraction.
const DECAY: (u64, u64) = (9, 10);
/// Probabilities are rounded down to multiples of 2⁻³².
const UNIT: u64 = 1 << 32;
/// Number of tournaments after which the probability is below 2⁻³² and rounds to 0.
const TOURNAMENTS_MAX: u32 = 256;

/// Returns the exact probability p₀·dᵗ that the next generation is a tournament, after `tournaments` of them.
#[must_use]
pub fn probability(tournaments: u64) -> Score {
    let power = u32::try_from(tournaments).unwrap_or(TOURNAMENTS_MAX).min(TOURNAMENTS_MAX);
    let fraction = |(n, d)| Score::ratio(n, d).unwrap_or_else(Score::zero);
    (0..power).fold(fraction(P0), |p, _| &p * &fraction(DECAY))
}

/// Returns the probability under another rule, times 2³² and rounded down. Products are kept as multiples of 2⁻⁶², rounded down.
fn below(rule: TournamentRule, tournaments: u64) -> u64 {
    let mut scaled = rule.p0.of(1 << 62);
    for _ in 0..tournaments {
        let next = rule.decay.of(scaled);
        if next == scaled {
            break;
        }
        scaled = next;
    }
    scaled >> 30
}

/// The draw that decides whether a generation is a tournament.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TournamentDraw {
    /// The number drawn from `0..2³²`.
    pub(crate) drawn: u64,
    /// The generation is a tournament if the number is below this.
    pub(crate) below: u64,
}

impl TournamentDraw {
    /// Draws for a generation of a population that has had `tournaments` so far.
    pub(crate) fn new(
        rule: TournamentRule,
        seed: u64,
        generation: u64,
        population: u64,
        tournaments: u64,
    ) -> Self {
        let below = if rule == TournamentRule::original() {
            let scaled = &probability(tournaments) * &Score::integer(UNIT);
            u64::try_from(scaled.as_rational().to_integer()).unwrap_or(0)
        } else {
            below(rule, tournaments)
        };
        let key = StreamKey { seed, generation, purpose: Purpose::Tournament, item: population };
        Self { drawn: key.draw(UNIT), below }
    }

    /// Returns whether the generation is a tournament.
    pub(crate) fn is_tournament(self) -> bool {
        self.drawn < self.below
    }
}

/// Returns the winner, or `None` if neither candidate has a score. The blind one wins only if it is strictly better.
#[must_use]
pub fn winner(
    direction: Direction,
    directed: Option<&Score>,
    blind: Option<&Score>,
) -> Option<TournamentSide> {
    match (directed, blind) {
        (Some(directed), Some(blind)) if blind.better_than(directed, direction) => {
            Some(TournamentSide::Blind)
        }
        (Some(_), _) => Some(TournamentSide::Directed),
        (None, Some(_)) => Some(TournamentSide::Blind),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(n: u64, d: u64) -> Score {
        Score::ratio(n, d).unwrap()
    }

    #[test]
    fn the_probability_of_a_tournament_decays() {
        assert_eq!(probability(0), ratio(1, 2));
        assert_eq!(probability(3), ratio(729, 2000));
        assert_eq!(probability(u64::MAX), probability(256));
        assert!(probability(256) < ratio(1, UNIT));
        let draw = TournamentDraw::new(TournamentRule::original(), 1, 1, 0, u64::MAX);
        assert_eq!((draw.is_tournament(), draw.below), (false, 0));
    }

    #[test]
    fn other_rules_decay_as_they_say() {
        let fraction = |text: &str| text.parse().unwrap();
        let rule = |p0, decay| TournamentRule { p0: fraction(p0), decay: fraction(decay) };
        let unit = UNIT as f64;
        let p = |rule, tournaments| below(rule, tournaments) as f64 / unit;
        assert!((p(rule("0.8", "0.99"), 300) - 0.8 * 0.99_f64.powi(300)).abs() < 1e-8);
        assert_eq!(
            (p(rule("1", "1"), u64::MAX), p(rule("0", "1"), 3), p(rule("1", "0"), 1)),
            (1.0, 0.0, 0.0)
        );
        assert_eq!(below(rule("1/2", "9/10"), 100_000), 0);
        let own = TournamentDraw::new(rule("0.25", "1/2"), 3, 1, 0, 1);
        assert_eq!(own.below, UNIT / 8);
    }

    #[test]
    fn tournaments_are_as_frequent_as_their_probability() {
        let draw = |generation, tournaments| {
            TournamentDraw::new(TournamentRule::original(), 5, generation, 0, tournaments)
        };
        for tournaments in [0_u64, 1, 7, 20] {
            const DRAWS: u64 = 100_000;
            let hits =
                (0..DRAWS).filter(|generation| draw(*generation, tournaments).is_tournament()).count() as f64;
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
        check(Maximize, Some(&low), Some(&high), Some(TournamentSide::Blind));
        check(Maximize, Some(&high), Some(&high), Some(TournamentSide::Directed));
        check(Minimize, Some(&low), Some(&high), Some(TournamentSide::Directed));
        check(Minimize, Some(&high), Some(&low), Some(TournamentSide::Blind));
        check(Maximize, None, Some(&low), Some(TournamentSide::Blind));
        check(Maximize, Some(&low), None, Some(TournamentSide::Directed));
        check(Maximize, None, None, None);
    }
}
