//! A bandit, which learns from trials which of several arms to use next: UCB1 and Thompson sampling, both with discounting and
//! costs.
//!
//! Its state is a fold of its trials in order. A choice is a function of that state, of the arms chosen since then whose results
//! are pending, and of a keyed stream. It is used for models and prompts; strategies have a bandit of their own in
//! [`mixture`](super::mixture).

use rand_chacha::ChaCha20Rng;

use super::distributions::beta;
use super::draws::UNIT;
use crate::record::strategy::{BanditReward, BanditSpec};

/// Smallest cost of an arm that counts, relative to the mean of all arms.
const COST_MIN: f64 = 0.01;
/// The weight below which the trials of an arm are forgotten, so that it counts as untried.
const WEIGHT_MIN: f64 = 1e-9;

/// A bandit with what it has learned.
#[derive(Debug, Clone)]
pub(crate) struct Bandit {
    rule: BanditSpec,
    arms: Vec<BanditArm>,
    /// The greatest gain of all trials.
    greatest: f64,
}

/// The trials of an arm. Weights and sums are discounted, counts are not.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct BanditArm {
    pub(crate) trials: u64,
    pub(crate) wins: u64,
    weight: f64,
    wins_weight: f64,
    gains: f64,
    costs: f64,
}

/// The result of a trial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BanditTrial {
    /// The gain over the parent on training data; 0 for a candidate that is no better.
    pub(crate) gain: f64,
    /// True if it is better.
    pub(crate) won: bool,
    pub(crate) cost: u64,
}

/// A choice among the arms.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BanditChoice {
    pub(crate) arm: usize,
    pub(crate) reason: ChoiceReason,
    /// The number by which each arm was compared; `None` for arms that were not compared.
    pub(crate) values: Vec<Option<f64>>,
}

/// The reason for a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChoiceReason {
    /// The arm had not been tried before.
    Untried,
    /// It has the greatest upper bound.
    Bound,
    /// It has the greatest draw.
    Drawn,
}

impl ChoiceReason {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Untried => "untried",
            Self::Bound => "bound",
            Self::Drawn => "drawn",
        }
    }
}

impl BanditArm {
    fn is_known(&self) -> bool {
        self.weight >= WEIGHT_MIN
    }
}

impl Bandit {
    /// Returns a bandit with `arms` untried arms. There must be at least one.
    pub(crate) fn new(rule: BanditSpec, arms: usize) -> Self {
        Self { rule, arms: vec![BanditArm::default(); arms], greatest: 0.0 }
    }

    pub(crate) fn arms(&self) -> &[BanditArm] {
        &self.arms
    }

    /// Adds a trial of an arm.
    pub(crate) fn note(&mut self, arm: usize, trial: BanditTrial) {
        let decay = self.rule.decay().to_f64();
        for one in &mut self.arms {
            one.weight *= decay;
            one.wins_weight *= decay;
            one.gains *= decay;
            one.costs *= decay;
        }
        let Some(own) = self.arms.get_mut(arm) else { return };
        own.trials += 1;
        own.wins += u64::from(trial.won);
        own.weight += 1.0;
        own.wins_weight += if trial.won { 1.0 } else { 0.0 };
        own.gains += trial.gain;
        own.costs += trial.cost as f64;
        self.greatest = self.greatest.max(trial.gain);
    }

    /// Returns the sum of an arm's discounted rewards, which is at most its weight.
    fn earned(&self, arm: &BanditArm) -> f64 {
        match self.rule.reward() {
            BanditReward::Win => arm.wins_weight,
            BanditReward::Gain if self.greatest > 0.0 => (arm.gains / self.greatest).min(arm.weight),
            BanditReward::Gain => 0.0,
        }
    }

    /// Returns the divisor of each arm's value: its mean cost, relative to the mean of all arms that were tried.
    fn costs(&self) -> Vec<f64> {
        let mean = |arm: &BanditArm| arm.is_known().then(|| arm.costs / arm.weight);
        let means: Vec<Option<f64>> = self.arms.iter().map(mean).collect();
        let known: Vec<f64> = means.iter().flatten().copied().collect();
        let all = known.iter().sum::<f64>() / known.len().max(1) as f64;
        let thrift = self.rule.thrift().to_f64();
        let relative = |mean: Option<f64>| match mean {
            Some(mean) if all > 0.0 => libm::pow((mean / all).max(COST_MIN), thrift),
            _ => 1.0,
        };
        means.into_iter().map(relative).collect()
    }

    /// Chooses an arm. `pending` has the number of each arm's trials that have no result yet.
    pub(crate) fn choose(&self, pending: &[u64], stream: &mut ChaCha20Rng) -> BanditChoice {
        match &self.rule {
            BanditSpec::Ucb1(rule) => self.choose_by_bound(rule.explore.to_f64(), pending),
            BanditSpec::Thompson(_) => {
                let costs = self.costs();
                let draw = |(arm, cost): (&BanditArm, f64)| {
                    let earned = self.earned(arm);
                    let drawn = beta(stream, 1.0 + earned, 1.0 + (arm.weight - earned).max(0.0));
                    drawn as f64 / UNIT / cost
                };
                greatest(self.arms.iter().zip(costs).map(draw).collect(), ChoiceReason::Drawn)
            }
        }
    }

    fn choose_by_bound(&self, explore: f64, pending: &[u64]) -> BanditChoice {
        let waits = |index: usize| pending.get(index).copied().unwrap_or_default();
        let untried =
            self.arms.iter().enumerate().position(|(index, arm)| !arm.is_known() && waits(index) == 0);
        if let Some(arm) = untried {
            return BanditChoice { arm, reason: ChoiceReason::Untried, values: vec![None; self.arms.len()] };
        }
        let counts: Vec<f64> =
            self.arms.iter().enumerate().map(|(index, arm)| arm.weight + waits(index) as f64).collect();
        let all = libm::log(counts.iter().sum::<f64>().max(1.0));
        let bound = |((arm, count), cost): ((&BanditArm, f64), f64)| {
            let mean = if arm.is_known() { self.earned(arm) / arm.weight } else { 0.0 };
            (mean + explore * libm::sqrt(2.0 * all / count)) / cost
        };
        let bounds = self.arms.iter().zip(counts).zip(self.costs()).map(bound).collect();
        greatest(bounds, ChoiceReason::Bound)
    }
}

/// Returns the choice with the greatest value; among equals, the first.
fn greatest(values: Vec<f64>, reason: ChoiceReason) -> BanditChoice {
    let best = values.iter().enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best });
    let arm = best.map_or(0, |(index, _)| index);
    BanditChoice { arm, reason, values: values.into_iter().map(Some).collect() }
}

#[cfg(test)]
mod tests;
