//! The place in which an imported run lay, and the facts that tell runs apart.
//!
//! A place is a record named by a reference of the run: two imports of equal files are one run, wherever they lay.

use hyperspace_core::{RecordId, canon};
use hyperspace_store::{Batch, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::imported::{ImportedAgent, ImportedRun};
use crate::error::InteropError;

/// Record kind of a place.
const IMPORTED_ORIGIN_KIND: &str = "imported-origin";
/// The reference by which a run names its place.
const ORIGIN: &str = "origin";
/// Version of the record.
const FORMAT: u32 = 1;
/// Separator between the two sides of a paired run, in names of folders.
const VERSUS: &str = "_vs_";

/// A place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportedOrigin {
    format: u32,
    folder: String,
}

/// Facts about an imported experiment, according to its files and its folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExperimentFacts {
    /// The folder in which the run lay, with the enclosing folders that were named.
    pub folder: Option<String>,
    /// The variant of the algorithm; `None` if the configuration does not state it.
    pub arm: Option<String>,
    /// The agents of a run with several agents, such as `claude_vs_kimi`.
    pub pairing: Option<String>,
    /// The seed.
    pub seed: Option<u64>,
    /// The models of the agents, each once, without the paths of their providers.
    pub models: Vec<String>,
    /// The model that answers the rows, if the configuration names one.
    pub eval_model: Option<String>,
}

/// Adds the place of a run, unless it has one; returns whether it was added.
pub(super) fn put(
    store: &Store,
    batch: &mut Batch,
    run: &RecordId,
    place: &str,
) -> Result<bool, InteropError> {
    if place.is_empty() || store.get_ref(run, ORIGIN)?.is_some() {
        return Ok(false);
    }
    let origin = ImportedOrigin { format: FORMAT, folder: place.to_owned() };
    let id = batch.put_record(IMPORTED_ORIGIN_KIND, &canon::to_value(&origin)?)?;
    batch.set_ref(run, ORIGIN, &id);
    Ok(true)
}

/// Returns the facts of a run.
///
/// # Errors
///
/// Errors of the store, and [`InteropError::Record`] for a place that cannot be read.
pub fn experiment_facts(
    store: &Store,
    id: &RecordId,
    run: &ImportedRun,
) -> Result<ExperimentFacts, InteropError> {
    let folder = match store.get_ref(id, ORIGIN)? {
        None => None,
        Some(origin) => {
            let body = store.get_record(&origin)?.body;
            let read = canon::from_value::<ImportedOrigin>(&body);
            Some(read.map_err(|error| InteropError::record(origin, error))?.folder)
        }
    };
    let mut facts = ExperimentFacts { folder, ..ExperimentFacts::default() };
    for agent in &run.agents {
        facts.add(agent);
    }
    facts.pairing = pairing(run, facts.folder.as_deref());
    Ok(facts)
}

impl ExperimentFacts {
    fn add(&mut self, agent: &ImportedAgent) {
        let stated = [&agent.config, &agent.summary];
        let text = |key: &str| {
            let values = stated.into_iter().flatten();
            values.filter_map(|value| value[key].as_str()).map(short_model).next()
        };
        if let Some(model) = text("model").or_else(|| text("meta_model"))
            && !self.models.contains(&model)
        {
            self.models.push(model);
        }
        self.eval_model = self.eval_model.take().or_else(|| text("eval_model"));
        let seed = || stated.into_iter().flatten().filter_map(|value| value["seed"].as_u64()).next();
        self.seed = self.seed.or_else(seed);
        self.arm = self.arm.take().or_else(|| arm(agent.config.as_ref()?));
    }
}

/// Returns the last part of a model's path, which is its name.
fn short_model(model: &str) -> String {
    model.rsplit('/').next().unwrap_or(model).to_owned()
}

/// Returns the arm that a configuration describes.
fn arm(config: &Value) -> Option<String> {
    if let Some(named) = config["experiment"].as_str() {
        return Some(named.to_owned());
    }
    let flag = |key: &str| config[key].as_bool() == Some(true);
    if !["annealing", "freeze_meta", "selection_method"].iter().any(|key| !config[*key].is_null()) {
        return None;
    }
    let name = if flag("annealing") {
        "annealing"
    } else if flag("freeze_meta") {
        "freeze-meta"
    } else if config["selection_method"] == "random" {
        "random"
    } else {
        "full"
    };
    Some(name.to_owned())
}

/// Returns the pairing: that in the name of the folder above the run, or else the names of the agents.
fn pairing(run: &ImportedRun, folder: Option<&str>) -> Option<String> {
    if run.agents.len() < 2 {
        return None;
    }
    let stated = folder.and_then(|folder| folder.split('/').rev().find(|part| part.contains(VERSUS)));
    let name = |agent: &ImportedAgent| {
        agent.name.clone().unwrap_or_else(|| agent.folder.trim_end_matches('/').to_owned())
    };
    let names = || run.agents.iter().map(name).collect::<Vec<_>>().join(VERSUS);
    Some(stated.map_or_else(names, str::to_owned))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn agent(folder: &str, config: Value) -> ImportedAgent {
        ImportedAgent {
            name: config["agent_name"].as_str().map(str::to_owned),
            folder: folder.to_owned(),
            config: Some(config),
            summary: None,
            generations: Vec::new(),
            test: None,
        }
    }

    #[test]
    fn arms_come_from_the_keys_of_the_configuration() {
        let name = |config: Value| arm(&config);
        assert_eq!(name(json!({"model": "m"})), None);
        let keys = |freeze: bool, annealing: bool, selection: &str| {
            name(json!({"freeze_meta": freeze, "annealing": annealing, "selection_method": selection}))
                .unwrap()
        };
        assert_eq!(keys(false, false, "score_child_prop"), "full");
        assert_eq!(keys(true, false, "score_child_prop"), "freeze-meta");
        assert_eq!(keys(false, false, "random"), "random");
        assert_eq!(keys(false, true, "score_child_prop"), "annealing");
        assert_eq!(name(json!({"experiment": "mine", "annealing": true})).unwrap(), "mine");
    }

    #[test]
    fn pairings_come_from_the_folder_or_from_the_agents() {
        let config =
            |name: &str| json!({"agent_name": name, "model": format!("provider/{name}"), "seed": 44});
        let agents = vec![agent("a/", config("a")), agent("b/", config("b"))];
        let tree = hyperspace_core::FileSet::new().tree().id();
        let run = ImportedRun { format: 1, files: tree, agents };
        assert_eq!(pairing(&run, Some("results/b_vs_a/seed44")).unwrap(), "b_vs_a");
        assert_eq!(pairing(&run, Some("results/seed44")).unwrap(), "a_vs_b");
        let mut facts = ExperimentFacts::default();
        run.agents.iter().for_each(|agent| facts.add(agent));
        assert_eq!((facts.models.join(" "), facts.seed), ("a b".to_owned(), Some(44)));
        let alone = ImportedRun { agents: run.agents[..1].to_vec(), ..run };
        assert_eq!(pairing(&alone, Some("x_vs_y/seed1")), None);
    }
}
