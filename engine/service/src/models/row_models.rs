//! The models that the rows of an evaluation may call.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyperspace_eval::{CaseName, CaseResult, Evaluation, Evaluator, ModelDoors, ModelGrant};
use hyperspace_llm::{
    Account, BudgetLimits, CallStats, Cassette, FileCassette, MemoryCassette, Models, Spend,
};

use super::calls::{CallSettings, open, record_in};
use super::{callable, keep_lessons, unanswered};
use crate::engine::Engine;
use crate::error::ServiceError;

/// The prefix of the streams of an evaluation.
const PREFIX: &str = "eval";

/// The names of models that rows may call.
pub(crate) struct RowModelNames<'a> {
    /// The model that the agent is given.
    pub(crate) model: Option<&'a str>,
    /// Further models.
    pub(crate) others: &'a [String],
}

/// The models of an evaluation's rows, with the recording of their calls.
pub(crate) struct RowModels {
    doors: Arc<ModelDoors>,
    cassette: Arc<dyn Cassette>,
    model: Option<String>,
    live: Option<(Models, Account)>,
    path: Option<PathBuf>,
    file: Option<Arc<FileCassette>>,
    concurrency: usize,
}

impl RowModels {
    /// Returns the models that the settings ask for; `None` if rows call no models.
    pub(crate) fn new(
        engine: &Engine,
        names: &RowModelNames<'_>,
        calls: &CallSettings,
    ) -> Result<Option<Self>, ServiceError> {
        let concurrency = calls.conversations()?;
        calls.check_replay()?;
        let model = names.model.map(str::to_owned);
        if let Some(path) = &calls.replay_models {
            let cassette: Arc<dyn Cassette> = open(path)?;
            let doors = Arc::new(ModelDoors::replayed(PREFIX, Arc::clone(&cassette)));
            let path = Some(path.clone());
            return Ok(Some(Self { doors, cassette, model, live: None, path, file: None, concurrency }));
        }
        let callees: BTreeSet<String> = model.iter().chain(names.others).cloned().collect();
        if callees.is_empty() {
            return match calls.any_set() {
                Some(setting) => Err(ServiceError::Requires {
                    setting,
                    other: "model",
                    why: "it is for calls of models, and rows may call none",
                }),
                None => Ok(None),
            };
        }
        let file = calls.cassette.as_deref().map(record_in).transpose()?;
        let before = file.as_ref().map(|file| file.spent(|stream| stream.starts_with(PREFIX)));
        let before = before.transpose()?.unwrap_or_default();
        let before = before.into_values().fold(Spend::default(), Spend::plus);
        let account = Account::with_spent("this evaluation", calls.budget()?, before);
        let models = callable(engine, &callees, calls.options()?)?;
        let grant = ModelGrant {
            prefix: PREFIX.to_owned(),
            models: callees,
            account: account.clone(),
            case_limits: BudgetLimits::default(),
            call_limits: BudgetLimits::default(),
            outages_stop: true,
            charged: true,
        };
        let cassette: Arc<dyn Cassette> = match &file {
            Some(file) => Arc::clone(file) as Arc<dyn Cassette>,
            None => Arc::new(MemoryCassette::default()),
        };
        let doors = Arc::new(ModelDoors::continued(&models, grant, Arc::clone(&cassette))?);
        let (live, path) = (Some((models, account)), calls.cassette.clone());
        Ok(Some(Self { doors, cassette, model, live, path, file, concurrency }))
    }

    /// Returns the number of rows that may wait at the same time.
    pub(crate) fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// Returns an evaluator whose rows call these models.
    pub(crate) fn lend(&self, evaluator: Evaluator) -> Evaluator {
        evaluator.doors(Arc::clone(&self.doors) as _).model(self.model.clone()).concurrency(self.concurrency)
    }

    /// Returns the file that keeps or answers calls.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Makes the recording durable.
    pub(crate) fn sync(&self) -> Result<(), ServiceError> {
        Ok(self.file.as_ref().map_or(Ok(()), |file| file.sync())?)
    }

    /// Keeps the lessons of providers.
    pub(crate) fn keep_lessons(&self, engine: &Engine) {
        if let Some((models, _)) = &self.live {
            keep_lessons(engine, models);
        }
    }

    /// Returns the models that refused calls and never answered one.
    pub(crate) fn unanswered(&self) -> Vec<String> {
        self.live.as_ref().map(|(models, _)| unanswered(models)).unwrap_or_default()
    }

    /// Returns the statistics of calls, or `None` if a file answered all of them.
    pub(crate) fn stats(&self) -> Option<CallStats> {
        self.live.as_ref().map(|(models, _)| models.stats())
    }

    /// Returns the recorded spend of each row.
    pub(crate) fn spent_by_row(&self, evaluation: &Evaluation) -> Result<Vec<Spend>, ServiceError> {
        let spent = |row: &CaseResult| {
            let stream = self.doors.stream(&CaseName { split: evaluation.split, name: row.case.clone() });
            let (mut sum, mut sequence) = (Spend::default(), 0);
            while let Some((_, effort)) = self.cassette.get(&stream, sequence)? {
                sum = sum.plus(effort.spent);
                sequence += 1;
            }
            Ok(sum)
        };
        evaluation.cases.iter().map(spent).collect()
    }

    /// Returns the total spend, including rows after a failed one. `rows` is the spend of the evaluation's rows.
    pub(crate) fn spent(&self, rows: &[Spend]) -> Spend {
        match &self.live {
            Some((_, account)) => account.spent(),
            None => rows.iter().fold(Spend::default(), |sum, row| sum.plus(*row)),
        }
    }
}
