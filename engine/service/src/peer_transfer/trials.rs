//! The trials, each of which is a run of two populations in which a reader sees what an author published.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hyperspace_llm::ModelConfig;
use hyperspace_llm::stub::{Script, StubServer};
use hyperspace_store::Store;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::controls::{self, Control, PLANTED};
use super::record::{TransferRecord, TransferTrial};
use super::request::TransferRequest;
use super::task::TransferTask;
use super::view::TransferProgress;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::models::callable;
use crate::run::{BudgetedEnd, RunRequest, run_within};
use crate::settings::{RunSettings, SearchSettings};

/// Number of generations of a trial: one in which both work alone, and one in which the reader sees the author's program.
const GENERATIONS: u64 = 2;
/// Fuel of a meta agent's run, including its tools.
const META_FUEL: u64 = 60_000_000_000;

/// Runs all trials, as many at a time as the engine has workers.
pub(super) async fn run(
    engine: &Engine,
    store: &Store,
    request: &TransferRequest,
    tell: impl Fn(TransferProgress),
) -> Result<TransferRecord, ServiceError> {
    let tasks: Vec<TransferTask> =
        (0..request.trials).map(|number| TransferTask::generate(request.seed, number)).collect();
    let pairs = request.pairs();
    check_models(engine, request, &pairs)?;
    let (engine, _server) = with_scripted(engine, &tasks).await?;
    let slots = Arc::new(Semaphore::new(engine.workers()));
    let mut running = JoinSet::new();
    for (author, reader) in &pairs {
        for (number, task) in (0..).zip(&tasks) {
            let trial = trial_request(request, task, number, [author.clone(), reader.clone()])?;
            let (engine, store, slots) = (engine.clone(), store.clone(), Arc::clone(&slots));
            let (author, reader) = (author.clone(), reader.clone());
            running.spawn(async move {
                let closed = |_| ServiceError::request("the benchmark was given up");
                let _slot = slots.acquire().await.map_err(closed)?;
                let end = run_within(&engine, store, trial, GENERATIONS, |_, _, _| Ok(1)).await?;
                let BudgetedEnd { run, last, .. } = end;
                Ok::<_, ServiceError>(TransferTrial { author, reader, number, run, last })
            });
        }
    }
    let all = running.len();
    let mut trials: Vec<TransferTrial> = Vec::new();
    while let Some(joined) = running.join_next().await {
        let failed = |error: tokio::task::JoinError| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => ServiceError::request("the benchmark was given up"),
        };
        // On an error, the other runs are dropped; what they committed stays.
        let trial = joined.map_err(failed)??;
        tell(TransferProgress::of(trials.len() + 1, all, &trial));
        trials.push(trial);
    }
    let place = |trial: &TransferTrial| {
        let pair =
            pairs.iter().position(|(author, reader)| *author == trial.author && *reader == trial.reader);
        (pair, trial.number)
    };
    trials.sort_by_key(place);
    Ok(TransferRecord::new(request.seed, trials))
}

/// Checks that the user's models can be called, before anything runs.
fn check_models(
    engine: &Engine,
    request: &TransferRequest,
    pairs: &[(String, String)],
) -> Result<(), ServiceError> {
    let scripted = |name: &str| name == PLANTED || Control::ALL.iter().any(|one| one.name() == name);
    let names = pairs.iter().flat_map(|(author, reader)| [author, reader]);
    let names: BTreeSet<String> = names.filter(|name| !scripted(name)).cloned().collect();
    if !names.is_empty() {
        callable(engine, &names, request.calls.options()?)?;
    }
    Ok(())
}

/// Returns an engine with the scripted models in addition to its own, and the server that plays them.
async fn with_scripted(
    engine: &Engine,
    tasks: &[TransferTask],
) -> Result<(Engine, StubServer), ServiceError> {
    let Some(clock) = &engine.environment().clock else {
        return Err(ServiceError::request("the scripted models cannot be played without a clock"));
    };
    let script = Script::parse("the scripted models", &controls::script(tasks));
    let script = script.map_err(|error| ServiceError::request(error.to_string()))?;
    let server = StubServer::start(script, 0, Arc::clone(clock)).await;
    let server = server.map_err(|source| ServiceError::io("a port of 127.0.0.1", source))?;
    let names = Control::ALL.map(Control::name).into_iter().chain([PLANTED]);
    let section = || ModelConfig { base_url: Some(server.base_url()), ..ModelConfig::default() };
    let models: BTreeMap<String, ModelConfig> = names.map(|name| (name.to_owned(), section())).collect();
    if let Some(name) = models.keys().find(|name| engine.settings().models.contains_key(*name)) {
        let message = format!("a section [models.{name}] of the settings has the name of a scripted model");
        return Err(ServiceError::with_hint(message, "give the section another name"));
    }
    Ok((engine.with_models(models), server))
}

/// Returns the request of a trial's run.
fn trial_request(
    request: &TransferRequest,
    task: &TransferTask,
    number: u64,
    models: [String; 2],
) -> Result<RunRequest, ServiceError> {
    let settings = RunSettings {
        candidates: Some(1),
        seed: Some(request.seed.wrapping_add(number)),
        search: Some(SearchSettings::strategy("latest")),
        models: Some(models.to_vec()),
        rounds: Some(vec![1, GENERATIONS]),
        temperature: Some(request.temperature),
        edit_scope: Some(vec!["task_agent.py".to_owned()]),
        meta_fuel: Some(META_FUEL),
        ..RunSettings::default()
    };
    let mut run = RunRequest::new().settings(settings).calls(request.calls.clone());
    run.calls.check_models = false;
    Ok(run.task(task.task()?).agent(task.agent()?))
}
