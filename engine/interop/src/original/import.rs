//! Takes a folder of outcome files into a store, and finds it again there.
//!
//! An imported run is a record of its own kind. It names one tree with every file of the folder as it is, and one record per
//! generation with its metadata, its files as a tree of their own and what evaluations there are. Its identifier depends on the
//! files and on nothing else, so that importing the same folder again changes nothing. A journal of one event makes `log` list
//! it, and a reference for each generation makes `fsck` look for it.

use hyperspace_core::{BlobId, FileSet, RecordId, RelPath, Store, TreeId, canon};
use hyperspace_eval::Split;
use hyperspace_evolve::{Event, RunImported};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::directory::{AgentFolder, Directory, EvaluationFolder, Generation, PREDICTIONS};
use super::error::LayoutError;

/// The kind of an imported run in the store.
pub const IMPORTED_RUN_KIND: &str = "imported-run";
/// The kind of one of its generations.
pub const IMPORTED_GENERATION_KIND: &str = "imported-generation";
/// The version of both.
const FORMAT: u32 = 1;

/// A run that was imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedRun {
    /// The version of this record.
    pub format: u32,
    /// Every file of the folder.
    pub files: TreeId,
    /// Its agents, in order of folder.
    pub agents: Vec<ImportedAgent>,
}

/// An agent of an imported run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedAgent {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its folder with a slash; nothing, if the run has no folders of agents.
    pub folder: String,
    /// `run_config.json`.
    pub config: Option<Value>,
    /// `summary.json`.
    pub summary: Option<Value>,
    /// Its generations that are there, in order: records of kind [`IMPORTED_GENERATION_KIND`].
    pub generations: Vec<RecordId>,
    /// The evaluation on test data.
    pub test: Option<ImportedEvaluation>,
}

/// A generation that was imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedGeneration {
    /// The version of this record.
    pub format: u32,
    /// Every file of the folder that it comes from.
    pub files: TreeId,
    /// The index of its agent.
    pub agent: u64,
    /// Its number.
    pub number: u64,
    /// `metadata.json` as it was, with null for numbers that are none.
    pub metadata: Option<Value>,
    /// The files of the agent.
    pub repo: Option<TreeId>,
    /// The files of the candidate that lost a tournament.
    pub lost: Option<TreeId>,
    /// Its evaluations.
    pub evaluations: Vec<ImportedEvaluation>,
}

/// An evaluation that was imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedEvaluation {
    /// The data.
    pub split: Split,
    /// Its folder.
    pub folder: String,
    /// Whether it is the first stage alone.
    pub staged: bool,
    /// `predictions.csv`.
    pub predictions: Option<BlobId>,
    /// `report.json`.
    pub report: Option<Value>,
}

/// What an import came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// The run.
    pub run: RecordId,
    /// Whether the store had it already.
    pub known: bool,
}

/// Takes a folder into the store, in one transaction.
///
/// # Errors
///
/// What the store says. Nothing was written then.
pub fn import(store: &Store, directory: &Directory) -> Result<Imported, LayoutError> {
    let files = &directory.files;
    let mut batch = store.batch()?;
    let whole = batch.put_files(files);
    let (mut agents, mut names) = (Vec::new(), Vec::new());
    for (index, agent) in (0..).zip(&directory.agents) {
        let mut generations = Vec::new();
        for generation in &agent.generations {
            for repo in [&generation.repo, &generation.lost].into_iter().flatten() {
                batch.put_files(repo);
            }
            let record = record_of(generation, index, whole, files);
            let id = batch.put_record(IMPORTED_GENERATION_KIND, &canon::to_value(&record)?)?;
            names.push((format!("imported/{index:04}/{:020}", generation.number), id));
            generations.push(id);
        }
        agents.push(agent_of(agent, generations, files));
    }
    let generations = names.len() as u64;
    let record = ImportedRun { format: FORMAT, files: whole, agents };
    let run = batch.put_record(IMPORTED_RUN_KIND, &canon::to_value(&record)?)?;
    let known = store.head(&run)?.is_some();
    if !known {
        for (name, id) in &names {
            batch.set_ref(&run, name, id);
        }
        let agents = directory.agents.len() as u64;
        Event::from(RunImported { files: whole, agents, generations }).append_to(&mut batch, &run)?;
        batch.commit()?;
    }
    Ok(Imported { run, known })
}

fn agent_of(agent: &AgentFolder, generations: Vec<RecordId>, files: &FileSet) -> ImportedAgent {
    ImportedAgent {
        name: agent.name.clone(),
        folder: agent.folder.clone(),
        config: agent.config.clone(),
        summary: agent.summary.clone(),
        generations,
        test: agent.test.as_ref().map(|test| evaluation_of(test, files)),
    }
}

fn record_of(generation: &Generation, agent: u64, whole: TreeId, files: &FileSet) -> ImportedGeneration {
    ImportedGeneration {
        format: FORMAT,
        files: whole,
        agent,
        number: generation.number,
        metadata: generation.raw.clone(),
        repo: generation.repo.as_ref().map(|repo| repo.tree().id()),
        lost: generation.lost.as_ref().map(|lost| lost.tree().id()),
        evaluations: generation.evaluations.iter().map(|one| evaluation_of(one, files)).collect(),
    }
}

fn evaluation_of(evaluation: &EvaluationFolder, files: &FileSet) -> ImportedEvaluation {
    let path = RelPath::new(&format!("{}{PREDICTIONS}", evaluation.folder)).ok();
    let content = path.and_then(|path| files.get(&path)).filter(|_| evaluation.predictions);
    ImportedEvaluation {
        split: evaluation.split,
        folder: evaluation.folder.clone(),
        staged: evaluation.staged,
        predictions: content.map(|content| BlobId::of(content)),
        report: evaluation.report.clone(),
    }
}

/// The imported runs of a store, in order of identifier.
///
/// # Errors
///
/// What the store says.
pub fn imported_runs(store: &Store) -> Result<Vec<RecordId>, LayoutError> {
    Ok(store.journals(IMPORTED_RUN_KIND)?)
}

/// An imported run.
///
/// # Errors
///
/// What the store says, or [`LayoutError::Record`] when it is none.
pub fn load_imported_run(store: &Store, id: &RecordId) -> Result<ImportedRun, LayoutError> {
    let run: ImportedRun = load(store, id, IMPORTED_RUN_KIND)?;
    check_format(id, run.format)?;
    Ok(run)
}

/// A generation of an imported run.
///
/// # Errors
///
/// As [`load_imported_run`].
pub fn load_imported_generation(store: &Store, id: &RecordId) -> Result<ImportedGeneration, LayoutError> {
    let generation: ImportedGeneration = load(store, id, IMPORTED_GENERATION_KIND)?;
    check_format(id, generation.format)?;
    Ok(generation)
}

fn load<T: serde::de::DeserializeOwned>(store: &Store, id: &RecordId, kind: &str) -> Result<T, LayoutError> {
    let record = store.get_record(id)?;
    if record.kind != kind {
        return Err(LayoutError::record(id, format!("it is a {}, not an {kind}", record.kind)));
    }
    canon::from_value(&record.body).map_err(|error| LayoutError::record(id, error))
}

fn check_format(id: &RecordId, format: u32) -> Result<(), LayoutError> {
    if format == FORMAT {
        return Ok(());
    }
    let why = format!("it has format {format}, this build reads {FORMAT}; import the folder again");
    Err(LayoutError::record(id, why))
}
