//! Models that can be called: their settings with keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use hyperspace_llm::{
    CallOptions, ConfigError, ModelEnvironment, Models, Registry, RetryPolicy, Route, Secret,
};

use super::lessons;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::files;

/// Returns the models with these names, with their keys from the environment and from files, and with the lessons that their
/// providers taught earlier. A name may stand for several models.
pub(crate) fn callable(
    engine: &Engine,
    names: &BTreeSet<String>,
    calls: CallOptions,
) -> Result<Models, ServiceError> {
    let configured = &engine.settings().models;
    let registry = Registry::new(configured.clone());
    let NamedModels { single, routes } = NamedModels::of(engine, names)?;
    let around = surroundings(engine, &registry, &single)?;
    let learned = lessons::load(engine);
    let mut models = Vec::new();
    for name in &single {
        let model = registry
            .model(name, &around)
            .map_err(|source| ServiceError::unknown_model(source, configured.keys()))?;
        let learned = learned.get(&model.lesson_key()).cloned().unwrap_or_default();
        models.push((model, learned));
    }
    let Some(clock) = &engine.environment().clock else {
        return Err(ServiceError::with_hint(
            "models cannot be called without a clock",
            "set `Environment::clock`, or answer them from a recording",
        ));
    };
    let models = Models::with_routes(models, routes, calls, Arc::clone(clock))?;
    if let Some(observer) = engine.model_observer() {
        models.observe(observer);
    }
    Ok(models)
}

/// Refuses a name that has no meaning: neither the settings nor any known provider has such a model.
pub(super) fn check_known(engine: &Engine, name: &str) -> Result<(), ServiceError> {
    let configured = &engine.settings().models;
    let registry = Registry::new(configured.clone());
    let around = surroundings(engine, &registry, &BTreeSet::from([name.to_owned()]))?;
    match registry.model(name, &around) {
        Err(source @ ConfigError::UnknownModel { .. }) => {
            Err(ServiceError::unknown_model(source, configured.keys()))
        }
        _ => Ok(()),
    }
}

/// Names of models, resolved.
struct NamedModels {
    /// Single models, including those of routes.
    single: BTreeSet<String>,
    /// Names that stand for several models.
    routes: Vec<Route>,
}

impl NamedModels {
    /// Resolves names.
    fn of(engine: &Engine, names: &BTreeSet<String>) -> Result<Self, ServiceError> {
        let mut named = Self { single: BTreeSet::new(), routes: Vec::new() };
        for name in names {
            match route(engine, name)? {
                Some(route) => {
                    named.single.extend(route.models().map(str::to_owned));
                    named.routes.push(route);
                }
                None => drop(named.single.insert(name.clone())),
            }
        }
        Ok(named)
    }
}

/// Returns the models that a name stands for, if there are several. A name that has a section in the settings is that of a single
/// model, whatever the section contains.
fn route(engine: &Engine, name: &str) -> Result<Option<Route>, ServiceError> {
    let configured = engine.settings().models.contains_key(name);
    let route = if configured { Ok(None) } else { Route::parse(name) };
    route.map_err(|problem| ServiceError::setting("model", problem))
}

/// Returns the chains of single models that a name stands for. Each conversation goes to one of them.
pub(crate) fn chains(engine: &Engine, name: &str) -> Result<Vec<Vec<String>>, ServiceError> {
    Ok(match route(engine, name)? {
        Some(route) => route.chains().map(<[String]>::to_vec).collect(),
        None => vec![vec![name.to_owned()]],
    })
}

/// Returns the environment variables and the files with keys that the models `names` use.
fn surroundings(
    engine: &Engine,
    registry: &Registry,
    names: &BTreeSet<String>,
) -> Result<ModelEnvironment, ServiceError> {
    let configured = &engine.settings().models;
    let mut variables = BTreeMap::new();
    if let Some(lookup) = &engine.environment().keys {
        let value = |name: &str| lookup(name).map(|secret| (name.to_owned(), secret));
        variables = registry.variables().into_iter().filter_map(value).collect();
    }
    let mut key_files = BTreeMap::new();
    for name in names {
        let Some(file) = configured.get(name).and_then(|model| model.api_key_file.as_deref()) else {
            continue;
        };
        if !key_files.contains_key(file) {
            let text = files::read_text(Path::new(file)).map_err(|error| ConfigError::Field {
                model: name.clone(),
                field: "api-key-file",
                problem: error.to_string(),
            })?;
            key_files.insert(file.to_owned(), Secret::new(&text));
        }
    }
    Ok(ModelEnvironment::new(variables, key_files))
}

/// Returns the options of calls that are given up after `attempts`.
pub(crate) fn options(attempts: u32) -> Result<CallOptions, ServiceError> {
    if attempts == 0 {
        return Err(ServiceError::range("attempts", attempts, "at least 1"));
    }
    Ok(CallOptions::default().retry(RetryPolicy::default().attempts_max(attempts)))
}
