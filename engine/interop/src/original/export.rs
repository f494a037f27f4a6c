//! Writes a run of the store as outcome files.
//!
//! Scores in `metadata.json` are the recorded ones. A score that was not measured has no key, because a failure is not a number.
//! Each file is passed to a function of the caller, so a run need not fit into memory.

use hyperspace_core::{RecordId, RelPath, TreeId};
use hyperspace_eval::{ClassificationReport, Evaluation, Score, Split};
use hyperspace_evolve::{EvaluationRef, Fate};
use hyperspace_store::Store;
use serde::Serialize;
use serde_json::{Value, json};

use super::audit::audit_lines;
use super::folder::PREDICTIONS;
use super::imported::{IMPORTED_RUN_KIND, load_imported_run};
use super::numbering::{
    NumberedAgent, NumberedCandidate, NumberedGeneration, NumberedRun, evaluation, exchanges,
};
use super::{predictions, summary};
use crate::error::InteropError;

/// The result of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportSummary {
    /// The exported run.
    pub run: RecordId,
    /// Number of agents.
    pub agents: usize,
    /// Number of generations of all agents, valid or not.
    pub generations: usize,
    /// Number of files.
    pub files: u64,
    /// Total size of the files, in bytes.
    pub bytes: u64,
    /// Number of the files that are predictions, with right answers.
    pub predictions: u64,
}

/// The function that receives each file.
type Put<'a> = &'a mut dyn FnMut(&RelPath, &[u8]) -> std::io::Result<()>;

struct FolderWriter<'a> {
    store: &'a Store,
    put: Put<'a>,
    files: u64,
    bytes: u64,
    predictions: u64,
}

/// Writes a run through `put`, which receives every path once. An imported run is written as it was read.
///
/// # Errors
///
/// [`InteropError`]. The files that were put before the error are incomplete.
pub fn export(store: &Store, run: &RecordId, put: Put<'_>) -> Result<ExportSummary, InteropError> {
    let mut writer = FolderWriter { store, put, files: 0, bytes: 0, predictions: 0 };
    let (agents, generations) = if store.get_record(run)?.kind == IMPORTED_RUN_KIND {
        let imported = load_imported_run(store, run)?;
        writer.tree("", &imported.files)?;
        let count = imported.agents.iter().map(|agent| agent.generations.len()).sum();
        (imported.agents.len(), count)
    } else {
        let source = NumberedRun::load(store, run)?;
        let several = source.agents.len() > 1;
        for agent in &source.agents {
            let folder = if several { format!("{}/", agent.config.name) } else { String::new() };
            writer.agent(&source, agent, &folder)?;
        }
        let count = source.agents.iter().map(|agent| agent.generations.len()).sum();
        (source.agents.len(), count)
    };
    let FolderWriter { files, bytes, predictions, .. } = writer;
    Ok(ExportSummary { run: *run, agents, generations, files, bytes, predictions })
}

impl FolderWriter<'_> {
    fn file(&mut self, path: &str, content: &[u8]) -> Result<(), InteropError> {
        let path = RelPath::new(path).map_err(|error| InteropError::record(path, error))?;
        self.files += 1;
        self.bytes += content.len() as u64;
        self.predictions += u64::from(path.as_str().rsplit('/').next() == Some(PREDICTIONS));
        (self.put)(&path, content).map_err(|source| InteropError::Write { path, source })
    }

    fn json(&mut self, path: &str, value: &Value) -> Result<(), InteropError> {
        self.file(path, format!("{value:#}\n").as_bytes())
    }

    fn tree(&mut self, folder: &str, tree: &TreeId) -> Result<(), InteropError> {
        let tree = self.store.get_tree(tree)?;
        for (path, blob) in tree.iter() {
            let content = self.store.get_blob(blob)?;
            self.file(&format!("{folder}{path}"), &content)?;
        }
        Ok(())
    }

    fn agent(
        &mut self,
        source: &NumberedRun,
        agent: &NumberedAgent,
        folder: &str,
    ) -> Result<(), InteropError> {
        self.json(&format!("{folder}run_config.json"), &summary::config(source, agent))?;
        for generation in &agent.generations {
            let below = format!("{folder}gen_{}/", generation.number);
            let metadata = self.metadata(source, generation)?;
            self.json(&format!("{below}metadata.json"), &metadata)?;
            self.candidate(source, &generation.candidate, &below)?;
            if let Some(tournament) = &generation.tournament {
                self.candidate(source, &tournament.loser, &format!("{below}lost/"))?;
            }
        }
        self.file(&format!("{folder}archive.jsonl"), &summary::archive_lines(agent))?;
        let mut test = None;
        if let Some(id) = &agent.test {
            let measured = evaluation(self.store, id)?;
            test = ClassificationReport::of(&source.task, &measured);
            self.evaluation(source, &measured, &format!("{folder}test_eval/"))?;
        }
        self.json(&format!("{folder}summary.json"), &summary::summary(source, agent, test.as_ref()))
    }

    /// Writes files, evaluations and model calls of one candidate.
    fn candidate(
        &mut self,
        source: &NumberedRun,
        one: &NumberedCandidate,
        folder: &str,
    ) -> Result<(), InteropError> {
        self.tree(&format!("{folder}repo/"), &one.tree)?;
        for (name, reference) in [("eval_train", &one.train), ("eval_val", &one.held_out)] {
            if let Some(reference) = reference {
                let measured = evaluation(self.store, &reference.record)?;
                self.evaluation(source, &measured, &format!("{folder}{name}/"))?;
            }
        }
        if !one.conversations.is_empty() {
            let calls = exchanges(self.store, &one.conversations)?;
            self.file(&format!("{folder}llm_calls.jsonl"), &audit_lines(&calls))?;
        }
        Ok(())
    }

    /// Writes `predictions.csv` if the task has rows, and `report.json` if there is a score.
    fn evaluation(
        &mut self,
        source: &NumberedRun,
        measured: &Evaluation,
        folder: &str,
    ) -> Result<(), InteropError> {
        let staged = measured.score.is_some() && measured.cases.len() < source.count(measured.split);
        let folder = if staged { format!("{folder}staged/") } else { folder.to_owned() };
        let data = source.data.get(&measured.split);
        if let Some((data, table)) = data.and_then(|data| Some((data, data.table.as_ref()?))) {
            let text = predictions::write(table, &data.cases, measured);
            self.file(&format!("{folder}{PREDICTIONS}"), &text)?;
        }
        let Some(score) = &measured.score else { return Ok(()) };
        let report = match ClassificationReport::of(&source.task, measured) {
            Some(report) => report.to_json(),
            None => json!({"score": score.to_f64(), "total": measured.cases.len()}),
        };
        self.json(&format!("{folder}report.json"), &report)
    }

    /// Returns `metadata.json`.
    fn metadata(&self, source: &NumberedRun, generation: &NumberedGeneration) -> Result<Value, InteropError> {
        let one = &generation.candidate;
        let mut metadata = json!({});
        match generation.parent {
            None => metadata["is_initial"] = true.into(),
            Some(parent) => {
                metadata["parent"] = parent.into();
                metadata["forked_from"] = generation.forked_from.into();
            }
        }
        let error = self.error(generation)?;
        metadata["valid"] = error.is_none().into();
        for (key, reference) in [("train_score", &one.train), ("val_score", &one.held_out)] {
            let score = reference.as_ref().and_then(|reference| reference.score.as_ref());
            if let Some(score) = score.filter(|_| error.is_none()) {
                metadata[key] = score.to_f64().into();
            }
        }
        if let Some(full) = self.full(source, one)?.filter(|_| error.is_none()) {
            metadata["run_full_eval"] = full.into();
        }
        if let Some(error) = error {
            metadata["error"] = error.into();
        }
        if let Some(tournament) = &generation.tournament {
            let number = |score: &Option<Score>| score.as_ref().map(Score::to_f64);
            metadata["tournament"] = true.into();
            metadata["winner"] = json!(tournament.winner);
            metadata["directed_score"] = json!(number(&tournament.directed));
            metadata["blind_score"] = json!(number(&tournament.blind));
        }
        let reference = |reference: &Option<EvaluationRef>| json!(reference);
        metadata["hyperspace"] = json!({
            "record": generation.record,
            "place": generation.place,
            "fate": one.fate,
            "same_as": generation.same_as,
            "tree": one.tree,
            "made_by": one.made_by,
            "meta": one.meta,
            "train": reference(&one.train),
            "held_out": reference(&one.held_out),
        });
        Ok(metadata)
    }

    /// Returns the reason why a generation is invalid.
    fn error(&self, generation: &NumberedGeneration) -> Result<Option<String>, InteropError> {
        let one = &generation.candidate;
        if one.fate == Fate::MetaFailed {
            let outcome = one.meta.first().map_or("did not run", |meta| meta.outcome.as_str());
            return Ok(Some(format!("meta agent: {outcome}")));
        }
        if one.fate != Fate::Failed {
            return Ok(None);
        }
        for (split, reference) in [("training", &one.train), ("held-out", &one.held_out)] {
            if let Some(reference) = reference.as_ref().filter(|reference| reference.score.is_none()) {
                let outcome = evaluation(self.store, &reference.record)?.outcome.describe();
                return Ok(Some(format!("evaluation on {split} data: {outcome}")));
            }
        }
        Ok(Some("it has no score".to_owned()))
    }

    /// Returns whether every evaluation includes all rows; `None` without evaluations.
    fn full(&self, source: &NumberedRun, one: &NumberedCandidate) -> Result<Option<bool>, InteropError> {
        let mut full = None;
        for (split, reference) in [(Split::Train, &one.train), (Split::HeldOut, &one.held_out)] {
            if let Some(reference) = reference {
                let asked = evaluation(self.store, &reference.record)?.cases.len();
                full = Some(full.unwrap_or(true) && asked >= source.count(split));
            }
        }
        Ok(full)
    }
}
