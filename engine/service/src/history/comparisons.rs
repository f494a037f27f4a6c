//! Studies and transfer benchmarks in the list of runs. Only what the list shows is read of their records.

use hyperspace_core::{RecordId, canon};
use hyperspace_evolve::{SearchConfig, load_config};
use hyperspace_store::Store;
use serde::Serialize;
use serde_json::Value;

use crate::error::ServiceError;
use crate::kinds::{STUDY_KIND, TRANSFER_KIND};

/// A study in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StudyRow {
    /// Its hash.
    pub study: RecordId,
    /// The task of its runs; null if it has none.
    pub task: Option<String>,
    /// The strategies that it compares, the baseline first.
    pub strategies: Vec<String>,
    /// Number of its runs.
    pub runs: usize,
}

/// A transfer benchmark in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TransferRow {
    /// Its hash.
    pub transfer: RecordId,
    /// The models that read, each once, in the order of the trials.
    pub readers: Vec<String>,
    /// Number of its trials, each a run.
    pub trials: usize,
}

/// Returns the studies of a store.
pub(super) fn studies(store: &Store) -> Result<Vec<StudyRow>, ServiceError> {
    let listed = |study: RecordId| -> Result<StudyRow, ServiceError> {
        let body = store.get_record(&study)?.body;
        let runs = items(&body, "runs");
        let first = runs.first().and_then(|run| canon::from_value::<RecordId>(&run["run"]).ok());
        let task = first.map(|run| load_config(store, &run)).transpose()?.map(|config| config.task);
        let strategies = items(&body, "strategies").iter();
        let strategies = strategies.filter_map(|one| canon::from_value::<SearchConfig>(one).ok());
        let strategies = strategies.map(|one| one.to_string()).collect();
        Ok(StudyRow { study, task, strategies, runs: runs.len() })
    };
    store.records(STUDY_KIND)?.into_iter().map(listed).collect()
}

/// Returns the transfer benchmarks of a store.
pub(super) fn transfers(store: &Store) -> Result<Vec<TransferRow>, ServiceError> {
    let listed = |transfer: RecordId| -> Result<TransferRow, ServiceError> {
        let body = store.get_record(&transfer)?.body;
        let trials = items(&body, "trials");
        let mut readers: Vec<String> = Vec::new();
        for reader in trials.iter().filter_map(|trial| trial["reader"].as_str()) {
            if readers.iter().all(|known| known != reader) {
                readers.push(reader.to_owned());
            }
        }
        Ok(TransferRow { transfer, readers, trials: trials.len() })
    };
    store.records(TRANSFER_KIND)?.into_iter().map(listed).collect()
}

/// Returns the list in a field of a record.
fn items<'a>(body: &'a Value, field: &str) -> &'a [Value] {
    body[field].as_array().map(Vec::as_slice).unwrap_or_default()
}
