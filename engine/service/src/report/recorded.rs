//! A run made here as the values of a report.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::{BlobId, RecordId, RelPath, TreeId};
use hyperspace_eval::Direction;
use hyperspace_evolve::stability::LineageGap;
use hyperspace_evolve::{
    CandidateId, CandidateRecord, CandidateSlimmed, ComplacencyFound, Event, Fate, JournalEvent, RunConfig,
    candidate_of, exchanges, journal, streams_of,
};
use hyperspace_llm::ExchangeOutcome;
use hyperspace_report::{
    ReportAgent, ReportAnswer, ReportArm, ReportCandidate, ReportRun, ReportSlimming, ReportSpend,
    ReportSplits,
};
use hyperspace_store::Store;

use super::tools;
use crate::error::ServiceError;
use crate::history::{
    ArmView, CostLedger, CostRow, RunData, SplitsView, arms_of_run, cause, failure_of_evaluation,
    failures_of_meta_agents,
};

/// The file of the meta agent.
const META: &str = "meta_agent.py";
/// Maximum number of characters of a reason.
const REASON_CHARS_MAX: usize = 160;

/// Reads files of trees, each content only once.
pub(super) struct FileReader<'a> {
    store: &'a Store,
    texts: BTreeMap<BlobId, (Arc<str>, u64)>,
}

/// The texts of a tree that reports need.
#[derive(Default, Clone)]
pub(super) struct TreeTexts {
    pub(super) code: Option<Arc<str>>,
    pub(super) meta: Option<Arc<str>>,
    pub(super) bytes: u64,
}

impl<'a> FileReader<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self { store, texts: BTreeMap::new() }
    }

    /// Reads a tree; `entry` is the file that the task calls.
    pub(super) fn tree(&mut self, tree: &TreeId, entry: &str) -> Result<TreeTexts, ServiceError> {
        let mut found = TreeTexts::default();
        for (path, blob) in self.store.get_tree(tree)?.iter() {
            let (text, bytes) = self.text(blob)?;
            found.bytes += bytes;
            if is_entry(path, entry) {
                found.code = Some(text);
            } else if path.as_str() == META {
                found.meta = Some(text);
            }
        }
        Ok(found)
    }

    fn text(&mut self, blob: &BlobId) -> Result<(Arc<str>, u64), ServiceError> {
        if let Some(known) = self.texts.get(blob) {
            return Ok(known.clone());
        }
        let content = self.store.get_blob(blob)?;
        let found: (Arc<str>, u64) = (String::from_utf8_lossy(&content).into(), content.len() as u64);
        self.texts.insert(*blob, found.clone());
        Ok(found)
    }
}

fn is_entry(path: &RelPath, entry: &str) -> bool {
    path.as_str() == entry || path.as_str() == entry.replace(".py", "/__init__.py")
}

/// Reads a run.
pub(super) fn run(store: &Store, id: &RecordId) -> Result<ReportRun, ServiceError> {
    let data = RunData::load(store, id)?;
    let task = data.task(store);
    let events = journal(store, id)?;
    let mut agents: Vec<ReportAgent> = data
        .config
        .populations
        .iter()
        .map(|population| {
            let mut agent = ReportAgent::default();
            agent.name = population.name.clone();
            agent.model = population.model.clone();
            agent
        })
        .collect();
    let work = RecordedWork::of(store, &data, &events)?;
    let mut files = FileReader::new(store);
    let mut places: BTreeMap<CandidateId, (usize, usize)> = BTreeMap::new();
    for (id, record) in data.candidates() {
        let population = usize::try_from(record.population).unwrap_or_default();
        let Some(agent) = agents.get_mut(population) else { continue };
        let parent = record.parent.as_ref().and_then(|parent| places.get(&parent.id));
        let parent = parent.filter(|(of, _)| *of == population).map(|(_, at)| *at);
        let texts = files.tree(&record.tree, &task.entry)?;
        places.insert(id, (population, agent.candidates.len()));
        agent.candidates.push(candidate(store, id, record, &work, Facts { parent, texts })?);
    }
    let config = RunConfig { seed: "0".to_owned(), ..data.config.clone() };
    let mut run = ReportRun::default();
    run.hash = id.to_string();
    run.seed = data.config.seed.clone();
    run.name = format!("{} {} seed {} ({})", data.config.task, data.config.agent, run.seed, short(&run.hash));
    run.group = format!("{} {} ({})", data.config.task, data.config.agent, short(&config.id()?.to_string()));
    run.task = task.title;
    run.minimise = task.direction == Direction::Minimize;
    run.spend = work.total;
    run.agents = agents;
    let arms = arms_of_run(store, id, &data.config, task.direction, &data.records)?;
    run.arms = arms.into_iter().map(arm).collect();
    run.splits = splits(&data);
    run.answers = answers(&run.agents, &events);
    run.slimming = slimming(&data, &events);
    Ok(run)
}

/// Returns the answers to signs of complacency.
fn answers(agents: &[ReportAgent], events: &[JournalEvent]) -> Vec<ReportAnswer> {
    let found = events.iter().filter_map(|entry| match &entry.event {
        Event::ComplacencyFound(found) => Some(found),
        _ => None,
    });
    let answer = |found: &ComplacencyFound| {
        let agent = usize::try_from(found.agent).ok().and_then(|index| agents.get(index));
        let mut answer = ReportAnswer::default();
        answer.agent = agent.map(|agent| agent.name.clone()).unwrap_or_default();
        (answer.generation, answer.candidates) = (found.generation, found.candidates);
        answer.sign.clone_from(&found.sign);
        answer.answers.clone_from(&found.answers);
        answer.evidence.clone_from(&found.evidence);
        answer
    };
    found.map(answer).collect()
}

/// Returns the slimming attempts.
fn slimming(data: &RunData, events: &[JournalEvent]) -> Vec<ReportSlimming> {
    let attempts = events.iter().filter_map(|entry| match &entry.event {
        Event::CandidateSlimmed(one) => Some(one),
        _ => None,
    });
    let attempt = |one: &CandidateSlimmed| {
        let mut told = ReportSlimming::default();
        let population = data.candidate(one.candidate).map(|(_, record)| record.population);
        told.agent = population.map(|index| data.population(index)).unwrap_or_default();
        (told.candidate, told.of) = (one.candidate.to_string(), one.of.to_string());
        (told.verdict, told.differs) = (one.verdict.clone(), one.differs.clone());
        (told.tries, told.bytes_before, told.bytes) = (one.tries, one.bytes_before, one.bytes);
        (told.nodes_before, told.nodes) = (one.nodes_before, one.nodes);
        told
    };
    attempts.map(attempt).collect()
}

/// Returns the use of held-out rows, in a run with a split policy.
fn splits(data: &RunData) -> Option<ReportSplits> {
    let view = SplitsView::recorded(&data.config, &data.records)?;
    let mut splits = ReportSplits::default();
    splits.policy = view.policy;
    (splits.asked, splits.spent, splits.budget) = (view.asked, view.spent, view.budget);
    (splits.gap, splits.limit, splits.alarms) = (view.gap, view.limit, view.alarms);
    let config = data.config.search.as_ref()?.splits?;
    splits.errors = LineageGap::errors(config.errors()).to_f64();
    Some(splits)
}

fn short(hash: &str) -> &str {
    hash.get(..6).unwrap_or(hash)
}

/// Facts about a candidate that are found elsewhere.
struct Facts {
    parent: Option<usize>,
    texts: TreeTexts,
}

fn candidate(
    store: &Store,
    id: CandidateId,
    record: &CandidateRecord,
    work: &RecordedWork,
    facts: Facts,
) -> Result<ReportCandidate, ServiceError> {
    let score = |one: &Option<hyperspace_evolve::EvaluationRef>| {
        one.as_ref().and_then(|one| one.score.as_ref()).map(hyperspace_eval::Score::to_f64)
    };
    let mut one = ReportCandidate::default();
    one.id = id.to_string();
    one.generation = id.generation;
    one.parent = facts.parent;
    one.fate = record.fate.name().to_owned();
    (one.admitted, one.slimming) = (record.fate.is_admitted(), record.is_slimming());
    (one.train, one.held_out) = (score(&record.train), score(&record.held_out));
    one.failure = match record.fate {
        Fate::MetaFailed => work.failures.get(&id).map(|told| reason(told)),
        Fate::Failed => failure_of_evaluation(store, record)?.map(|told| reason(&told)),
        _ => None,
    };
    (one.code, one.meta, one.bytes) = (facts.texts.code, facts.texts.meta, facts.texts.bytes);
    one.spend = work.spends.get(&one.id).copied().unwrap_or_default();
    if let Some((uses, said)) = work.conversations.get(&id) {
        (one.tools, one.said) = (Some(uses.clone()), said.clone());
    }
    Ok(one)
}

/// Returns the cause of a failure in one line.
fn reason(told: &str) -> String {
    shortened(cause(told).unwrap_or(told))
}

pub(super) fn shortened(line: &str) -> String {
    line.trim().chars().take(REASON_CHARS_MAX).collect()
}

/// Conversations, failures and costs of a run by candidate.
#[derive(Default)]
struct RecordedWork {
    failures: BTreeMap<CandidateId, String>,
    conversations: BTreeMap<CandidateId, (Vec<hyperspace_report::ToolUse>, Vec<String>)>,
    /// Spend, by the name of the candidate.
    spends: BTreeMap<String, ReportSpend>,
    total: ReportSpend,
}

impl RecordedWork {
    fn of(store: &Store, data: &RunData, events: &[JournalEvent]) -> Result<Self, ServiceError> {
        let mut work = Self { failures: failures_of_meta_agents(events), ..Self::default() };
        for stream in streams_of(events).filter(|stream| stream.stream.contains("/meta/")) {
            let Some(id) = candidate_of(&stream.stream) else { continue };
            // The last request contains the whole conversation before it.
            let Some(last) = exchanges(store, stream)?.pop() else { continue };
            let mut messages = last.request.messages;
            if let ExchangeOutcome::Answer(answer) = last.outcome {
                messages.push(answer.message);
            }
            let (uses, said) = work.conversations.entry(id).or_default();
            tools::of_messages(&messages, uses, said);
        }
        let mut ledger = CostLedger::of(data);
        ledger.fuel(store)?;
        ledger.calls(store)?;
        let costs = ledger.view();
        work.total = spend(&costs.total);
        work.spends = costs.candidates.iter().map(|row| (row.name.clone(), spend(row))).collect();
        Ok(work)
    }
}

fn arm(view: ArmView) -> ReportArm {
    let mut arm = ReportArm::default();
    (arm.agent, arm.of, arm.arm) = (view.agent, view.of.to_owned(), view.arm);
    (arm.candidates, arm.wins, arm.gain) = (view.candidates, view.wins, view.gain);
    (arm.calls, arm.picodollars) = (view.spent.calls, view.spent.cost.0);
    arm
}

fn spend(row: &CostRow) -> ReportSpend {
    let mut spend = ReportSpend::default();
    spend.fuel = row.fuel.unwrap_or_default();
    spend.calls = Some(row.spent.calls);
    (spend.input_tokens, spend.output_tokens) = (row.spent.input_tokens, row.spent.output_tokens);
    spend.picodollars = row.spent.cost.0;
    spend
}
