//! Models that can be called: settings with keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use hyperspace_llm::{CallOptions, ModelEnvironment, Models, Registry, RetryPolicy, Secret};

use crate::engine::Engine;
use crate::error::ServiceError;
use crate::files;

/// Returns models of these names, with their keys from the environment and from files.
pub(crate) fn callable(
    engine: &Engine,
    names: &BTreeSet<String>,
    calls: CallOptions,
) -> Result<Models, ServiceError> {
    let configured = &engine.settings().models;
    let registry = Registry::new(configured.clone());
    let mut variables = BTreeMap::new();
    if let Some(lookup) = &engine.environment().keys {
        let value = |name: &str| lookup(name).map(|secret| (name.to_owned(), secret));
        variables = registry.variables().into_iter().filter_map(value).collect();
    }
    let mut key_files = BTreeMap::new();
    for file in registry.key_files() {
        let used = names
            .iter()
            .any(|name| configured.get(name).and_then(|model| model.api_key_file.as_deref()) == Some(file));
        if used {
            key_files.insert(file.to_owned(), Secret::new(&files::read_text(Path::new(file))?));
        }
    }
    let around = ModelEnvironment::new(variables, key_files);
    let models = names.iter().map(|name| registry.model(name, &around)).collect::<Result<_, _>>()?;
    let Some(clock) = &engine.environment().clock else {
        return Err(ServiceError::with_hint(
            "models cannot be called without a clock",
            "set `Environment::clock`, or answer them from a recording",
        ));
    };
    Ok(Models::new(models, calls, Arc::clone(clock))?)
}

/// Returns the options of calls that are given up after `attempts`.
pub(crate) fn options(attempts: u32) -> Result<CallOptions, ServiceError> {
    if attempts == 0 {
        return Err(ServiceError::range("attempts", attempts, "at least 1"));
    }
    Ok(CallOptions::default().retry(RetryPolicy::default().attempts_max(attempts)))
}
