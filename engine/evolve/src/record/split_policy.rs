//! The split policy of a run: the training rows that decide, and the answers that held-out rows give.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use hyperspace_eval::{Case, Split, Task};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::error::EvolveError;
use crate::record::parameters::parameters;
use crate::record::strategy::Fraction;

/// Maximum number of windows in an epoch.
const PARTS_MAX: u64 = 1_000;
/// Maximum budget of a reusable hold-out, in answers of its own.
const BUDGET_MAX: u64 = 1_000_000;
/// Number of standard errors by which a gap raises the alarm.
const ERRORS: u64 = 3;

/// A split policy, as a user names it: `fixed`, `rotating`, `ladder`, or one of the latter with `:KEY=VALUE,…`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SplitPolicy {
    /// All training rows decide, and held-out rows are compared exactly, as often as they are asked.
    #[default]
    Fixed,
    /// Another policy, with its parameters.
    Guarded(SplitConfig),
}

/// A split policy other than the fixed one, as it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "kebab-case")]
pub enum SplitConfig {
    /// Training rows rotate, and held-out rows answer as a reusable hold-out.
    Rotating(RotatingSplits),
    /// Held-out rows tell only whether a candidate is a step above the champion.
    Ladder(LadderSplits),
}

/// The parameters of the policy `rotating`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotatingSplits {
    /// Number of windows in an epoch: each generation is decided on one of that many parts of the training rows. 1 to 1000.
    pub parts: u64,
    /// The difference between training and held-out rows that counts as chance: 0 to 1.
    pub threshold: Fraction,
    /// The scale of the noise of answers: 0 to 1.
    pub noise: Fraction,
    /// Number of answers that held-out rows give of their own before the run ends.
    pub budget: u64,
    /// The gap of a lineage that raises the alarm: 0 to 2.
    pub gap: Fraction,
    /// Number of standard errors that the gap has to exceed, 1 to 100. Runs recorded before this was configurable have none and
    /// use two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Fraction>,
}

/// The parameters of the policy `ladder`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderSplits {
    /// As [`RotatingSplits::parts`].
    pub parts: u64,
    /// Probability of a false step in the whole run: 0 to 1.
    pub level: Fraction,
    /// As [`RotatingSplits::gap`].
    pub gap: Fraction,
    /// As [`RotatingSplits::errors`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Fraction>,
}

fn fraction(numerator: u64, denominator: u64) -> Fraction {
    Fraction::new(numerator, denominator)
        .unwrap_or_else(|| unreachable!("{numerator}/{denominator} is a fraction"))
}

impl Default for RotatingSplits {
    /// Four windows, threshold 0.04, noise 0.01, 50 answers, and an alarm at 0.1 and three standard errors.
    fn default() -> Self {
        Self {
            parts: 4,
            threshold: fraction(1, 25),
            noise: fraction(1, 100),
            budget: 50,
            gap: fraction(1, 10),
            errors: Some(fraction(ERRORS, 1)),
        }
    }
}

impl Default for LadderSplits {
    /// All training rows in each generation, a level of 0.05, and an alarm at 0.1 and three standard errors.
    fn default() -> Self {
        Self { parts: 1, level: fraction(1, 20), gap: fraction(1, 10), errors: Some(fraction(ERRORS, 1)) }
    }
}

impl SplitConfig {
    /// Returns the number of windows in an epoch.
    #[must_use]
    pub fn parts(&self) -> u64 {
        match self {
            Self::Rotating(one) => one.parts,
            Self::Ladder(one) => one.parts,
        }
    }

    /// Returns the gap of a lineage that raises the alarm.
    #[must_use]
    pub fn gap(&self) -> Fraction {
        match self {
            Self::Rotating(one) => one.gap,
            Self::Ladder(one) => one.gap,
        }
    }

    /// Returns the number of standard errors that such a gap has to exceed, if it is recorded.
    #[must_use]
    pub fn errors(&self) -> Option<Fraction> {
        match self {
            Self::Rotating(one) => one.errors,
            Self::Ladder(one) => one.errors,
        }
    }

    /// Returns the number of answers that held-out rows give of their own, if it is limited.
    #[must_use]
    pub fn budget(&self) -> Option<u64> {
        match self {
            Self::Rotating(one) => Some(one.budget),
            Self::Ladder(_) => None,
        }
    }

    /// Checks that a policy makes sense for a task.
    pub(crate) fn check_task(&self, task: &Task) -> Result<(), EvolveError> {
        let refuse = |expected: String| Err(EvolveError::option("split-policy", self, expected));
        if task.is_single_case() {
            return refuse(format!("fixed, as task {} is one case: it has no held-out data", task.name()));
        }
        let mut homes: BTreeMap<String, Split> = BTreeMap::new();
        for split in [Split::Train, Split::HeldOut, Split::Test] {
            for case in task.cases(split).iter() {
                let Some(group) = &case.group else { continue };
                let home = *homes.entry(group.clone()).or_insert(split);
                if home != split {
                    return refuse(format!(
                        "a task whose groups are in one split each (`grouped = true` below [splits] of task.toml), as group {group:?} has rows in {home} and {split}"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Returns the name of a case's group, or the case's own name if the task has no groups.
pub(crate) fn group_of(case: &Case) -> &str {
    case.group.as_deref().unwrap_or(&case.name)
}

/// The error for a text that is not a split policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("split-policy: {why}")]
pub struct ParseSplitPolicyError {
    why: String,
}

/// Reads one parameter.
struct SplitParameter<'a> {
    key: &'a str,
    value: &'a str,
}

impl SplitParameter<'_> {
    fn whole(&self, most: u64) -> Result<u64, String> {
        let Self { key, value } = self;
        let read = value.parse::<u64>().ok().filter(|one| (1..=most).contains(one));
        read.ok_or_else(|| format!("{key} is {value:?}; expected a whole number, 1 to {most}"))
    }

    fn errors(&self) -> Result<Option<Fraction>, String> {
        let Self { key, value } = self;
        let read = value.parse::<Fraction>().ok().filter(|one| (1.0..=100.0).contains(&one.to_f64()));
        read.map(Some)
            .ok_or_else(|| format!("{key} is {value:?}; expected a number such as 4 or 2.5, 1 to 100"))
    }

    fn fraction(&self, most: u64) -> Result<Fraction, String> {
        let Self { key, value } = self;
        let read = value.parse::<Fraction>().ok().filter(|one| one.to_f64() <= most as f64);
        read.ok_or_else(|| format!("{key} is {value:?}; expected a number such as 0.04 or 1/25, 0 to {most}"))
    }
}

impl RotatingSplits {
    fn set(&mut self, parameter: &SplitParameter<'_>) -> Result<(), String> {
        match parameter.key {
            "parts" => self.parts = parameter.whole(PARTS_MAX)?,
            "threshold" => self.threshold = parameter.fraction(1)?,
            "noise" => self.noise = parameter.fraction(1)?,
            "budget" => self.budget = parameter.whole(BUDGET_MAX)?,
            "gap" => self.gap = parameter.fraction(2)?,
            "errors" => self.errors = parameter.errors()?,
            key => {
                return Err(format!(
                    "no parameter {key:?}; expected parts, threshold, noise, budget, gap or errors"
                ));
            }
        }
        Ok(())
    }
}

impl LadderSplits {
    fn set(&mut self, parameter: &SplitParameter<'_>) -> Result<(), String> {
        match parameter.key {
            "parts" => self.parts = parameter.whole(PARTS_MAX)?,
            "level" => self.level = parameter.fraction(1)?,
            "gap" => self.gap = parameter.fraction(2)?,
            "errors" => self.errors = parameter.errors()?,
            key => return Err(format!("no parameter {key:?}; expected parts, level, gap or errors")),
        }
        Ok(())
    }
}

impl FromStr for SplitPolicy {
    type Err = ParseSplitPolicyError;

    fn from_str(text: &str) -> Result<Self, ParseSplitPolicyError> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let refuse = |why| ParseSplitPolicyError { why };
        let given: Result<Vec<SplitParameter<'_>>, String> =
            parameters(rest).map(|one| one.map(|(key, value)| SplitParameter { key, value })).collect();
        let given = given.map_err(refuse)?;
        match name {
            "fixed" if text == name => Ok(Self::Fixed),
            "fixed" => Err(refuse("fixed has no parameters".to_owned())),
            "rotating" => {
                let mut splits = RotatingSplits::default();
                given.iter().try_for_each(|one| splits.set(one)).map_err(refuse)?;
                Ok(Self::Guarded(SplitConfig::Rotating(splits)))
            }
            "ladder" => {
                let mut splits = LadderSplits::default();
                given.iter().try_for_each(|one| splits.set(one)).map_err(refuse)?;
                Ok(Self::Guarded(SplitConfig::Ladder(splits)))
            }
            _ => Err(refuse(format!("{name:?} is none; expected fixed, rotating or ladder"))),
        }
    }
}

impl fmt::Display for SplitConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rotating(RotatingSplits { parts, threshold, noise, budget, gap, errors: _ }) => {
                write!(
                    f,
                    "rotating:parts={parts},threshold={threshold},noise={noise},budget={budget},gap={gap}"
                )?;
            }
            Self::Ladder(LadderSplits { parts, level, gap, errors: _ }) => {
                write!(f, "ladder:parts={parts},level={level},gap={gap}")?;
            }
        }
        self.errors().map_or(Ok(()), |errors| write!(f, ",errors={errors}"))
    }
}

impl fmt::Display for SplitPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed => f.write_str("fixed"),
            Self::Guarded(splits) => write!(f, "{splits}"),
        }
    }
}

impl<'de> Deserialize<'de> for SplitPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read_shown_and_recorded() {
        let policy: SplitPolicy = "rotating:parts=2,budget=9".parse().unwrap();
        assert_eq!(
            policy.to_string(),
            "rotating:parts=2,threshold=0.04,noise=0.01,budget=9,gap=0.1,errors=3"
        );
        assert_eq!(policy.to_string().parse(), Ok(policy));
        assert_eq!("fixed".parse(), Ok(SplitPolicy::Fixed));
        let ladder = SplitConfig::Ladder(LadderSplits::default());
        assert_eq!("ladder".parse(), Ok(SplitPolicy::Guarded(ladder)));
        let SplitPolicy::Guarded(rotating) = policy else { panic!("{policy}") };
        for config in [rotating, ladder] {
            let value = serde_json::to_value(config).unwrap();
            assert_eq!(serde_json::from_value::<SplitConfig>(value.clone()).unwrap(), config);
            let mut older = value.clone();
            older.as_object_mut().unwrap().remove("errors");
            let read = serde_json::from_value::<SplitConfig>(older.clone()).unwrap();
            assert_eq!((read.errors(), serde_json::to_value(read).unwrap()), (None, older));
            let mut more = value;
            more["more"] = 1.into();
            assert!(serde_json::from_value::<SplitConfig>(more).is_err());
        }
        assert_eq!((rotating.budget(), ladder.budget(), ladder.parts()), (Some(9), None, 1));
    }

    #[test]
    fn texts_that_name_no_policy_are_refused() {
        for (text, words) in [
            ("rotate", "fixed, rotating or ladder"),
            ("fixed:parts=2", "no parameters"),
            ("rotating:parts=0", "1 to 1000"),
            ("rotating:noise=2", "0 to 1"),
            ("ladder:gap=0.1,gap=0.2", "gap is given twice"),
            ("ladder:budget=3", "expected parts, level, gap or errors"),
            ("rotating:treshold=1", "no parameter \"treshold\""),
        ] {
            let error = text.parse::<SplitPolicy>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
