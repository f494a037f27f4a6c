//! Records of imported runs: an imported run has its own kind of record, and so has each of its generations.

use hyperspace_core::{BlobId, RecordId, TreeId, canon};
use hyperspace_eval::Split;
use hyperspace_evolve::TournamentSide;
use hyperspace_store::Store;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::InteropError;

/// Record kind of an imported run.
pub const IMPORTED_RUN_KIND: &str = "imported-run";
/// Record kind of a generation of an imported run.
pub const IMPORTED_GENERATION_KIND: &str = "imported-generation";
/// Version of both records.
pub(super) const FORMAT: u32 = 1;

/// An imported run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedRun {
    /// Version of the record.
    pub format: u32,
    /// Every file of the folder.
    pub files: TreeId,
    /// The agents, in order of folder.
    pub agents: Vec<ImportedAgent>,
}

/// An agent of an imported run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedAgent {
    /// Name of the agent.
    pub name: Option<String>,
    /// Path of the agent's folder, ending in a slash; empty if the run has no folders of agents.
    pub folder: String,
    /// `run_config.json`.
    pub config: Option<Value>,
    /// `summary.json`.
    pub summary: Option<Value>,
    /// The generations that exist, in order: records of kind [`IMPORTED_GENERATION_KIND`].
    pub generations: Vec<RecordId>,
    /// The evaluation on test data.
    pub test: Option<ImportedEvaluation>,
}

/// A generation of an imported run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedGeneration {
    /// Version of the record.
    pub format: u32,
    /// Every file of the imported folder.
    pub files: TreeId,
    /// Index of the agent.
    pub agent: u64,
    /// Number of the generation.
    pub number: u64,
    /// `metadata.json`, with null for numbers that JSON does not have.
    pub metadata: Option<Value>,
    /// Files of the agent.
    pub repo: Option<TreeId>,
    /// Files of the candidate that lost a tournament.
    pub lost: Option<TreeId>,
    /// The two candidates of a tournament of the original; absent without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contestants: Vec<ImportedContestant>,
    /// The evaluations.
    pub evaluations: Vec<ImportedEvaluation>,
}

/// A candidate of an imported tournament.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedContestant {
    /// The side of the tournament.
    pub side: TournamentSide,
    /// True for the winner, whose files are those of the generation.
    pub won: bool,
    /// Its recorded score on training data.
    pub score: Option<f64>,
    /// Its files.
    pub repo: Option<TreeId>,
}

/// An evaluation of an imported run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedEvaluation {
    /// The evaluated split.
    pub split: Split,
    /// Path of its folder, ending in a slash.
    pub folder: String,
    /// True for an evaluation of only the first stage.
    pub staged: bool,
    /// `predictions.csv`.
    pub predictions: Option<BlobId>,
    /// `report.json`.
    pub report: Option<Value>,
}

/// Lists the imported runs of a store, in order of identifier.
///
/// # Errors
///
/// An error of the store.
pub fn imported_runs(store: &Store) -> Result<Vec<RecordId>, InteropError> {
    Ok(store.journals(IMPORTED_RUN_KIND)?)
}

/// Loads an imported run.
///
/// # Errors
///
/// An error of the store, or [`InteropError::Record`] when `id` is not an imported run.
pub fn load_imported_run(store: &Store, id: &RecordId) -> Result<ImportedRun, InteropError> {
    let run: ImportedRun = load(store, id, IMPORTED_RUN_KIND)?;
    check_format(id, run.format)?;
    Ok(run)
}

/// Loads a generation of an imported run.
///
/// # Errors
///
/// As [`load_imported_run`].
pub fn load_imported_generation(store: &Store, id: &RecordId) -> Result<ImportedGeneration, InteropError> {
    let generation: ImportedGeneration = load(store, id, IMPORTED_GENERATION_KIND)?;
    check_format(id, generation.format)?;
    Ok(generation)
}

fn load<T: serde::de::DeserializeOwned>(store: &Store, id: &RecordId, kind: &str) -> Result<T, InteropError> {
    let record = store.get_record(id)?;
    if record.kind != kind {
        return Err(InteropError::record(id, format!("it is a {}, not an {kind}", record.kind)));
    }
    canon::from_value(&record.body).map_err(|error| InteropError::record(id, error))
}

fn check_format(id: &RecordId, format: u32) -> Result<(), InteropError> {
    if format == FORMAT {
        return Ok(());
    }
    let why = format!("it has format {format}, this build reads {FORMAT}; import the folder again");
    Err(InteropError::record(id, why))
}
