//! Models and prompts as arms of bandits: their configuration, and the records of a choice.

use std::collections::BTreeMap;

use hyperspace_llm::{Exchange, ExchangeOutcome, Route, Usage};
use serde::{Deserialize, Serialize};

use crate::error::EvolveError;
use crate::record::population::PopulationOptions;
use crate::record::strategy::BanditSpec;

/// Maximum number of arms of a bandit.
pub const ARMS_MAX: usize = 32;
/// The folder of an agent's tree whose files `NAME.md` are its kinds of prompts.
pub const PROMPT_KINDS: &str = "lib/prompts/kinds/";

/// The bandits that a user asks for in a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ArmOptions {
    /// The bandit over the models of each population whose model name stands for several, such as `a,b`.
    pub models: Option<BanditSpec>,
    /// The bandit over the kinds of prompts of the seed agent.
    pub prompts: Option<BanditSpec>,
    /// The prices of models, by name. If every model has a price, costs are money, otherwise tokens.
    pub prices: BTreeMap<String, TokenPrices>,
}

/// The bandits in the configuration of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmConfig {
    /// The bandit over models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<BanditSpec>,
    /// The bandit over kinds of prompts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<BanditSpec>,
    /// The kinds of prompts, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// The prices by which calls are counted; without any, tokens are counted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prices: BTreeMap<String, TokenPrices>,
}

/// The token prices of a model, in picodollars per token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenPrices {
    /// A token of a request.
    pub input: u64,
    /// A token of an answer.
    pub output: u64,
    /// A token of a request that the provider had cached.
    pub cached_input: u64,
    /// A token of a request that the provider writes to its cache.
    pub cache_write: u64,
}

/// The arms of a candidate in its record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmRecord {
    /// The index of its model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<u64>,
    /// The index of its kind of prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<u64>,
    /// The cost of its meta agents' calls: in picodollars if the run has prices, otherwise in tokens.
    pub cost: u64,
}

impl TokenPrices {
    /// Returns the cost of tokens, in picodollars.
    #[must_use]
    pub fn of(&self, usage: Usage) -> u64 {
        let cached = usage.cached_tokens.min(usage.input_tokens);
        let written = usage.cache_write_tokens.min(usage.input_tokens - cached);
        let parts = [
            (self.input, usage.input_tokens - cached - written),
            (self.cached_input, cached),
            (self.cache_write, written),
            (self.output, usage.output_tokens),
        ];
        parts
            .into_iter()
            .fold(0, |sum: u64, (price, tokens)| sum.saturating_add(price.saturating_mul(tokens)))
    }
}

impl ArmOptions {
    /// Returns whether there is a bandit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.models.is_none() && self.prompts.is_none()
    }

    /// Checks that the bandits have populations to decide for.
    pub(crate) fn validate(&self, populations: &[PopulationOptions]) -> Result<(), EvolveError> {
        if let Some(rule) = &self.models {
            let several = |one: &PopulationOptions| arms_of(&one.model).len() > 1;
            if !populations.iter().any(several) {
                let expected = "a population with several models, such as --model \"a,b\"";
                return Err(EvolveError::option("model-bandit", rule, expected));
            }
            for population in populations {
                check_arms(&population.model)?;
            }
        }
        if let Some(rule) = self.prompts.as_ref().filter(|_| populations.is_empty()) {
            return Err(EvolveError::option(
                "prompt-bandit",
                rule,
                "a run with --model, whose agent writes prompts",
            ));
        }
        Ok(())
    }

    /// Returns the bandits in their recorded form. `kinds` are the kinds of prompts of the seed agent.
    pub(crate) fn config(&self, kinds: Vec<String>) -> Result<Option<ArmConfig>, EvolveError> {
        if self.is_empty() {
            return Ok(None);
        }
        if let Some(rule) = self.prompts.as_ref().filter(|_| !(2..=ARMS_MAX).contains(&kinds.len())) {
            let expected =
                format!("an agent with 2 to {ARMS_MAX} files {PROMPT_KINDS}NAME.md, such as evolver");
            return Err(EvolveError::option("prompt-bandit", rule, expected));
        }
        Ok(Some(ArmConfig {
            models: self.models.clone(),
            kinds: if self.prompts.is_some() { kinds } else { Vec::new() },
            prompts: self.prompts.clone(),
            prices: self.prices.clone(),
        }))
    }
}

impl ArmConfig {
    /// Returns the arms of a population: the models that its model name stands for, if a bandit chooses among them.
    #[must_use]
    pub fn models_of(&self, model: Option<&str>) -> Vec<String> {
        let arms = model.map(|model| asked_of(model, self.models.is_some())).unwrap_or_default();
        if arms.len() > 1 { arms } else { Vec::new() }
    }

    /// Returns the cost of a call that was addressed to `model`.
    pub(crate) fn cost_of(&self, exchange: &Exchange) -> u64 {
        let ExchangeOutcome::Answer(answer) = &exchange.outcome else { return 0 };
        let usage = answer.usage;
        if self.prices.is_empty() {
            return usage.input_tokens.saturating_add(usage.output_tokens);
        }
        let asked = &exchange.request.model;
        let price = self.prices.get(answer.model(asked)).or_else(|| self.prices.get(asked));
        price.map_or(0, |price| price.of(usage))
    }
}

/// Returns the models that a name stands for, each one a model or a chain of them; none if the name is that of a single model.
#[must_use]
pub fn arms_of(model: &str) -> Vec<String> {
    let route = Route::parse(model).ok().flatten();
    route.iter().flat_map(Route::chains).map(|chain| chain.join(" > ")).collect()
}

/// Returns the names of the models that meta agents of a population with `model` call.
pub(crate) fn asked_of(model: &str, is_bandit: bool) -> Vec<String> {
    let arms = if is_bandit { arms_of(model) } else { Vec::new() };
    if arms.len() > 1 { arms } else { vec![model.to_owned()] }
}

/// Returns the kinds of prompts of an agent that has files at these paths, in order.
pub(crate) fn prompt_kinds<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<String> {
    let kind = |path: &'a str| path.strip_prefix(PROMPT_KINDS)?.strip_suffix(".md");
    let mut kinds: Vec<String> = paths.filter_map(kind).map(str::to_owned).collect();
    kinds.retain(|kind| !kind.is_empty() && !kind.contains('/'));
    kinds.sort();
    kinds
}

/// Checks that the arms of a population differ, and that the name gives them no weights, because the bandit learns these.
fn check_arms(model: &str) -> Result<(), EvolveError> {
    let arms = arms_of(model);
    if arms.len() < 2 {
        return Ok(());
    }
    let twice = arms.iter().enumerate().any(|(index, arm)| arms[..index].contains(arm));
    let weighted = model
        .split(',')
        .map(str::trim)
        .zip(&arms)
        .any(|(part, arm)| part.split('>').map(str::trim).collect::<Vec<_>>().join(" > ") != *arm);
    if twice || weighted || arms.len() > ARMS_MAX {
        let expected = format!("up to {ARMS_MAX} different models without weights, which the bandit learns");
        return Err(EvolveError::option("model", model, expected));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arms_are_the_models_of_a_name() {
        assert_eq!(arms_of("a, b > c"), ["a", "b > c"]);
        assert!(arms_of("gpt-5").is_empty() && arms_of("a,").is_empty());
        let kinds = prompt_kinds(
            ["lib/prompts/kinds/b.md", "lib/prompts/kinds/a.md", "lib/prompts/kinds/x/y.md", "task_agent.py"]
                .into_iter(),
        );
        assert_eq!(kinds, ["a", "b"]);
    }

    #[test]
    fn what_no_bandit_can_choose_among_is_refused() {
        let arms = ArmOptions { models: "ucb1".parse().ok(), ..ArmOptions::default() };
        let check = |models: &[&str]| {
            let one = |model: &&str| PopulationOptions { model: (*model).to_owned(), generations: None };
            arms.validate(&models.iter().map(one).collect::<Vec<_>>()).map_err(|error| error.to_string())
        };
        assert_eq!(check(&["a,b"]), Ok(()));
        assert_eq!(check(&["a", "qwen3:8b,llama3:8b", "a > b, c"]), Ok(()));
        for (models, words) in [
            (&["a", "b"][..], "--model \"a,b\""),
            (&["a > b"], "--model \"a,b\""),
            (&["a:0.8,b:0.2"], "without weights"),
            (&["a,b,a"], "different"),
        ] {
            let error = check(models).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        let prompts = ArmOptions { prompts: "thompson".parse().ok(), ..ArmOptions::default() };
        assert!(prompts.validate(&[]).is_err());
        assert!(prompts.config(vec!["a".to_owned()]).unwrap_err().to_string().contains("such as evolver"));
    }

    #[test]
    fn a_price_is_that_of_every_kind_of_token() {
        let prices = TokenPrices { input: 10, output: 100, cached_input: 1, cache_write: 12 };
        let usage = Usage {
            input_tokens: 10,
            output_tokens: 3,
            cached_tokens: 4,
            cache_write_tokens: 2,
            ..Usage::default()
        };
        assert_eq!(prices.of(usage), 4 * 10 + 4 + 2 * 12 + 300);
    }
}
