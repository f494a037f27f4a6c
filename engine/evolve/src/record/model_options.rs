//! Settings of model calls: those a user chooses, and those recorded in the configuration of a run.
//!
//! The configuration holds what can change a result: names of models, temperature, and the budgets of a call and of a candidate,
//! whose exhaustion guests observe as failures. Budgets of a run and of a population are not part of it. When one of them is
//! spent, the run stops before anything of the current generation is recorded, and can continue with a larger one.

use std::str::FromStr;

use hyperspace_eval::RequestRules;
use hyperspace_llm::BudgetLimits;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::error::EvolveError;

/// Highest temperature.
const TEMPERATURE_MAX: f64 = 2.0;

/// The form of models' answers to meta agents that let a run choose it, such as the bundled `evolver`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerStyle {
    /// The meta agent decides: whole files for a short program, edits for a long one.
    #[default]
    Auto,
    /// Search/replace blocks.
    Edits,
    /// Whole files.
    Rewrite,
    /// Calls of the editor and the shell.
    Tools,
}

impl AnswerStyle {
    /// All styles.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Edits, Self::Rewrite, Self::Tools];

    /// Returns the name used on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Edits => "edits",
            Self::Rewrite => "rewrite",
            Self::Tools => "tools",
        }
    }
}

/// The error for an unknown style of answers.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown style {name:?}; expected auto, edits, rewrite or tools")]
pub struct ParseStyleError {
    name: String,
}

impl FromStr for AnswerStyle {
    type Err = ParseStyleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|style| style.name() == text);
        named.ok_or_else(|| ParseStyleError { name: text.to_owned() })
    }
}

/// Settings of model calls that a user chooses.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelOptions {
    /// The model of task agents. `None` means the task's model, or otherwise the population's own, in tasks whose agents are
    /// given one ([`TaskEntry::class`](hyperspace_eval::TaskEntry)), and no model in other tasks.
    pub eval_model: Option<String>,
    /// The temperature passed to meta agents, 0 to 2.
    pub temperature: f64,
    /// The form of answers, passed to meta agents.
    pub style: AnswerStyle,
    /// Budget of a single call.
    pub call: BudgetLimits,
    /// Budget of all meta agents of one candidate together.
    pub candidate: BudgetLimits,
}

/// Rules of model calls in the configuration of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRules {
    /// See [`ModelOptions::temperature`].
    pub temperature: f64,
    /// See [`ModelOptions::style`]. `None` in runs recorded before `job` described the situation of a child: their meta agents get
    /// the `job` of that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<AnswerStyle>,
    /// See [`ModelOptions::call`].
    pub call: BudgetLimits,
    /// See [`ModelOptions::candidate`].
    pub candidate: BudgetLimits,
    /// The version of the rules for reading requests; left out if it is the first, as in runs recorded before there was another
    /// one.
    #[serde(default = "RequestRules::first", skip_serializing_if = "RequestRules::is_first")]
    pub requests: RequestRules,
}

impl ModelOptions {
    /// Returns the part that belongs to the configuration of a run, in addition to the names of models.
    pub(crate) fn rules(&self) -> ModelRules {
        ModelRules {
            temperature: self.temperature,
            style: Some(self.style),
            call: self.call,
            candidate: self.candidate,
            requests: RequestRules::default(),
        }
    }

    pub(crate) fn validate(&self) -> Result<(), EvolveError> {
        if !(0.0..=TEMPERATURE_MAX).contains(&self.temperature) {
            let expected = format!("a number between 0 and {TEMPERATURE_MAX}");
            return Err(EvolveError::option("temperature", self.temperature, expected));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_have_names() {
        for style in AnswerStyle::ALL {
            assert_eq!(style.name().parse(), Ok(style));
        }
        assert!("poem".parse::<AnswerStyle>().unwrap_err().to_string().contains("rewrite"));
    }

    #[test]
    fn temperatures_out_of_range_are_refused() {
        for temperature in [2.5, -0.1, f64::NAN] {
            let error = ModelOptions { temperature, ..ModelOptions::default() }.validate();
            assert!(error.unwrap_err().to_string().contains("temperature"));
        }
    }
}
