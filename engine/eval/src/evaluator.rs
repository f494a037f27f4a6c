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
use hyperspace_sandbox::{Limits, Outcome, Report, Sandbox, Template};
use thiserror::Error;
use tokio::task::JoinSet;

use crate::cache::{CacheKey, EvalCache};
use crate::evaluation::{CaseOutcome, CaseRow, Evaluation};
use crate::room::{self, Asked, Episode, Rooms};
use crate::scorer::{Invalid, Measure, Problem, cap_set, circle_packing};
use crate::split::Split;
use crate::stage;
use crate::task::{Case, Task};

/// Fuel of a case when neither the task nor the caller says otherwise.
const FUEL_DEFAULT: u64 = 5_000_000_000;
/// Rows per worker that may be done before an earlier one is.
const AHEAD: usize = 4;
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
        Ok(Self { sandbox, sdk, workers: 1, forks: true, limits, cache: None })
    }

    /// Runs that many cases at a time. At least 1.
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

    /// The name of an evaluation: a digest over candidate, task, split, limits, SDK and runtime.
    #[must_use]
    pub fn key(&self, task: &Task, agent: &FileSet, split: Split) -> CacheKey {
        // The backstop never decides a score, so it is no part of the key.
        let limits = Limits { wall_clock_ms: 0, ..self.limits_for(task) };
        let text = format!(
            "{}\n{}\n{}\n{}\n{}\n{limits:?}",
            self.sandbox.runtime_digest(),
            self.sdk.tree().id(),
            task.digest(),
            agent.tree().id(),
            split.name(),
        );
        CacheKey(blake3::derive_key("hyperspace v1 evaluation key", text.as_bytes()))
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
        if let Some(known) = self.cache.as_ref().and_then(|cache| cache.get(&key)) {
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
        if let Some(cache) = &self.cache {
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
            .enable_time()
            .build()
            .map_err(|error| EvalError::Lost(error.to_string()))?;
        runtime.block_on(self.evaluate(task, agent, split))
    }

    fn asker(&self, task: &Task, agent: &FileSet, split: Split) -> Result<Asker, EvalError> {
        let limits = self.limits_for(task);
        let wall_clock_ms = limits.wall_clock_ms;
        let rooms = Rooms { agent: agent.clone(), sdk: self.sdk.clone(), limits };
        let setup = room::furnish(task, &rooms).map_err(|error| EvalError::Sdk(error.to_string()))?;
        let template = self.sandbox.template(setup)?;
        Ok(Asker { template, forks: self.forks, wall_clock_ms, task: task.clone(), split })
    }

    /// Rows in order, up to the first without a measure. Cases after it may have run already; they do not count.
    async fn rows(&self, asker: &Arc<Asker>, cases: &[Case]) -> Result<Vec<CaseRow>, EvalError> {
        let (mut rows, mut done, mut next) = (Vec::new(), BTreeMap::new(), 0);
        let mut running = JoinSet::new();
        loop {
            // A worker that is done takes the next case, whichever that is; but no one runs far ahead of the rows.
            while running.len() < self.workers && next < cases.len().min(rows.len() + AHEAD * self.workers) {
                let (asker, case, index) = (Arc::clone(asker), cases[next].clone(), next);
                running.spawn(async move { (index, asker.measure(case).await) });
                next += 1;
            }
            let Some(joined) = running.join_next().await else { return Ok(rows) };
            let (index, row) = joined.map_err(|error| EvalError::Lost(error.to_string()))?;
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
}

impl Asker {
    /// Asks one case; a run that the backstop ended is repeated once.
    async fn measure(&self, case: Case) -> Result<CaseRow, EvalError> {
        let seed = room::case_seed(&self.task, self.split, &case.name);
        for _ in 0..2 {
            let Asked { item, episode } = room::ask(&case.problem, self.task.entry(), seed);
            let report = match self.forks {
                true => self.template.fork(item).await?,
                false => self.template.fresh(item).await?,
            };
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
