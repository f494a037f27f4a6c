//! The configuration of a continuous run: what its seasons have in common. Its hash identifies the run.
//!
//! The build is not part of it, so the same run continues after an update: the next season is recorded with the new build. The
//! rules are not part of it either; they are events, because they may change.

use hyperspace_core::{RecordId, canon, record_id};
use hyperspace_store::{Batch, Store, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::EvolveError;
use crate::record::config::RunConfig;

/// The record kind of a configuration.
pub const CONTINUOUS_KIND: &str = "continuous";
/// The version of the record.
const FORMAT: u32 = 1;
/// Fields of a run's configuration that the build determines.
const OF_BUILD: [&str; 5] = ["runtime", "sdk", "bridge", "agent_layer", "sharing_rules"];
/// Fields of the rules of models that the build determines.
const OF_BUILD_IN_MODELS: [&str; 1] = ["requests"];
/// Fields that differ by season.
const OF_SEASON: [&str; 5] = ["task_digest", "task_files", "data", "agent_files", "seed"];

/// The configuration of a continuous run as it is stored and hashed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContinuousConfig {
    format: u32,
    /// The configuration of a run on the first rows, without the fields that the build determines.
    season: Value,
}

/// Removes fields from an object.
fn without(mut value: Value, fields: &[&str]) -> Value {
    if let Value::Object(object) = &mut value {
        object.retain(|key, _| !fields.contains(&key.as_str()));
    }
    value
}

/// Removes the fields that the build determines.
fn without_build(run: &RunConfig) -> Result<Value, EvolveError> {
    let mut value = without(run.to_value()?, &OF_BUILD);
    if let Some(models) = value.get_mut("models") {
        *models = without(models.take(), &OF_BUILD_IN_MODELS);
    }
    Ok(value)
}

impl ContinuousConfig {
    /// Makes the configuration whose first season would be `run`.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Store`] when it has no canonical form.
    pub fn new(run: &RunConfig) -> Result<Self, EvolveError> {
        Ok(Self { format: FORMAT, season: without_build(run)? })
    }

    /// Returns the hash.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Store`] when it has no canonical form.
    pub fn id(&self) -> Result<RecordId, EvolveError> {
        let value = canon::to_value(self).map_err(StoreError::from)?;
        Ok(record_id(CONTINUOUS_KIND, &value).map_err(StoreError::from)?)
    }

    pub(super) fn put(&self, batch: &mut Batch) -> Result<RecordId, EvolveError> {
        Ok(batch.put_record(CONTINUOUS_KIND, &canon::to_value(self).map_err(StoreError::from)?)?)
    }

    /// Loads the configuration of a stored continuous run.
    ///
    /// # Errors
    ///
    /// [`EvolveError::NoRun`] when the hash is that of something else, [`EvolveError::Record`] when the record cannot be
    /// understood.
    pub fn load(store: &Store, id: &RecordId) -> Result<Self, EvolveError> {
        let record = store.get_record(id)?;
        if record.kind != CONTINUOUS_KIND {
            return Err(EvolveError::NoRun { hash: id.to_string(), why: format!("it is a {}", record.kind) });
        }
        let format = record.body.get("format").and_then(Value::as_u64);
        if format != Some(u64::from(FORMAT)) {
            return Err(EvolveError::record(
                "the continuous run",
                format!("format {format:?}; this build reads {FORMAT}"),
            ));
        }
        canon::from_value(&record.body).map_err(|error| EvolveError::record("the continuous run", error))
    }

    /// Returns a field of the configuration of the first season.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Record`] when it is missing or of another type.
    pub fn field<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T, EvolveError> {
        let value = self.season.get(name).cloned().unwrap_or_default();
        serde_json::from_value(value)
            .map_err(|error| EvolveError::record("the continuous run", format!("{name}: {error}")))
    }

    /// Returns how a season's configuration differs from the common one, in words; `None` if it does not.
    ///
    /// # Errors
    ///
    /// As [`RunConfig::to_value`].
    pub fn difference(&self, season: &RunConfig) -> Result<Option<String>, EvolveError> {
        let own = without(self.season.clone(), &OF_SEASON);
        let other = without(without_build(season)?, &OF_SEASON);
        let (Value::Object(own), Value::Object(other)) = (&own, &other) else { return Ok(None) };
        let keys = own.keys().chain(other.keys());
        Ok(keys
            .into_iter()
            .find(|key| own.get(*key) != other.get(*key))
            .map(|key| format!("{key} is another one")))
    }
}
