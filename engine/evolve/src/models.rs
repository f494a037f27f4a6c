//! Models of a run: which agents ask which, within which budgets, and who answers.
//!
//! What can change a result is part of the configuration: names of models, temperature, and the budgets of one call and of one
//! candidate, which a guest meets as failures. Budgets of an agent and of the run are not: when one of them is spent, the run
//! stops before anything of the generation at work is recorded, and goes on from there with a larger one.

use std::path::PathBuf;
use std::sync::Arc;

use hyperspace_eval::{Evaluator, Task};
use hyperspace_llm::{BudgetLimits, Cassette, FileCassette, Models};
use serde::{Deserialize, Serialize};

use crate::error::EvolveError;

/// Agents of one run.
pub const AGENTS_MAX: usize = 64;
/// Longest name of an agent, in bytes: with generation and candidate behind it, it is part of longer names.
pub(crate) const AGENT_NAME_BYTES_MAX: usize = 180;
/// Highest temperature.
const TEMPERATURE_MAX: f64 = 2.0;

/// An agent that a user asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentOptions {
    /// The model that its meta agent asks.
    pub model: String,
    /// Generations that it takes part in; `None`: all.
    pub generations: Option<u64>,
}

/// How models are asked, as a user chooses it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelOptions {
    /// The model that task agents ask; `None`: the task's, or else the agent's own, in tasks whose agents are told one
    /// ([`TaskEntry::class`](hyperspace_eval::TaskEntry)), and none in others.
    pub eval_model: Option<String>,
    /// The temperature that meta agents are told.
    pub temperature: f64,
    /// What a single call may take.
    pub call: BudgetLimits,
    /// What the meta agents of one candidate may take together.
    pub candidate: BudgetLimits,
}

impl ModelOptions {
    /// What of it is part of the configuration of a run, besides the names of models.
    pub(crate) fn rules(&self) -> ModelRules {
        ModelRules { temperature: self.temperature, call: self.call, candidate: self.candidate }
    }
}

/// An agent in the configuration of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// Its name, one path part, unique in the run.
    pub name: String,
    /// The model that its meta agent asks; null: none, and it has no tools either.
    pub model: Option<String>,
    /// The model that its task agent asks; null when tasks of this kind ask none.
    pub eval_model: Option<String>,
    /// See [`AgentOptions::generations`].
    pub generations: Option<u64>,
}

/// How models are asked, in the configuration of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRules {
    /// See [`ModelOptions::temperature`].
    pub temperature: f64,
    /// See [`ModelOptions::call`].
    pub call: BudgetLimits,
    /// See [`ModelOptions::candidate`].
    pub candidate: BudgetLimits,
}

impl AgentConfig {
    /// Whether it takes part in a generation after the seed.
    #[must_use]
    pub fn takes_part(&self, generation: u64) -> bool {
        self.generations.is_none_or(|most| generation <= most)
    }
}

/// Everything that a run needs besides store and configuration; none of it changes a result.
#[derive(Clone)]
pub struct Means {
    /// Evaluates candidates, and owns the sandbox that meta agents run in.
    pub evaluator: Evaluator,
    /// Meta agents and evaluations that compute at the same time.
    pub workers: usize,
    /// Who answers models; `None` for runs without them, and for replay, where the store does.
    pub models: Option<ModelMeans>,
}

/// Who answers models, and what a run may spend on them.
#[derive(Clone)]
pub struct ModelMeans {
    /// Who answers.
    pub source: ModelSource,
    /// Conversations at the same time.
    pub conversations: usize,
    /// What the run may spend.
    pub run: BudgetLimits,
    /// What each agent may spend.
    pub agent: BudgetLimits,
}

/// Who answers.
#[derive(Clone)]
pub enum ModelSource {
    /// Providers. Until its generation is committed, an exchange stands in a file of this folder, so that it is asked once.
    Providers(Models, PathBuf),
    /// The same, and all exchanges of the run are kept in this cassette as well.
    Recorded(Models, Arc<FileCassette>),
    /// A recording, and nobody else.
    Recording(Arc<dyn Cassette>),
}

impl Means {
    /// Means without models.
    #[must_use]
    pub fn new(evaluator: Evaluator, workers: usize) -> Self {
        Self { evaluator, workers: workers.max(1), models: None }
    }
}

/// Checks what a user asks of models.
pub(crate) fn validate(agents: &[AgentOptions], models: &ModelOptions) -> Result<(), EvolveError> {
    if agents.len() > AGENTS_MAX {
        return Err(EvolveError::option("model", agents.len(), format!("at most {AGENTS_MAX} agents")));
    }
    if let Some(agent) = agents.iter().find(|agent| agent.model.trim().is_empty()) {
        return Err(EvolveError::option("model", format!("{:?}", agent.model), "a name"));
    }
    if let Some(rounds) = agents.iter().filter_map(|agent| agent.generations).find(|rounds| *rounds == 0) {
        return Err(EvolveError::option("rounds", rounds, "at least 1"));
    }
    if !(0.0..=TEMPERATURE_MAX).contains(&models.temperature) {
        let expected = format!("a number between 0 and {TEMPERATURE_MAX}");
        return Err(EvolveError::option("temperature", models.temperature, expected));
    }
    Ok(())
}

/// The agents of a run.
pub(crate) fn agents(
    seed: &str,
    agents: &[AgentOptions],
    eval_model: Option<&str>,
    task: &Task,
) -> Vec<AgentConfig> {
    if agents.is_empty() {
        return vec![AgentConfig { name: seed.to_owned(), model: None, eval_model: None, generations: None }];
    }
    let asks = task.entry().class.is_some() || eval_model.is_some();
    let mut named: Vec<AgentConfig> = Vec::new();
    for agent in agents {
        let own = eval_model.map(str::to_owned).or_else(|| task.entry().model.clone());
        let name = unique(short_name(&agent.model), |name| named.iter().any(|other| other.name == name));
        named.push(AgentConfig {
            name,
            model: Some(agent.model.clone()),
            eval_model: asks.then(|| own.unwrap_or_else(|| agent.model.clone())),
            generations: agent.generations,
        });
    }
    named
}

/// The last part of a model's name, as a file name.
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

/// `name`, or with `_b`, `_c`, … behind it.
fn unique(name: String, taken: impl Fn(&str) -> bool) -> String {
    let letters = ('b'..='z').map(|letter| format!("{name}_{letter}"));
    let numbers = (27..).map(|number| format!("{name}_{number}"));
    let mut all = std::iter::once(name.clone()).chain(letters).chain(numbers);
    all.find(|name| !taken(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_called_after_their_models() {
        let task = Task::bundled("bin-packing").unwrap();
        let options = |model: &str| AgentOptions { model: model.to_owned(), generations: None };
        let models = ["accounts/fireworks/routers/kimi-k2", "kimi-k2", "x/kimi-k2", "..", "a b:c", "gpt-4.1"];
        let agents = agents("genetic", &models.map(options), None, &task);
        let names: Vec<&str> = agents.iter().map(|agent| agent.name.as_str()).collect();
        assert_eq!(names, ["kimi-k2", "kimi-k2_b", "kimi-k2_c", "model", "a-b-c", "gpt-4.1"]);
        assert!(agents.iter().all(|agent| agent.eval_model.is_none()), "bin packing asks no model");
    }

    #[test]
    fn task_agents_ask_the_model_that_was_named() {
        let task = Task::bundled("cap-set").unwrap();
        let options = [AgentOptions { model: "own".to_owned(), generations: None }];
        let named = agents("genetic", &options, Some("m"), &task);
        assert_eq!(named[0].eval_model.as_deref(), Some("m"));
        let alone = agents("genetic", &[], Some("m"), &task);
        assert_eq!((alone.len(), alone[0].name.as_str(), &alone[0].eval_model), (1, "genetic", &None));
    }

    #[test]
    fn nonsense_is_refused() {
        let check = |model: &str, generations, temperature, what: &str| {
            let agents = [AgentOptions { model: model.to_owned(), generations }];
            let error = validate(&agents, &ModelOptions { temperature, ..ModelOptions::default() });
            let error = error.unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        };
        check(" ", None, 0.0, "model");
        check("m", Some(0), 0.0, "rounds");
        check("m", Some(1), 2.5, "temperature");
        check("m", Some(1), f64::NAN, "temperature");
    }
}
