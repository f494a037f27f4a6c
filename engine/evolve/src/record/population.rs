//! Populations of a run, each with its own model, archive and champion.
//!
//! A run without models has one population, named after the seed agent. Records and journal call a population an agent.

use hyperspace_eval::Task;
use hyperspace_tools::ToolRules;
use serde::{Deserialize, Serialize};

use crate::error::EvolveError;

/// Maximum number of populations of one run.
pub const POPULATIONS_MAX: usize = 64;
/// Maximum length of a population's name, in bytes. Longer names are made from it by adding generation and candidate.
pub(crate) const POPULATION_NAME_BYTES_MAX: usize = 180;

/// A population that a user asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PopulationOptions {
    /// The model that its meta agents call.
    pub model: String,
    /// Number of generations that it takes part in; `None` means all.
    pub generations: Option<u64>,
}

/// A population in the configuration of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopulationConfig {
    /// Its name, a single path part, unique in the run.
    pub name: String,
    /// The model that its meta agents call; null means none, and no tools either.
    pub model: Option<String>,
    /// The model that its task agents call; null if they call none.
    pub eval_model: Option<String>,
    /// See [`PopulationOptions::generations`].
    pub generations: Option<u64>,
}

impl PopulationConfig {
    /// Returns whether it takes part in a generation after the seed.
    #[must_use]
    pub fn takes_part(&self, generation: u64) -> bool {
        self.generations.is_none_or(|most| generation <= most)
    }
}

/// Returns the runtime digest of a run with these populations; if any of them has a model, the digest covers the tools with these
/// rules.
pub(crate) fn runtime_of(populations: &[PopulationConfig], runtime: &str, rules: ToolRules) -> String {
    if populations.iter().any(|population| population.model.is_some()) {
        hyperspace_tools::digest_with_tools(runtime, rules)
    } else {
        runtime.to_owned()
    }
}

/// Checks the populations that a user asks for.
pub(crate) fn validate(populations: &[PopulationOptions]) -> Result<(), EvolveError> {
    if populations.len() > POPULATIONS_MAX {
        let expected = format!("at most {POPULATIONS_MAX} agents");
        return Err(EvolveError::option("model", populations.len(), expected));
    }
    if let Some(population) = populations.iter().find(|population| population.model.trim().is_empty()) {
        return Err(EvolveError::option("model", format!("{:?}", population.model), "a name"));
    }
    let rounds = populations.iter().filter_map(|population| population.generations);
    if let Some(rounds) = { rounds }.find(|rounds| *rounds == 0) {
        return Err(EvolveError::option("rounds", rounds, "at least 1"));
    }
    Ok(())
}

/// Returns the populations of a run, named after their models, or after the seed agent if there is no model.
pub(crate) fn configure(
    seed: &str,
    populations: &[PopulationOptions],
    eval_model: Option<&str>,
    task: &Task,
) -> Vec<PopulationConfig> {
    if populations.is_empty() {
        let (name, model, eval_model) = (seed.to_owned(), None, None);
        return vec![PopulationConfig { name, model, eval_model, generations: None }];
    }
    let asks = task.entry().class.is_some() || eval_model.is_some();
    let mut named: Vec<PopulationConfig> = Vec::new();
    for population in populations {
        let own = eval_model.map(str::to_owned).or_else(|| task.entry().model.clone());
        let name = unique(short_name(&population.model), |name| named.iter().any(|other| other.name == name));
        named.push(PopulationConfig {
            name,
            model: Some(population.model.clone()),
            eval_model: asks.then(|| own.unwrap_or_else(|| population.model.clone())),
            generations: population.generations,
        });
    }
    named
}

/// Returns the last part of a model's name, as a file name.
fn short_name(model: &str) -> String {
    let last = model.rsplit('/').find(|part| !part.is_empty()).unwrap_or("model");
    let tidy =
        |letter: char| if letter.is_ascii_alphanumeric() || "-._".contains(letter) { letter } else { '-' };
    let name: String = last.chars().map(tidy).take(60).collect();
    match name.trim_matches('.') {
        "" => "model".to_owned(),
        name => name.to_owned(),
    }
}

/// Returns `name`, with the first free suffix of `_b`, `_c`, … if it is taken.
fn unique(name: String, taken: impl Fn(&str) -> bool) -> String {
    let letters = ('b'..='z').map(|letter| format!("{name}_{letter}"));
    let numbers = (27..).map(|number| format!("{name}_{number}"));
    let mut all = std::iter::once(name.clone()).chain(letters).chain(numbers);
    all.find(|name| !taken(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(model: &str) -> PopulationOptions {
        PopulationOptions { model: model.to_owned(), generations: None }
    }

    #[test]
    fn populations_are_named_after_their_models() {
        let task = Task::bundled("bin-packing").unwrap();
        let models = ["accounts/fireworks/routers/kimi-k2", "kimi-k2", "x/kimi-k2", "..", "a b:c", "gpt-4.1"];
        let populations = configure("genetic", &models.map(options), None, &task);
        let names: Vec<&str> = populations.iter().map(|population| population.name.as_str()).collect();
        assert_eq!(names, ["kimi-k2", "kimi-k2_b", "kimi-k2_c", "model", "a-b-c", "gpt-4.1"]);
        assert!(populations.iter().all(|one| one.eval_model.is_none()), "bin packing asks no model");
    }

    #[test]
    fn task_agents_call_the_model_that_was_named() {
        let task = Task::bundled("cap-set").unwrap();
        let named = configure("genetic", &[options("own")], Some("m"), &task);
        assert_eq!(named[0].eval_model.as_deref(), Some("m"));
        let alone = configure("genetic", &[], Some("m"), &task);
        assert_eq!((alone.len(), alone[0].name.as_str(), &alone[0].eval_model), (1, "genetic", &None));
    }

    #[test]
    fn a_run_with_a_model_names_a_runtime_with_tools() {
        let task = Task::bundled("bin-packing").unwrap();
        let digest = "0123";
        for rules in ToolRules::ALL {
            assert_eq!(runtime_of(&configure("genetic", &[], Some("m"), &task), digest, rules), digest);
            let with_tools = runtime_of(&configure("genetic", &[options("m")], None, &task), digest, rules);
            assert_eq!(with_tools, hyperspace_tools::digest_with_tools(digest, rules));
            assert_ne!(with_tools, digest);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let check = |model: &str, generations, what: &str| {
            let populations = [PopulationOptions { model: model.to_owned(), generations }];
            let error = validate(&populations).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        };
        check(" ", None, "model");
        check("m", Some(0), "rounds");
    }
}
