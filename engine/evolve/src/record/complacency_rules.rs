//! The answers of a run to signs of complacency.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::complacency::{ComplacencyKind, SignTests};
use crate::record::parameters::strict_parameters;

/// Maximum number of generations for which an answer stays in force.
const GENERATIONS_MAX: u64 = 1_000;

/// An answer of the engine to a sign of complacency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComplacencyAnswer {
    /// The meta agents of the population are told of the sign, with its evidence.
    Warn,
    /// Parents are drawn evenly from the archive, whatever their scores.
    Explore,
    /// The nearest meta agent of the lineage that does not show the sign makes the child, and becomes its own, where that of the parent does.
    Renew,
    /// Members that show the sign are not shown to other candidates.
    Quarantine,
}

impl ComplacencyAnswer {
    /// All answers.
    pub const ALL: [Self; 4] = [Self::Warn, Self::Explore, Self::Renew, Self::Quarantine];

    /// Returns the name used in settings and records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Explore => "explore",
            Self::Renew => "renew",
            Self::Quarantine => "quarantine",
        }
    }
}

impl fmt::Display for ComplacencyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The rules of answers to signs of complacency, as a user names them: `ignore`, `answer`, or the latter with `:KEY=VALUE,…`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ComplacencyPolicy {
    /// Nothing is looked for while the run is in progress. Its report shows the signs.
    #[default]
    Ignore,
    /// Signs are answered.
    Answer(ComplacencyRules),
}

/// The rules of answers to signs of complacency, as they are recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComplacencyRules {
    /// Number of generations for which an answer stays in force, which is the half-life of its mark: 1 to 1000.
    pub generations: u64,
    /// The answers to each sign. A sign that is missing is not looked for.
    pub answers: BTreeMap<ComplacencyKind, BTreeSet<ComplacencyAnswer>>,
    /// The tests behind the signs, and the way in which meta agents are renewed. Left out for tests of a fixed length, as in all
    /// runs from before there were others.
    #[serde(default = "of_a_fixed_length", skip_serializing_if = "is_of_a_fixed_length")]
    pub tests: SignTests,
}

fn of_a_fixed_length() -> SignTests {
    SignTests::Fixed
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_of_a_fixed_length(tests: &SignTests) -> bool {
    *tests == SignTests::Fixed
}

impl Default for ComplacencyRules {
    /// Five generations. Texts and code that tell to stop are quarantined, meta agents that show another sign by their actions
    /// are renewed, and programs that only repeat older ones are also answered by exploring. Meta agents are told of every sign.
    fn default() -> Self {
        use ComplacencyAnswer::{Explore, Quarantine, Renew, Warn};
        use ComplacencyKind as Kind;
        let answers = [
            (Kind::StopText, &[Warn, Quarantine][..]),
            (Kind::SelfBlock, &[Warn, Renew, Quarantine]),
            (Kind::GivenUp, &[Warn, Renew]),
            (Kind::FallingEditRate, &[Warn, Renew]),
            (Kind::FallingNovelty, &[Warn, Explore, Renew]),
            (Kind::ReadingLoop, &[Warn, Renew]),
            (Kind::EarlyEnd, &[Warn, Renew]),
            (Kind::FrozenMeta, &[Warn, Renew]),
            (Kind::Bloat, &[Warn, Renew]),
            (Kind::BlindCopy, &[Warn, Explore, Renew]),
        ];
        let answers = answers.into_iter().map(|(kind, answers)| (kind, answers.iter().copied().collect()));
        Self { generations: 5, answers: answers.collect(), tests: SignTests::Sequential }
    }
}

/// The error for a text that is not a policy on complacency.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("complacency: {why}")]
pub struct ParseComplacencyError {
    why: String,
}

impl ComplacencyRules {
    /// Returns the answers to a sign.
    #[must_use]
    pub fn answers_to(&self, kind: ComplacencyKind) -> BTreeSet<ComplacencyAnswer> {
        self.answers.get(&kind).cloned().unwrap_or_default()
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        if key == "generations" {
            let read = value.parse::<u64>().ok().filter(|one| (1..=GENERATIONS_MAX).contains(one));
            self.generations = read.ok_or_else(|| {
                format!("generations is {value:?}; expected a whole number, 1 to {GENERATIONS_MAX}")
            })?;
            return Ok(());
        }
        if key == "tests" {
            let read = SignTests::ALL.into_iter().find(|tests| tests.name() == value);
            self.tests = read.ok_or_else(|| format!("tests is {value:?}; expected sequential or fixed"))?;
            return Ok(());
        }
        let kind = ComplacencyKind::ALL.into_iter().find(|kind| kind.name() == key).ok_or_else(|| {
            let kinds = ComplacencyKind::ALL.map(ComplacencyKind::name).join(", ");
            format!("no parameter {key:?}; expected generations, tests, or one of the signs {kinds}")
        })?;
        if value == "none" {
            self.answers.remove(&kind);
            return Ok(());
        }
        let read = value.split('+').map(|name| {
            let found = ComplacencyAnswer::ALL.into_iter().find(|answer| answer.name() == name);
            found.ok_or_else(|| {
                let names = ComplacencyAnswer::ALL.map(ComplacencyAnswer::name).join(", ");
                format!(
                    "{key} has the answer {name:?}; expected none, or one or several of {names}, joined by +"
                )
            })
        });
        self.answers.insert(kind, read.collect::<Result<_, _>>()?);
        Ok(())
    }
}

impl fmt::Display for ComplacencyRules {
    /// Writes the parameters that differ from the default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("answer")?;
        let standard = Self::default();
        let mut sign = ':';
        if self.generations != standard.generations {
            write!(f, "{sign}generations={}", self.generations)?;
            sign = ',';
        }
        if self.tests != standard.tests {
            write!(f, "{sign}tests={}", self.tests.name())?;
            sign = ',';
        }
        for kind in ComplacencyKind::ALL {
            let own = self.answers_to(kind);
            if own == standard.answers_to(kind) {
                continue;
            }
            let names: Vec<&str> = own.iter().map(|answer| answer.name()).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join("+") };
            write!(f, "{sign}{}={names}", kind.name())?;
            sign = ',';
        }
        Ok(())
    }
}

impl fmt::Display for ComplacencyPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ignore => f.write_str("ignore"),
            Self::Answer(rules) => rules.fmt(f),
        }
    }
}

impl FromStr for ComplacencyPolicy {
    type Err = ParseComplacencyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why: String| ParseComplacencyError { why };
        let (name, parameters) = text.split_once(':').map_or((text, None), |(name, rest)| (name, Some(rest)));
        match (name, parameters) {
            ("ignore", None) => return Ok(Self::Ignore),
            ("answer", _) => {}
            _ => {
                let why = format!("{text:?}; expected ignore, answer, or answer:KEY=VALUE,…");
                return Err(refuse(why));
            }
        }
        let mut rules = ComplacencyRules::default();
        for parameter in parameters.into_iter().flat_map(strict_parameters) {
            let (key, value) = parameter.map_err(refuse)?;
            rules.set(key, value).map_err(refuse)?;
        }
        Ok(Self::Answer(rules))
    }
}

impl<'de> Deserialize<'de> for ComplacencyPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> ComplacencyRules {
        match text.parse().unwrap() {
            ComplacencyPolicy::Answer(rules) => rules,
            ComplacencyPolicy::Ignore => panic!("{text} names no answers"),
        }
    }

    #[test]
    fn texts_and_records_name_the_same_rules() {
        assert_eq!("ignore".parse(), Ok(ComplacencyPolicy::Ignore));
        for text in [
            "answer",
            "answer:generations=2",
            "answer:stop-text=none",
            "answer:generations=9,given-up=explore,frozen-meta=warn",
            "answer:tests=fixed,bloat=none,blind-copy=none",
        ] {
            let rules = rules(text);
            assert_eq!(rules.to_string(), text);
            let recorded = serde_json::to_value(&rules).unwrap();
            assert_eq!(serde_json::from_value::<ComplacencyRules>(recorded).unwrap(), rules);
        }
    }

    #[test]
    fn records_of_before_keep_their_tests_and_their_bytes() {
        let recorded = serde_json::json!({"generations": 5, "answers": {"given-up": ["warn", "renew"]}});
        let read: ComplacencyRules = serde_json::from_value(recorded.clone()).unwrap();
        assert_eq!(read.tests, SignTests::Fixed);
        assert_eq!(serde_json::to_value(&read).unwrap(), recorded);
        assert!(read.answers_to(ComplacencyKind::Bloat).is_empty());
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for (text, words) in [
            ("", "expected ignore, answer"),
            ("ignore:generations=1", "expected ignore, answer"),
            ("answer:generations=0", "1 to 1000"),
            ("answer:generations", "expected KEY=VALUE"),
            ("answer:tests=both", "expected sequential or fixed"),
            ("answer:stop-texts=warn", "stop-text, self-block"),
            ("answer:stop-text=warn+stop", "warn, explore, renew, quarantine"),
            ("answer:given-up=warn,given-up=none", "given twice"),
        ] {
            let error = text.parse::<ComplacencyPolicy>().unwrap_err().to_string();
            assert!(error.starts_with("complacency: ") && error.contains(words), "{text}: {error}");
        }
    }
}
