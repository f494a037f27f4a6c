//! Evaluations of a generation, taken from the cache or made by the executor.

use std::sync::Arc;

use hyperspace_core::FileSet;
use hyperspace_eval::{CacheKey, Evaluation, EvaluationCache, Split, Task};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::executor::interface::{CaseModels, EvaluationRequest};
use crate::generation::early::EarlyTest;
use crate::generation::work::EvalSources;
use crate::models::streams::candidate_prefix;
use crate::progress::RunEvent;
use crate::record::candidate_id::CandidateId;
use crate::resources::RunResources;

/// A candidate to evaluate.
#[derive(Clone, Copy)]
pub(crate) struct EvalSubject<'a> {
    pub(crate) id: CandidateId,
    /// The index of its population.
    pub(crate) population: usize,
    pub(crate) files: &'a FileSet,
}

/// Returns the request to evaluate a candidate. The streams of its model calls are below `prefix`.
fn request(
    context: &RunContext,
    sources: &EvalSources,
    subject: EvalSubject<'_>,
    split: Split,
    prefix: String,
) -> Result<EvaluationRequest, EvolveError> {
    let config = context.config.populations.get(subject.population);
    let model = config.and_then(|population| population.eval_model.as_deref());
    let doors = match (model, &sources.calls) {
        (Some(model), Some(calls)) => Some(CaseModels {
            doors: calls.doors(prefix, subject.population, model)?,
            conversations: calls.conversations,
        }),
        _ => None,
    };
    let model = model.map(str::to_owned);
    Ok(EvaluationRequest {
        model,
        doors,
        ..EvaluationRequest::plain(context, subject.id, subject.files, split)
    })
}

/// Returns the key under which an evaluation without models may be reused.
pub(crate) fn plain_key(context: &RunContext, files: &FileSet, split: Split) -> Option<CacheKey> {
    let id = CandidateId { generation: 0, candidate: 0 };
    let request = EvaluationRequest::plain(context, id, files, split);
    context.resources.executor.evaluation_key(&request)
}

/// Returns the requested evaluation, if it is cached.
fn cached(
    context: &RunContext,
    sources: &EvalSources,
    request: &EvaluationRequest,
) -> Result<Option<Evaluation>, EvolveError> {
    let Some(cache) = &sources.cache else { return Ok(None) };
    let Some(key) = context.resources.executor.evaluation_key(request) else { return Ok(None) };
    cache.get(&key)
}

/// Makes the requested evaluation.
async fn run(resources: &RunResources, request: EvaluationRequest) -> Result<Evaluation, EvolveError> {
    let candidate = request.candidate;
    let evaluation = resources.executor.evaluate(request).await?;
    report(resources, candidate, &evaluation, false);
    Ok(evaluation)
}

fn report(resources: &RunResources, candidate: CandidateId, evaluation: &Evaluation, known: bool) {
    resources.emit(|| RunEvent::CandidateMeasured {
        candidate,
        split: evaluation.split,
        score: evaluation.score.clone(),
        fuel: evaluation.fuel,
        known,
    });
}

/// Evaluates a candidate on a split.
pub(crate) async fn evaluate(
    context: &RunContext,
    sources: &EvalSources,
    subject: EvalSubject<'_>,
    split: Split,
) -> Result<Evaluation, EvolveError> {
    let request = request(context, sources, subject, split, candidate_prefix(subject.id))?;
    match cached(context, sources, &request)? {
        Some(known) => {
            report(&context.resources, subject.id, &known, true);
            Ok(known)
        }
        None => run(&context.resources, request).await,
    }
}

/// Evaluates a candidate on a split again, with its own model calls below `stream`. Nothing is reported or taken from a cache.
pub(crate) async fn again(
    context: &RunContext,
    sources: &EvalSources,
    subject: EvalSubject<'_>,
    split: Split,
    stream: &str,
) -> Result<Evaluation, EvolveError> {
    let prefix = format!("{}/{stream}", candidate_prefix(subject.id));
    context.resources.executor.evaluate(request(context, sources, subject, split, prefix)?).await
}

/// Evaluates candidates on a split, at most `workers` at a time. The cases of all candidates share the instances of the sandbox,
/// so even a single candidate keeps every worker busy.
pub(crate) struct EvalPool<'a> {
    context: &'a RunContext,
    sources: &'a EvalSources,
    split: Split,
    slots: Arc<Semaphore>,
}

impl<'a> EvalPool<'a> {
    /// Returns a pool for one split.
    pub(crate) fn new(context: &'a RunContext, sources: &'a EvalSources, split: Split) -> Self {
        Self { context, sources, split, slots: Arc::new(Semaphore::new(context.resources.workers)) }
    }

    /// Returns the evaluation of a candidate if it is cached. Otherwise spawns it on `running`, unless the candidate lacks the file that
    /// the task calls; the result is passed through `done`. `early` is the test that may stop it.
    pub(crate) fn start<T: Send + 'static>(
        &self,
        subject: EvalSubject<'_>,
        early: Option<&Arc<EarlyTest>>,
        running: &mut JoinSet<Result<T, EvolveError>>,
        done: impl FnOnce(Evaluation) -> T + Send + 'static,
    ) -> Result<Option<Evaluation>, EvolveError> {
        if lacks_entry(&self.context.task, subject.files) {
            return Ok(None);
        }
        let prefix = candidate_prefix(subject.id);
        let mut request = request(self.context, self.sources, subject, self.split, prefix)?;
        request.early = early.map(EarlyTest::rows);
        let known = cached(self.context, self.sources, &request)?;
        let known = match early {
            Some(test) => known.and_then(|known| test.applied(known)),
            None => known,
        };
        if let Some(known) = &known {
            report(&self.context.resources, subject.id, known, true);
        }
        if known.is_none() {
            let (resources, slots) = (self.context.resources.clone(), Arc::clone(&self.slots));
            running.spawn(async move {
                let _slot = slots.acquire().await.map_err(|_| EvolveError::Cancelled)?;
                Ok(done(run(&resources, request).await?))
            });
        }
        Ok(known)
    }
}

/// Passes the results of tasks to `take` in the order in which they end. `take` may spawn more. On an error, all tasks are ended
/// before the error is returned, so no part of an abandoned generation continues.
pub(crate) async fn each<T: Send + 'static>(
    mut running: JoinSet<Result<T, EvolveError>>,
    mut take: impl FnMut(T, &mut JoinSet<Result<T, EvolveError>>) -> Result<(), EvolveError>,
) -> Result<(), EvolveError> {
    while let Some(joined) = running.join_next().await {
        let joined = joined.map_err(EvolveError::from);
        if let Err(error) = joined.and_then(|result| take(result?, &mut running)) {
            running.shutdown().await;
            return Err(error);
        }
    }
    Ok(())
}

/// Returns whether a candidate lacks the file that the task calls. It then has no score, by its own fault.
fn lacks_entry(task: &Task, files: &FileSet) -> bool {
    task.entry_file(files).is_none()
}
