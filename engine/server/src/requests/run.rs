//! Requests to start and to resume runs.

use std::collections::BTreeMap;

use hyperspace_evolve::bundled_agents;
use hyperspace_service::{AgentRef, RunRequest, SearchSettings};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{RequestError, bundled, file_set, task, whole};

/// Starts an evolution that goes on in the background.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StartRunRequest {
    /// The name of a bundled task. Default `bin-packing`.
    pub task: Option<String>,
    /// The files of a task, by path. Instead of `task`.
    pub task_files: BTreeMap<String, String>,
    /// The name of a bundled agent: by default `memetic` (`genetic` on `bin-packing`, `cap-set` and `circle-packing`), or `evolver` with
    /// a model.
    pub agent: Option<String>,
    /// The files of an agent, by path. Instead of `agent`.
    pub agent_files: BTreeMap<String, String>,
    /// Generations after the seed. Default 20.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_992_u64)]
    #[serde(deserialize_with = "whole::optional")]
    pub generations: Option<u64>,
    /// Candidates per generation. Default 8, and 1 with a model.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_992_u64)]
    #[serde(deserialize_with = "whole::optional")]
    pub candidates: Option<u64>,
    /// The seed of every random choice. The same run has the same result. Default 42.
    #[schema(format = "uint64", minimum = 0, maximum = 18_446_744_073_709_551_615_u64)]
    #[serde(deserialize_with = "whole::optional")]
    pub seed: Option<u64>,
    /// The search strategy, instead of a selection: `NAME`, or `NAME:KEY=VALUE,…`, such as `islands:count=4,inner=map-elites`.
    pub strategy: Option<String>,
    /// The rule on which candidates become members, with `strategy`: `gate` or `scored`. Default: that of the strategy.
    #[schema(pattern = "^(gate|scored)$")]
    pub admission: Option<String>,
    /// Members that each meta agent is shown, with `strategy`. Default: that of the strategy.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_992_u64)]
    #[serde(deserialize_with = "whole::optional")]
    pub inspirations: Option<u64>,
    /// All of that as a section `search` of a settings file has it: `strategy`, its parameters by name, `admission`, `inspirations`. Instead of the
    /// three.
    #[schema(value_type = Option<Object>)]
    pub search: Option<Map<String, Value>>,
    /// The model of the meta agents: one of the server's settings, or one whose provider is known and whose key the server has.
    pub model: Option<String>,
    /// Dollars that models may cost in all. Needed with `model`, unless the server's settings have a budget.
    pub max_cost: Option<f64>,
}

impl StartRunRequest {
    /// Returns the request of the application layer.
    ///
    /// # Errors
    ///
    /// [`RequestError`] when a task or a path cannot be understood.
    pub fn into_run(self) -> Result<RunRequest, RequestError> {
        let mut request = RunRequest::new();
        request.settings.generations = self.generations;
        request.settings.candidates = self.candidates;
        request.settings.seed = self.seed;
        request.settings.search = search(self.search, self.strategy, self.admission, self.inspirations)?;
        request.settings.models = self.model.map(|model| vec![model]);
        request.task = task(self.task, self.task_files)?;
        request.agent = match (self.agent, self.agent_files.is_empty()) {
            (Some(_), false) => {
                return Err(RequestError::new("agent", "expected a name or agent_files, not both"));
            }
            (Some(name), true) => Some(bundled("agent", name, &bundled_agents())?.into()),
            (None, false) => Some(AgentRef::from(file_set("agent_files", self.agent_files)?)),
            (None, true) => None,
        };
        if let Some(dollars) = self.max_cost {
            request.calls.max_cost = Some(dollars.to_string());
        }
        Ok(request)
    }
}

/// Resumes a run of the store.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResumeRunRequest {
    /// Generations after the seed, in all. Default: as it was planned.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_992_u64)]
    #[serde(deserialize_with = "whole::optional")]
    pub generations: Option<u64>,
    /// Dollars that models may cost in all.
    #[schema(minimum = 0)]
    pub max_cost: Option<f64>,
}

/// Returns the settings of the search, given as a section or as separate fields.
fn search(
    section: Option<Map<String, Value>>,
    strategy: Option<String>,
    admission: Option<String>,
    inspirations: Option<u64>,
) -> Result<Option<SearchSettings>, RequestError> {
    let by_field = strategy.is_some() || admission.is_some() || inspirations.is_some();
    let fields = match section {
        Some(_) if by_field => {
            return Err(RequestError::new(
                "search",
                "expected it alone, or strategy, admission and inspirations",
            ));
        }
        Some(section) => section,
        None if !by_field => return Ok(None),
        None => {
            let fields = [
                ("strategy", strategy.map(Value::from)),
                ("admission", admission.map(Value::from)),
                ("inspirations", inspirations.map(Value::from)),
            ];
            fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
        }
    };
    let settings = serde_json::from_value(Value::Object(fields));
    settings.map(Some).map_err(|error| RequestError::new("search", error))
}
