//! The runs of a study: several at a time, each until its budget is spent.

use std::sync::Arc;

use hyperspace_core::RecordId;
use hyperspace_evolve::{Event, GenerationRecord, JournalEvent, journal_segment, load_record};
use hyperspace_store::Store;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::plan::{StudyMeasure, StudyRequest, StudyResource, StudyStrategy};
use super::record::{STUDY_FORMAT, StudyRecord, StudyRun};
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::run::{BudgetedEnd, RunRequest, run_within};

/// A run of a study that has ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StudyProgress {
    /// Number of runs that have ended, including this one.
    pub done: usize,
    /// Number of runs of the study.
    pub all: usize,
    /// Its strategy.
    pub strategy: String,
    /// Its seed.
    pub seed: u64,
    /// The run.
    pub run: RecordId,
    /// The score of its champion on the data that the study compares.
    pub best: f64,
}

/// Runs all cells of the study, as many at a time as the engine has workers.
pub(super) async fn run(
    engine: &Engine,
    store: &Store,
    request: &StudyRequest,
    tell: impl Fn(StudyProgress) + Send + Sync,
) -> Result<StudyRecord, ServiceError> {
    check_calls(engine, request)?;
    let (budget, slots) = (request.budget, Arc::new(Semaphore::new(engine.workers())));
    let mut running = JoinSet::new();
    let cells =
        (0..request.strategies.len()).flat_map(|index| request.seeds.iter().map(move |seed| (index, *seed)));
    for (number, (index, seed)) in cells.clone().enumerate() {
        let (engine, store, slots) = (engine.clone(), store.clone(), Arc::clone(&slots));
        let mut run = RunRequest::new().settings(request.settings.clone()).calls(request.calls.clone());
        run.calls.check_models = false;
        run.settings.search = Some(request.strategies[index].settings.clone());
        let run = run.seed(seed);
        running.spawn(async move {
            let closed = |_| ServiceError::request("the study was given up");
            let _slot = slots.acquire().await.map_err(closed)?;
            let cost = move |store: &Store, run: &RecordId, record: &GenerationRecord| {
                cost(budget.resource, store, run, record)
            };
            Ok::<_, ServiceError>((number, run_within(&engine, store, run, budget.amount, cost).await?))
        });
    }
    let all = running.len();
    let mut ends: Vec<Option<BudgetedEnd>> = vec![None; all];
    let mut done = 0;
    while let Some(joined) = running.join_next().await {
        let failed = |error: tokio::task::JoinError| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => ServiceError::request("the study was given up"),
        };
        // On an error, the other runs are dropped; what they committed stays.
        let (number, end) = joined.map_err(failed)??;
        ends[number] = Some(end);
        done += 1;
        let record = load_record(store, &end.last)?;
        let best = match request.measure {
            StudyMeasure::HeldOut => &record.champion().held_out,
            StudyMeasure::Train => &record.champion().score,
        };
        let (index, seed) = (number / request.seeds.len(), request.seeds[number % request.seeds.len()]);
        let strategy = request.strategies[index].options.strategy.to_string();
        tell(StudyProgress { done, all, strategy, seed, run: end.run, best: best.to_f64() });
    }
    let runs = cells.zip(ends).filter_map(|((index, seed), end)| {
        let BudgetedEnd { run, last, spent } = end?;
        Some(StudyRun { strategy: index as u64, seed: seed.to_string(), run, last, spent })
    });
    Ok(StudyRecord {
        format: STUDY_FORMAT,
        budget,
        measure: request.measure,
        strategies: request.strategies.iter().map(|one| one.options.config()).collect(),
        runs: runs.collect(),
    })
}

/// Checks that a budget in calls is used only with runs that may call models.
fn check_calls(engine: &Engine, request: &StudyRequest) -> Result<(), ServiceError> {
    let judged = |one: &StudyStrategy| one.settings.judge.is_some();
    let calls = [&request.settings, &engine.settings().run]
        .into_iter()
        .any(|one| one.models.is_some() || one.eval_model.is_some())
        || request.strategies.iter().any(judged);
    if calls || request.budget.resource != StudyResource::Calls {
        return Ok(());
    }
    Err(ServiceError::with_hint(
        "the budget is in calls, and the runs of the study have no models to call",
        "name `models` in [evolve], or give the budget in `candidates` or `fuel`",
    ))
}

/// Returns the amount of a resource that a generation after the seed spent.
pub(super) fn cost(
    resource: StudyResource,
    store: &Store,
    run: &RecordId,
    record: &GenerationRecord,
) -> Result<u64, ServiceError> {
    Ok(match resource {
        StudyResource::Candidates => record.candidates.len() as u64,
        StudyResource::Fuel => record.fuel,
        StudyResource::Calls => {
            let calls = |entry: &JournalEvent| match &entry.event {
                Event::ModelCalls(made) => made.streams.iter().map(|stream| stream.calls).sum(),
                _ => 0,
            };
            journal_segment(store, run, record.journal)?.iter().map(calls).sum()
        }
    })
}
