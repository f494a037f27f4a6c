//! Descriptions of the records that hashes name, with derived facts: runs, generations, candidates, evaluations and model calls.
//!
//! [`Engine::show`] returns records as they are stored; this module returns what follows from them.

use std::collections::BTreeMap;

use hyperspace_core::{BlobId, RecordId, TreeId, text_end};
use hyperspace_eval::{CaseOutcome, Score, Split};
use hyperspace_evolve::{
    Event, GenerationRecord, MetaFinished, RunConfig, journal_segment, load_config, load_record,
};
use hyperspace_llm::Exchange;
use hyperspace_store::Store;
use serde::Serialize;

use super::cost_ledger::CostLedger;
use super::dates;
use super::diff::{FileDiffView, file_diffs};
use super::log::{RunRow, run_row};
use super::recorded_calls::{answered_by, recorded_effort};
use super::run_data::{CandidateRow, RunData, failure_of_evaluation, load_evaluation};
use super::show::{CandidateView, RecordView, ShowView};
use super::slimming::SlimmingView;
use super::transcript::CallView;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::evaluation::CaseView;
use crate::target::{self, Target};

/// Maximum number of characters of each text that a meta agent printed, counted from its end.
const PRINTED_CHARS_MAX: usize = 8_000;

/// The record that a hash names.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub enum DescriptionView {
    /// A run.
    Run(Box<RunDescription>),
    /// A generation.
    Generation(Box<GenerationDescription>),
    /// A candidate.
    Candidate(Box<CandidateDescription>),
    /// An evaluation.
    Evaluation(Box<EvaluationDescription>),
    /// A model call.
    Call(Box<CallView>),
    /// A record of another kind, as it is stored.
    Record(RecordView),
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RunDescription {
    /// Its configuration.
    pub config: RunConfig,
    /// Its row in the list of runs; null before its first generation.
    pub row: Option<RunRow>,
    /// Number of candidates by fate, including the seed.
    pub fates: BTreeMap<&'static str, u64>,
    /// The best candidate so far; null before the first generation.
    pub best: Option<CandidateRow>,
    /// Fuel used by all its work.
    pub fuel: u64,
}

/// A generation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GenerationDescription {
    /// Its run.
    pub run: RecordId,
    /// Its number.
    pub generation: u64,
    /// Its candidates.
    pub candidates: Vec<CandidateRow>,
    /// The best candidate when it ended.
    pub best: hyperspace_evolve::Champion,
    /// Fuel used by all its work.
    pub fuel: u64,
    /// Number of journal events.
    pub events: u64,
}

/// A candidate.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CandidateDescription {
    /// Its record and its files.
    pub view: CandidateView,
    /// The name of its population.
    pub agent: String,
    /// The training score of its parent.
    pub parent_score: Option<f64>,
    /// The files that differ from its parent.
    pub changes: Vec<FileDiffView>,
    /// The reason why it has no score, in words.
    pub failure: Option<String>,
    /// The runs of meta agents, in order.
    pub meta: Vec<MetaDescription>,
    /// Refused accesses and edits, in words.
    pub refusals: Vec<String>,
    /// The slimming attempt that produced it; absent for other candidates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slimming: Option<SlimmingView>,
}

/// A run of a meta agent.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MetaDescription {
    /// The name of its outcome.
    pub outcome: String,
    /// Fuel used.
    pub fuel: u64,
    /// The end of its traceback.
    pub evidence: Option<String>,
    /// The end of its standard output.
    pub stdout: String,
    /// The end of its standard error.
    pub stderr: String,
    /// The end of its log.
    pub log: String,
}

/// An evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EvaluationDescription {
    /// Its hash.
    pub hash: RecordId,
    /// The task.
    pub task: String,
    /// The split.
    pub split: Split,
    /// The files that were measured.
    pub agent: TreeId,
    /// The score; null if there is none.
    pub score: Option<f64>,
    /// The exact score.
    pub score_exact: Option<Score>,
    /// The outcome, in words.
    pub outcome: String,
    /// The number of cases that were measured.
    pub measured: usize,
    /// The cases that were evaluated.
    pub cases: Vec<CaseView>,
    /// Fuel used.
    pub fuel: u64,
}

impl Engine {
    /// Reads the record that a hash names: a run, a generation, an evaluation, a model call, or candidate `HASH:K` or `RUN:G:K`.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::DescriptionView;
    ///
    /// if let DescriptionView::Candidate(candidate) = engine.describe("93a65b65cd0b:3")? {
    ///     println!("{:?}", candidate.failure);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Engine::show`].
    pub fn describe(&self, hash: &str) -> Result<DescriptionView, ServiceError> {
        let store = self.reader()?;
        if target::split(hash)?.candidate.is_some() {
            return match self.show(hash)? {
                ShowView::Candidate(view) => {
                    Ok(DescriptionView::Candidate(Box::new(candidate(&store, *view)?)))
                }
                ShowView::Record(view) => Ok(DescriptionView::Record(view)),
            };
        }
        Ok(match Target::resolve(&store, hash)? {
            Target::Run(id) => DescriptionView::Run(Box::new(run(&store, &id)?)),
            Target::Generation(id) => DescriptionView::Generation(Box::new(generation(&store, &id)?)),
            Target::Evaluation(id) => DescriptionView::Evaluation(Box::new(evaluation(&store, &id)?)),
            Target::ModelCall(id) => DescriptionView::Call(Box::new(call(&store, &id)?)),
            Target::ImportedRun(id) | Target::ImportedGeneration(id) | Target::Continuous(id) => {
                let record = store.get_record(&id)?;
                DescriptionView::Record(RecordView { hash: id, kind: record.kind, body: record.body })
            }
        })
    }
}

fn run(store: &Store, id: &RecordId) -> Result<RunDescription, ServiceError> {
    let data = RunData::load(store, id)?;
    let dates = store.folder().map(dates::load).unwrap_or_default();
    let row = run_row(store, *id, dates.get(&id.to_string()))?;
    let mut fates = BTreeMap::new();
    for (_, one) in data.candidates() {
        *fates.entry(one.fate.name()).or_insert(0_u64) += 1;
    }
    let best = data.records.last().map(|(_, record)| record.champion().id);
    let best = best.and_then(|id| data.candidate(id).map(|(hash, record)| data.row(id, hash, record)));
    let mut ledger = CostLedger::of(&data);
    ledger.fuel(store)?;
    let fuel = ledger.view().total.fuel.unwrap_or_default();
    Ok(RunDescription { row, fates, best, fuel, config: data.config })
}

fn generation(store: &Store, id: &RecordId) -> Result<GenerationDescription, ServiceError> {
    let record = load_record(store, id)?;
    let data = RunData::of_generation(store, *id, record.clone())?;
    Ok(GenerationDescription {
        run: record.run,
        generation: record.generation,
        candidates: data.rows().collect(),
        best: record.champion().clone(),
        fuel: record.fuel,
        events: record.journal.to.saturating_sub(record.journal.from),
    })
}

fn candidate(store: &Store, view: CandidateView) -> Result<CandidateDescription, ServiceError> {
    let record = load_record(store, &view.generation)?;
    let config = load_config(store, &record.run)?;
    let population = usize::try_from(view.candidate.population).ok();
    let population = population.and_then(|index| config.populations.get(index));
    let (mut changes, mut parent_score) = (Vec::new(), None);
    if let Some(parent) = &view.candidate.parent {
        let sides = [parent.id.to_string(), view.place.to_string()];
        let (before, after) = (store.get_files(&parent.tree)?, store.get_files(&view.candidate.tree)?);
        changes = file_diffs(&before, &after, [&sides[0], &sides[1]]);
        parent_score = score_of(store, &record, parent.id)?;
    }
    let (mut meta, mut refusals, mut slimming) = (Vec::new(), Vec::new(), None);
    for entry in journal_segment(store, &record.run, record.journal)? {
        match entry.event {
            Event::MetaFinished(one) if one.candidate == view.place => {
                meta.push(meta_description(store, one)?);
            }
            Event::EditRefused(one) if one.candidate == view.place => {
                refusals.push(format!("{} {}: {}", one.op, one.target, one.reason));
            }
            Event::CandidateSlimmed(one) if one.candidate == view.place => slimming = Some(one.into()),
            _ => {}
        }
    }
    let failure = failure_of_evaluation(store, &view.candidate)?;
    let agent = population.map_or_else(|| view.candidate.population.to_string(), |one| one.name.clone());
    Ok(CandidateDescription { agent, parent_score, changes, failure, meta, refusals, slimming, view })
}

/// Returns the training score of a candidate of the same run.
fn score_of(
    store: &Store,
    record: &GenerationRecord,
    id: hyperspace_evolve::CandidateId,
) -> Result<Option<f64>, ServiceError> {
    let name = hyperspace_evolve::generation_name(id.generation);
    let Some(hash) = store.get_ref(&record.run, &name)? else { return Ok(None) };
    let candidates = load_record(store, &hash)?.candidates;
    let found = usize::try_from(id.candidate).ok().and_then(|number| candidates.get(number));
    Ok(found.and_then(|one| one.train.as_ref()?.score.as_ref().map(Score::to_f64)))
}

fn meta_description(store: &Store, one: MetaFinished) -> Result<MetaDescription, ServiceError> {
    let text = |id: &BlobId| match *id == BlobId::of(b"") {
        true => Ok(String::new()),
        false => store.get_blob(id).map(|bytes| printed(&bytes)),
    };
    let log = one.log.as_ref().map(text).transpose()?.unwrap_or_default();
    Ok(MetaDescription {
        outcome: one.outcome.name().to_owned(),
        fuel: one.fuel,
        evidence: one.evidence,
        stdout: text(&one.stdout)?,
        stderr: text(&one.stderr)?,
        log,
    })
}

fn printed(bytes: &[u8]) -> String {
    text_end(&String::from_utf8_lossy(bytes), PRINTED_CHARS_MAX).to_owned()
}

fn evaluation(store: &Store, id: &RecordId) -> Result<EvaluationDescription, ServiceError> {
    let evaluation = load_evaluation(store, id)?;
    Ok(EvaluationDescription {
        hash: *id,
        measured: evaluation.cases.iter().filter(|case| case.outcome == CaseOutcome::Scored).count(),
        cases: evaluation.cases.iter().map(CaseView::of).collect(),
        score: evaluation.score.as_ref().map(Score::to_f64),
        outcome: evaluation.outcome.describe(),
        score_exact: evaluation.score,
        task: evaluation.task,
        split: evaluation.split,
        agent: evaluation.agent,
        fuel: evaluation.fuel,
    })
}

fn call(store: &Store, id: &RecordId) -> Result<CallView, ServiceError> {
    let exchange = Exchange::from_body(&store.get_record(id)?.body)
        .map_err(|error| ServiceError::request(format!("the call {id} cannot be read: {error}")))?;
    let model = answered_by(&exchange);
    let Exchange { request, outcome, thinking, stream, sequence, .. } = exchange;
    let messages = request.messages.len();
    let effort = recorded_effort(store, id, &stream, sequence)?.unwrap_or_default();
    Ok(CallView { model, said: request.messages, messages, outcome, thinking, effort })
}
