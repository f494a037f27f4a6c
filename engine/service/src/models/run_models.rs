//! The models of a run: its populations, and the source of answers to their calls.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_eval::Evaluator;
use hyperspace_evolve::{
    ModelOptions, ModelResources, ModelSource, PopulationOptions, RunResources, TokenPrices,
};
use hyperspace_llm::{Models, Registry, Route, Spend};
use hyperspace_sandbox::{Limits, RuntimeName};

use super::calls::{CallSettings, open, record_in};
use super::{Budgets, RunBudgets, callable};
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::settings::RunSettings;

/// The folder of the store for calls whose generation is not committed yet.
pub(crate) const CALLS: &str = "calls";

/// Returns the populations that the settings ask for.
pub(crate) fn populations(settings: &RunSettings) -> Result<Vec<PopulationOptions>, ServiceError> {
    let models = settings.models.clone().unwrap_or_default();
    let rounds = settings.rounds.clone().unwrap_or_default();
    if rounds.len() > 1 && rounds.len() != models.len() {
        let (rounds, models) = (rounds.len(), models.len());
        let problem = format!("{rounds} numbers for {models} populations; give one, or one for each");
        return Err(ServiceError::setting("rounds", problem));
    }
    let population = |(index, model)| PopulationOptions {
        model,
        generations: rounds.get(index).or_else(|| rounds.first().filter(|_| rounds.len() == 1)).copied(),
    };
    Ok(models.into_iter().enumerate().map(population).collect())
}

/// Checks that a request has no settings for models if the run has none.
pub(crate) fn check_without_models(request: &RunSettings) -> Result<(), ServiceError> {
    let set = [
        ("rounds", request.rounds.as_ref().is_some_and(|rounds| !rounds.is_empty())),
        ("eval-model", request.eval_model.is_some()),
        ("temperature", request.temperature.is_some()),
        ("style", request.style.is_some()),
    ];
    match set.into_iter().find(|(_, set)| *set) {
        Some((setting, _)) => {
            Err(ServiceError::Requires { setting, other: "model", why: "it is for populations with models" })
        }
        None => Ok(()),
    }
}

/// Returns the way in which models are called.
pub(crate) fn asked(settings: &RunSettings, budgets: &Budgets) -> ModelOptions {
    ModelOptions {
        eval_model: settings.eval_model.clone(),
        temperature: settings.temperature.unwrap_or_default(),
        style: settings.style.unwrap_or_default(),
        call: budgets.call,
        candidate: budgets.candidate,
    }
}

/// The models that a run asks for.
pub(crate) struct WantedModels<'a> {
    /// The runtime of the task.
    pub(crate) runtime: RuntimeName,
    /// Their names; none for a run without models.
    pub(crate) names: BTreeSet<String>,
    /// The seed of the run, which draws among the models that a name stands for.
    pub(crate) seed: u64,
    /// Settings of their calls.
    pub(crate) calls: &'a CallSettings,
    /// Budgets that stop the run.
    pub(crate) budgets: RunBudgets,
    /// The spend of the check of the models, which counts against the budget of the run.
    pub(crate) before: Spend,
}

/// The resources of a run, made from its engine.
pub(crate) struct CalledResources {
    /// Executor, workers, and the source of answers.
    pub(crate) run: RunResources,
    /// The models that are called, for statistics; `None` if none are called.
    pub(crate) called: Option<Models>,
}

/// Returns the resources of a run that calls models.
pub(crate) async fn resources(
    engine: &Engine,
    wanted: WantedModels<'_>,
    case_limits: Option<Limits>,
) -> Result<CalledResources, ServiceError> {
    let WantedModels { runtime, names, seed, calls, budgets, before } = wanted;
    let workers = engine.workers();
    let limited = |evaluator: Evaluator| match case_limits {
        Some(limits) => evaluator.limits(limits),
        None => evaluator,
    };
    if names.is_empty() {
        let run = RunResources::new(limited(engine.prepared(runtime, 0).await?), workers);
        return Ok(CalledResources { run, called: None });
    }
    let conversations = calls.conversations()?;
    let mut called = None;
    let mut models = || -> Result<Models, ServiceError> {
        Ok(called.insert(callable(engine, &names, calls.options()?.seed(seed))?).clone())
    };
    let source = match (&calls.replay_models, &calls.cassette) {
        (Some(path), _) => ModelSource::Recording(open(path)?),
        (None, Some(path)) => ModelSource::Recorded(models()?, record_in(path)?),
        (None, None) => ModelSource::Providers(models()?, engine.store_folder().join(CALLS)),
    };
    let models =
        ModelResources { source, conversations, run: budgets.run, population: budgets.agent, before };
    let evaluator = limited(engine.prepared(runtime, conversations).await?);
    Ok(CalledResources { run: RunResources::new(evaluator, workers).models(models), called })
}

/// Returns an error if a model cannot be called because it is unknown, or its key is not set.
pub(crate) fn check_callable(
    engine: &Engine,
    names: &BTreeSet<String>,
    calls: &CallSettings,
) -> Result<(), ServiceError> {
    if !names.is_empty() && calls.replay_models.is_none() {
        callable(engine, names, calls.options()?)?;
    }
    Ok(())
}

/// Checks that there are no settings for calls if a run makes none.
pub(crate) fn check_without_calls(budget: &[String], calls: &CallSettings) -> Result<(), ServiceError> {
    match (!budget.is_empty()).then_some("budget").or_else(|| calls.any_set()) {
        Some(setting) => Err(ServiceError::Requires {
            setting,
            other: "model",
            why: "it is for calls of models, and this run makes none",
        }),
        None => Ok(()),
    }
}

/// Returns the prices by which a bandit counts calls of these models; none unless the prices of all models are known.
pub(crate) fn token_prices(engine: &Engine, names: &BTreeSet<String>) -> BTreeMap<String, TokenPrices> {
    let registry = Registry::new(engine.settings().models.clone());
    let mut prices = BTreeMap::new();
    let single = |name: &String| match Route::parse(name) {
        Ok(Some(route)) => route.models().map(str::to_owned).collect(),
        _ => vec![name.clone()],
    };
    for name in names.iter().flat_map(single) {
        let Some([input, output, cached_input, cache_write]) = registry.token_prices(&name) else {
            return BTreeMap::new();
        };
        prices.insert(name, TokenPrices { input, output, cached_input, cache_write });
    }
    prices
}
