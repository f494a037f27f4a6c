//! Start and resumption of runs.

use std::sync::Arc;

use hyperspace_core::RecordId;
use hyperspace_eval::{Task, TaskLoader};
use hyperspace_evolve::{EvolveError, Run, RunEvent, RunObserver, load_config, load_task};
use hyperspace_llm::{Models, Spend};
use hyperspace_store::Store;

use super::checked::CheckedRequest;
use super::handle::{RunHandle, RunMessage, RunStart, StampedEvent};
use super::options::check_generations;
use super::plan::RunPlan;
use super::preflight::Preflight;
use super::request::{ResumeRequest, RunRequest};
use super::start_view::StartFacts;
use super::view::{RunEnd, RunView};
use crate::defaults;
use crate::engine::Engine;
use crate::environment::Stopwatch;
use crate::error::ServiceError;
use crate::history::note_date;
use crate::models::{
    Budgets, CalledResources, RunBudgets, WantedModels, check_callable, check_without_calls, keep_lessons,
    resources,
};
use crate::operation::{EventSender, Operation};
use crate::target;

impl Engine {
    /// Starts a run, or continues it if the store already has it: equal configurations are one run.
    ///
    /// Returns as soon as the run is known; the rest happens while the handle is awaited.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the request is wrong, and any error that prevents opening the run. Later errors, such as a seed without
    /// a score (class `Guest`), come at the end of the handle.
    pub async fn start(&self, request: RunRequest) -> Result<RunHandle, ServiceError> {
        let watch = self.environment().stopwatch();
        let new = CheckedRequest::plan(self, request)?;
        let engine = self.clone();
        let ended = watch.clone();
        RunHandle::launch(Operation::new(self, |events| drive(new, engine, events, ended)), watch).await
    }

    /// As [`Engine::start`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// As [`Engine::start`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn start_blocking(&self, request: RunRequest) -> Result<RunHandle, ServiceError> {
        self.block_on(self.start(request))?
    }

    /// Resumes a run of the store, with its earlier budgets unless the request sets others.
    ///
    /// # Errors
    ///
    /// As [`Engine::start`].
    pub async fn resume(&self, request: ResumeRequest) -> Result<RunHandle, ServiceError> {
        let watch = self.environment().stopwatch();
        let engine = self.clone();
        let ended = watch.clone();
        RunHandle::launch(Operation::new(self, |events| resume(engine, request, events, ended)), watch).await
    }

    /// As [`Engine::resume`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// As [`Engine::resume`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn resume_blocking(&self, request: ResumeRequest) -> Result<RunHandle, ServiceError> {
        self.block_on(self.resume(request))?
    }
}

/// Starts a run and advances it to the end of its plan.
async fn drive(
    new: CheckedRequest,
    engine: Engine,
    events: EventSender<RunMessage>,
    watch: Stopwatch,
) -> Result<RunView, ServiceError> {
    // A run that cannot begin leaves no store behind.
    check_callable(&engine, &new.models(), &new.calls)?;
    let store = engine.writer_or_new("evolve")?;
    let preflight = Preflight::of(&engine, &store, &new).await?;
    let checked = (!preflight.checks.is_empty()).then(|| preflight.spent());
    let (names, seed, plan) = (new.models(), new.options.seed, new.plan);
    let before = checked.unwrap_or_default();
    let (runtime, budgets) = (new.task.runtime(), plan.budgets);
    let wanted = WantedModels { runtime, names, seed, calls: &new.calls, budgets, before };
    let CalledResources { run, called } = resources(&engine, wanted, new.case_limits()?).await?;
    let facts = new.facts(&engine, called.as_ref(), &preflight);
    let opening = Opening { facts, task: new.task.clone(), called: called.clone() };
    let resources = run.observer(observer(&events, opening, move |_| plan.generations));
    let (task, agent, options) = new.parts();
    let started = Run::start(store, task, agent, &options, resources).await;
    let ended = advance(&engine, started, |_| Ok(plan)).await.map(|end| RunEnd { checked, ..end });
    finish(&engine, called, ended, &watch)
}

async fn resume(
    engine: Engine,
    request: ResumeRequest,
    events: EventSender<RunMessage>,
    watch: Stopwatch,
) -> Result<RunView, ServiceError> {
    let store = engine.writer("resume")?;
    let id = target::run_to_work_on(&store, request.run.as_deref())?;
    let config = load_config(&store, &id)?;
    let (planned, budgets) = (RunPlan::load(&store, &id)?, resumed_budgets(&store, &id, &request)?);
    request.calls.check_replay()?;
    if let Some(generations) = request.generations {
        check_generations(generations)?;
    }
    let names = config.called_models();
    if names.is_empty() {
        check_without_calls(&request.budget, &request.calls)?;
    }
    let seed = config.seed.parse().unwrap_or_default();
    let before = Spend::default();
    let task = load_task(&store, &config, &TaskLoader::new())?;
    let wanted =
        WantedModels { runtime: task.runtime(), names, seed, calls: &request.calls, budgets, before };
    let CalledResources { run, called } = resources(&engine, wanted, None).await?;
    let facts = StartFacts::resumed(&engine, &config, called.as_ref(), &request.calls, budgets);
    let opening = Opening { facts, task, called: called.clone() };
    let asked = request.generations;
    let goal = move |generation: u64| {
        let planned = planned.map_or(defaults::GENERATIONS, |plan| plan.generations);
        asked.unwrap_or_else(|| planned.max(generation.max(1)))
    };
    let opened = Run::open(store, &id, run.observer(observer(&events, opening, goal))).await;
    let plan = |run: &Run| {
        let generations = goal(run.generation());
        check_generations(generations)?;
        Ok(RunPlan { generations, budgets })
    };
    finish(&engine, called, advance(&engine, opened, plan).await, &watch)
}

/// Returns the budgets of a resumed run: those of the request if it sets any, and those of its plan otherwise.
fn resumed_budgets(
    store: &Store,
    run: &RecordId,
    request: &ResumeRequest,
) -> Result<RunBudgets, ServiceError> {
    let budgets = Budgets::parse(&request.budget)?;
    if (budgets.call, budgets.candidate) != Default::default() {
        let problem =
            "the budgets of a call and of a candidate are part of the run; only the agent's can change";
        return Err(ServiceError::setting("budget", problem));
    }
    let before = RunPlan::load(store, run)?.map(|plan| plan.budgets).unwrap_or_default();
    let given = request.calls.budget()?;
    Ok(RunBudgets {
        run: if given == Default::default() { before.run } else { given },
        agent: if budgets.agent == Default::default() { before.agent } else { budgets.agent },
    })
}

/// Advances an opened run to the end of its plan.
async fn advance(
    engine: &Engine,
    opened: Result<Run, EvolveError>,
    plan: impl FnOnce(&Run) -> Result<RunPlan, ServiceError>,
) -> Result<RunEnd, ServiceError> {
    let mut run = opened?;
    let plan = plan(&run)?;
    plan.save(run.store(), run.id())?;
    let before = run.generation();
    let works = before < plan.generations || before == 0;
    if works {
        note_date(engine, run.id());
    }
    let ran = run.run_to(plan.generations).await;
    if works {
        note_date(engine, run.id());
    }
    ran?;
    let test = run.test().await?;
    Ok(RunEnd { run, test, before, checked: None })
}

/// Returns the view of a run that ended, and keeps the lessons of its models' providers, whatever the outcome.
fn finish(
    engine: &Engine,
    called: Option<Models>,
    ended: Result<RunEnd, ServiceError>,
    watch: &Stopwatch,
) -> Result<RunView, ServiceError> {
    if let Some(models) = &called {
        keep_lessons(engine, models);
    }
    ended?.view(called, watch)
}

/// The start of a run, except for what its record tells.
struct Opening {
    facts: StartFacts,
    task: Task,
    called: Option<Models>,
}

/// Returns an observer that sends the events of a run to its handle. The first event is also sent as the start of the run, which
/// ends after the generation that `goal` derives from the last committed one.
fn observer(
    events: &EventSender<RunMessage>,
    opening: Opening,
    goal: impl Fn(u64) -> u64 + Send + Sync + 'static,
) -> RunObserver {
    let events = events.clone();
    Arc::new(move |event| {
        // If the receiver is gone, the run is being dropped.
        if let RunEvent::RunOpened { run, generation, .. } = &event {
            let Opening { facts, task, called } = &opening;
            let view = facts.clone().view(task, *run, *generation, goal(generation.unwrap_or_default()));
            drop(events.send(RunMessage::Started(Box::new(RunStart { view, called: called.clone() }))));
        }
        // Stamped here, before anything of the next generation begins.
        let spent = opening.called.as_ref().map(Models::spent).unwrap_or_default();
        drop(events.send(RunMessage::Event(Box::new(StampedEvent { event, spent }))));
    })
}
