//! Models as a user names them: settings and keys, budgets, and the file in which calls are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use hyperspace_eval::{CaseName, Evaluation, Evaluator, ModelDoors, ModelGrant};
use hyperspace_llm::{
    Account, BudgetLimits, CallOptions, Cassette, Cost, FileCassette, MemoryCassette, ModelEnvironment,
    Models, Registry, RetryPolicy, Secret, SessionError, Spend,
};

use crate::ambient::SystemClock;
use crate::args::{ModelArgs, ModelLimitArgs};
use crate::exit::usage_error;
use crate::settings::Settings;
use crate::{ambient, folder};

/// Rows at the same time when they may ask models and nothing else is said.
const CONCURRENCY: usize = 32;
/// The most rows at the same time: each has an instance of the interpreter.
const CONCURRENCY_MAX: usize = 4_096;
/// What streams of an evaluation begin with.
const PREFIX: &str = "eval";

/// Models of these names, with their keys from environment and files.
pub(crate) fn callable(settings: &Settings, names: &BTreeSet<String>, calls: CallOptions) -> Result<Models> {
    let registry = Registry::new(settings.models.clone());
    let variables = ambient::keys(registry.variables());
    let mut files = BTreeMap::new();
    for file in registry.key_files() {
        let used = names.iter().any(|name| {
            settings.models.get(name).and_then(|model| model.api_key_file.as_deref()) == Some(file)
        });
        if used {
            let text = String::from_utf8(folder::read_file(Path::new(file))?)
                .map_err(|_| usage_error(format!("{file}: it is not UTF-8")))?;
            files.insert(file.to_owned(), Secret::new(&text));
        }
    }
    let around = ModelEnvironment::new(variables, files);
    let models = names.iter().map(|name| registry.model(name, &around)).collect::<Result<_, _>>()?;
    Ok(Models::new(models, calls, Arc::new(SystemClock::start()))?)
}

/// How calls are made that give up after so many attempts.
pub(crate) fn options(attempts: u32) -> Result<CallOptions> {
    if attempts == 0 {
        return Err(usage_error("--attempts is 0; expected at least 1"));
    }
    Ok(CallOptions::default().retry(RetryPolicy::default().attempts_max(attempts)))
}

/// How many conversations are held at the same time.
pub(crate) fn concurrency(flag: Option<usize>) -> Result<usize> {
    let concurrency = flag.unwrap_or(CONCURRENCY);
    match concurrency {
        1..=CONCURRENCY_MAX => Ok(concurrency),
        _ => Err(usage_error(format!("--concurrency is {concurrency}; expected 1 to {CONCURRENCY_MAX}"))),
    }
}

/// A budget from flags.
pub(crate) fn budget(args: &ModelLimitArgs) -> Result<BudgetLimits> {
    let cost = args.max_cost.as_deref().map(Cost::from_dollars).transpose();
    let cost = cost.map_err(|problem| usage_error(format!("--max-cost: {problem}")))?;
    let mut limits = BudgetLimits::default();
    (limits.calls, limits.tokens, limits.cost) = (args.max_calls, args.max_tokens, cost);
    Ok(limits)
}

/// What the rows of an evaluation call models with.
pub(crate) struct RowModels {
    doors: Arc<ModelDoors>,
    transcript: Arc<dyn Cassette>,
    model: Option<String>,
    live: Option<(Models, Account)>,
    cassette: Option<PathBuf>,
    file: Option<Arc<FileCassette>>,
    pub(crate) concurrency: usize,
}

impl RowModels {
    /// What was asked for; nothing if rows call no models.
    pub(crate) fn new(settings: &Settings, args: &ModelArgs) -> Result<Option<Self>> {
        let calls = &args.calls;
        let concurrency = concurrency(calls.concurrency)?;
        if let Some(path) = &calls.replay_models {
            if let Some(flag) = calls.limits.given() {
                return Err(usage_error(format!("{flag}: --replay-models asks nobody, so nothing is spent")));
            }
            let transcript: Arc<dyn Cassette> = Arc::new(FileCassette::open(path).map_err(unusable)?);
            let doors = Arc::new(ModelDoors::replayed(PREFIX, Arc::clone(&transcript)));
            let (model, cassette) = (args.model.clone(), Some(path.clone()));
            return Ok(Some(Self {
                doors,
                transcript,
                model,
                live: None,
                cassette,
                file: None,
                concurrency,
            }));
        }
        let names: BTreeSet<String> = args.model.iter().chain(&args.models).cloned().collect();
        if names.is_empty() {
            return match calls.given() {
                Some(flag) => {
                    Err(usage_error(format!("{flag} is for calls of models: name one with --model")))
                }
                None => Ok(None),
            };
        }
        let file = calls.cassette.as_deref().map(recorded).transpose()?;
        let before = file.as_ref().map(|file| file.spent(|stream| stream.starts_with(PREFIX)));
        let before = before.transpose()?.unwrap_or_default();
        let before = before.into_values().fold(Spend::default(), Spend::plus);
        let account = Account::with_spent("this evaluation", budget(&calls.limits)?, before);
        let options = options(calls.limits.attempts)?.reuse_identical(calls.reuse_identical);
        let models = callable(settings, &names, options)?;
        let grant = ModelGrant {
            prefix: PREFIX.to_owned(),
            models: names,
            account: account.clone(),
            case_limits: BudgetLimits::default(),
            call_limits: BudgetLimits::default(),
            outages_stop: true,
            charged: true,
        };
        let transcript: Arc<dyn Cassette> = match &file {
            Some(file) => Arc::clone(file) as Arc<dyn Cassette>,
            None => Arc::new(MemoryCassette::default()),
        };
        let doors = Arc::new(ModelDoors::continued(&models, grant, Arc::clone(&transcript))?);
        let (model, live, cassette) = (args.model.clone(), Some((models, account)), calls.cassette.clone());
        Ok(Some(Self { doors, transcript, model, live, cassette, file, concurrency }))
    }

    /// An evaluator whose rows call these models.
    pub(crate) fn lend(&self, evaluator: Evaluator) -> Evaluator {
        evaluator.doors(Arc::clone(&self.doors) as _).model(self.model.clone()).concurrency(self.concurrency)
    }

    /// The file in which calls are kept, or were.
    pub(crate) fn cassette(&self) -> Option<&Path> {
        self.cassette.as_deref()
    }

    /// Makes what was recorded outlast a loss of power.
    pub(crate) fn sync(&self) -> Result<()> {
        Ok(self.file.as_ref().map_or(Ok(()), |file| file.sync())?)
    }

    /// The models that were called, unless a file answered alone.
    pub(crate) fn called(&self) -> Option<&Models> {
        self.live.as_ref().map(|(models, _)| models)
    }

    /// What each row took, as it is recorded.
    pub(crate) fn spent_by_row(&self, evaluation: &Evaluation) -> Result<Vec<Spend>> {
        let spent = |row: &hyperspace_eval::CaseResult| {
            let stream = self.doors.stream(&CaseName { split: evaluation.split, name: row.case.clone() });
            let (mut sum, mut sequence) = (Spend::default(), 0);
            while let Some((_, effort)) = self.transcript.get(&stream, sequence)? {
                sum = sum.plus(effort.spent);
                sequence += 1;
            }
            Ok(sum)
        };
        evaluation.cases.iter().map(spent).collect()
    }

    /// What all of it took, with rows beyond a failed one; `rows` is what the rows of the evaluation took.
    pub(crate) fn spent(&self, rows: &[Spend]) -> Spend {
        match &self.live {
            Some((_, account)) => account.spent(),
            None => rows.iter().fold(Spend::default(), |sum, row| sum.plus(*row)),
        }
    }
}

/// A file to record in, with what it holds.
pub(crate) fn recorded(path: &Path) -> Result<Arc<FileCassette>> {
    let (file, recovered) = FileCassette::append_to(path).map_err(unusable)?;
    if recovered.bytes > 0 {
        let (bytes, path) = (recovered.bytes, path.display());
        tracing::warn!("{path}: the last line was cut off; its {bytes} bytes are removed");
    }
    Ok(Arc::new(file))
}

/// A file of the user that cannot be opened is the user's affair; a damaged one is told as such.
pub(crate) fn unusable(error: SessionError) -> anyhow::Error {
    match error {
        SessionError::Io { .. } | SessionError::Other(_) => usage_error(error.to_string()),
        error => error.into(),
    }
}
