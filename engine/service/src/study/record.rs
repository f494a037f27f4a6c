//! The record of a study: its plan, and its runs.

use hyperspace_core::{RecordId, canon};
use hyperspace_evolve::SearchConfig;
use hyperspace_store::Store;
use serde::{Deserialize, Serialize};

use super::plan::{StudyBudget, StudyMeasure};
use crate::error::ServiceError;
use crate::kinds::STUDY_KIND;

/// The version of the record.
pub(super) const STUDY_FORMAT: u32 = 1;

/// A study as it is stored and hashed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StudyRecord {
    /// [`STUDY_FORMAT`].
    pub(super) format: u32,
    pub(super) budget: StudyBudget,
    pub(super) measure: StudyMeasure,
    /// The strategies that were compared. The first is the baseline.
    pub(super) strategies: Vec<SearchConfig>,
    /// The runs, those of the first strategy first, each with the seeds in order.
    pub(super) runs: Vec<StudyRun>,
}

/// A run of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StudyRun {
    /// The index of its strategy.
    pub(super) strategy: u64,
    /// Its seed, as decimal text.
    pub(super) seed: String,
    pub(super) run: RecordId,
    /// The last generation within the budget, whose hash covers everything before it.
    pub(super) last: RecordId,
    /// Amount spent by the generations after the seed, up to that one.
    pub(super) spent: u64,
}

impl StudyRecord {
    /// Writes the record and returns its hash.
    pub(super) fn put(&self, store: &Store) -> Result<RecordId, ServiceError> {
        let value = canon::to_value(self).map_err(hyperspace_store::StoreError::from)?;
        let mut batch = store.batch()?;
        let id = batch.put_record(STUDY_KIND, &value)?;
        batch.commit()?;
        Ok(id)
    }

    /// Loads a record.
    pub(super) fn load(store: &Store, id: &RecordId) -> Result<Self, ServiceError> {
        let body = store.get_record(id)?.body;
        let format = body.get("format").and_then(serde_json::Value::as_u64);
        if format != Some(u64::from(STUDY_FORMAT)) {
            let found = format.map_or_else(|| "none".to_owned(), |format| format.to_string());
            return Err(ServiceError::request(format!(
                "study {id} has format {found}, and this build reads {STUDY_FORMAT}"
            )));
        }
        canon::from_value(&body).map_err(|error| ServiceError::request(format!("study {id}: {error}")))
    }
}
