//! The rules of slimming attempts: when a member has grown too much, and what an attempt may cost.

use std::fmt;
use std::str::FromStr;

use hyperspace_core::TreeId;
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::record::parameters::strict_parameters;
use crate::record::strategy::Fraction;
use crate::slimming::descent::DescentPlace;
use crate::slimming::slimmer::slimmer_id;

/// Maximum factor of growth.
const GROWTH_MAX: u64 = 1_000;
/// Maximum effort of an attempt, in evaluations.
const EFFORT_MAX: u64 = 1_000;

/// The policy of slimming attempts, as a user names it: `off`, `on`, or the latter with `:KEY=VALUE,…`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SlimmingPolicy {
    /// Programs stay as they are.
    #[default]
    Off,
    /// Programs that have grown are slimmed.
    On(SlimmingRules),
}

/// The parameters of slimming attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlimmingRules {
    /// A member is slimmed if its program has more than this multiple of its parent's nodes: 1 to 1000.
    pub growth: Fraction,
    /// A champion is also slimmed if its program has more than this multiple of the seed's nodes: 1 to 1000.
    pub best: Fraction,
    /// The fuel of an attempt's evaluations, as a multiple of that of the member's own evaluation on training data: 1 to 1000.
    pub effort: u64,
}

/// The slimming attempts of a run, as they are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlimmingConfig {
    /// See [`SlimmingRules::growth`].
    pub growth: Fraction,
    /// See [`SlimmingRules::best`].
    pub best: Fraction,
    /// See [`SlimmingRules::effort`].
    pub effort: u64,
    /// The files of the guest that lists reductions.
    pub slimmer: TreeId,
}

/// The slimming attempt that produced a candidate, in its search record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlimmingRecord {
    /// Number of programs that were tried.
    pub tries: u64,
    /// Fuel used by these tries and by listing their reductions.
    pub fuel: u64,
    /// The place at which another attempt continues; left out if no further reduction is possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<DescentPlace>,
}

impl Default for SlimmingRules {
    /// A fifth more than the parent, twice the seed, and ten evaluations.
    fn default() -> Self {
        let fraction =
            |numerator, denominator| Fraction::new(numerator, denominator).expect("the denominator is not 0");
        Self { growth: fraction(6, 5), best: fraction(2, 1), effort: 10 }
    }
}

impl SlimmingRules {
    /// Returns the recorded form of the attempts.
    pub(crate) fn config(self) -> SlimmingConfig {
        let Self { growth, best, effort } = self;
        SlimmingConfig { growth, best, effort, slimmer: slimmer_id() }
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let factor = || {
            let read = value.parse::<Fraction>().ok().filter(|one| one.is_within(1, GROWTH_MAX));
            read.ok_or_else(|| format!("{key} is {value:?}; expected a number, 1 to {GROWTH_MAX}"))
        };
        match key {
            "growth" => self.growth = factor()?,
            "best" => self.best = factor()?,
            "effort" => {
                let read = value.parse::<u64>().ok().filter(|one| (1..=EFFORT_MAX).contains(one));
                self.effort = read.ok_or_else(|| {
                    format!("effort is {value:?}; expected a whole number, 1 to {EFFORT_MAX}")
                })?;
            }
            _ => return Err(format!("no parameter {key:?}; expected growth, best or effort")),
        }
        Ok(())
    }
}

impl SlimmingConfig {
    /// Returns the parameters.
    #[must_use]
    pub fn rules(self) -> SlimmingRules {
        SlimmingRules { growth: self.growth, best: self.best, effort: self.effort }
    }
}

impl fmt::Display for SlimmingRules {
    /// Writes the parameters that differ from the default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("on")?;
        let standard = Self::default();
        let named = [
            ("growth", self.growth != standard.growth, self.growth.to_string()),
            ("best", self.best != standard.best, self.best.to_string()),
            ("effort", self.effort != standard.effort, self.effort.to_string()),
        ];
        for (number, (name, _, value)) in named.iter().filter(|(_, differs, _)| *differs).enumerate() {
            write!(f, "{}{name}={value}", if number == 0 { ':' } else { ',' })?;
        }
        Ok(())
    }
}

impl fmt::Display for SlimmingPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::On(rules) => rules.fmt(f),
        }
    }
}

/// The error for a text that is not a policy of slimming attempts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("slimming: {why}")]
pub struct ParseSlimmingError {
    why: String,
}

impl FromStr for SlimmingPolicy {
    type Err = ParseSlimmingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why: String| ParseSlimmingError { why };
        let (name, parameters) = text.split_once(':').map_or((text, None), |(name, rest)| (name, Some(rest)));
        match (name, parameters) {
            ("off", None) => return Ok(Self::Off),
            ("on", _) => {}
            _ => return Err(refuse(format!("{text:?}; expected off, on, or on:KEY=VALUE,…"))),
        }
        let mut rules = SlimmingRules::default();
        for parameter in parameters.into_iter().flat_map(strict_parameters) {
            let (key, value) = parameter.map_err(refuse)?;
            rules.set(key, value).map_err(refuse)?;
        }
        Ok(Self::On(rules))
    }
}

impl<'de> Deserialize<'de> for SlimmingPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_records_name_the_same_rules() {
        assert_eq!("off".parse(), Ok(SlimmingPolicy::Off));
        for text in ["on", "on:growth=1.5", "on:growth=1,best=3,effort=40"] {
            let SlimmingPolicy::On(rules) = text.parse().unwrap() else { panic!("{text} is off") };
            assert_eq!(rules.to_string(), text);
            let recorded = serde_json::to_value(rules.config()).unwrap();
            let config: SlimmingConfig = serde_json::from_value(recorded).unwrap();
            assert_eq!((config.rules(), config), (rules, rules.config()));
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for (text, words) in [
            ("", "expected off, on"),
            ("off:growth=2", "expected off, on"),
            ("on:", "expected KEY=VALUE"),
            ("on:growth=0.5", "expected a number, 1 to 1000"),
            ("on:best=many", "expected a number, 1 to 1000"),
            ("on:effort=1.5", "a whole number, 1 to 1000"),
            ("on:size=2", "growth, best or effort"),
            ("on:effort=2,effort=3", "given twice"),
        ] {
            let error = text.parse::<SlimmingPolicy>().unwrap_err().to_string();
            assert!(error.starts_with("slimming: ") && error.contains(words), "{text}: {error}");
        }
    }
}
