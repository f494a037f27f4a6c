//! The way to a candidate: its ancestors, their changes and the effects of these; and the tree of all candidates.

use hyperspace_core::{FileSet, RecordId};
use hyperspace_evolve::{CandidateId, journal_segment, load_record};
use hyperspace_store::Store;
use serde::Serialize;

use super::diff::{FileDiffView, file_diffs};
use super::run_data::{CandidateRow, RunData, TaskFactsView};
use super::step_reason::{self, StepReason};
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::target::{self, CandidateTarget};

/// The way to a candidate: the document of `lineage --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LineageView {
    /// The run.
    pub run: RecordId,
    /// Its task.
    pub task: TaskFactsView,
    /// The steps, the seed first.
    pub steps: Vec<LineageStep>,
}

/// A step of a lineage.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LineageStep {
    /// The candidate.
    #[serde(flatten)]
    pub candidate: CandidateRow,
    /// Difference between the training score and the parent's; null for the seed, and if one of them has none.
    pub gain: Option<f64>,
    /// Difference between the held-out score and the parent's.
    pub held_out_gain: Option<f64>,
    /// Its meta agent's words about it; null for the seed, and if nothing was said.
    pub reason: Option<StepReason>,
    /// The files that differ from the parent.
    pub files: Vec<FileDiffView>,
}

/// All candidates of a run: the document of `tree --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TreeView {
    /// The run.
    pub run: RecordId,
    /// Its task.
    pub task: TaskFactsView,
    /// The best candidate.
    pub best: CandidateId,
    /// The candidates, in order.
    pub candidates: Vec<CandidateRow>,
}

/// The best candidate with its code: the document of `best --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BestCodeView {
    /// The run.
    pub run: RecordId,
    /// Its task.
    pub task: TaskFactsView,
    /// The candidate.
    pub candidate: CandidateRow,
    /// Training score of the seed.
    pub seed_score: Option<f64>,
    /// Held-out score of the seed.
    pub seed_held_out: Option<f64>,
    /// The file that the task calls.
    pub path: String,
    /// Its text.
    pub code: String,
    /// The files that differ from the seed.
    pub files: Vec<FileDiffView>,
}

impl Engine {
    /// Reads the way to candidate `HASH:K` or `RUN:G:K`, or to the best candidate at the end of generation or run `HASH`.
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such candidate, `Damage` when the store is damaged.
    pub fn lineage(&self, hash: &str) -> Result<LineageView, ServiceError> {
        let store = self.reader()?;
        let (data, id) = data_of(&store, hash)?;
        let mut steps: Vec<LineageStep> = Vec::new();
        let mut before: Option<FileSet> = None;
        for id in data.lineage(id) {
            let Some((hash, record)) = data.candidate(id) else { continue };
            let candidate = data.row(id, hash, record);
            let files = store.get_files(&record.tree)?;
            let last = steps.last().map(|step| &step.candidate);
            let changes = before.as_ref().zip(last).map(|(before, last)| {
                let sides = [last.id().to_string(), id.to_string()];
                file_diffs(before, &files, [&sides[0], &sides[1]])
            });
            let changes = changes.unwrap_or_default();
            let gain = |now: Option<f64>, then: Option<Option<f64>>| Some(now? - then??);
            let gains = [
                gain(candidate.score, last.map(|last| last.score)),
                gain(candidate.held_out, last.map(|last| last.held_out)),
            ];
            let [gain, held_out_gain] = gains;
            let reason = match before {
                None => None,
                Some(_) => reason(&store, hash, id)?,
            };
            steps.push(LineageStep { gain, held_out_gain, reason, candidate, files: changes });
            before = Some(files);
        }
        Ok(LineageView { run: data.id, task: data.task(&store), steps })
    }

    /// Reads all candidates of the run with hash `hash`, or of the run that was worked on last.
    ///
    /// # Errors
    ///
    /// As [`Engine::lineage`].
    pub fn tree(&self, hash: Option<&str>) -> Result<TreeView, ServiceError> {
        let store = self.reader()?;
        let data = RunData::load(&store, &target::run(&store, hash)?)?;
        let best = data.records.last().map(|(_, record)| record.champion().id);
        let best = best.ok_or_else(|| ServiceError::request(format!("run {} has no generation", data.id)))?;
        Ok(TreeView { run: data.id, task: data.task(&store), best, candidates: data.rows().collect() })
    }

    /// Reads the code of the best candidate at the end of generation or run `hash`, or of candidate `HASH:K`; without a hash,
    /// that of the run that was worked on last.
    ///
    /// # Errors
    ///
    /// As [`Engine::lineage`].
    pub fn best(&self, hash: Option<&str>) -> Result<BestCodeView, ServiceError> {
        let store = self.reader()?;
        let (data, id) = best_candidate(&store, hash)?;
        let missing = || ServiceError::request(format!("{id} is no candidate of run {}", data.id));
        let (hash, record) = data.candidate(id).ok_or_else(missing)?;
        let seed = *data.lineage(id).first().ok_or_else(missing)?;
        let (seed_hash, seed_record) = data.candidate(seed).ok_or_else(missing)?;
        let seed = data.row(seed, seed_hash, seed_record);
        let (files, first) = (store.get_files(&record.tree)?, store.get_files(&seed.tree)?);
        let task = data.task(&store);
        let entry = files.iter().find(|(path, _)| {
            path.as_str() == task.entry || path.as_str() == task.entry.replace(".py", "/__init__.py")
        });
        let (path, code) = entry.map_or_else(Default::default, |(path, content)| {
            (path.to_string(), String::from_utf8_lossy(content).into_owned())
        });
        let candidate = data.row(id, hash, record);
        let sides = [seed.id().to_string(), id.to_string()];
        Ok(BestCodeView {
            run: data.id,
            task,
            candidate,
            seed_score: seed.score,
            seed_held_out: seed.held_out,
            path,
            code,
            files: file_diffs(&first, &files, [&sides[0], &sides[1]]),
        })
    }
}

/// Returns the reason for a candidate of a generation.
fn reason(store: &Store, generation: RecordId, id: CandidateId) -> Result<Option<StepReason>, ServiceError> {
    let record = load_record(store, &generation)?;
    step_reason::of(store, &journal_segment(store, &record.run, record.journal)?, id)
}

/// Returns a candidate with its run: the one that `hash` names, or the best one of the run or generation that it names; without a
/// hash, the best one of the run that was worked on last.
pub(crate) fn best_candidate(
    store: &Store,
    hash: Option<&str>,
) -> Result<(RunData, CandidateId), ServiceError> {
    match hash {
        Some(hash) => data_of(store, hash),
        None => data_of(store, &target::run(store, None)?.to_string()),
    }
}

/// Returns the run of a candidate, and the candidate.
pub(super) fn data_of(store: &Store, hash: &str) -> Result<(RunData, CandidateId), ServiceError> {
    let named = target::split(hash)?.hash;
    if !named.is_empty() {
        // A run that was not made here is refused as a whole: its generations would be refused as well.
        target::run(store, Some(named))?;
    }
    let target = CandidateTarget::resolve(store, hash)?;
    let run = target::run(store, Some(&target.generation.to_string()))?;
    Ok((RunData::load(store, &run)?, target.place))
}
