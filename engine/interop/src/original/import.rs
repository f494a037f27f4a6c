//! Imports the folder of a run into a store.
//!
//! The record of the run names one tree with every file of the folder, and one record per generation with its metadata, files and
//! evaluations. Its identifier is a function of the files, so importing the same folder twice changes nothing. A journal with one
//! event makes `log` list the run, and a reference per generation makes `fsck` check it. The place from which a run was imported
//! is a separate record, so that it is not part of the run's identifier.
//!
//! Contents are written in parts, so that only one part and not the whole run is in memory twice. An import that is cut off
//! leaves contents that nothing refers to, and no run.

use hyperspace_core::{BlobId, FileSet, RecordId, RelPath, TreeId, canon};
use hyperspace_evolve::{Event, RunImported};
use hyperspace_store::Store;

use super::folder::{
    AgentFolder, ContestantFolder, EvaluationFolder, GenerationFolder, PREDICTIONS, RunFolder,
};
use super::imported::{
    FORMAT, IMPORTED_GENERATION_KIND, IMPORTED_RUN_KIND, ImportedAgent, ImportedContestant,
    ImportedEvaluation, ImportedGeneration, ImportedRun,
};
use super::origin;
use crate::error::InteropError;

/// The result of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportSummary {
    /// The imported run.
    pub run: RecordId,
    /// True if the store already had the run.
    pub known: bool,
}

/// Number of bytes of contents that are written at a time.
const PART_BYTES: usize = 16 << 20;

/// Imports a folder into the store. A folder that the store already has changes nothing. `place` is the folder in which the run
/// lay, by which people tell runs apart, or empty; the first place that a store is given is kept.
///
/// # Errors
///
/// Errors of the store. No run is written in that case.
pub fn import(store: &Store, folder: &RunFolder, place: &str) -> Result<ImportSummary, InteropError> {
    let files = &folder.files;
    put_contents(store, files)?;
    let mut batch = store.batch()?;
    let whole = batch.put_tree(&files.tree());
    let (mut agents, mut names) = (Vec::new(), Vec::new());
    for (index, agent) in (0..).zip(&folder.agents) {
        let mut generations = Vec::new();
        for generation in &agent.generations {
            let contestants = generation.contestants.iter().map(|contestant| &contestant.repo);
            for repo in [&generation.repo, &generation.lost].into_iter().chain(contestants).flatten() {
                batch.put_tree(&repo.tree());
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
    }
    let named = origin::put(store, &mut batch, &run, place)?;
    if !known || named {
        batch.commit()?;
    }
    Ok(ImportSummary { run, known })
}

/// Writes the contents of files, at most [`PART_BYTES`] at a time.
fn put_contents(store: &Store, files: &FileSet) -> Result<(), InteropError> {
    let (mut batch, mut bytes) = (store.batch()?, 0);
    for (_, content) in files.iter() {
        if bytes > PART_BYTES {
            std::mem::replace(&mut batch, store.batch()?).commit()?;
            bytes = 0;
        }
        batch.put_blob(content);
        bytes += content.len();
    }
    batch.commit()?;
    Ok(())
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
        contestants: contestants_of(generation),
        evaluations: generation.evaluations.iter().map(|one| evaluation_of(one, files)).collect(),
    }
}

fn contestants_of(generation: &GenerationFolder) -> Vec<ImportedContestant> {
    let tournament = generation.metadata.tournament.unwrap_or_default();
    let contestant = |one: &ContestantFolder| ImportedContestant {
        side: one.side,
        won: tournament.winner == Some(one.side),
        score: tournament.score(one.side),
        repo: one.repo.as_ref().map(|repo| repo.tree().id()),
    };
    generation.contestants.iter().map(contestant).collect()
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
