//! Bandits over models and over prompts: the rules that learn which of several arms to use.
//!
//! They are catalogued like strategies, and named by text: `ucb1`, or `thompson:decay=0.99`. Their behaviour is implemented in
//! `search/bandit.rs`.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::SpecError;
use super::catalogue::{came_later, check_keys, first_sentence, key, parameter, standard, strategies};
use super::fraction::Fraction;
use super::parameter::{Named, StrategyParameter as _};
use super::reference::{ParameterDescription, StrategyDescription, form, paragraphs};
use super::spec_tree::{NAME, SpecTree};

/// Smallest decay: below it, every trial but the last is forgotten.
const DECAY_MIN: f64 = 0.5;

strategies! {
    /// A bandit over models or prompts, with its parameters.
    BanditSpec, "bandit";

    /// A bandit: takes the arm with the greatest upper bound on what it earns.
    /// With `n` trials of an arm, of which it earned `mean` on average, and `N` trials of all, the bound is `mean + explore·sqrt(2 ln N / n)`. Candidates of the same generation
    /// count as trials without a result. Each trial multiplies the weight of all trials before it by `decay`, so that an arm that was good once is tried anew. The bound
    /// is divided by `cost^thrift`, with `cost` the mean cost of a trial of the arm in relation to the mean of all arms, at least 1/100. Arms that were not tried
    /// come first, in their order.
    Ucb1 = "ucb1", "UCB1, Auer et al. 2002; discounted, Garivier and Moulines 2011; divided by the cost, Tran-Thanh et al. 2012 (fractional KUBE)" {
        /// Weight of what is uncertain.
        explore: Fraction = "1/2" in [0, 100],
        /// Factor on the weight of earlier trials with each trial, at least 0.5.
        decay: Fraction = "49/50" in [0, 1],
        /// The reward of a candidate: 1 if it is better than its parent on training data, or its gain over it in relation to the greatest one so far.
        reward: BanditReward = "win" in [0, 0],
        /// Weight of costs: 1 means gain per dollar, 0 that they do not matter.
        thrift: Fraction = "1" in [0, 4],
    }

    /// A bandit: draws for each arm what it may earn, and takes the one with the most (Thompson sampling).
    /// With `n` trials of an arm, which earned `sum` together, the draw is from `Beta(1 + sum, 1 + n - sum)`. Each trial multiplies the weight of all trials before it by `decay`.
    /// The draw is divided by `cost^thrift`, with `cost` the mean cost of a trial of the arm in relation to the mean of all arms, at least 1/100, and 1 for an arm that was not tried.
    Thompson = "thompson", "Thompson 1933; Chapelle and Li 2011; discounted, Raj and Kalyani 2017 (arXiv 1707.09727); with costs, Xia et al. 2015" {
        /// Factor on the weight of earlier trials with each trial, at least 0.5.
        decay: Fraction = "49/50" in [0, 1],
        /// The reward of a candidate: 1 if it is better than its parent on training data, or its gain over it in relation to the greatest one so far.
        reward: BanditReward = "win" in [0, 0],
        /// Weight of costs: 1 means gain per dollar, 0 that they do not matter.
        thrift: Fraction = "1" in [0, 4],
    }
}

/// The reward of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BanditReward {
    /// 1 for a candidate that is better than its parent, otherwise 0.
    Win,
    /// The gain over the parent, relative to the greatest gain so far.
    Gain,
}

impl Named for BanditReward {
    const ALL: &'static [Self] = &[Self::Win, Self::Gain];

    fn name(self) -> &'static str {
        match self {
            Self::Win => "win",
            Self::Gain => "gain",
        }
    }
}

impl BanditSpec {
    /// Returns the factor on the weight of earlier trials.
    #[must_use]
    pub fn decay(&self) -> Fraction {
        match self {
            Self::Ucb1(rule) => rule.decay,
            Self::Thompson(rule) => rule.decay,
        }
    }

    /// Returns the reward of a trial.
    #[must_use]
    pub fn reward(&self) -> BanditReward {
        match self {
            Self::Ucb1(rule) => rule.reward,
            Self::Thompson(rule) => rule.reward,
        }
    }

    /// Returns the weight of costs.
    #[must_use]
    pub fn thrift(&self) -> Fraction {
        match self {
            Self::Ucb1(rule) => rule.thrift,
            Self::Thompson(rule) => rule.thrift,
        }
    }

    fn read(tree: &SpecTree) -> Result<Self, SpecError> {
        let spec = Self::read_parts(tree)?;
        if spec.decay().to_f64() < DECAY_MIN {
            return Err(SpecError::value(
                "decay",
                &spec.decay().to_string(),
                "a number such as 0.98, 0.5 to 1",
            ));
        }
        Ok(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bandits_are_read_shown_and_recorded() {
        for spec in BanditSpec::all() {
            assert_eq!(spec.to_string().parse(), Ok(spec.clone()));
            assert_eq!(serde_json::from_value::<BanditSpec>(spec.to_value()).unwrap(), spec);
        }
        let spec: BanditSpec = "ucb1:explore=0.25,reward=gain,thrift=0".parse().unwrap();
        assert_eq!(spec.to_string(), "ucb1:explore=0.25,reward=gain,thrift=0");
        assert_eq!(serde_json::from_value::<BanditSpec>(spec.to_value()).unwrap(), spec);
        for (text, words) in [
            ("ucb", "unknown bandit \"ucb\"; expected one of ucb1, thompson"),
            ("thompson:explore=1", "thompson has no parameter \"explore\"; it has decay, reward, thrift"),
            ("ucb1:decay=0.4", "decay is 0.4; expected a number such as 0.98, 0.5 to 1"),
            ("ucb1:decay=2", "decay is 2"),
            ("ucb1:reward=money", "expected win or gain"),
            ("ucb1:thrift=5", "0 to 4"),
        ] {
            let error = text.parse::<BanditSpec>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
        assert!(serde_json::from_value::<BanditSpec>(Value::from("ucb1")).is_err());
    }
}
