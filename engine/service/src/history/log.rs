//! Lists of runs, generations and events.

use hyperspace_core::{RecordId, TreeId};
use hyperspace_evolve::{
    CandidateRecord, Champion, GenerationRecord, JournalEvent, PopulationConfig, RunConfig, journal,
    load_config, load_record, records,
};
use hyperspace_interop::original::{
    ExperimentFacts, ImportedAgent, experiment_facts, imported_runs, load_imported_generation,
    load_imported_run,
};
use hyperspace_llm::{CallStats, Spend};
use hyperspace_store::Store;
use serde::Serialize;
use serde_json::Value;

use super::call_totals::{CandidateCallsView, calls_of, total};
use super::comparisons::{self, StudyRow, TransferRow};
use super::dates::{self, RunDates};
use super::query::{self, CandidatesView, LogQuery, WantedRows};
use super::recorded_calls::efforts_by_stream;
use super::slimming::SlimmingsView;
use super::splits::SplitsView;
use super::utc;
use crate::continuous::{ContinuousRunRow, continuous_runs};
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::target::{self, Target};

/// The list of runs, or of a run's generations: the documents of `log --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum LogView {
    /// The runs of the store.
    Runs(RunsView),
    /// The generations of a run.
    Generations(GenerationsView),
    /// The generations of an imported run.
    ImportedGenerations(ImportedGenerationsView),
    /// Candidates of a run.
    Candidates(CandidatesView),
}

/// The runs of a store.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RunsView {
    /// Runs that were made here.
    pub runs: Vec<RunRow>,
    /// Continuous runs, whose seasons are among `runs`; absent if there are none or a filter is set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub continuous: Vec<ContinuousRunRow>,
    /// Studies, whose runs are among `runs`; absent if there are none or a filter is set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub studies: Vec<StudyRow>,
    /// Transfer benchmarks, whose trials are among `runs`; absent if there are none or a filter is set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<TransferRow>,
    /// Imported runs, one row for each of their agents; none if a filter is set, because it cannot be applied to them.
    pub imported: Vec<ImportedRunRow>,
    /// Number of runs that a filter of dates left out because their dates are not known.
    pub undated: u64,
    /// The reason in words, with existing names, if filters left no run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RunRow {
    /// Its hash.
    pub run: RecordId,
    /// The task's name.
    pub task: String,
    /// The agent that it started from.
    pub agent: String,
    /// Its populations.
    pub agents: Vec<PopulationConfig>,
    /// The strategy with the parameters that differ from the defaults; absent if the run names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// Its seed, as decimal text.
    pub seed: String,
    /// Number of generations after the seed.
    pub generations: u64,
    /// Scores of the best candidate.
    pub best: ScoresView,
    /// The time at which it was begun, such as `2026-11-29T06:05:00Z`; null if unknown. Not part of any hash.
    pub started: Option<String>,
    /// The time at which it was worked on last.
    pub worked: Option<String>,
}

/// Scores of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ScoresView {
    /// Training score.
    pub score: f64,
    /// Held-out score.
    pub held_out: f64,
}

/// An agent of an imported run in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ImportedRunRow {
    /// The hash of the imported run.
    pub run: RecordId,
    /// The agent's name.
    pub agent: Option<String>,
    /// The agent's folder, below that of the run.
    pub folder: String,
    /// The agent's model.
    pub model: Option<String>,
    /// Facts about the run: arm, pairing, seed, models, and the folder in which it lay.
    pub facts: ExperimentFacts,
    /// The seed that its files state.
    pub seed: Option<u64>,
    /// Number of its generations.
    pub generations: usize,
    /// The best validation score that its summary states.
    pub best_val_score: Option<f64>,
}

/// The generations of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GenerationsView {
    /// The run.
    pub run: RecordId,
    /// Names of its populations, in the order of champions.
    pub agents: Vec<String>,
    /// The generations, the seed first.
    pub generations: Vec<GenerationRow>,
    /// The recorded model calls of all candidates; absent for runs without calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<Box<CallStats>>,
    /// The use of held-out rows; absent for runs with the fixed split policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub splits: Option<SplitsView>,
    /// Slimming attempts; absent for runs that make none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slimming: Option<SlimmingsView>,
    /// Spend on calls that no candidate's record names, which are those of final tests; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_spent: Option<Spend>,
}

/// A generation in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GenerationRow {
    /// Its number.
    pub generation: u64,
    /// Its hash.
    pub hash: RecordId,
    /// The best candidate so far.
    pub best: BestSoFarView,
    /// The champion of each population.
    pub champions: Vec<Champion>,
    /// Its candidates.
    pub candidates: Vec<CandidateRecord>,
    /// Fuel used by all its work.
    pub fuel: u64,
}

/// The best candidate when a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BestSoFarView {
    /// Its generation.
    pub generation: u64,
    /// Its number in the generation.
    pub candidate: u64,
    /// Training score.
    pub score: f64,
    /// Held-out score.
    pub held_out: f64,
}

/// The generations of an imported run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ImportedGenerationsView {
    /// The imported run.
    pub run: RecordId,
    /// The generations of all its agents.
    pub generations: Vec<ImportedGenerationRow>,
}

/// A generation of an imported run in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ImportedGenerationRow {
    /// The agent's name.
    pub agent: Option<String>,
    /// Its number.
    pub generation: u64,
    /// Its hash.
    pub hash: RecordId,
    /// Its metadata as recorded.
    pub metadata: Option<Value>,
    /// Its files, if it came with any.
    pub repo: Option<TreeId>,
    /// Its evaluations.
    pub evaluations: usize,
}

/// The journal of a run: the document of `log --events --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EventsView {
    /// The run.
    pub run: RecordId,
    /// Its events, in order.
    pub events: Vec<JournalEvent>,
    /// Model calls that events of the kind `model.calls` name; absent for runs without calls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CandidateCallsView>,
}

impl Engine {
    /// Lists the runs of the store, or the generations of the run with hash `hash`.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::LogView;
    ///
    /// if let LogView::Runs(runs) = engine.log(None)? {
    ///     println!("{} runs", runs.runs.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when nothing has that hash, `Damage` when the store is damaged.
    pub fn log(&self, hash: Option<&str>) -> Result<LogView, ServiceError> {
        self.log_of(&LogQuery { run: hash.map(str::to_owned), ..LogQuery::default() })
    }

    /// As [`Engine::log`], with filters: runs by task, agent, time or fate, or the candidates of a run.
    ///
    /// # Errors
    ///
    /// As [`Engine::log`], and class `Usage` when a filter cannot be read or does not apply to a run.
    pub fn log_of(&self, query: &LogQuery) -> Result<LogView, ServiceError> {
        let store = self.reader()?;
        let wanted = query.check()?;
        let Some(hash) = &query.run else { return Ok(LogView::Runs(runs(&store, query, &wanted)?)) };
        if query.wants_candidates() {
            let run = target::run(&store, Some(hash))?;
            return Ok(LogView::Candidates(query::candidates(&store, &run, query, &wanted)?));
        }
        match Target::resolve(&store, hash)? {
            Target::ImportedRun(id) => Ok(LogView::ImportedGenerations(imported_generations(&store, &id)?)),
            target => Ok(LogView::Generations(generations(&store, &target::run_of(&store, target)?)?)),
        }
    }

    /// Reads the journal of the run with hash `hash`, or of the run that was worked on last.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// for entry in engine.events(None)?.events {
    ///     println!("{} {}", entry.seq, entry.event.kind());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Engine::log`].
    pub fn events(&self, hash: Option<&str>) -> Result<EventsView, ServiceError> {
        let store = self.reader()?;
        let run = target::any_run(&store, hash)?;
        let (events, calls) = (journal(&store, &run)?, calls_of(&store, &run, None)?);
        Ok(EventsView { run, events, calls })
    }
}

fn runs(store: &Store, query: &LogQuery, wanted: &WantedRows) -> Result<RunsView, ServiceError> {
    let dates = store.folder().map(dates::load).unwrap_or_default();
    let mut view = RunsView {
        runs: Vec::new(),
        continuous: Vec::new(),
        studies: Vec::new(),
        transfers: Vec::new(),
        imported: Vec::new(),
        undated: 0,
        remark: None,
    };
    let mut left_out = Vec::new();
    for id in store.runs()? {
        let dates = dates.get(&id.to_string());
        let Some(row) = run_row(store, id, dates)? else { continue };
        if !query::takes_names(query, &row) {
            left_out.push(row);
        } else if !wanted.takes_dates(dates) {
            view.undated += u64::from(dates.is_none());
            left_out.push(row);
        } else if wanted.takes_fates(store, &id)? {
            view.runs.push(row);
        } else {
            left_out.push(row);
        }
    }
    if query.is_empty() {
        view.continuous = continuous_runs(store)?;
        view.studies = comparisons::studies(store)?;
        view.transfers = comparisons::transfers(store)?;
        for id in imported_runs(store)? {
            let run = load_imported_run(store, &id)?;
            let facts = experiment_facts(store, &id, &run)?;
            view.imported.extend(run.agents.into_iter().map(|agent| imported_run(id, agent, &facts)));
        }
        view.imported.sort_by(|one, other| {
            let key =
                |row: &ImportedRunRow| (row.facts.folder.clone(), row.run.to_string(), row.folder.clone());
            key(one).cmp(&key(other))
        });
    }
    if view.runs.is_empty() && !left_out.is_empty() {
        view.remark = Some(query::no_run(query, &left_out));
    }
    Ok(view)
}

/// Returns the row of a run; `None` before its first generation.
pub(super) fn run_row(
    store: &Store,
    id: RecordId,
    dates: Option<&RunDates>,
) -> Result<Option<RunRow>, ServiceError> {
    let config = load_config(store, &id)?;
    let Some((_, last)) = store.refs(&id, "generation/")?.pop() else { return Ok(None) };
    let record = load_record(store, &last)?;
    let champion = record.champion();
    Ok(Some(RunRow {
        run: id,
        task: config.task,
        agent: config.agent,
        agents: config.populations,
        strategy: config.search.as_ref().map(ToString::to_string),
        seed: config.seed,
        generations: record.generation,
        best: ScoresView { score: champion.score.to_f64(), held_out: champion.held_out.to_f64() },
        started: dates.and_then(|dates| utc::format(dates.started)),
        worked: dates.and_then(|dates| utc::format(dates.worked)),
    }))
}

fn imported_run(run: RecordId, agent: ImportedAgent, facts: &ExperimentFacts) -> ImportedRunRow {
    let stated = [&agent.summary, &agent.config].into_iter().flatten();
    let text = |key: &str| stated.clone().find_map(|value| value[key].as_str());
    let model = text("model").or_else(|| text("meta_model"));
    let model = model.map(|model| model.rsplit('/').next().unwrap_or(model).to_owned());
    ImportedRunRow {
        run,
        seed: stated.clone().find_map(|value| value["seed"].as_u64()),
        model,
        facts: facts.clone(),
        generations: agent.generations.len(),
        best_val_score: best_val_score(&agent),
        agent: agent.name,
        folder: agent.folder,
    }
}

/// Returns the best score that an agent's summary states.
fn best_val_score(agent: &ImportedAgent) -> Option<f64> {
    let summary = agent.summary.as_ref()?;
    summary["best_val_score"].as_f64().or_else(|| summary["best_val"].as_f64())
}

fn generations(store: &Store, run: &RecordId) -> Result<GenerationsView, ServiceError> {
    let config = RunConfig::from_value(&store.get_record(run)?.body)?;
    let all = records(store, run)?;
    let splits = SplitsView::recorded(&config, &all);
    let events = if config.slimming().is_some() { journal(store, run)? } else { Vec::new() };
    let slimming = SlimmingsView::recorded(&config, &events);
    let row = |(hash, record): (RecordId, GenerationRecord)| GenerationRow {
        generation: record.generation,
        hash,
        best: BestSoFarView {
            generation: record.champion().id.generation,
            candidate: record.champion().id.candidate,
            score: record.champion().score.to_f64(),
            held_out: record.champion().held_out.to_f64(),
        },
        champions: record.champions,
        candidates: record.candidates,
        fuel: record.fuel,
    };
    let generations = all.into_iter().map(row).collect();
    let agents = config.populations.into_iter().map(|agent| agent.name).collect();
    let calls = total(&calls_of(store, run, None)?).map(Box::new);
    let all = efforts_by_stream(store, run)?;
    let all = all.values().flatten().fold(Spend::default(), |sum, effort| sum.plus(effort.spent));
    let named = calls.as_ref().map(|calls| calls.spent).unwrap_or_default();
    let test_spent = Some(all.minus(named)).filter(|spent| *spent != Spend::default());
    Ok(GenerationsView { run: *run, agents, generations, calls, splits, slimming, test_spent })
}

fn imported_generations(store: &Store, run: &RecordId) -> Result<ImportedGenerationsView, ServiceError> {
    let mut rows = Vec::new();
    for agent in load_imported_run(store, run)?.agents {
        for id in &agent.generations {
            let generation = load_imported_generation(store, id)?;
            rows.push(ImportedGenerationRow {
                agent: agent.name.clone(),
                generation: generation.number,
                hash: *id,
                metadata: generation.metadata,
                repo: generation.repo,
                evaluations: generation.evaluations.len(),
            });
        }
    }
    Ok(ImportedGenerationsView { run: *run, generations: rows })
}
