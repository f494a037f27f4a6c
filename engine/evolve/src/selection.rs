//! Choosing parents.
//!
//! Weights are computed in floating point with `libm`, whose results are the same everywhere, and then rounded to integers;
//! the draw itself is an integer, and is journalled with the total, so that floating point never decides.

use std::fmt;
use std::str::FromStr;

use hyperspace_eval::score::Direction;
use hyperspace_eval::task::Fitness;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::archive::{Archive, Member};
use crate::streams::{Purpose, draw};

/// How parents are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// By fitness, and less the more children a member has: weight `1/(1+exp(-10(f-mid))) · exp(-(children/8)³)` with the
    /// fitness `f` between 0 and 1 and `mid` the mean of the three best (hyperagents, Zhang et al. 2026).
    ScoreChildProp,
    /// Every member alike.
    Random,
    /// The best member, always.
    Best,
}

impl Selection {
    /// The names, as on the command line.
    pub const NAMES: [&str; 3] = ["score-child-prop", "random", "best"];

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ScoreChildProp => "score-child-prop",
            Self::Random => "random",
            Self::Best => "best",
        }
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no selection.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name:?} is not a way to select parents; expected one of {}", Selection::NAMES.join(", "))]
pub struct ParseSelectionError {
    name: String,
}

impl FromStr for Selection {
    type Err = ParseSelectionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::ScoreChildProp, Self::Random, Self::Best];
        all.into_iter()
            .find(|way| way.name() == text)
            .ok_or_else(|| ParseSelectionError { name: text.to_owned() })
    }
}

/// A parent, and how it was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Index in the archive.
    pub(crate) member: usize,
    /// The number drawn from `0..total`.
    pub(crate) draw: u64,
    /// The sum of all weights.
    pub(crate) total: u64,
}

/// Weights are rounded to multiples of 2⁻³².
const UNIT: f64 = 4_294_967_296.0;
/// Steepness of the sigmoid.
const STEEPNESS: f64 = 10.0;
/// Children after which a member's weight has fallen to 1/e.
const CHILDREN_SCALE: f64 = 8.0;
/// Members whose mean is the middle of the sigmoid.
const TOP: usize = 3;

/// Chooses the parent of a candidate. The archive must not be empty.
pub(crate) fn choose(
    selection: Selection,
    archive: &Archive,
    fitness: Option<&Fitness>,
    seed: u64,
    place: crate::Place,
) -> Choice {
    let weights = weights(selection, archive, fitness);
    let total: u64 = weights.iter().sum();
    if total == 0 {
        let total = weights.len() as u64;
        let draw = draw(seed, place.generation, Purpose::Selection, place.candidate, total);
        return Choice { member: usize::try_from(draw).unwrap_or(0), draw, total };
    }
    let draw = draw(seed, place.generation, Purpose::Selection, place.candidate, total);
    let mut left = draw;
    for (member, weight) in weights.into_iter().enumerate() {
        if left < weight {
            return Choice { member, draw, total };
        }
        left -= weight;
    }
    unreachable!("a draw below the total falls on a member")
}

fn weights(selection: Selection, archive: &Archive, fitness: Option<&Fitness>) -> Vec<u64> {
    let members = archive.members();
    match selection {
        Selection::Random => vec![1; members.len()],
        Selection::Best => {
            let best = archive.ranked().next().map(|(index, _)| index);
            (0..members.len()).map(|index| u64::from(Some(index) == best)).collect()
        }
        Selection::ScoreChildProp => {
            let values = fitness_of(archive, fitness);
            let top: Vec<f64> = archive.ranked().take(TOP).map(|(index, _)| values[index]).collect();
            let mid = top.iter().sum::<f64>() / top.len() as f64;
            let pairs = values.iter().zip(members);
            pairs.map(|(value, member)| weight(*value, mid, member)).collect()
        }
    }
}

fn weight(fitness: f64, mid: f64, member: &Member) -> u64 {
    let sigmoid = 1.0 / (1.0 + libm::exp(-STEEPNESS * (fitness - mid)));
    let crowding = member.children as f64 / CHILDREN_SCALE;
    let penalty = libm::exp(-(crowding * crowding * crowding));
    // Between 0 and 2³², so that even a billion members fit a sum of 64 bits.
    libm::round(sigmoid * penalty * UNIT) as u64
}

/// The fitness of every member, between 0 and 1: by the task's scale, or else linear between the worst and the best score.
fn fitness_of(archive: &Archive, fitness: Option<&Fitness>) -> Vec<f64> {
    let members = archive.members();
    if let Some(fitness) = fitness {
        return members.iter().map(|member| fitness.of(&member.score).to_f64()).collect();
    }
    let mut scores: Vec<f64> = members.iter().map(|member| member.score.to_f64()).collect();
    let least = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for score in &mut scores {
        let part = if most > least { (*score - least) / (most - least) } else { 0.5 };
        *score = match archive.direction() {
            Direction::Maximize => part,
            Direction::Minimize => 1.0 - part,
        };
    }
    scores
}

#[cfg(test)]
mod tests {
    use hyperspace_core::TreeId;
    use hyperspace_eval::Score;

    use super::*;
    use crate::Place;

    fn archive(scores: &[(u64, u64)]) -> Archive {
        let mut archive = Archive::new(Direction::Maximize);
        for (index, &(score, children)) in (0..).zip(scores) {
            archive.admit(Member {
                place: Place { generation: index, candidate: 0 },
                tree: TreeId::from_bytes([u8::try_from(index).unwrap(); 32]),
                parent: None,
                made_by: TreeId::from_bytes([0; 32]),
                score: Score::integer(score),
                held_out: Score::integer(score),
                children,
            });
        }
        archive
    }

    /// Fitness is score / 100 here.
    fn percent() -> Fitness {
        Fitness { zero: Score::integer(0), one: Score::integer(100) }
    }

    #[test]
    fn weights_follow_the_formula() {
        let archive = archive(&[(50, 0), (60, 0), (70, 8), (10, 0)]);
        let weights = weights(Selection::ScoreChildProp, &archive, Some(&percent()));
        // mid = 0.6; computed by hand: 1/(1+e^1), 1/2, 1/(1+e^-1)·e^-1, 1/(1+e^5).
        let expected = [0.268_941_421, 0.5, 0.268_941_421, 0.006_692_851];
        for (weight, expected) in weights.iter().zip(expected) {
            assert!((*weight as f64 / UNIT - expected).abs() < 1e-8, "{weight} {expected}");
        }
    }

    #[test]
    fn draws_follow_the_weights() {
        let archive = archive(&[(50, 0), (60, 0), (10, 0)]);
        let mut counts = [0_u32; 3];
        for candidate in 0..2_000 {
            let place = Place { generation: 1, candidate };
            counts[choose(Selection::ScoreChildProp, &archive, Some(&percent()), 9, place).member] += 1;
        }
        assert!(counts[1] > counts[0] && counts[0] > counts[2] && counts[2] > 0, "{counts:?}");
        let best = |candidate| choose(Selection::Best, &archive, None, 9, Place { generation: 1, candidate });
        assert!((0..50).all(|candidate| best(candidate).member == 1));
    }

    #[test]
    fn members_worn_out_by_children_leave_a_uniform_draw() {
        let archive = archive(&[(50, 1_000), (50, 1_000)]);
        let choose = |candidate| {
            choose(Selection::ScoreChildProp, &archive, None, 1, Place { generation: 1, candidate })
        };
        assert_eq!(choose(0).total, 2);
        assert!((0..50).any(|candidate| choose(candidate).member == 1));
    }

    #[test]
    fn names_are_read_back() {
        for name in Selection::NAMES {
            assert_eq!(name.parse::<Selection>().unwrap().to_string(), name);
        }
        assert!("elite".parse::<Selection>().unwrap_err().to_string().contains("score-child-prop"));
    }
}
