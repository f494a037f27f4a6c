//! The records of a run, read once for the views about it.

use std::collections::BTreeMap;

use hyperspace_core::{RecordId, TreeId, canon};
use hyperspace_eval::{CaseResult, Direction, Evaluation, Task, TaskLoader};
use hyperspace_evolve::{
    CandidateId, CandidateRecord, EVALUATION_KIND, Fate, GenerationRecord, RunConfig, candidate_of,
    load_config, load_task, records,
};
use hyperspace_store::Store;
use serde::Serialize;

use super::failures::with_evidence;
use crate::error::ServiceError;

/// The name for anything that belongs to no candidate, model or generation of the run.
pub(crate) const UNKNOWN: &str = "unknown";

/// A run with its records.
pub(crate) struct RunData {
    pub(crate) id: RecordId,
    pub(crate) config: RunConfig,
    pub(crate) records: Vec<(RecordId, GenerationRecord)>,
    /// The position of each candidate's record, by identifier.
    index: BTreeMap<CandidateId, (usize, usize)>,
}

/// The facts about a task that views show. A task that this build cannot load has only its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TaskFactsView {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The unit of scores, if it names one.
    pub unit: Option<String>,
    /// The direction in which scores are better.
    pub direction: Direction,
    /// The path of the module that it calls.
    pub entry: String,
}

/// A candidate in a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CandidateRow {
    /// Its generation.
    pub generation: u64,
    /// Its number in the generation.
    pub candidate: u64,
    /// The hash of its generation.
    pub hash: RecordId,
    /// The name of its population.
    pub agent: String,
    /// Its parent; null for the seed.
    pub parent: Option<CandidateId>,
    /// Its fate.
    pub fate: Fate,
    /// Training score; null if there is none.
    pub score: Option<f64>,
    /// Held-out score; null if there is none.
    pub held_out: Option<f64>,
    /// Number of meta-agent runs that it took.
    pub meta_runs: usize,
    /// Fuel of its meta agents, or of the slimming attempt that made it.
    pub meta_fuel: u64,
    /// Fuel of its evaluations.
    pub evaluation_fuel: u64,
    /// Its files.
    pub tree: TreeId,
}

impl CandidateRow {
    /// Returns the candidate's identity in its run.
    #[must_use]
    pub const fn id(&self) -> CandidateId {
        CandidateId { generation: self.generation, candidate: self.candidate }
    }
}

impl RunData {
    pub(crate) fn load(store: &Store, id: &RecordId) -> Result<Self, ServiceError> {
        Ok(Self::of(*id, load_config(store, id)?, records(store, id)?))
    }

    /// Loads a single generation of a run, so that the other generations are unknown.
    pub(crate) fn of_generation(
        store: &Store,
        hash: RecordId,
        record: GenerationRecord,
    ) -> Result<Self, ServiceError> {
        Ok(Self::of(record.run, load_config(store, &record.run)?, vec![(hash, record)]))
    }

    fn of(id: RecordId, config: RunConfig, records: Vec<(RecordId, GenerationRecord)>) -> Self {
        let mut index = BTreeMap::new();
        for (at, (_, record)) in records.iter().enumerate() {
            for number in 0..record.candidates.len() {
                let id = CandidateId { generation: record.generation, candidate: number as u64 };
                index.insert(id, (at, number));
            }
        }
        Self { id, config, records, index }
    }

    /// Returns the record of a candidate, and the hash of its generation.
    pub(crate) fn candidate(&self, id: CandidateId) -> Option<(RecordId, &CandidateRecord)> {
        let (at, number) = self.index.get(&id)?;
        let (hash, record) = self.records.get(*at)?;
        Some((*hash, record.candidates.get(*number)?))
    }

    /// Returns the records of all candidates, in order.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = (CandidateId, &CandidateRecord)> + '_ {
        self.index.iter().map(|(id, (at, number))| (*id, &self.records[*at].1.candidates[*number]))
    }

    /// Returns the final tests, each with the measured candidate.
    pub(crate) fn tests(&self, store: &Store) -> Result<Vec<(CandidateId, RecordId)>, ServiceError> {
        let mut tests = Vec::new();
        for (name, record) in store.refs(&self.id, "test/")? {
            let id = name.rsplit('/').next().and_then(tested);
            let id = id.ok_or_else(|| ServiceError::request(format!("{name}: expected test/gen_G_K")))?;
            tests.push((id, record));
        }
        Ok(tests)
    }

    /// Returns the index of the population to which a candidate of the run belongs.
    pub(crate) fn population_of(&self, id: CandidateId) -> Option<usize> {
        let index = usize::try_from(self.candidate(id)?.1.population).ok()?;
        (index < self.config.populations.len()).then_some(index)
    }

    /// Returns the model that the configuration has for a stream of calls, which may be a route of several.
    pub(crate) fn model_of(&self, stream: &str) -> String {
        let judge = self.config.search.as_ref().and_then(|search| search.judge.as_ref());
        if let Some(judge) = judge.filter(|_| stream.ends_with("/judge")) {
            return judge.clone();
        }
        let populations = &self.config.populations;
        let population = match candidate_of(stream).and_then(|id| self.population_of(id)) {
            Some(index) => populations.get(index),
            // A generation that was not committed has no candidates yet.
            None => populations.first().filter(|_| populations.len() == 1),
        };
        let meta = stream.contains("/meta/");
        let name = population.and_then(|one| if meta { one.model.clone() } else { one.eval_model.clone() });
        name.unwrap_or_else(|| UNKNOWN.to_owned())
    }

    /// Returns the name of a population.
    pub(crate) fn population(&self, index: u64) -> String {
        let found = usize::try_from(index).ok().and_then(|index| self.config.populations.get(index));
        found.map_or_else(|| index.to_string(), |population| population.name.clone())
    }

    /// Returns all candidates, in order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = CandidateRow> + '_ {
        self.index.iter().map(|(id, (at, number))| {
            let (hash, record) = &self.records[*at];
            self.row(*id, *hash, &record.candidates[*number])
        })
    }

    /// Returns the row of a candidate.
    pub(crate) fn row(&self, id: CandidateId, hash: RecordId, one: &CandidateRecord) -> CandidateRow {
        let evaluations = || [&one.train, &one.held_out].into_iter().flatten();
        CandidateRow {
            generation: id.generation,
            candidate: id.candidate,
            hash,
            agent: self.population(one.population),
            parent: one.parent.as_ref().map(|parent| parent.id),
            fate: one.fate,
            score: score(&one.train),
            held_out: score(&one.held_out),
            meta_runs: one.meta.len(),
            meta_fuel: one.meta.iter().map(|run| run.fuel).sum::<u64>() + slimming_fuel(one),
            evaluation_fuel: evaluations().map(|evaluation| evaluation.fuel).sum(),
            tree: one.tree,
        }
    }

    /// Returns the facts of the task.
    pub(crate) fn task(&self, store: &Store) -> TaskFactsView {
        match load_task(store, &self.config, &TaskLoader::new()) {
            Ok(task) => TaskFactsView::of(&task),
            Err(_) => TaskFactsView {
                name: self.config.task.clone(),
                title: self.config.task.clone(),
                unit: None,
                direction: Direction::Maximize,
                entry: "task_agent.py".to_owned(),
            },
        }
    }

    /// Returns the members from the seed to a candidate, both included.
    pub(crate) fn lineage(&self, id: CandidateId) -> Vec<CandidateId> {
        let mut line = vec![id];
        let mut next = self.candidate(id).and_then(|(_, one)| one.parent.as_ref());
        while let Some(parent) = next.filter(|_| line.len() <= self.index.len()) {
            line.push(parent.id);
            next = self.candidate(parent.id).and_then(|(_, one)| one.parent.as_ref());
        }
        line.reverse();
        line
    }
}

/// Returns the fuel of the slimming attempt that produced a candidate.
pub(crate) fn slimming_fuel(one: &CandidateRecord) -> u64 {
    let slimming = one.search.as_ref().and_then(|search| search.slimming.as_ref());
    slimming.map_or(0, |slimming| slimming.fuel)
}

impl TaskFactsView {
    pub(crate) fn of(task: &Task) -> Self {
        let [module, _] = task.entry().files();
        let file = task.program().map_or(module, str::to_owned);
        Self {
            name: task.name().to_owned(),
            title: task.title().to_owned(),
            unit: task.unit().map(str::to_owned),
            direction: task.direction(),
            entry: file,
        }
    }
}

/// Returns the candidate that the name of a test denotes, such as `gen_14_7`.
fn tested(name: &str) -> Option<CandidateId> {
    let (generation, candidate) = name.strip_prefix("gen_")?.split_once('_')?;
    Some(CandidateId { generation: generation.parse().ok()?, candidate: candidate.parse().ok()? })
}

fn score(evaluation: &Option<hyperspace_evolve::EvaluationRef>) -> Option<f64> {
    evaluation.as_ref().and_then(|evaluation| evaluation.score.as_ref()).map(hyperspace_eval::Score::to_f64)
}

/// Loads an evaluation.
pub(crate) fn load_evaluation(store: &Store, id: &RecordId) -> Result<Evaluation, ServiceError> {
    let record = store.get_record(id)?;
    if record.kind != EVALUATION_KIND {
        return Err(ServiceError::request(format!("{id} is a {}, not an evaluation", record.kind)));
    }
    let evaluation: Evaluation = canon::from_value(&record.body)
        .map_err(|error| ServiceError::request(format!("evaluation {id} cannot be read: {error}")))?;
    Ok(evaluation.attached(|blob| store.get_blob(blob))?)
}

/// Returns the reason why a candidate has no score, in words: the outcome of its last case with the evidence.
pub(crate) fn failure_of_evaluation(
    store: &Store,
    one: &CandidateRecord,
) -> Result<Option<String>, ServiceError> {
    let failed =
        [&one.train, &one.held_out].into_iter().flatten().find(|evaluation| evaluation.score.is_none());
    let Some(failed) = failed else { return Ok(None) };
    let evaluation = load_evaluation(store, &failed.record)?;
    let case = evaluation.cases.last().map(failure_of_case);
    Ok(Some(case.unwrap_or_else(|| evaluation.outcome.describe())))
}

/// Returns the failure of a case in words.
pub(crate) fn failure_of_case(case: &CaseResult) -> String {
    with_evidence(&case.outcome, case.evidence.as_deref())
}
