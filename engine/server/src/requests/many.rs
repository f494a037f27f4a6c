//! Requests to evaluate many agents on one task.

use std::collections::BTreeMap;

use hyperspace_core::FileSet;
use hyperspace_service::EvalRequest;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{EvaluateRequest, RequestError, file_set, whole};

/// Evaluates agents on one task, each by itself.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluateManyRequest {
    /// The name of a bundled task. Default: the task of the server.
    #[serde(default)]
    pub task: Option<String>,
    /// The files of a task, by path: `task.toml` and what it names. Instead of `task`.
    #[serde(default)]
    pub task_files: BTreeMap<String, String>,
    /// The agents: each the files of one, by path.
    #[schema(min_items = 1, max_items = 100)]
    pub agents: Vec<BTreeMap<String, String>>,
    /// The data: `train`, `held-out`, `test` or `all`. Default `train`.
    #[serde(default)]
    #[schema(pattern = "^(train|held-out|test|all)$")]
    pub split: Option<String>,
    /// Units of fuel of one case, where the task does not set its own.
    #[serde(default)]
    #[schema(minimum = 1_000_000, maximum = 9_007_199_254_740_992_u64)]
    #[serde(deserialize_with = "whole::optional")]
    pub fuel: Option<u64>,
}

impl EvaluateManyRequest {
    /// Returns the request that all agents share, and their files.
    ///
    /// # Errors
    ///
    /// [`RequestError`] when a task, a path or a split cannot be understood.
    pub fn parts(self) -> Result<(EvalRequest, Vec<FileSet>), RequestError> {
        let Self { task, task_files, agents, split, fuel } = self;
        let common = EvaluateRequest { task, task_files, files: BTreeMap::new(), split, fuel };
        let agents = agents.into_iter().map(|files| file_set("agents", files)).collect::<Result<_, _>>()?;
        Ok((common.into_evaluation()?, agents))
    }
}
