//! Selection of parents.
//!
//! Weights are computed in floating point with `libm`, whose results are the same everywhere, and then rounded to integers. The
//! draw itself is an integer and is journalled with the total, so floating point never decides.

use hyperspace_eval::{Direction, Fitness, Score};

use crate::record::candidate_id::CandidateId;
use crate::record::selection::Selection;
use crate::rng::{Purpose, StreamKey};
use crate::search::archive::{Archive, Member};
use crate::search::strategy::ParentChoice;

/// The rules of selection: everything besides the archive that determines which parent is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SelectionRules<'a> {
    pub(crate) selection: Selection,
    /// Applies the original's rules: only members without a failed child are drawn, as long as there are any, and their fitness
    /// is their held-out score.
    pub(crate) parity: bool,
    /// The task's scale.
    pub(crate) fitness: Option<&'a Fitness>,
    /// The seed of the run.
    pub(crate) seed: u64,
}

/// Weights are rounded to multiples of 2⁻³².
const UNIT: f64 = 4_294_967_296.0;
/// Steepness of the sigmoid.
const STEEPNESS: f64 = 10.0;
/// Number of children at which a member's weight falls to 1/e.
const CHILDREN_SCALE: f64 = 8.0;
/// Number of best members whose mean is the middle of the sigmoid.
pub(super) const TOP: usize = 3;

/// The weights of all members, from which every candidate of a generation draws its parent.
pub(crate) struct ParentLottery {
    seed: u64,
    /// Sums of the weights up to and including each member.
    sums: Vec<u64>,
}

impl ParentLottery {
    /// Returns the lottery of an archive, which must not be empty.
    pub(crate) fn new(rules: &SelectionRules<'_>, archive: &Archive) -> Self {
        let mut sums = weights(rules, archive);
        if sums.iter().all(|weight| *weight == 0) {
            sums = eligible(rules, archive).into_iter().map(u64::from).collect();
        }
        let mut total = 0;
        for sum in &mut sums {
            total += *sum;
            *sum = total;
        }
        Self { seed: rules.seed, sums }
    }

    /// Draws the parent of a candidate.
    pub(crate) fn choose(&self, id: CandidateId) -> ParentChoice {
        let Some(&total) = self.sums.last().filter(|total| **total > 0) else {
            // Under parity, if every member has a failed child: the seed.
            return ParentChoice { member: 0, draw: 0, total: 1 };
        };
        let (generation, item) = (id.generation, id.candidate);
        let draw = StreamKey { seed: self.seed, generation, purpose: Purpose::Selection, item }.draw(total);
        // The first member whose sum is above the draw; members without weight share the sum of the one before them.
        ParentChoice { member: self.sums.partition_point(|&sum| sum <= draw), draw, total }
    }
}

/// Returns whether each member may be drawn at all.
fn eligible(rules: &SelectionRules<'_>, archive: &Archive) -> Vec<bool> {
    if !rules.parity {
        return vec![true; archive.children().len()];
    }
    archive.members().iter().map(|member| member.failures == 0).collect()
}

/// Returns the score by which a member is drawn.
fn score<'a>(rules: &SelectionRules<'_>, member: &'a Member) -> &'a Score {
    member.held_out.as_ref().filter(|_| rules.parity).unwrap_or(&member.score)
}

/// Returns the best `most` members that may be drawn, from the best down; among equals, the earliest first.
fn ranked(rules: &SelectionRules<'_>, archive: &Archive, most: usize) -> Vec<usize> {
    if !rules.parity {
        return archive.ranked().map(|(index, _)| index).take(most).collect();
    }
    let eligible = eligible(rules, archive);
    let mut ranked: Vec<usize> = (0..eligible.len()).filter(|index| eligible[*index]).collect();
    ranked.sort_by(|a, b| {
        let (a, b) = (score(rules, &archive.members()[*a]), score(rules, &archive.members()[*b]));
        match archive.direction() {
            Direction::Maximize => b.cmp(a),
            Direction::Minimize => a.cmp(b),
        }
    });
    ranked.truncate(most);
    ranked
}

fn weights(rules: &SelectionRules<'_>, archive: &Archive) -> Vec<u64> {
    let children = archive.children();
    let eligible = eligible(rules, archive);
    match rules.selection {
        Selection::Random => eligible.into_iter().map(u64::from).collect(),
        Selection::Best => {
            let best = ranked(rules, archive, 1).first().copied();
            (0..children.len()).map(|index| u64::from(Some(index) == best)).collect()
        }
        Selection::Latest => {
            let last = eligible.iter().rposition(|eligible| *eligible);
            (0..children.len()).map(|index| u64::from(Some(index) == last)).collect()
        }
        Selection::ScoreChildProp => {
            let values = fitness_of(rules, archive);
            let top: Vec<f64> = ranked(rules, archive, TOP).into_iter().map(|i| values[i]).collect();
            let mid = top.iter().sum::<f64>() / top.len() as f64;
            let one =
                |index: usize| if eligible[index] { weight(values[index], mid, children[index]) } else { 0 };
            (0..children.len()).map(one).collect()
        }
    }
}

/// Returns the weight of a member in `score-child-prop`.
pub(super) fn weight(fitness: f64, mid: f64, children: u64) -> u64 {
    let sigmoid = 1.0 / (1.0 + libm::exp(-STEEPNESS * (fitness - mid)));
    let crowding = children as f64 / CHILDREN_SCALE;
    // Most members have no child, and e to the power of 0 is exactly 1.
    let penalty = if children == 0 { 1.0 } else { libm::exp(-(crowding * crowding * crowding)) };
    // Between 0 and 2³², so that even the sum for a billion members fits in 64 bits.
    libm::round(sigmoid * penalty * UNIT) as u64
}

fn of_members(archive: &Archive, value: impl Fn(&Member) -> f64) -> Vec<f64> {
    archive.members().iter().map(|member| value(member)).collect()
}

/// Returns the fitness of every member, 0 to 1: on the task's scale, or without one linear between the worst and the best score.
fn fitness_of(rules: &SelectionRules<'_>, archive: &Archive) -> Vec<f64> {
    let mut scores = match (rules.parity, rules.fitness) {
        (false, scale) => archive.values(scale),
        (true, Some(scale)) => of_members(archive, |member| scale.of(score(rules, member)).to_f64()),
        (true, None) => of_members(archive, |member| score(rules, member).to_f64()),
    };
    if rules.fitness.is_some() {
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
mod tests;
