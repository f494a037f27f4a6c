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

/// The weights of all members, from which every candidate of a generation draws its parent.
pub(crate) struct Lottery {
    /// Sums of the weights up to and including each member.
    sums: Vec<u64>,
}

impl Lottery {
    /// The lottery of an archive, which must not be empty.
    pub(crate) fn new(selection: Selection, archive: &Archive, fitness: Option<&Fitness>) -> Self {
        let mut sums = weights(selection, archive, fitness);
        let mut total = 0;
        for sum in &mut sums {
            total += *sum;
            *sum = total;
        }
        if total == 0 {
            // Nobody has a weight: everybody gets the same.
            (1..).zip(&mut sums).for_each(|(number, sum)| *sum = number);
        }
        Self { sums }
    }

    /// Chooses the parent of a candidate.
    pub(crate) fn choose(&self, seed: u64, place: crate::Place) -> Choice {
        let Some(&total) = self.sums.last() else { unreachable!("an archive has its seed agent") };
        let draw = draw(seed, place.generation, Purpose::Selection, place.candidate, total);
        // The first member whose sum is above the draw; those without a weight share the sum of the one before them.
        Choice { member: self.sums.partition_point(|&sum| sum <= draw), draw, total }
    }
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
    let mut scores = archive.values(fitness);
    if fitness.is_some() {
        return scores;
    }
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
        let lottery = Lottery::new(Selection::ScoreChildProp, &archive, Some(&percent()));
        for candidate in 0..2_000 {
            counts[lottery.choose(9, Place { generation: 1, candidate }).member] += 1;
        }
        assert!(counts[1] > counts[0] && counts[0] > counts[2] && counts[2] > 0, "{counts:?}");
        let best = Lottery::new(Selection::Best, &archive, None);
        assert!((0..50).all(|candidate| best.choose(9, Place { generation: 1, candidate }).member == 1));
    }

    /// The member on which a draw falls, by going through the weights one by one.
    fn falls_on(weights: &[u64], mut draw: u64) -> usize {
        weights
            .iter()
            .position(|&weight| {
                let here = draw < weight;
                draw = draw.saturating_sub(weight);
                here
            })
            .unwrap()
    }

    #[test]
    fn a_draw_falls_on_the_member_that_holds_it() {
        // Members 1, 4 and 6 are worn out and have no weight.
        let archive = archive(&[(50, 0), (60, 99), (70, 8), (10, 3), (70, 99), (65, 1), (20, 99)]);
        let weights = weights(Selection::ScoreChildProp, &archive, Some(&percent()));
        assert_eq!(weights.iter().filter(|&&weight| weight == 0).count(), 3);
        let lottery = Lottery::new(Selection::ScoreChildProp, &archive, Some(&percent()));
        for candidate in 0..500 {
            let choice = lottery.choose(3, Place { generation: 2, candidate });
            assert_eq!(choice.total, weights.iter().sum::<u64>());
            assert_eq!(choice.member, falls_on(&weights, choice.draw));
        }
    }

    #[test]
    fn an_archive_that_grows_values_its_members_as_a_new_one_does() {
        let scores = [(50, 0), (60, 1), (70, 0)];
        let mut grown = archive(&scores[..1]);
        for (index, &(score, children)) in scores.iter().enumerate().skip(1) {
            grown.values(Some(&percent()));
            let newest = archive(&scores[..=index]).members()[index].clone();
            grown.admit(Member { score: Score::integer(score), children, ..(*newest).clone() });
        }
        assert_eq!(grown.values(Some(&percent())), archive(&scores).values(Some(&percent())));
        // Another scale than the first one is told as it is.
        assert_eq!(grown.values(None), [50.0, 60.0, 70.0]);
        assert_eq!(grown.values(Some(&percent())), [0.5, 0.6, 0.7]);
    }

    #[test]
    fn members_worn_out_by_children_leave_a_uniform_draw() {
        let archive = archive(&[(50, 1_000), (50, 1_000)]);
        let lottery = Lottery::new(Selection::ScoreChildProp, &archive, None);
        let choose = |candidate| lottery.choose(1, Place { generation: 1, candidate });
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
