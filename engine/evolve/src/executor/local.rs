//! The executor of this process: a sandbox and an evaluator.

use hyperspace_core::FileSet;
use hyperspace_eval::{CacheKey, Evaluation, Evaluator, Task};
use hyperspace_sandbox::{Limits, async_trait};

use crate::error::EvolveError;
use crate::executor::interface::{EvaluationRequest, Executor, MetaRunRequest, MetaRunResponse};
use crate::executor::peer_lines::PeerLines;
use crate::executor::room;
use crate::executor::tools::Toolbox;

/// Runs meta agents and evaluations in this process.
#[derive(Clone)]
pub struct LocalExecutor {
    evaluator: Evaluator,
}

impl LocalExecutor {
    /// Returns an executor that uses the evaluator, and its sandbox for meta agents.
    #[must_use]
    pub fn new(evaluator: Evaluator) -> Self {
        Self { evaluator }
    }

    fn evaluator_for(&self, request: &EvaluationRequest) -> Evaluator {
        let evaluator = self.evaluator.clone().limits(request.limits.clone()).workers(request.workers);
        let evaluator = evaluator.evidence(request.evidence).agent_layer(request.agent_layer);
        let Some(models) = &request.doors else { return evaluator };
        evaluator.model(request.model.clone()).concurrency(models.conversations).doors(models.doors.clone())
    }
}

#[async_trait]
impl Executor for LocalExecutor {
    fn runtime_digest(&self) -> &str {
        self.evaluator.sandbox().runtime_digest()
    }

    fn sdk(&self) -> &FileSet {
        self.evaluator.sdk()
    }

    fn case_limits(&self, task: &Task) -> Limits {
        self.evaluator.limits_for(task)
    }

    fn evaluation_key(&self, request: &EvaluationRequest) -> Option<CacheKey> {
        self.evaluator_for(request).key(&request.task, &request.files, request.split)
    }

    async fn run_meta_agent(&self, mut request: MetaRunRequest) -> Result<MetaRunResponse, EvolveError> {
        let sandbox = self.evaluator.sandbox();
        let model = request.model.take();
        let peers = PeerLines::of(&request);
        let toolbox = model
            .map(|model| Toolbox::new(sandbox.clone(), request.seed, request.tool_rules, model).peers(peers));
        let log = toolbox.as_ref().map(Toolbox::log).unwrap_or_default();
        let report = sandbox.run(room::job(request, self.evaluator.sdk(), toolbox)?).await?;
        Ok(MetaRunResponse { report, tool_calls: log.take_calls(), log: log.lines() })
    }

    async fn evaluate(&self, request: EvaluationRequest) -> Result<Evaluation, EvolveError> {
        let evaluator = self.evaluator_for(&request);
        let EvaluationRequest { task, files, split, early, .. } = &request;
        Ok(match early {
            None => evaluator.evaluate(task, files, *split).await?,
            Some(early) => {
                let mut watch = (early.watch)();
                evaluator.evaluate_watched(task, files, *split, &early.order, &mut *watch).await?
            }
        })
    }
}
