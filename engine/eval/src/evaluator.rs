//! The evaluator: runs a candidate on the cases of a task and scores what comes back.
//!
//! Invariants: the candidate is imported once, and every case is a fork of the state after that, which no other case can
//! see; a case gives the same row as with an import of its own ([`Evaluator::forks`]); the score is computed out here from returned data; the evaluation does
//! not depend on the number of workers; equal candidate and task are not evaluated twice while a cache is set.
//!
//! Attacks that end here: T-HACK-11, T-HACK-12, T-HACK-13, T-HACK-15, T-HACK-16, T-HACK-24, T-HACK-26, T-HACK-36,
//! T-OUT-20.

use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath, TreeId};
use hyperspace_sandbox::{Limits, Sandbox};

use crate::cache::{CacheKey, EvaluationCache};
use crate::case_room::{self, RoomSpec};
use crate::case_runner::{self, CaseRunner};
use crate::doors::CaseDoors;
use crate::error::EvalError;
use crate::evaluation::{CaseOutcome, CaseResult, Evaluation};
use crate::split::Split;
use crate::stage;
use crate::task::Task;

/// Fuel of a case when neither the task nor the caller says otherwise.
const FUEL_DEFAULT: u64 = 5_000_000_000;
/// Cases at the same time when they may ask others, such as models, and wait.
const CONCURRENCY_DEFAULT: usize = 32;

/// Evaluates candidates. Cheap to clone.
#[derive(Clone)]
pub struct Evaluator {
    sandbox: Sandbox,
    sdk: FileSet,
    /// The tree of the SDK, which is part of every key.
    sdk_id: TreeId,
    workers: usize,
    forks: bool,
    limits: Limits,
    cache: Option<Arc<dyn EvaluationCache>>,
    doors: Option<Arc<dyn CaseDoors>>,
    model: Option<String>,
    concurrency: Option<usize>,
}

impl Evaluator {
    /// An evaluator that runs one case at a time, with 5 billion units of fuel per case, and without a cache.
    ///
    /// # Errors
    ///
    /// [`EvalError::Sdk`] for a broken build.
    pub fn new(sandbox: Sandbox) -> Result<Self, EvalError> {
        let mut sdk = FileSet::new();
        for (name, content) in hyperspace_guest::sdk_files() {
            let path = RelPath::new(name).map_err(|e| EvalError::Sdk(e.to_string()))?;
            sdk.insert(path, content).map_err(|e| EvalError::Sdk(e.to_string()))?;
        }
        let limits = Limits::default().with_fuel(FUEL_DEFAULT);
        Ok(Self {
            sandbox,
            sdk_id: sdk.tree().id(),
            sdk,
            workers: 1,
            forks: true,
            limits,
            cache: None,
            doors: None,
            model: None,
            concurrency: None,
        })
    }

    /// Runs that many cases at a time, unless [`Evaluator::concurrency`] says otherwise. At least 1.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }

    /// Whether a candidate is imported once and each case starts from there; otherwise each case imports it again, in an
    /// instance of its own. Evaluations are the same either way. Default true.
    #[must_use]
    pub fn forks(mut self, forks: bool) -> Self {
        self.forks = forks;
        self
    }

    /// Limits of a case, where the task does not set its own.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Looks evaluations up before they are made, and keeps them.
    #[must_use]
    pub fn cache(mut self, cache: Arc<dyn EvaluationCache>) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Gives each case a door, such as one to models. What comes through it is not part of [`Evaluator::key`], so such evaluations
    /// are neither looked up nor kept.
    #[must_use]
    pub fn doors(mut self, doors: Arc<dyn CaseDoors>) -> Self {
        self.doors = Some(doors);
        self
    }

    /// The name of the model that the candidate's class gets and guests find in `EVAL_MODEL`, instead of the task's own.
    #[must_use]
    pub fn model(mut self, model: Option<String>) -> Self {
        self.model = model;
        self
    }

    /// Runs that many cases at a time, most of which wait. Default: as many as there are workers, and at least 32 with
    /// [`Evaluator::doors`]. The sandbox has to have instances for them (`instances_max`), and bounds how many of them compute
    /// (`computing_max`). Evaluations are the same for any number. At least 1.
    #[must_use]
    pub fn concurrency(mut self, cases: usize) -> Self {
        self.concurrency = Some(cases.max(1));
        self
    }

    /// The sandbox that cases run in.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The SDK that guests see at `/sdk`.
    #[must_use]
    pub fn sdk(&self) -> &FileSet {
        &self.sdk
    }

    /// The limits of a case of `task`: the task's own, the evaluator's for the rest.
    #[must_use]
    pub fn limits_for(&self, task: &Task) -> Limits {
        let (own, base) = (task.limits(), &self.limits);
        base.clone()
            .with_fuel(own.fuel.unwrap_or(base.fuel))
            .with_memory_bytes(own.memory_bytes.unwrap_or(base.memory_bytes))
            .with_output_bytes(own.output_bytes.unwrap_or(base.output_bytes))
            .with_result_bytes(own.result_bytes.unwrap_or(base.result_bytes))
            .with_file_bytes(own.file_bytes.unwrap_or(base.file_bytes))
            .with_files(own.files.unwrap_or(base.files))
            .with_host_calls(own.host_calls.unwrap_or(base.host_calls))
            .with_wall_clock_ms(own.wall_clock_ms.unwrap_or(base.wall_clock_ms))
    }

    /// The name of an evaluation: a digest over candidate, task, split, limits, model, SDK and runtime. `None` when cases have
    /// doors, as none of these decides what comes through them.
    #[must_use]
    pub fn key(&self, task: &Task, agent: &FileSet, split: Split) -> Option<CacheKey> {
        if self.doors.is_some() {
            return None;
        }
        // The backstop never decides a score, so it is no part of the key.
        let limits = self.limits_for(task).with_wall_clock_ms(0);
        let mut text = format!(
            "{}\n{}\n{}\n{}\n{}\n{limits:?}",
            self.sandbox.runtime_digest(),
            self.sdk_id,
            task.digest(),
            agent.tree().id(),
            split.name(),
        );
        if let Some(model) = &self.model {
            text.push_str(&format!("\nmodel {model}"));
        }
        Some(CacheKey(blake3::derive_key("hyperspace v1 evaluation key", text.as_bytes())))
    }

    /// Evaluates a candidate. Needs a tokio runtime with time enabled.
    ///
    /// # Errors
    ///
    /// [`EvalError`]: the evaluation could not be made, and says nothing about the candidate.
    pub async fn evaluate(
        &self,
        task: &Task,
        agent: &FileSet,
        split: Split,
    ) -> Result<Evaluation, EvalError> {
        check_entry(task, agent)?;
        let key = self.key(task, agent, split);
        let cache = self.cache.as_ref().zip(key);
        if let Some(known) = cache.as_ref().and_then(|(cache, key)| cache.get(key)) {
            return Ok(known);
        }
        let cases = task.cases(split);
        if cases.is_empty() {
            return Err(EvalError::NoSplit { task: task.name().to_owned(), split });
        }
        let (first, rest) = stage::split(task, &cases);
        let asker = Arc::new(self.asker(task, agent, (split, cases.len()))?);
        let mut rows = case_runner::rows(&asker, first, self.at_once()).await?;
        if !rest.is_empty() && stage::goes_on(task, &rows) {
            rows.extend(case_runner::rows(&asker, rest, self.at_once()).await?);
        }
        let evaluation = conclude(task, agent, split, cases.len(), rows);
        if let Some((cache, key)) = cache {
            cache.put(key, &evaluation);
        }
        Ok(evaluation)
    }

    /// As [`Evaluator::evaluate`], with a runtime of its own that has one thread per worker.
    ///
    /// # Errors
    ///
    /// As [`Evaluator::evaluate`].
    ///
    /// # Panics
    ///
    /// When it is called from inside of a tokio runtime.
    pub fn evaluate_blocking(
        &self,
        task: &Task,
        agent: &FileSet,
        split: Split,
    ) -> Result<Evaluation, EvalError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(self.workers)
            .enable_all()
            .build()
            .map_err(|error| EvalError::Lost(error.to_string()))?;
        runtime.block_on(self.evaluate(task, agent, split))
    }

    fn asker(
        &self,
        task: &Task,
        agent: &FileSet,
        (split, cases): (Split, usize),
    ) -> Result<CaseRunner, EvalError> {
        let limits = self.limits_for(task);
        let wall_clock_ms = limits.wall_clock_ms;
        let (agent, sdk, model) = (agent.clone(), self.sdk.clone(), self.model.clone());
        let rooms = RoomSpec { agent, sdk, limits, model };
        let setup = case_room::furnish(task, &rooms).map_err(|error| EvalError::Sdk(error.to_string()))?;
        let template = self.sandbox.template(setup)?;
        let model = self.model.clone().or_else(|| task.entry().model.clone());
        let doors = self.doors.clone();
        // A state from which only one case would start is not worth keeping.
        let forks = self.forks && cases > 1;
        Ok(CaseRunner { template, forks, wall_clock_ms, task: task.clone(), split, model, doors })
    }

    /// Cases at the same time.
    fn at_once(&self) -> usize {
        let least = if self.doors.is_some() { CONCURRENCY_DEFAULT } else { 1 };
        self.concurrency.unwrap_or_else(|| self.workers.max(least))
    }
}

/// The file, or the package, that holds the function a task calls.
fn check_entry(task: &Task, agent: &FileSet) -> Result<(), EvalError> {
    let module = task.entry().module.replace('.', "/");
    let candidates = [format!("{module}.py"), format!("{module}/__init__.py")];
    let present = |name: &String| RelPath::new(name).is_ok_and(|path| agent.get(&path).is_some());
    if candidates.iter().any(present) {
        return Ok(());
    }
    let [file, _] = candidates;
    Err(EvalError::NoEntry {
        file,
        task: task.name().to_owned(),
        function: task.entry().function.clone(),
        files: agent.iter().take(10).map(|(path, _)| path.to_string()).collect(),
    })
}

fn conclude(
    task: &Task,
    agent: &FileSet,
    split: Split,
    cases: usize,
    results: Vec<CaseResult>,
) -> Evaluation {
    let score = stage::score(&results, cases);
    let outcome = match results.last() {
        Some(last) if score.is_none() => last.outcome.clone(),
        _ => CaseOutcome::Scored,
    };
    Evaluation {
        task: task.name().to_owned(),
        task_digest: task.digest().to_owned(),
        agent: agent.tree().id(),
        split,
        score,
        outcome,
        fuel: results.iter().map(|result| result.fuel).sum(),
        cases: results,
    }
}
