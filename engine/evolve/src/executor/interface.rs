//! The trait of executors, with the requests and responses that it exchanges.

use std::sync::Arc;

use hyperspace_core::{FileSet, TreeId};
use hyperspace_eval::{CacheKey, CaseDoors, Evaluation, EvidenceRules, ModelDoor, RowWatch, Split, Task};
use hyperspace_sandbox::{FilePolicy, Limits, Report, async_trait};
use hyperspace_tools::ToolRules;
use serde_json::Value;

use crate::error::EvolveError;
use crate::record::candidate_id::CandidateId;
use crate::record::sharing_config::Sharing;

/// Runs the meta agents and evaluations of a run.
///
/// A result must be a function of its request and of the executor's [environment](Executor::runtime_digest): the same for all
/// executors with equal digests, at any time and for any number of concurrent requests. Requests come from many tasks at once;
/// dropping a returned future cancels the request. Errors are faults of the machine and stop the run. Faults of a guest are
/// outcomes in the response.
///
/// Requests and responses are plain data, with two exceptions that an executor in another process has to forward: the guard of
/// file accesses ([`MetaRunRequest::edits`]) and the doors to models ([`MetaRunRequest::model`], [`EvaluationRequest::doors`]).
/// Both are questions with one answer, asked by a guest that waits.
#[async_trait]
pub trait Executor: Send + Sync {
    /// Returns the digest of interpreter, engine and prices. It is part of a run's configuration.
    fn runtime_digest(&self) -> &str;

    /// Returns the SDK that guests see at `/sdk`. Its tree is part of a run's configuration.
    fn sdk(&self) -> &FileSet;

    /// Returns the tree of the Python code between evaluator and program of `task`, if its evaluator is written in Python. It is
    /// part of a run's configuration.
    fn bridge(&self, task: &Task) -> Option<TreeId> {
        task.bridge()
    }

    /// Returns the tree of the layer between the SDK and agents with modules of their own. It is part of the configuration of runs that use it.
    fn agent_layer(&self) -> TreeId {
        hyperspace_eval::agent_layer_id()
    }

    /// Returns the limits of one case of `task`. They are part of a run's configuration.
    fn case_limits(&self, task: &Task) -> Limits;

    /// Returns the name under which an evaluation may be reused, or `None` if it must not be.
    fn evaluation_key(&self, request: &EvaluationRequest) -> Option<CacheKey>;

    /// Runs a meta agent once.
    ///
    /// # Errors
    ///
    /// [`EvolveError`] when it could not be run. [`Outcome::WallClock`](hyperspace_sandbox::Outcome::WallClock) is not an error;
    /// the run tries again once.
    async fn run_meta_agent(&self, request: MetaRunRequest) -> Result<MetaRunResponse, EvolveError>;

    /// Evaluates a candidate on one split.
    ///
    /// # Errors
    ///
    /// [`EvolveError`] when the evaluation could not be made.
    async fn evaluate(&self, request: EvaluationRequest) -> Result<Evaluation, EvolveError>;
}

/// A request to run a meta agent on the files of a candidate.
#[non_exhaustive]
pub struct MetaRunRequest {
    /// The candidate.
    pub candidate: CandidateId,
    /// The number of the run: 0 for the candidate's own meta agent, from 1 for fallbacks.
    pub run: usize,
    /// The argument of `improve`.
    pub argument: Value,
    /// The seed of the guest's random numbers.
    pub seed: u64,
    /// The limits of the run.
    pub limits: Limits,
    /// The files at `/repo`.
    pub files: FileSet,
    /// The policy that decides on each change of a file below `/repo`.
    pub edits: Arc<dyn FilePolicy>,
    /// The files at `/repo/evals`, read-only.
    pub history: FileSet,
    /// The files at `/repo/strategies`, read-only.
    pub strategies: FileSet,
    /// The files at `/frozen`, read-only. If present, their meta agent runs instead of the candidate's own.
    pub frozen: Option<FileSet>,
    /// The policies on texts that agents see of each other. If they sanitise, a tool shows `strategies` only as a quoted block.
    pub sharing: Sharing,
    /// The model named to the guest in `META_MODEL`.
    pub meta_model: Option<String>,
    /// The model named to the guest in `EVAL_MODEL`.
    pub eval_model: Option<String>,
    /// The version of the tools' answers.
    pub tool_rules: ToolRules,
    /// The version of the evidence that guests see.
    pub evidence: EvidenceRules,
    /// True if agents with modules of their own in a folder `agent` get the layer that joins these with the SDK's.
    pub agent_layer: bool,
    /// The door to the model. A guest with a model also has tools.
    pub model: Option<ModelDoor>,
}

/// The result of running a meta agent.
#[derive(Debug)]
pub struct MetaRunResponse {
    /// The outcome, the changed files and the refusals.
    pub report: Report,
    /// The tool calls that were carried out, in order.
    pub tool_calls: Vec<ToolCallRecord>,
    /// The lines that the guest logged.
    pub log: Vec<u8>,
}

/// A tool call of a meta agent.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCallRecord {
    /// The tool: `bash` or `editor`.
    pub tool: &'static str,
    /// The parameters of the call, as JSON text.
    pub request: String,
    /// The answer, or the reason of the failure.
    pub output: String,
    /// True if there was an answer and it is not an error.
    pub succeeded: bool,
}

/// A request to evaluate a candidate on one split.
#[derive(Clone)]
#[non_exhaustive]
pub struct EvaluationRequest {
    /// The candidate.
    pub candidate: CandidateId,
    /// The task.
    pub task: Task,
    /// The files of the candidate.
    pub files: FileSet,
    /// The split.
    pub split: Split,
    /// The limits of one case.
    pub limits: Limits,
    /// Maximum number of cases that compute at the same time.
    pub workers: usize,
    /// The version of the evidence.
    pub evidence: EvidenceRules,
    /// As [`MetaRunRequest::agent_layer`].
    pub agent_layer: bool,
    /// The model of the candidate's task agents, instead of the task's own.
    pub model: Option<String>,
    /// The doors of cases to that model, and the maximum number of cases that wait for it at the same time.
    pub doors: Option<CaseModels>,
    /// The order of rows, with a watch that may end the evaluation early; `None` for a complete evaluation.
    pub early: Option<EarlyRows>,
}

/// Rows in an order, with a watch that may end their evaluation.
#[derive(Clone)]
pub struct EarlyRows {
    /// The indices of all rows, in the order in which they are evaluated.
    pub order: Vec<usize>,
    /// Creates the watch of one evaluation.
    pub watch: Arc<dyn Fn() -> Box<dyn RowWatch> + Send + Sync>,
}

/// The doors of an evaluation's cases to a model.
#[derive(Clone)]
pub struct CaseModels {
    /// The doors.
    pub doors: Arc<dyn CaseDoors>,
    /// Maximum number of cases that wait for the model at the same time.
    pub conversations: usize,
}
