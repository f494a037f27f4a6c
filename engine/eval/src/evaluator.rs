//! The evaluator: runs a candidate on the cases of a task and scores what it returns.
//!
//! Invariants: the candidate is imported once, and every case is a fork of the state after that, which no other case can see; a case has
//! the same result as after a separate import ([`Evaluator::forks`]); the score is computed outside of the sandbox, from returned data;
//! the evaluation does not depend on the number of workers; with a cache, an equal candidate and task are not evaluated twice.
//!
//! Attacks that end here: T-HACK-11, T-HACK-12, T-HACK-13, T-HACK-15, T-HACK-16, T-HACK-24, T-HACK-26, T-HACK-36,
//! T-OUT-20.

use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath, TreeId};
use hyperspace_sandbox::{Limits, RuntimeName, Sandbox};

use crate::agent_layer::{agent_layer_id, needs_agent_layer};
use crate::cache::{AnyCache, CacheError, CacheKey, EvaluationCache};
use crate::cache_key::KeyParts;
use crate::case::Case;
use crate::case_room::{self, RoomSpec};
use crate::case_runner::{self, CaseGuests, CaseRunner};
use crate::doors::CaseDoors;
use crate::error::EvalError;
use crate::evaluation::{CaseOutcome, CaseResult, Evaluation};
use crate::evidence::EvidenceRules;
use crate::python::{PythonRunner, PythonRunnerSpec};
use crate::row_watch::RowWatch;
use crate::sdk_with_limits::sdk_with_limits;
use crate::split::Split;
use crate::stage;
use crate::task::Task;

/// Fuel of a case if neither the task nor the caller sets it.
const FUEL_DEFAULT: u64 = 5_000_000_000;
/// Number of concurrent cases that have doors, such as to models, and mostly wait.
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
    cache: Option<Arc<dyn EvaluationCache<Error = CacheError>>>,
    doors: Option<Arc<dyn CaseDoors>>,
    model: Option<String>,
    concurrency: Option<usize>,
    evidence: EvidenceRules,
    layered: bool,
}

impl Evaluator {
    /// Creates an evaluator that runs one case at a time, with 5 billion units of fuel per case, the sandbox's default for every other
    /// limit, and no cache, doors or model.
    ///
    /// # Errors
    ///
    /// [`EvalError::Sdk`] if the build is broken.
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
            evidence: EvidenceRules::Second,
            layered: true,
        })
    }

    /// Sets the number of cases that run at a time, unless [`Evaluator::concurrency`] sets another one. At least 1. Default 1.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }

    /// Sets whether a candidate is imported once and each case starts from the state after the import; otherwise each case imports it
    /// again, in another instance. Evaluations are the same either way. Default true.
    #[must_use]
    pub fn forks(mut self, forks: bool) -> Self {
        self.forks = forks;
        self
    }

    /// Sets the limits of a case. Limits that the task sets take precedence.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the cache that evaluations are taken from and added to.
    #[must_use]
    pub fn cache(mut self, cache: impl EvaluationCache + 'static) -> Self {
        self.cache = Some(Arc::new(AnyCache(cache)));
        self
    }

    /// Gives each case a door, such as one to models. [`Evaluator::key`] cannot cover the answers of a door, so these evaluations are not
    /// cached.
    #[must_use]
    pub fn doors(mut self, doors: Arc<dyn CaseDoors>) -> Self {
        self.doors = Some(doors);
        self
    }

    /// Sets the name of the model that the candidate's class receives and guests find in `EVAL_MODEL`, instead of the task's own.
    #[must_use]
    pub fn model(mut self, model: Option<String>) -> Self {
        self.model = model;
        self
    }

    /// Sets the number of cases in flight, most of which wait for their doors. At least 1. Default: the number of workers, and at least
    /// 32 with [`Evaluator::doors`]. The sandbox must have instances for them (`instances_max`), and limits how many of them compute
    /// (`computing_max`). Evaluations are the same for any number.
    #[must_use]
    pub fn concurrency(mut self, cases: usize) -> Self {
        self.concurrency = Some(cases.max(1));
        self
    }

    /// Sets the rules for the content of evidence. Default: the latest version.
    #[must_use]
    pub fn evidence(mut self, rules: EvidenceRules) -> Self {
        self.evidence = rules;
        self
    }

    /// Sets whether agents with modules of their own in a folder `agent`, or with names from the original experiments, get the layer that
    /// joins these with the SDK's modules. Without it, the SDK's package is the only one of that name. Default true.
    #[must_use]
    pub fn agent_layer(mut self, layered: bool) -> Self {
        self.layered = layered;
        self
    }

    /// Returns the sandbox that cases run in.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Returns the SDK that guests see at `/sdk`.
    #[must_use]
    pub fn sdk(&self) -> &FileSet {
        &self.sdk
    }

    /// Returns the limits of a case of `task`: those of the task, and the evaluator's for the rest.
    #[must_use]
    pub fn limits_for(&self, task: &Task) -> Limits {
        task.limits().over(&self.limits)
    }

    /// Returns the key of an evaluation: a digest of candidate, task, split, limits, model, SDK and runtime. `None` if cases have doors,
    /// because none of these determines what a door answers.
    #[must_use]
    pub fn key(&self, task: &Task, agent: &FileSet, split: Split) -> Option<CacheKey> {
        if self.doors.is_some() {
            return None;
        }
        let parts = KeyParts {
            runtime: self.sandbox.runtime_digest(),
            sdk: self.sdk_id,
            task: task.digest(),
            agent: agent.tree().id(),
            split,
            model: self.model.as_deref(),
            bridge: task.bridge(),
            limits: &self.limits_for(task),
            evidence: self.evidence,
            agent_layer: self.layers(task, agent).then(agent_layer_id),
        };
        Some(parts.key())
    }

    /// Evaluates a candidate. Needs a tokio runtime with time enabled.
    ///
    /// # Errors
    ///
    /// [`EvalError`] when the evaluation could not be made, which says nothing about the candidate.
    pub async fn evaluate(
        &self,
        task: &Task,
        agent: &FileSet,
        split: Split,
    ) -> Result<Evaluation, EvalError> {
        check_entry(task, agent)?;
        self.check_runtime(task)?;
        let cache = self.cache.as_ref().zip(self.key(task, agent, split));
        if let Some((cache, key)) = &cache
            && let Some(cached) = cache.get(key).map_err(EvalError::Cache)?
        {
            return Ok(cached);
        }
        let cases = task.cases(split);
        if cases.is_empty() {
            return Err(EvalError::NoSplit { task: task.name().to_owned(), split });
        }
        let (first, rest) = stage::split(task, &cases);
        let runner = Arc::new(self.runner(task, agent, split)?);
        let mut results = case_runner::run(&runner, first, self.cases_at_a_time()).await?;
        if !rest.is_empty() && stage::passes(task, &results) {
            results.extend(case_runner::run(&runner, rest, self.cases_at_a_time()).await?);
        }
        let evaluation = conclude(task, agent, split, results);
        if let Some((cache, key)) = cache {
            cache.put(key, &evaluation).map_err(EvalError::Cache)?;
        }
        Ok(evaluation)
    }

    /// Evaluates a candidate on the rows in `order`, a permutation of their indices, until `watch` ends the evaluation. If the watch does
    /// not end it, the evaluation equals that of [`Evaluator::evaluate`], unless a row has no measure: then it ends with the first such
    /// row in this order. Nothing is cached, and a first stage is not observed.
    ///
    /// # Errors
    ///
    /// As [`Evaluator::evaluate`].
    pub async fn evaluate_watched(
        &self,
        task: &Task,
        agent: &FileSet,
        split: Split,
        order: &[usize],
        watch: &mut dyn RowWatch,
    ) -> Result<Evaluation, EvalError> {
        check_entry(task, agent)?;
        self.check_runtime(task)?;
        let cases = task.cases(split);
        let ordered: Vec<Case> = order.iter().filter_map(|row| cases.get(*row).cloned()).collect();
        if ordered.is_empty() || ordered.len() != cases.len() {
            return Err(EvalError::NoSplit { task: task.name().to_owned(), split });
        }
        let runner = Arc::new(self.runner(task, agent, split)?);
        let watched = case_runner::run_watched(&runner, &ordered, self.cases_at_a_time(), watch).await?;
        let complete = watched.rows.len() == cases.len();
        let mut rows = watched.rows;
        if complete {
            let mut placed: Vec<(usize, CaseResult)> = order.iter().copied().zip(rows).collect();
            placed.sort_by_key(|(row, _)| *row);
            rows = placed.into_iter().map(|(_, result)| result).collect();
        }
        let mut evaluation = conclude(task, agent, split, rows);
        if watched.is_stopped && !complete {
            evaluation.stop();
        }
        Ok(evaluation)
    }

    /// Returns whether the guests of an agent have the layer. The programs that a Python evaluator calls never have it.
    fn layers(&self, task: &Task, agent: &FileSet) -> bool {
        self.layered && task.scorer().python().is_none() && needs_agent_layer(agent)
    }

    /// Checks that the sandbox has the runtime that a task needs. The plain runtime is a part of every other one.
    fn check_runtime(&self, task: &Task) -> Result<(), EvalError> {
        let needed = task.runtime();
        match self.sandbox.runtime_name() {
            Some(present) if needed != RuntimeName::Plain && present != needed => {
                Err(EvalError::Runtime { task: task.name().to_owned(), needed, present })
            }
            _ => Ok(()),
        }
    }

    /// Evaluates a candidate as [`Evaluator::evaluate`] does, on a runtime with one thread per worker that ends with the call.
    ///
    /// # Errors
    ///
    /// As [`Evaluator::evaluate`].
    ///
    /// # Panics
    ///
    /// When called from within a tokio runtime.
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

    fn runner(&self, task: &Task, agent: &FileSet, split: Split) -> Result<CaseRunner, EvalError> {
        let limits = self.limits_for(task);
        let wall_clock_ms = limits.wall_clock_ms;
        // A state from which only one case would start is not worth keeping.
        let is_forked_for_cases = self.forks && task.cases(split).len() > 1;
        let guests = match task.scorer().python() {
            Some(settings) => {
                let (sandbox, sdk, base) = (&self.sandbox, &self.sdk, self.limits.clone());
                let (seed, forks) = (case_room::setup_seed(task), self.forks);
                let spec = PythonRunnerSpec {
                    sandbox,
                    task,
                    settings,
                    agent,
                    sdk,
                    limits,
                    base,
                    seed,
                    forks,
                    is_forked_for_cases,
                };
                CaseGuests::Python(PythonRunner::new(spec)?)
            }
            None => {
                let sdk = match self.evidence {
                    EvidenceRules::First => self.sdk.clone(),
                    EvidenceRules::Second => sdk_with_limits(&self.sdk, &limits),
                };
                let (agent, model) = (agent.clone(), self.model.clone());
                let room = RoomSpec { agent, sdk, layered: self.layered, limits, model };
                let setup =
                    case_room::setup(task, &room).map_err(|error| EvalError::Sdk(error.to_string()))?;
                CaseGuests::Room {
                    sandbox: self.sandbox.clone(),
                    template: self.sandbox.template(setup)?,
                    forks: is_forked_for_cases,
                    model: self.model.clone().or_else(|| task.entry().model.clone()),
                    doors: self.doors.clone(),
                }
            }
        };
        Ok(CaseRunner { guests, wall_clock_ms, task: task.clone(), split, evidence: self.evidence })
    }

    fn cases_at_a_time(&self) -> usize {
        let least = if self.doors.is_some() { CONCURRENCY_DEFAULT } else { 1 };
        self.concurrency.unwrap_or_else(|| self.workers.max(least))
    }
}

fn check_entry(task: &Task, agent: &FileSet) -> Result<(), EvalError> {
    let entry = task.entry();
    let own = task.scorer().python().and_then(|python| python.program.as_deref());
    if task.entry_file(agent).is_some() {
        return Ok(());
    }
    let [file, _] = entry.files();
    Err(EvalError::NoEntry {
        file: own.map_or(file, str::to_owned),
        task: task.name().to_owned(),
        function: entry.function.clone(),
        files: agent.iter().take(10).map(|(path, _)| path.to_string()).collect(),
    })
}

fn conclude(task: &Task, agent: &FileSet, split: Split, results: Vec<CaseResult>) -> Evaluation {
    let score = stage::score(task.scorer(), &results, task.cases(split).len());
    let outcome = match score {
        Some(_) => CaseOutcome::Scored,
        None => stage::outcome_without_score(&results),
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
