//! Imports the folder of a run into a store.
//!
//! The record of the run names one tree with every file of the folder, and one record per generation with its metadata, its
//! files and its evaluations. Its identifier is a function of the files, so importing the same folder twice changes nothing.
//! A journal with one event makes `log` list the run, and a reference per generation makes `fsck` check it.

use hyperspace_core::{BlobId, FileSet, RecordId, RelPath, TreeId, canon};
use hyperspace_evolve::{Event, RunImported};
use hyperspace_store::Store;

use super::folder::{AgentFolder, EvaluationFolder, GenerationFolder, PREDICTIONS, RunFolder};
use super::imported::{
    FORMAT, IMPORTED_GENERATION_KIND, IMPORTED_RUN_KIND, ImportedAgent, ImportedEvaluation,
    ImportedGeneration, ImportedRun,
};
use crate::error::InteropError;

/// The result of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportSummary {
    /// The imported run.
    pub run: RecordId,
    /// True if the store had the run already.
    pub known: bool,
}

/// Imports a folder into the store, in one transaction. A folder that the store has already changes nothing.
///
/// # Errors
///
/// Errors of the store. Nothing is written then.
pub fn import(store: &Store, folder: &RunFolder) -> Result<ImportSummary, InteropError> {
    let files = &folder.files;
    let mut batch = store.batch()?;
    let whole = batch.put_files(files);
    let (mut agents, mut names) = (Vec::new(), Vec::new());
    for (index, agent) in (0..).zip(&folder.agents) {
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
        let agents = folder.agents.len() as u64;
        Event::from(RunImported { files: whole, agents, generations }).append_to(&mut batch, &run)?;
        batch.commit()?;
    }
    Ok(ImportSummary { run, known })
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

fn record_of(
    generation: &GenerationFolder,
    agent: u64,
    whole: TreeId,
    files: &FileSet,
) -> ImportedGeneration {
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
