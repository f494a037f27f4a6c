//! Measurements of agents on new rows, outside of generations: made by the run of the season, and repeated by a replay.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyperspace_core::{FileSet, RecordId, TreeId};
use hyperspace_eval::{Direction, Evaluation, Split, Task};
use hyperspace_llm::Spend;
use hyperspace_store::{Batch, Store};

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::generation::measure::{self, EvalSubject};
use crate::generation::work::EvalSources;
use crate::models::calls::ModelCalls;
use crate::models::source::CallScope;
use crate::models::stored::put_exchanges;
use crate::models::streams::{again_streams, calls_event};
use crate::record::candidate_id::CandidateId;
use crate::record::event::CallStream;
use crate::record::generation::put_evaluation;
use crate::record::journal::JournalEvent;
use crate::run::handle::Run;
use crate::stability::RowTally;

/// The candidate under which streams of model calls are filed: the season's seed.
const CARRIER: CandidateId = CandidateId { generation: 0, candidate: 0 };
/// The split that holds the new rows in the task made for them.
const SPLIT: Split = Split::Test;
/// Maximum number of concurrent conversations in a replay.
const CONVERSATIONS: usize = 32;
/// Number of digits of a tree in a name.
const DIGITS: usize = 12;

/// New rows and the agent that is measured on them.
#[derive(Debug, Clone)]
pub struct NewRows {
    /// The task whose test split consists of the new rows.
    task: Task,
    /// The agent's files.
    files: FileSet,
    /// The name of the work, made of batch and agent.
    name: String,
}

impl NewRows {
    /// Makes the task of new rows: that of the season, with the rows of batch `batch` added.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Task`] when the rows do not make a task, or [`EvolveError::Store`].
    pub fn new(
        store: &Store,
        season: &Task,
        rows: &[String],
        batch: u64,
        agent: &TreeId,
    ) -> Result<Self, EvolveError> {
        let lines = |split| -> Result<Vec<String>, EvolveError> {
            Ok(season.rows(split)?.into_iter().take(1).map(|row| row.json).collect())
        };
        let files = season.files_with_rows(&lines(Split::Train)?, &lines(Split::HeldOut)?, rows)?;
        let task = Task::from_files(&files, season.name())?;
        let digits: String = agent.to_string().chars().take(DIGITS).collect();
        Ok(Self { task, files: store.get_files(agent)?, name: format!("new/{batch}-{digits}") })
    }

    /// Returns the name of this work in the season's run, under which its efforts are stored.
    #[must_use]
    pub fn work(&self) -> String {
        self.name.replace('/', "-")
    }
}

/// A measurement that has not been committed yet.
pub struct RowsMeasurement {
    /// The evaluation.
    pub evaluation: Evaluation,
    /// The streams of its model calls.
    pub streams: Vec<CallStream>,
    /// The spend of these calls.
    pub spent: Spend,
    work: String,
    sources: EvalSources,
}

impl RowsMeasurement {
    /// Writes the evaluation and its calls as work of `run`, and returns the record of the evaluation.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Store`], [`EvolveError::Model`].
    pub fn put(&self, batch: &mut Batch, run: &RecordId) -> Result<RecordId, EvolveError> {
        if let Some(calls) = &self.sources.calls {
            let event = calls_event(CARRIER, self.streams.clone());
            put_exchanges(batch, run, &self.work, &calls.exchanges(event.as_slice())?)?;
        }
        put_evaluation(batch, &self.evaluation)
    }
}

impl Run {
    /// Measures an agent on new rows with the models and limits of the run. Nothing is written before [`RowsMeasurement::put`],
    /// after which [`Run::measured`] has to be called.
    ///
    /// # Errors
    ///
    /// As [`Run::run_to`].
    pub async fn measure(&mut self, rows: &NewRows) -> Result<RowsMeasurement, EvolveError> {
        let stream = rows.name.clone();
        let calls = match &self.context.config.models {
            None => None,
            Some(_) => {
                let scope = CallScope {
                    name: format!("{}-{}", self.context.run, rows.work()),
                    streams: &format!("generation/0/candidate/0/{stream}/"),
                    owner: Box::new(|_| Some(0)),
                };
                Some(Arc::new(self.open_calls(&scope).await?))
            }
        };
        let sources = EvalSources { cache: None, calls };
        let evaluation = evaluate(&self.context, &sources, rows).await?;
        let (mut streams, mut spent) = (Vec::new(), Spend::default());
        if let Some(calls) = &sources.calls {
            streams = calls.heads(again_streams(CARRIER, &stream, &evaluation))?;
            let exchanges = calls.exchanges(calls_event(CARRIER, streams.clone()).as_slice())?;
            spent = exchanges.iter().fold(spent, |sum, (_, effort)| sum.plus(effort.spent));
        }
        Ok(RowsMeasurement { evaluation, streams, spent, work: rows.work(), sources })
    }

    /// Cleans up after a measurement that was committed.
    pub fn measured(&mut self, measurement: RowsMeasurement) {
        measurement.sources.committed();
        self.confirm_spend();
    }

    /// Limits what the run may spend from now on, in addition to what it has spent and committed.
    pub fn limit_spend(&mut self, calls: Option<u64>, cost: Option<u64>) {
        let spent = self.spent.iter().fold(Spend::default(), |sum, one| sum.plus(*one));
        let calls = calls.map(|left| left.saturating_add(spent.calls));
        let cost = cost.map(|left| left.saturating_add(spent.cost.0));
        let resources = self.context.resources.clone();
        self.context.resources = resources.limit_spend(calls, cost);
    }
}

/// Compares an agent's evaluation on new rows with that of the champion. With `None`, the evaluation is the champion's own.
#[must_use]
pub fn compared(own: &Evaluation, champion: Option<&Evaluation>, direction: Direction) -> RowTally {
    match champion {
        Some(champion) => RowTally::of(&own.cases, &champion.cases, direction),
        None => RowTally { rows: own.cases.len() as u64, ..RowTally::default() },
    }
}

/// Returns whether an agent has no score on a row on which the champion has one. Rows on which both have none say nothing about either.
#[must_use]
pub fn fails_alone(own: &Evaluation, champion: &Evaluation) -> bool {
    let scored = champion.cases.iter().filter(|case| case.measure.is_some());
    let scored: BTreeSet<&str> = scored.map(|case| &*case.case).collect();
    own.cases.iter().any(|case| case.measure.is_none() && scored.contains(&*case.case))
}

async fn evaluate(
    context: &RunContext,
    sources: &EvalSources,
    rows: &NewRows,
) -> Result<Evaluation, EvolveError> {
    let (run, config, rules) = (context.run, context.config.clone(), context.tool_rules);
    let context = RunContext::new(run, config, rows.task.clone(), rules, context.resources.clone())?;
    let subject = EvalSubject { id: CARRIER, population: 0, files: &rows.files };
    measure::again(&context, sources, subject, SPLIT, &rows.name).await
}

/// Repeats a recorded measurement: models are answered from the record, and nothing is written.
///
/// # Errors
///
/// As [`reexecute`](crate::reexecute).
pub async fn measured_again(
    context: &RunContext,
    store: &Store,
    rows: &NewRows,
    recorded: &JournalEvent,
) -> Result<Evaluation, EvolveError> {
    let calls = match &context.config.models {
        None => None,
        Some(rules) => {
            let events = std::slice::from_ref(recorded);
            Some(Arc::new(ModelCalls::replayed(store, events, rules.clone(), CONVERSATIONS)?))
        }
    };
    evaluate(context, &EvalSources { cache: None, calls }, rows).await
}
