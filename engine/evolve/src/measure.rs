//! Evaluations of a generation: known ones, those that are made, and the models that they ask.

use std::sync::Arc;

use hyperspace_core::FileSet;
use hyperspace_eval::{Evaluation, Evaluator, Split, Task};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::archive::Place;
use crate::child::Child;
use crate::error::EvolveError;
use crate::generation::Context;
use crate::memo::Memo;
use crate::talk::Talk;

/// Where answers come from that are not computed here.
pub(crate) struct Sources<'a> {
    /// Evaluations that were made before.
    pub(crate) memo: Memo<'a>,
    /// Models; none in a run without them.
    pub(crate) talk: Option<Arc<Talk>>,
}

impl Sources<'_> {
    /// The generation is committed.
    pub(crate) fn committed(self) {
        if let Some(talk) = self.talk.and_then(Arc::into_inner) {
            talk.committed();
        }
    }
}

/// The evaluator of a candidate.
fn evaluator(
    context: &Context,
    sources: &Sources<'_>,
    (place, agent): (Place, usize),
) -> Result<Evaluator, EvolveError> {
    let evaluator = context.means.evaluator.clone();
    let config = context.config.agents.get(agent);
    let model = config.and_then(|agent| agent.eval_model.as_deref());
    let (Some(model), Some(talk)) = (model, &sources.talk) else { return Ok(evaluator) };
    let doors = talk.doors(place, agent, model)?;
    Ok(evaluator.model(Some(model.to_owned())).concurrency(talk.conversations).doors(doors))
}

/// The evaluation of a candidate on a split, known or made.
pub(crate) async fn evaluate(
    context: &Context,
    sources: &Sources<'_>,
    candidate: (Place, usize),
    files: &FileSet,
    split: Split,
) -> Result<Evaluation, EvolveError> {
    let evaluator = evaluator(context, sources, candidate)?.workers(context.means.workers);
    match sources.memo.get(&evaluator, &context.task, files, split)? {
        Some(known) => Ok(known),
        None => Ok(evaluator.evaluate(&context.task, files, split).await?),
    }
}

/// Where children are measured on a split, at most `workers` at a time. The rows of all of them share the instances of the
/// sandbox, so that a single child keeps every worker busy, too.
pub(crate) struct Bench<'a> {
    context: &'a Context,
    sources: &'a Sources<'a>,
    split: Split,
    slots: Arc<Semaphore>,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(context: &'a Context, sources: &'a Sources<'a>, split: Split) -> Self {
        Self { context, sources, split, slots: Arc::new(Semaphore::new(context.means.workers.max(1))) }
    }

    /// The evaluation of a child, if it is known. Otherwise it is made among what is `running`, unless the child lacks the file that
    /// the task calls.
    pub(crate) fn take<T: Send + 'static>(
        &self,
        child: &Child,
        running: &mut JoinSet<Result<T, EvolveError>>,
        done: impl FnOnce(Evaluation) -> T + Send + 'static,
    ) -> Result<Option<Evaluation>, EvolveError> {
        let (context, split) = (self.context, self.split);
        if missing_entry(&context.task, &child.files) {
            return Ok(None);
        }
        let workers = context.means.workers.max(1);
        let evaluator = evaluator(context, self.sources, (child.place, child.agent))?.workers(workers);
        let known = self.sources.memo.get(&evaluator, &context.task, &child.files, split)?;
        if known.is_none() {
            let (task, files, slots) = (context.task.clone(), child.files.clone(), Arc::clone(&self.slots));
            running.spawn(async move {
                let _slot = slots.acquire().await.map_err(|error| EvolveError::Lost(error.to_string()))?;
                Ok(done(evaluator.evaluate(&task, &files, split).await?))
            });
        }
        Ok(known)
    }
}

/// Evaluates the children that are `wanted` on a split.
pub(crate) async fn all(
    context: &Context,
    sources: &Sources<'_>,
    children: &[Child],
    (wanted, split): (&[bool], Split),
) -> Result<Vec<Option<Evaluation>>, EvolveError> {
    let bench = Bench::new(context, sources, split);
    let mut running = JoinSet::new();
    let mut measured = Vec::new();
    for (index, child) in children.iter().enumerate() {
        measured.push(match wanted[index] {
            true => bench.take(child, &mut running, move |evaluation| (index, evaluation))?,
            false => None,
        });
    }
    each(running, |(index, evaluation), _| {
        measured[index] = Some(evaluation);
        Ok(())
    })
    .await?;
    Ok(measured)
}

/// Takes what tasks come to, in the order in which they end; taking one may begin others. After an error, all that run are ended
/// before it is told: nothing of a generation that is given up goes on.
pub(crate) async fn each<T: Send + 'static>(
    mut running: JoinSet<Result<T, EvolveError>>,
    mut take: impl FnMut(T, &mut JoinSet<Result<T, EvolveError>>) -> Result<(), EvolveError>,
) -> Result<(), EvolveError> {
    while let Some(joined) = running.join_next().await {
        let joined = joined.map_err(|error| EvolveError::Lost(error.to_string()));
        if let Err(error) = joined.and_then(|result| take(result?, &mut running)) {
            running.shutdown().await;
            return Err(error);
        }
    }
    Ok(())
}

/// Whether a child removed the file that the task calls; it then has no score, and that is its own doing.
fn missing_entry(task: &Task, files: &FileSet) -> bool {
    let module = task.entry().module.replace('.', "/");
    let there = |name: String| files.iter().any(|(path, _)| path.as_str() == name);
    !there(format!("{module}.py")) && !there(format!("{module}/__init__.py"))
}
