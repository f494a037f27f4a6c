//! The request to evaluate a candidate that calls no models.

use hyperspace_core::FileSet;
use hyperspace_eval::Split;

use crate::context::RunContext;
use crate::executor::interface::EvaluationRequest;
use crate::record::candidate_id::CandidateId;

impl EvaluationRequest {
    /// Returns the request of a run to evaluate files that call no models.
    pub(crate) fn plain(context: &RunContext, candidate: CandidateId, files: &FileSet, split: Split) -> Self {
        Self {
            candidate,
            task: context.task.clone(),
            files: files.clone(),
            split,
            limits: context.config.eval_limits.clone(),
            workers: context.resources.workers,
            evidence: context.config.evidence,
            agent_layer: context.config.agent_layer.is_some(),
            model: None,
            doors: None,
            early: None,
        }
    }
}
