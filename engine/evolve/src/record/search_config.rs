//! The search of a run of format 3: its strategy, and the rules around it.

use std::fmt;
use std::str::FromStr;

use hyperspace_eval::Task;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::error::EvolveError;
use crate::record::bandit_config::{ArmConfig, ArmOptions, prompt_kinds};
use crate::record::complacency_rules::{ComplacencyPolicy, ComplacencyRules};
use crate::record::gate::{GateRule, PairedGate};
use crate::record::program_form::DuplicateRule;
use crate::record::slimming_rules::{SlimmingConfig, SlimmingPolicy};
use crate::record::split_policy::{SplitConfig, SplitPolicy};
use crate::record::strategy::{Fraction, StrategySpec};
use crate::seed_agent::SeedAgent;

/// Maximum number of inspirations of a candidate.
pub const INSPIRATIONS_MAX: u64 = 16;
/// Maximum error probability of early stops.
const EARLY_STOP_MAX: f64 = 0.5;
/// Default number of inspirations for a strategy that keeps more than improvements.
const INSPIRATIONS: u64 = 3;

/// A rule that says which candidates become members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Admission {
    /// Only candidates that are better than their parent on training data and not worse on held-out data.
    Gate,
    /// Every candidate with a score on training data that is of use to the strategy. Held-out data decides only on champions.
    Scored,
}

impl Admission {
    /// All rules.
    pub const ALL: [Self; 2] = [Self::Gate, Self::Scored];

    /// Returns the name used on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Scored => "scored",
        }
    }
}

impl fmt::Display for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error for an unknown rule of admission.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown admission {name:?}; expected gate or scored")]
pub struct ParseAdmissionError {
    name: String,
}

impl FromStr for Admission {
    type Err = ParseAdmissionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|rule| rule.name() == text);
        named.ok_or_else(|| ParseAdmissionError { name: text.to_owned() })
    }
}

/// The search that a user chooses for a run. A run without it has format 2.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchOptions {
    /// The strategy.
    pub strategy: StrategySpec,
    /// The rule of admission; `None` means that of the strategy.
    pub admission: Option<Admission>,
    /// Number of inspirations of each candidate, at most [`INSPIRATIONS_MAX`]; `None` means that of the strategy.
    pub inspirations: Option<u64>,
    /// The rule that says which candidates are the same and therefore not measured again.
    pub duplicates: DuplicateRule,
    /// Similarity from which on a candidate is not measured, 0.5 to 1; `None` means that only duplicates are not measured.
    pub near_duplicates: Option<Fraction>,
    /// If true, the gate prefers the smaller program of two with equal scores.
    pub parsimony: bool,
    /// The gate.
    pub gate: GateRule,
    /// Largest probability with which the evaluation of a candidate that would be admitted is stopped early, 0 to 0.5; `None` means that none is
    /// stopped.
    pub early_stop: Option<Fraction>,
    /// The model that judges candidates before they are measured; `None` means that none does.
    pub judge: Option<String>,
    /// Models and prompts that a bandit chooses among.
    pub arms: ArmOptions,
    /// The split policy. Any policy but the fixed one replaces gate and parsimony.
    pub splits: SplitPolicy,
    /// The answers to signs of complacency.
    pub complacency: ComplacencyPolicy,
    /// Slimming attempts on members that have grown.
    pub slimming: SlimmingPolicy,
}

/// The search in the configuration of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchConfig {
    /// The strategy with all its parameters.
    pub strategy: StrategySpec,
    /// The rule of admission.
    pub admission: Admission,
    /// Number of inspirations of each candidate. If 0, meta agents see what the population published instead.
    pub inspirations: u64,
    /// See [`SearchOptions::duplicates`]; left out if it is `exact`.
    #[serde(default, skip_serializing_if = "DuplicateRule::is_exact")]
    pub duplicates: DuplicateRule,
    /// See [`SearchOptions::near_duplicates`]; left out if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near_duplicates: Option<Fraction>,
    /// See [`SearchOptions::parsimony`]; left out if it is false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub parsimony: bool,
    /// The paired gate; left out for the fixed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<PairedGate>,
    /// See [`SearchOptions::early_stop`]; left out if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stop: Option<Fraction>,
    /// See [`SearchOptions::judge`]; left out if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
    /// The bandits over models and prompts; left out if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arms: Option<ArmConfig>,
    /// The split policy; left out for the fixed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub splits: Option<SplitConfig>,
    /// The answers to signs of complacency; left out if signs are ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complacency: Option<ComplacencyRules>,
    /// Slimming attempts; left out if they are off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slimming: Option<SlimmingConfig>,
}

impl fmt::Display for SearchConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.strategy)?;
        if !self.duplicates.is_exact() {
            write!(f, ", duplicates {}", self.duplicates)?;
        }
        if let Some(likeness) = self.near_duplicates {
            write!(f, ", near-duplicates {likeness}")?;
        }
        if self.parsimony {
            f.write_str(", parsimony")?;
        }
        if let Some(gate) = self.gate {
            write!(f, ", gate {}", GateRule::Paired(gate))?;
        }
        if let Some(splits) = self.splits {
            write!(f, ", splits {splits}")?;
        }
        if let Some(level) = self.early_stop {
            write!(f, ", early-stop {level}")?;
        }
        if let Some(judge) = &self.judge {
            write!(f, ", judge {judge}")?;
        }
        if let Some(complacency) = &self.complacency {
            write!(f, ", complacency {complacency}")?;
        }
        if let Some(slimming) = &self.slimming {
            write!(f, ", slimming {}", slimming.rules())?;
        }
        let Some(arms) = &self.arms else { return Ok(()) };
        for (what, rule) in [("models", &arms.models), ("prompts", &arms.prompts)] {
            if let Some(rule) = rule {
                write!(f, ", {what} by {rule}")?;
            }
        }
        Ok(())
    }
}

impl SearchOptions {
    /// Returns a search by this strategy with default settings.
    #[must_use]
    pub fn new(strategy: StrategySpec) -> Self {
        Self {
            strategy,
            admission: None,
            inspirations: None,
            duplicates: DuplicateRule::Exact,
            near_duplicates: None,
            parsimony: false,
            gate: GateRule::Fixed,
            early_stop: None,
            judge: None,
            arms: ArmOptions::default(),
            splits: SplitPolicy::Fixed,
            complacency: ComplacencyPolicy::Ignore,
            slimming: SlimmingPolicy::Off,
        }
    }

    /// Checks everything that reading does not check.
    pub(crate) fn validate(&self) -> Result<(), EvolveError> {
        let is_likeness = |threshold: Fraction| (0.5..=1.0).contains(&threshold.to_f64());
        if let Some(threshold) = self.near_duplicates.filter(|threshold| !is_likeness(*threshold)) {
            return Err(EvolveError::option("near-duplicates", threshold, "a number between 0.5 and 1"));
        }
        if self.parsimony && self.config().admission == Admission::Scored {
            let expected = "false with admission scored; only the gate compares sizes";
            return Err(EvolveError::option("parsimony", true, expected));
        }
        self.validate_early_stop()?;
        if self.judge.as_ref().is_some_and(|judge| judge.trim().is_empty()) {
            return Err(EvolveError::option("judge", "\"\"", "the name of a model"));
        }
        self.validate_splits()?;
        if let (StrategySpec::Iid(_), ComplacencyPolicy::Answer(_)) = (&self.strategy, &self.complacency) {
            let expected = "ignore with strategy iid, whose candidates are independent";
            return Err(EvolveError::option("complacency", &self.complacency, expected));
        }
        self.validate_slimming()?;
        match self.inspirations {
            Some(count) if count > 0 && matches!(self.strategy, StrategySpec::Iid(_)) => {
                let expected = "0 with strategy iid, whose candidates are independent";
                Err(EvolveError::option("inspirations", count, expected))
            }
            Some(count) if count > INSPIRATIONS_MAX => {
                Err(EvolveError::option("inspirations", count, format!("at most {INSPIRATIONS_MAX}")))
            }
            _ => Ok(()),
        }
    }

    /// Checks that a slimmed program can replace a member.
    fn validate_slimming(&self) -> Result<(), EvolveError> {
        let SlimmingPolicy::On(rules) = self.slimming else { return Ok(()) };
        let expected = match (&self.strategy, &self.splits) {
            (StrategySpec::Iid(_), _) => "off with strategy iid, whose candidates are independent",
            (_, SplitPolicy::Guarded(_)) => {
                "off with a split policy, which does not ask all rows of every candidate"
            }
            _ => return Ok(()),
        };
        Err(EvolveError::option("slimming", rules, expected))
    }

    /// Checks that a stopped candidate could only have been admitted by being better than its parent.
    fn validate_early_stop(&self) -> Result<(), EvolveError> {
        let Some(level) = self.early_stop else { return Ok(()) };
        let expected = match () {
            () if level.to_f64() > EARLY_STOP_MAX => "a probability, 0 to 0.5",
            () if self.config().admission == Admission::Scored => {
                "none with admission scored, which keeps candidates that are no better than their parents"
            }
            () if matches!(self.strategy, StrategySpec::Annealing(_)) => {
                "none with strategy annealing, whose tournaments compare whole scores"
            }
            () if self.gate != GateRule::Fixed => "none with a paired gate, which compares all rows",
            () if self.splits != SplitPolicy::Fixed => {
                "none with a split policy, which decides on parts of the rows"
            }
            () => return Ok(()),
        };
        Err(EvolveError::option("early-stop", level, expected))
    }

    /// Returns the recorded form of the search, for a run on `task` that begins with `agent`.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Option`] for a setting that is incompatible with the agent or the task.
    pub fn config_for(&self, agent: &SeedAgent, task: &Task) -> Result<SearchConfig, EvolveError> {
        let kinds = prompt_kinds(agent.files.iter().map(|(path, _)| path.as_str()));
        let config = SearchConfig { arms: self.arms.config(kinds)?, ..self.config() };
        let bounded = task.scorer().best_amount(task.direction()).is_some();
        match config.early_stop {
            Some(level) if !bounded || task.stage().is_some() => {
                let expected = "none on this task, whose rows have no best result, or a first stage";
                Err(EvolveError::option("early-stop", level, expected))
            }
            _ => Ok(config),
        }
    }

    /// Checks that the split policy is compatible with gate and parsimony.
    fn validate_splits(&self) -> Result<(), EvolveError> {
        let SplitPolicy::Guarded(splits) = self.splits else { return Ok(()) };
        if self.gate != GateRule::Fixed {
            let expected = "fixed with a paired gate, which measures on all rows of both splits";
            return Err(EvolveError::option("split-policy", splits, expected));
        }
        if self.parsimony {
            let expected = "fixed with parsimony, which compares sizes where held-out rows are equal";
            return Err(EvolveError::option("split-policy", splits, expected));
        }
        Ok(())
    }

    /// Returns the recorded form of the search, without the bandits over models and prompts, which depend on the agent.
    #[must_use]
    pub fn config(&self) -> SearchConfig {
        let keeps_all = keeps_all(&self.strategy);
        let admission = if keeps_all { Admission::Scored } else { Admission::Gate };
        SearchConfig {
            strategy: self.strategy.clone(),
            admission: self.admission.unwrap_or(admission),
            inspirations: self.inspirations.unwrap_or(if keeps_all { INSPIRATIONS } else { 0 }),
            duplicates: self.duplicates,
            near_duplicates: self.near_duplicates,
            parsimony: self.parsimony,
            gate: match self.gate {
                GateRule::Fixed => None,
                GateRule::Paired(gate) => Some(gate),
            },
            early_stop: self.early_stop,
            judge: self.judge.clone(),
            arms: None,
            splits: match self.splits {
                SplitPolicy::Fixed => None,
                SplitPolicy::Guarded(splits) => Some(splits),
            },
            complacency: match &self.complacency {
                ComplacencyPolicy::Ignore => None,
                ComplacencyPolicy::Answer(rules) => Some(rules.clone()),
            },
            slimming: match self.slimming {
                SlimmingPolicy::Off => None,
                SlimmingPolicy::On(rules) => Some(rules.config()),
            },
        }
    }
}

/// Returns whether a strategy is meant for members that are not better than their parents.
fn keeps_all(strategy: &StrategySpec) -> bool {
    use StrategySpec as S;
    match strategy {
        S::ScoreChildProp(_) | S::Random(_) | S::Best(_) | S::Latest(_) | S::Iid(_) => false,
        S::Annealing(one) => keeps_all(&one.inner),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_strategy() {
        let config = |text: &str| SearchOptions::new(text.parse().unwrap()).config();
        let of = |text: &str| (config(text).admission, config(text).inspirations);
        assert_eq!(of("score-child-prop"), (Admission::Gate, 0));
        assert_eq!(of("annealing:inner=beam"), (Admission::Scored, 3));
        assert_eq!(of("islands"), (Admission::Scored, 3));
        let value = serde_json::to_value(config("islands")).unwrap();
        assert_eq!(serde_json::from_value::<SearchConfig>(value).unwrap(), config("islands"));
        let many = SearchOptions { inspirations: Some(17), ..SearchOptions::new("iid".parse().unwrap()) };
        assert!(many.validate().unwrap_err().to_string().contains("independent"));
        let many = SearchOptions { inspirations: Some(17), ..SearchOptions::new("beam".parse().unwrap()) };
        assert!(many.validate().unwrap_err().to_string().contains("at most 16"));
    }

    #[test]
    fn early_stops_need_a_gate_that_asks_for_better_scores() {
        let of = |text: &str, level: u64| SearchOptions {
            early_stop: Fraction::new(level, 100),
            ..SearchOptions::new(text.parse().unwrap())
        };
        assert!(of("latest", 5).validate().is_ok() && of("random", 0).validate().is_ok());
        let scored = SearchOptions { admission: Some(Admission::Scored), ..of("latest", 5) };
        let paired = SearchOptions { gate: "paired".parse().unwrap(), ..of("latest", 5) };
        for (options, words) in [
            (of("latest", 51), "a probability, 0 to 0.5"),
            (of("islands", 5), "admission scored"),
            (scored, "admission scored"),
            (paired, "paired gate"),
            (of("annealing", 5), "tournaments"),
        ] {
            let error = options.validate().unwrap_err().to_string();
            assert!(error.contains("early-stop") && error.contains(words), "{error}");
        }
    }
}
