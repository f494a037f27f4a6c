//! The runs in a folder: which folders hold generations of one run, and which are separate runs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A folder that contains folders `gen_N`.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentPlace {
    /// Its path below the imported folder, with `/` between parts; empty for the imported folder itself.
    pub folder: String,
    /// Its `run_config.json`, if there is one that can be read.
    pub config: Option<Value>,
}

impl AgentPlace {
    fn parent(&self) -> Option<&str> {
        if self.folder.is_empty() {
            return None;
        }
        Some(self.folder.rsplit_once('/').map_or("", |(parent, _)| parent))
    }

    /// Returns whether it is a run by itself: it is named after a seed, or has a configuration of the replication, which names no
    /// agent.
    fn is_run(&self) -> bool {
        let name = self.folder.rsplit('/').next().unwrap_or_default();
        let digits = name.strip_prefix("seed").map(|digits| digits.trim_start_matches(['_', '-']));
        let seed =
            digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
        let alone = |config: &Value| config["agent_name"].is_null() && !config["meta_model"].is_null();
        seed || self.config.as_ref().is_some_and(alone)
    }
}

/// Returns the folders of runs, in order; the imported folder itself is an empty text. Folders of agents belong to the folder
/// that contains them, unless their configurations state different seeds.
#[must_use]
pub fn runs_of(places: &[AgentPlace]) -> Vec<String> {
    let mut siblings: BTreeMap<&str, Vec<&AgentPlace>> = BTreeMap::new();
    let mut runs = BTreeSet::new();
    for place in places {
        match place.parent().filter(|_| !place.is_run()) {
            Some(parent) => siblings.entry(parent).or_default().push(place),
            None => {
                runs.insert(place.folder.clone());
            }
        }
    }
    for (parent, agents) in siblings {
        let stated = agents.iter().filter_map(|agent| agent.config.as_ref()?["seed"].as_u64());
        if stated.collect::<BTreeSet<u64>>().len() > 1 {
            runs.extend(agents.iter().map(|agent| agent.folder.clone()));
        } else {
            runs.insert(parent.to_owned());
        }
    }
    runs.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(places: &[(&str, Option<Value>)], runs: &[&str]) {
        let place = |(folder, config): &(&str, Option<Value>)| AgentPlace {
            folder: (*folder).to_owned(),
            config: config.clone(),
        };
        assert_eq!(runs_of(&places.iter().map(place).collect::<Vec<_>>()), runs);
    }

    #[test]
    fn folders_of_agents_belong_together_and_folders_of_seeds_do_not() {
        check(&[("", None)], &[""]);
        check(&[("a", None), ("b", None)], &[""]);
        check(
            &[("arm/seed42", None), ("arm/seed43", None), ("other/seed42", None)],
            &["arm/seed42", "arm/seed43", "other/seed42"],
        );
        let agent = |name: &str, seed: u64| Some(json!({"agent_name": name, "seed": seed}));
        let paired = [
            ("a_vs_b/seed42/a", agent("a", 42)),
            ("a_vs_b/seed42/b", agent("b", 42)),
            ("a_vs_b/seed43/a", None),
            ("arm/first", Some(json!({"seed": 1, "max_generations": 3, "meta_model": "m"}))),
            ("old/seed42/a", Some(json!({"seed": 42, "model": "a"}))),
            ("old/seed42/b", Some(json!({"seed": 42, "model": "b"}))),
        ];
        check(&paired, &["a_vs_b/seed42", "a_vs_b/seed43", "arm/first", "old/seed42"]);
        check(&[("x/a", agent("a", 1)), ("x/b", agent("b", 2))], &["x/a", "x/b"]);
    }
}
