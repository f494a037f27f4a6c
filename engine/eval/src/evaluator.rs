//! The evaluator: runs a candidate on the cases of a task and scores what comes back.
//!
//! Invariants: the candidate is imported once, and every case is a fork of the state after that, which no other case can
//! see; a case gives the same row as with an import of its own ([`Evaluator::forks`]); the score is computed out here from returned data; the evaluation does
//! not depend on the number of workers; equal candidate and task are not evaluated twice while a cache is set.
//!
//! Attacks that end here: T-HACK-11, T-HACK-12, T-HACK-13, T-HACK-15, T-HACK-16, T-HACK-24, T-HACK-26, T-HACK-36,
//! T-OUT-20.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_llm::{ConfigError, TranscriptError};
use hyperspace_sandbox::{Limits, Outcome, Report, Sandbox, Template};
use thiserror::Error;
use tokio::task::JoinSet;

use crate::cache::{CacheKey, EvalCache};
use crate::doors::{CaseDoors, CaseName};
use crate::evaluation::{CaseOutcome, CaseRow, Evaluation};
use crate::room::{self, Asked, Episode, Manner, Rooms};
use crate::scorer::{Invalid, Measure, Problem, cap_set, circle_packing};
use crate::split::Split;
use crate::stage;
use crate::task::{Case, Task};

/// Fuel of a case when neither the task nor the caller says otherwise.
const FUEL_DEFAULT: u64 = 5_000_000_000;
/// Rows per worker that may be done before an earlier one is.
const AHEAD: usize = 4;
/// Cases at the same time when they may ask others, such as models, and wait.
const WAITING_DEFAULT: usize = 32;
/// Characters of evidence in a row.
const EVIDENCE_CHARS_MAX: usize = 2_000;

/// An evaluation that could not be made. What the candidate does wrong is no error; see [`Evaluation`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EvalError {
    /// The candidate lacks the file that the task calls.
    #[error("the agent has no file {file}, in which task {task} looks for {function}(); its files: {}", files.join(", "))]
    NoEntry {
        /// What is missing.
        file: String,
        /// The task.
        task: String,
        /// The function that the task calls.
        function: String,
        /// What the agent has, at most ten.
        files: Vec<String>,
    },
    /// The task has no such split.
    #[error("task {task} has no split {split}")]
    NoSplit {
        /// The task.
        task: String,
        /// The split.
        split: Split,
    },
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] hyperspace_sandbox::SandboxError),
    /// The wall-clock backstop fired twice: the machine is too slow or stuck, which says nothing about the candidate.
    #[error(
        "case {case} ran into the wall-clock backstop of {limit_ms} ms twice; that is never scored: raise `wall_clock_ms`, or lower `fuel` or the number of workers"
    )]
    WallClock {
        /// The case.
        case: String,
        /// The limit.
        limit_ms: u64,
    },
    /// A model's answer cannot be had, recorded or found in the record, which says nothing about the candidate.
    #[error("case {case}: {source}")]
    Model {
        /// The case that asked.
        case: String,
        /// Why not.
        source: TranscriptError,
    },
    /// Models that cannot be called as it was asked.
    #[error(transparent)]
    Models(#[from] ConfigError),
    /// A task of the runtime that ran a case is gone.
    #[error("the evaluation was given up: {0}")]
    Lost(String),
    /// A name inside of this crate or the SDK is no path: a broken build.
    #[error("the embedded SDK is unusable: {0}")]
    Sdk(String),
}

/// Evaluates candidates. Cheap to clone.
#[derive(Clone)]
pub struct Evaluator {
    sandbox: Sandbox,
    sdk: FileSet,
    workers: usize,
    forks: bool,
    limits: Limits,
    cache: Option<Arc<dyn EvalCache>>,
    doors: Option<Arc<dyn CaseDoors>>,
    model: Option<String>,
    waiting: Option<usize>,
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
        let limits = Limits { fuel: FUEL_DEFAULT, ..Limits::default() };
        Ok(Self {
            sandbox,
            sdk,
            workers: 1,
            forks: true,
            limits,
            cache: None,
            doors: None,
            model: None,
            waiting: None,
        })
    }

    /// Runs that many cases at a time, unless [`Evaluator::waiting`] says otherwise. At least 1.
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
    pub fn cache(mut self, cache: Arc<dyn EvalCache>) -> Self {
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
    pub fn waiting(mut self, cases: usize) -> Self {
        self.waiting = Some(cases.max(1));
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
        Limits {
            fuel: own.fuel.unwrap_or(base.fuel),
            memory_bytes: own.memory_bytes.unwrap_or(base.memory_bytes),
            output_bytes: own.output_bytes.unwrap_or(base.output_bytes),
            result_bytes: own.result_bytes.unwrap_or(base.result_bytes),
            file_bytes: own.file_bytes.unwrap_or(base.file_bytes),
            files: own.files.unwrap_or(base.files),
            descriptors: base.descriptors,
            host_calls: own.host_calls.unwrap_or(base.host_calls),
            wall_clock_ms: own.wall_clock_ms.unwrap_or(base.wall_clock_ms),
        }
    }

    /// The name of an evaluation: a digest over candidate, task, split, limits, model, SDK and runtime. `None` when cases have
    /// doors, as none of these decides what comes through them.
    #[must_use]
    pub fn key(&self, task: &Task, agent: &FileSet, split: Split) -> Option<CacheKey> {
        if self.doors.is_some() {
            return None;
        }
        // The backstop never decides a score, so it is no part of the key.
        let limits = Limits { wall_clock_ms: 0, ..self.limits_for(task) };
        let mut text = format!(
            "{}\n{}\n{}\n{}\n{}\n{limits:?}",
            self.sandbox.runtime_digest(),
            self.sdk.tree().id(),
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
        let asker = Arc::new(self.asker(task, agent, split)?);
        let mut rows = self.rows(&asker, first).await?;
        if !rest.is_empty() && stage::goes_on(task, &rows) {
            rows.extend(self.rows(&asker, rest).await?);
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

    fn asker(&self, task: &Task, agent: &FileSet, split: Split) -> Result<Asker, EvalError> {
        let limits = self.limits_for(task);
        let wall_clock_ms = limits.wall_clock_ms;
        let (agent, sdk, model) = (agent.clone(), self.sdk.clone(), self.model.clone());
        let rooms = Rooms { agent, sdk, limits, model };
        let setup = room::furnish(task, &rooms).map_err(|error| EvalError::Sdk(error.to_string()))?;
        let template = self.sandbox.template(setup)?;
        let model = self.model.clone().or_else(|| task.entry().model.clone());
        let doors = self.doors.clone();
        Ok(Asker { template, forks: self.forks, wall_clock_ms, task: task.clone(), split, model, doors })
    }

    /// Cases at the same time.
    fn at_once(&self) -> usize {
        let least = if self.doors.is_some() { WAITING_DEFAULT } else { 1 };
        self.waiting.unwrap_or_else(|| self.workers.max(least))
    }

    /// Rows in order, up to the first without a measure. Cases after it may have run already; they do not count.
    async fn rows(&self, asker: &Arc<Asker>, cases: &[Case]) -> Result<Vec<CaseRow>, EvalError> {
        let at_once = self.at_once();
        let (mut rows, mut done, mut next) = (Vec::new(), BTreeMap::new(), 0);
        let mut running = JoinSet::new();
        let mut broken = false;
        loop {
            // Who is done takes the next case, whichever that is; but no one runs far ahead of the rows, or on where an error waits.
            while !broken && running.len() < at_once && next < cases.len().min(rows.len() + AHEAD * at_once) {
                let (asker, case, index) = (Arc::clone(asker), cases[next].clone(), next);
                running.spawn(async move { (index, asker.measure(case).await) });
                next += 1;
            }
            let Some(joined) = running.join_next().await else { return Ok(rows) };
            let (index, row) = joined.map_err(|error| EvalError::Lost(error.to_string()))?;
            broken |= row.is_err();
            done.insert(index, row);
            while let Some(row) = done.remove(&rows.len()) {
                let row: CaseRow = row?;
                let failed = row.measure.is_none();
                rows.push(row);
                if failed {
                    return Ok(rows);
                }
            }
        }
    }
}

/// Asks a candidate the cases of a task.
struct Asker {
    template: Template,
    forks: bool,
    wall_clock_ms: u64,
    task: Task,
    split: Split,
    model: Option<String>,
    doors: Option<Arc<dyn CaseDoors>>,
}

impl Asker {
    /// Asks one case; a run that the backstop ended is repeated once.
    async fn measure(&self, case: Case) -> Result<CaseRow, EvalError> {
        let seed = room::case_seed(&self.task, self.split, &case.name);
        let name = CaseName { split: self.split, name: case.name.clone() };
        let manner = Manner { entry: self.task.entry(), model: self.model.as_deref() };
        for _ in 0..2 {
            let door = self.doors.as_ref().map(|doors| doors.door(&name)).transpose()?;
            let Asked { item, episode, stop } = room::ask(&case.problem, &manner, seed, door);
            let report = match self.forks {
                true => self.template.fork(item).await,
                false => self.template.fresh(item).await,
            };
            // Whatever the run looks like then, it is none of the candidate's doing.
            if let Some(error) = stop.take() {
                return Err(error);
            }
            let report = report?;
            if report.outcome != Outcome::WallClock {
                return Ok(row(&self.task, &case, report, episode));
            }
            tracing::warn!(case = case.name, "the wall-clock backstop ended a run");
        }
        Err(EvalError::WallClock { case: case.name, limit_ms: self.wall_clock_ms })
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

fn conclude(task: &Task, agent: &FileSet, split: Split, cases: usize, rows: Vec<CaseRow>) -> Evaluation {
    let score = stage::score(&rows, cases);
    let outcome = match rows.last() {
        Some(row) if score.is_none() => row.outcome.clone(),
        _ => CaseOutcome::Scored,
    };
    Evaluation {
        task: task.name().to_owned(),
        task_digest: task.digest(),
        agent: agent.tree().id(),
        split,
        score,
        outcome,
        fuel: rows.iter().map(|row| row.fuel).sum(),
        rows,
    }
}

/// What a report means for a case.
fn row(task: &Task, case: &Case, report: Report, episode: Option<Episode>) -> CaseRow {
    let evidence = evidence(&report);
    let fuel = report.fuel_used;
    let answer = answer(case, &report);
    let (outcome, measure) = match judge(case, report, episode) {
        Ok(measure) => (CaseOutcome::Scored, Some(measure)),
        Err(outcome) => (outcome, stage::of_failure(task)),
    };
    let evidence = evidence.filter(|_| outcome != CaseOutcome::Scored);
    CaseRow { case: case.name.clone(), outcome, measure, fuel, evidence, answer }
}

fn judge(case: &Case, report: Report, episode: Option<Episode>) -> Result<Measure, CaseOutcome> {
    let invalid = |evidence: Invalid| CaseOutcome::Invalid { evidence };
    // A bad answer ends an episode with an exception in the guest: the answer is the cause, so it is told first.
    let packing = episode.map(Episode::into_result).transpose().map_err(invalid)?;
    let completed = report.outcome.is_completed();
    let Some(value) = report.result.filter(|_| completed) else {
        // Leaving with code 0 before an answer is no completion of a call.
        let outcome = if completed { Outcome::Exit { code: 0 } } else { report.outcome };
        return Err(CaseOutcome::Failed { outcome });
    };
    match &case.problem {
        Problem::BinPacking(_) => packing
            .and_then(|packing| packing.finish())
            .map(|packed| packed.measure())
            .ok_or_else(|| invalid(Invalid::new("the episode", "an answer for every item", "an early end"))),
        Problem::CapSet { dimension } => {
            cap_set::score(*dimension, &value).map(|set| set.measure()).map_err(invalid)
        }
        Problem::CirclePacking { circles } => {
            circle_packing::verify(*circles, &value).map(|packing| packing.measure()).map_err(invalid)
        }
        Problem::Row(row) => row.measure(&value).map_err(invalid),
    }
}

/// What a row was answered with, shortened.
fn answer(case: &Case, report: &Report) -> Option<String> {
    let Problem::Row(_) = &case.problem else { return None };
    let value = report.result.as_ref().filter(|value| report.outcome.is_completed() && !value.is_null())?;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(text.chars().take(EVIDENCE_CHARS_MAX).collect())
}

/// The last words of a candidate.
fn evidence(report: &Report) -> Option<String> {
    let text = match &report.traceback {
        Some(traceback) => traceback.clone(),
        None => String::from_utf8_lossy(&report.stderr).into_owned(),
    };
    let skip = text.chars().count().saturating_sub(EVIDENCE_CHARS_MAX);
    let tail: String = text.chars().skip(skip).collect();
    (!tail.is_empty()).then_some(tail)
}
