//! Starting and resuming runs.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyperspace_core::RecordId;
use hyperspace_eval::Task;
use hyperspace_evolve::{Run, RunObserver, RunOptions, SeedAgent, load_config};
use hyperspace_store::Store;

use super::handle::{RunHandle, RunMessage, RunStart};
use super::options::{case_limits, check_generations, options};
use super::plan::RunPlan;
use super::request::{ResumeRequest, RunRequest};
use super::view::{RunEnd, RunView};
use crate::defaults;
use crate::engine::Engine;
use crate::environment::Stopwatch;
use crate::error::ServiceError;
use crate::models::{
    Budgets, CallSettings, CalledResources, RunBudgets, check_without_calls, check_without_models, models_of,
    resources,
};
use crate::operation::{EventSender, Operation};
use crate::sources::{AgentRef, TaskRef};
use crate::target;

impl Engine {
    /// Starts a run, or takes it up where it is if the store has it already: equal configurations are one run.
    ///
    /// Returns as soon as the seed is committed; the handle does the rest.
    ///
    /// # Errors
    ///
    /// An error of class `Usage` for the request, `Guest` when the agent has no score, and what stops a run.
    pub async fn start(&self, request: RunRequest) -> Result<RunHandle, ServiceError> {
        let watch = self.environment().stopwatch();
        let new = CheckedRequest::plan(self, request)?;
        let engine = self.clone();
        RunHandle::launch(Operation::new(self, |events| new.drive(engine, events, watch))).await
    }

    /// As [`Engine::start`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// As [`Engine::start`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// Inside of a tokio runtime.
    pub fn start_blocking(&self, request: RunRequest) -> Result<RunHandle, ServiceError> {
        self.block_on(self.start(request))?
    }

    /// Resumes a run of the store, with the budgets it had unless the request sets others.
    ///
    /// # Errors
    ///
    /// As [`Engine::start`].
    pub async fn resume(&self, request: ResumeRequest) -> Result<RunHandle, ServiceError> {
        let watch = self.environment().stopwatch();
        let engine = self.clone();
        RunHandle::launch(Operation::new(self, |events| resume(engine, request, events, watch))).await
    }

    /// As [`Engine::resume`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// As [`Engine::resume`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// Inside of a tokio runtime.
    pub fn resume_blocking(&self, request: ResumeRequest) -> Result<RunHandle, ServiceError> {
        self.block_on(self.resume(request))?
    }
}

/// A run whose request was understood and checked.
struct CheckedRequest {
    task: Task,
    agent: SeedAgent,
    options: RunOptions,
    case_fuel: Option<u64>,
    calls: CallSettings,
    plan: RunPlan,
}

impl CheckedRequest {
    fn plan(engine: &Engine, request: RunRequest) -> Result<Self, ServiceError> {
        let RunRequest { task, data, agent, settings: asked, calls } = request;
        let settings = asked.clone().or(&engine.settings().run);
        let named = || TaskRef::from(settings.task.as_deref().unwrap_or(defaults::TASK));
        let task = task.unwrap_or_else(named).load(data.as_deref())?;
        let budgets = Budgets::parse(settings.budget.as_deref().unwrap_or_default())?;
        if settings.models.as_ref().is_none_or(Vec::is_empty) {
            check_without_models(&asked)?;
        }
        let options = options(&settings, &budgets)?;
        let default =
            if options.populations.is_empty() { defaults::AGENT } else { defaults::AGENT_WITH_MODEL };
        let named = || AgentRef::from(settings.agent.as_deref().unwrap_or(default));
        let agent = agent.unwrap_or_else(named).load(&task)?;
        let generations = settings.generations.unwrap_or(defaults::GENERATIONS);
        check_generations(generations)?;
        if let Some(fuel) = settings.case_fuel {
            case_limits("case-fuel", fuel)?;
        }
        calls.check_replay()?;
        let plan =
            RunPlan { generations, budgets: RunBudgets { run: calls.budget()?, agent: budgets.agent } };
        if options.populations.is_empty() {
            check_without_calls(asked.budget.as_deref().unwrap_or_default(), &calls)?;
        }
        Ok(Self { task, agent, options, case_fuel: settings.case_fuel, calls, plan })
    }

    /// Returns the models that the run calls.
    fn models(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> =
            self.options.populations.iter().map(|agent| agent.model.clone()).collect();
        if !names.is_empty() {
            let task = self.task.entry().model.clone();
            names.extend(self.options.models.eval_model.clone().or(task));
        }
        names
    }

    async fn drive(
        self,
        engine: Engine,
        events: EventSender<RunMessage>,
        watch: Stopwatch,
    ) -> Result<RunView, ServiceError> {
        let store = engine.writer_or_new("evolve")?;
        let limits = self.case_fuel.map(|fuel| case_limits("case-fuel", fuel)).transpose()?;
        let CalledResources { run, called } =
            resources(&engine, &self.models(), &self.calls, self.plan.budgets, limits).await?;
        let resources = run.observer(observer(&events));
        let run = Run::start(store, self.task, self.agent, &self.options, resources).await?;
        advance(run, self.plan, events).await?.view(called, &watch)
    }
}

async fn resume(
    engine: Engine,
    request: ResumeRequest,
    events: EventSender<RunMessage>,
    watch: Stopwatch,
) -> Result<RunView, ServiceError> {
    let store = engine.writer("resume")?;
    let id = target::run(&store, request.run.as_deref())?;
    let config = load_config(&store, &id)?;
    let (planned, budgets) = (RunPlan::load(&store, &id)?, resumed_budgets(&store, &id, &request)?);
    request.calls.check_replay()?;
    let names = models_of(&config);
    if names.is_empty() {
        check_without_calls(&request.budget, &request.calls)?;
    }
    let CalledResources { run, called } = resources(&engine, &names, &request.calls, budgets, None).await?;
    let run = Run::open(store, &id, run.observer(observer(&events))).await?;
    let generations = request.generations.unwrap_or_else(|| {
        planned.map_or(defaults::GENERATIONS, |plan| plan.generations).max(run.generation().max(1))
    });
    check_generations(generations)?;
    advance(run, RunPlan { generations, budgets }, events).await?.view(called, &watch)
}

/// Returns the budgets of a run that is resumed: those of the request where it sets any, those of its plan otherwise.
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

/// Advances a run to the end of its plan.
async fn advance(
    mut run: Run,
    plan: RunPlan,
    events: EventSender<RunMessage>,
) -> Result<RunEnd, ServiceError> {
    plan.save(run.store(), run.id())?;
    let start = RunStart { run: *run.id(), generation: run.generation(), generations: plan.generations };
    // A receiver that is gone takes the run with it.
    drop(events.send(RunMessage::Started(start)));
    run.run_to(plan.generations).await?;
    let test = run.test().await?;
    Ok(RunEnd { run, test })
}

/// Returns an observer that sends the events of a run to its handle.
fn observer(events: &EventSender<RunMessage>) -> RunObserver {
    let events = events.clone();
    Arc::new(move |event| drop(events.send(RunMessage::Event(event))))
}
