//! An imported run as the values of a report.

use hyperspace_core::{RecordId, RelPath, Tree, canon};
use hyperspace_interop::original::{
    ExperimentFacts, ImportedAgent, ImportedGeneration, Metadata, experiment_facts, load_imported_generation,
    load_imported_run,
};
use hyperspace_report::{ReportAgent, ReportCandidate, ReportRun};
use hyperspace_store::Store;
use serde_json::Value;

use super::recorded::{FileReader, shortened};
use super::tools;
use crate::error::ServiceError;

/// The program that these runs measure.
const ENTRY: &str = "task_agent.py";
/// The first bytes of a Git LFS pointer.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1";

/// Reads an imported run.
pub(super) fn run(store: &Store, id: &RecordId) -> Result<ReportRun, ServiceError> {
    let record = load_imported_run(store, id)?;
    let facts = experiment_facts(store, id, &record)?;
    let whole = store.get_tree(&record.files)?;
    let mut run = ReportRun::default();
    run.hash = id.to_string();
    run.imported = true;
    run.seed = facts.seed.map(|seed| seed.to_string()).unwrap_or_default();
    run.group = group(&facts);
    run.name = format!("{} seed {}", run.group, run.seed);
    run.task = "imo-grading (imported)".to_owned();
    let mut reader = ImportedCalls { store, whole: &whole, calls: 0, missing: 0 };
    let mut files = FileReader::new(store);
    for agent in &record.agents {
        let made = self::agent(store, agent, &mut files, &mut reader, record.agents.len() > 1)?;
        run.agents.push(made);
    }
    run.spend.calls = (reader.missing == 0 && reader.calls > 0).then_some(reader.calls);
    if reader.missing > 0 {
        run.unknown.push(format!(
            "Calls of models, edits and quotes are not known: llm_calls.jsonl of {} generations is a Git LFS pointer.",
            reader.missing
        ));
    }
    Ok(run)
}

/// Returns the pairing, or the arm with its models.
fn group(facts: &ExperimentFacts) -> String {
    match (&facts.pairing, &facts.arm) {
        (Some(pairing), _) => pairing.clone(),
        (None, Some(arm)) => format!("{} {}", facts.models.join(", "), arm),
        _ => facts.models.join(", "),
    }
}

fn agent(
    store: &Store,
    agent: &ImportedAgent,
    files: &mut FileReader<'_>,
    calls: &mut ImportedCalls<'_>,
    paired: bool,
) -> Result<ReportAgent, ServiceError> {
    let mut made = ReportAgent::default();
    made.name = agent.name.clone().unwrap_or_else(|| "agent".to_owned());
    let config = agent.config.clone().unwrap_or_default();
    let model = config["model"].as_str().or_else(|| config["meta_model"].as_str());
    made.model = model.map(|model| model.rsplit('/').next().unwrap_or(model).to_owned());
    for id in &agent.generations {
        let generation = load_imported_generation(store, id)?;
        let known = |number: u64| made.candidates.iter().position(|one| one.generation == number);
        // Paired runs are one line of descent; the others name the generation from which they were forked.
        let metadata = generation.metadata.as_ref().map(Metadata::of).unwrap_or_default();
        let parent = match metadata.forked_from {
            Some(parent) => known(parent),
            None if paired => made.candidates.len().checked_sub(1),
            None => None,
        };
        let mut one = candidate(&generation, &metadata, files)?;
        one.parent = parent;
        calls.read(&format!("{}gen_{}/", agent.folder, generation.number), &mut one)?;
        made.candidates.push(one);
    }
    Ok(made)
}

fn candidate(
    generation: &ImportedGeneration,
    metadata: &Metadata,
    files: &mut FileReader<'_>,
) -> Result<ReportCandidate, ServiceError> {
    let mut one = ReportCandidate::default();
    one.id = format!("gen_{}", generation.number);
    one.generation = generation.number;
    one.admitted = metadata.valid == Some(true);
    one.fate = match metadata.valid {
        Some(true) => "valid",
        Some(false) => "invalid",
        None => "unknown",
    }
    .to_owned();
    (one.train, one.held_out) = (metadata.train_score, metadata.val_score);
    one.failure = metadata.error.as_deref().map(last_line);
    if let Some(repo) = &generation.repo {
        let texts = files.tree(repo, ENTRY)?;
        (one.code, one.meta, one.bytes) = (texts.code, texts.meta, texts.bytes);
    }
    Ok(one)
}

/// Returns the last line of an error, which the original writes as a traceback.
fn last_line(error: &str) -> String {
    shortened(error.lines().rfind(|line| !line.trim().is_empty()).unwrap_or(error))
}

/// Reads the model calls of generations.
struct ImportedCalls<'a> {
    store: &'a Store,
    whole: &'a Tree,
    calls: u64,
    /// Number of generations whose calls are elsewhere.
    missing: u64,
}

impl ImportedCalls<'_> {
    /// Reads the calls below a folder into a candidate.
    fn read(&mut self, folder: &str, one: &mut ReportCandidate) -> Result<(), ServiceError> {
        let path = RelPath::new(&format!("{folder}llm_calls.jsonl")).ok();
        let Some(blob) = path.and_then(|path| self.whole.get(&path)) else { return Ok(()) };
        let content = self.store.get_blob(blob)?;
        if content.starts_with(POINTER) {
            self.missing += 1;
            return Ok(());
        }
        let text = String::from_utf8_lossy(&content);
        let (mut uses, mut calls) = (Vec::new(), 0);
        // Lines that are not JSON are reported by the import.
        for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            calls += 1;
            one.said
                .extend(line["response"].as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned));
            for call in line["tool_calls"].as_array().into_iter().flatten() {
                let arguments = match &call["arguments"] {
                    Value::String(text) => text.clone(),
                    other => canon::encode(other)
                        .map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned()),
                };
                uses.push(tools::tool_use(call["name"].as_str().unwrap_or_default(), &arguments, ""));
            }
        }
        one.tools = Some(uses);
        one.spend.calls = Some(calls);
        self.calls += calls;
        Ok(())
    }
}
