//! The record of a transfer benchmark: its trials, each a run of the store.

use hyperspace_core::{RecordId, canon};
use hyperspace_store::Store;
use serde::{Deserialize, Serialize};

use crate::error::ServiceError;
use crate::kinds::TRANSFER_KIND;

/// The version of the record.
const TRANSFER_FORMAT: u32 = 1;

/// A transfer benchmark as it is stored and hashed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TransferRecord {
    format: u32,
    /// The seed of the tasks, as decimal text.
    pub(super) seed: String,
    /// The trials: pairs in order, each with the tasks in order.
    pub(super) trials: Vec<TransferTrial>,
}

/// A trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TransferTrial {
    /// The model of the author.
    pub(super) author: String,
    /// The model of the reader.
    pub(super) reader: String,
    /// The number of the task.
    pub(super) number: u64,
    pub(super) run: RecordId,
    /// The second generation, whose hash covers everything before it.
    pub(super) last: RecordId,
}

impl TransferRecord {
    pub(super) fn new(seed: u64, trials: Vec<TransferTrial>) -> Self {
        Self { format: TRANSFER_FORMAT, seed: seed.to_string(), trials }
    }

    /// Writes the record and returns its hash.
    pub(super) fn put(&self, store: &Store) -> Result<RecordId, ServiceError> {
        let value = canon::to_value(self).map_err(hyperspace_store::StoreError::from)?;
        let mut batch = store.batch()?;
        let id = batch.put_record(TRANSFER_KIND, &value)?;
        batch.commit()?;
        Ok(id)
    }

    /// Loads a record.
    pub(super) fn load(store: &Store, id: &RecordId) -> Result<Self, ServiceError> {
        let body = store.get_record(id)?.body;
        let wrong = |why: String| ServiceError::request(format!("transfer benchmark {id}: {why}"));
        let format = body.get("format").and_then(serde_json::Value::as_u64);
        if format != Some(u64::from(TRANSFER_FORMAT)) {
            let found = format.map_or_else(|| "none".to_owned(), |format| format.to_string());
            return Err(wrong(format!("it has format {found}, and this build reads {TRANSFER_FORMAT}")));
        }
        canon::from_value(&body).map_err(|error| wrong(error.to_string()))
    }

    /// Returns the seed as a number.
    pub(super) fn seed(&self) -> Result<u64, ServiceError> {
        self.seed.parse().map_err(|error| ServiceError::request(format!("the seed {:?}: {error}", self.seed)))
    }
}
