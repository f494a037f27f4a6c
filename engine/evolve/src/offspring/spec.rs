//! The inputs of meta agents: those shared by the candidates of a population, and those of each candidate.

use std::sync::Arc;

use hyperspace_core::{FileSet, TreeId};
use hyperspace_eval::EvidenceRules;
use hyperspace_sandbox::Limits;
use hyperspace_tools::ToolRules;
use serde_json::Value;

use crate::executor::interface::Executor;
use crate::models::calls::ModelCalls;
use crate::offspring::edit_policy::EditPolicy;
use crate::offspring::inspirations::ShownMembers;
use crate::offspring::situation::Situation;
use crate::record::population::PopulationConfig;
use crate::record::sharing_config::Sharing;
use crate::search::archive::Archive;

/// The inputs shared by all candidates of a population in a generation.
pub(crate) struct MetaSetup {
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) population: PopulationConfig,
    pub(crate) archive: Arc<Archive>,
    /// The published members, at `/repo/strategies`.
    pub(crate) strategies: FileSet,
    pub(crate) limits: Limits,
    /// The version of the tools' answers.
    pub(crate) tool_rules: ToolRules,
    /// The version of the evidence that guests see.
    pub(crate) evidence: EvidenceRules,
    pub(crate) agent_layer: bool,
    /// The policies on texts that agents see of each other.
    pub(crate) sharing: Sharing,
    /// The file of notes, if peers see it and it may be changed.
    pub(crate) notes: Option<&'static str>,
    /// Signs of complacency of which meta agents are told, for `job`.
    pub(crate) warnings: Option<Value>,
    /// True if training scores are visible.
    pub(crate) shows_scores: bool,
    /// The description of the task.
    pub(crate) task: Value,
    /// Model calls; `None` in a run without models.
    pub(crate) calls: Option<Arc<ModelCalls>>,
}

/// The inputs of one candidate's meta agents.
pub(crate) struct MetaRunSpec {
    pub(crate) seed: u64,
    /// The guard of its edits.
    pub(crate) policy: Arc<EditPolicy>,
    /// The files of the parent.
    pub(crate) files: FileSet,
    /// Files whose meta agents replace a failing one, in order.
    pub(crate) fallbacks: Vec<TreeFiles>,
    /// The files at `/repo/evals`.
    pub(crate) history: FileSet,
    /// Further keys of `job`: the situation of the child. `None` in a population without a model.
    pub(crate) situation: Option<Situation>,
    /// The members at `/repo/strategies`, instead of those of the population.
    pub(crate) inspirations: Option<ShownMembers>,
    /// True if the first of `fallbacks` runs before the candidate's own meta agent.
    pub(crate) renews: bool,
    /// Files whose meta agent runs instead of the candidate's own.
    pub(crate) frozen: Option<TreeFiles>,
}

/// Files and their tree.
#[derive(Debug, Clone)]
pub(crate) struct TreeFiles {
    pub(crate) tree: TreeId,
    pub(crate) files: FileSet,
}
