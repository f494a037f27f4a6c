//! The start of a run: its configuration, and generation 0.

use hyperspace_core::{FileSet, RecordId, RelPath};
use hyperspace_eval::{EvidenceRules, Task, needs_agent_layer};
use hyperspace_llm::Spend;
use hyperspace_store::{Batch, Store};
use hyperspace_tools::ToolRules;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::executor::interface::Executor;
use crate::generation::execute;
use crate::mark_space::RunSpace;
use crate::models::accounts::ModelAccounts;
use crate::progress::RunEvent;
use crate::record::config::{ExternalDataRef, FORMAT, RUN_KIND, RunConfig, SEARCH_FORMAT};
use crate::record::event::{Event, RunStarted};
use crate::record::options::RunOptions;
use crate::record::population;
use crate::record::sharing_config::SharingRules;
use crate::record::slimming_rules::SlimmingPolicy;
use crate::record::split_policy::SplitPolicy;
use crate::resources::RunResources;
use crate::run::handle::Run;
use crate::run::load::StoredData;
use crate::seed_agent::SeedAgent;

/// A new run before it is stored: its configuration and the files that it names.
struct NewRun {
    config: RunConfig,
    task_files: FileSet,
    data: Option<StoredData>,
}

impl Run {
    /// Returns the run with this configuration, if the store has it.
    ///
    /// # Errors
    ///
    /// As [`Run::start`], for the user's input and the store.
    pub fn find(
        store: &Store,
        task: &Task,
        agent: &SeedAgent,
        options: &RunOptions,
        resources: &RunResources,
    ) -> Result<Option<RecordId>, EvolveError> {
        options.validate()?;
        agent.check(task)?;
        check_splits(task, options)?;
        let id = NewRun::new(task, agent, options, &*resources.executor)?.config.id()?;
        Ok(store.head(&id)?.map(|_| id))
    }

    /// Returns the configuration that a run would have.
    ///
    /// # Errors
    ///
    /// As [`Run::start`], for the user's input.
    pub fn plan(
        task: &Task,
        agent: &SeedAgent,
        options: &RunOptions,
        resources: &RunResources,
    ) -> Result<RunConfig, EvolveError> {
        options.validate()?;
        agent.check(task)?;
        Ok(NewRun::new(task, agent, options, &*resources.executor)?.config)
    }

    /// Starts a run, or opens it if the store already has it: equal configurations are one run. Generation 0 is committed when
    /// this returns.
    ///
    /// Dropping the future leaves the store as it was, or with generation 0 committed.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Option`], [`EvolveError::SeedAgent`] or [`EvolveError::SeedScore`] for the user's input; other variants when
    /// store, executor or models fail.
    pub async fn start(
        store: Store,
        task: Task,
        agent: SeedAgent,
        options: &RunOptions,
        resources: RunResources,
    ) -> Result<Self, EvolveError> {
        options.validate()?;
        if task.files().is_empty() {
            let expected = "a task of files, which the store keeps (for a scorer in Rust: a kind of scorer, with a task.toml)";
            return Err(EvolveError::option("task", task.name(), expected));
        }
        agent.check(&task)?;
        check_splits(&task, options)?;
        let new = NewRun::new(&task, &agent, options, &*resources.executor)?;
        let id = new.config.id()?;
        if store.head(&id)?.is_some() {
            return Self::open(store, &id, resources).await;
        }
        resources.watch_models();
        resources.emit(|| RunEvent::RunOpened { run: id, generation: None, champion: None });
        let context = RunContext::new(id, new.config.clone(), task, ToolRules::default(), resources)?;
        let spent = vec![Spend::default(); context.config.populations.len()];
        let accounts = ModelAccounts::new(&context, &spent);
        let (state, mut space) = (context.initial_state(), RunSpace::new(&context)?);
        let mut run = Self { store, context, state, space: None, spent, accounts };
        let sources = run.seed_sources().await?;
        let executed = execute::seed(&run.context, &run.store, agent.files, &mut space, &sources).await?;
        run.commit(executed, |batch| new.put(batch))?;
        run.finish_generation(sources, space);
        Ok(run)
    }
}

/// Checks that the split policy makes sense for the task.
fn check_splits(task: &Task, options: &RunOptions) -> Result<(), EvolveError> {
    match options.search.as_ref().map(|search| search.splits) {
        Some(SplitPolicy::Guarded(splits)) => splits.check_task(task),
        _ => Ok(()),
    }
}

/// Checks that the programs of a run can be slimmed.
fn check_slimming(
    task: &Task,
    agent: &SeedAgent,
    options: &RunOptions,
    asks_models: bool,
) -> Result<(), EvolveError> {
    let policy = options.search.as_ref().map(|search| search.slimming);
    let Some(SlimmingPolicy::On(rules)) = policy else { return Ok(()) };
    let path = task.entry_file(&agent.files).and_then(|path| RelPath::new(&path).ok());
    match path.filter(|path| !options.edit_scope.contains(path)) {
        Some(path) => {
            let expected = format!("off, or an edit scope with {path}, which is what would be slimmed");
            Err(EvolveError::option("slimming", rules, expected))
        }
        None if asks_models => {
            let expected =
                "off where task agents call models, whose answers are not those of the program alone";
            Err(EvolveError::option("slimming", rules, expected))
        }
        None => Ok(()),
    }
}

/// Returns the rules of evidence of a new run. Runs of older tasks keep the first rules, on which the roots of recorded runs
/// depend, unless they start from an agent that was added later.
fn evidence(task: &Task, agent: &SeedAgent) -> EvidenceRules {
    if task.has_first_evidence() && !agent.came_later() {
        EvidenceRules::First
    } else {
        EvidenceRules::Second
    }
}

/// Returns whether agents of the run may have modules of their own in a folder `agent`, or modules with names of the original
/// experiments.
fn may_layer(agent: &SeedAgent, options: &RunOptions) -> bool {
    let own = RelPath::new("agent").is_ok_and(|folder| options.edit_scope.may_hold(&folder));
    own || needs_agent_layer(&agent.files)
}

/// Returns whether a model judges candidates.
fn judges(options: &RunOptions) -> bool {
    options.search.as_ref().is_some_and(|search| search.judge.is_some())
}

impl NewRun {
    fn new(
        task: &Task,
        agent: &SeedAgent,
        options: &RunOptions,
        executor: &dyn Executor,
    ) -> Result<Self, EvolveError> {
        let task_files = task.files().clone();
        let data = task.external_data().map(StoredData::of).transpose()?;
        let (asked, eval_model) = (&options.populations, options.models.eval_model.as_deref());
        let populations = population::configure(&agent.name, asked, eval_model, task);
        check_slimming(task, agent, options, populations.iter().any(|one| one.eval_model.is_some()))?;
        let config = RunConfig {
            format: if options.search.is_some() { SEARCH_FORMAT } else { FORMAT },
            task: task.name().to_owned(),
            task_digest: task.digest().to_owned(),
            task_files: task_files.tree().id(),
            data: data
                .as_ref()
                .map(|data| ExternalDataRef { label: data.label.clone(), files: data.files.tree().id() }),
            agent: agent.name.clone(),
            agent_files: agent.files.tree().id(),
            models: (!asked.is_empty() || judges(options)).then(|| options.models.rules()),
            runtime: population::runtime_of(&populations, executor.runtime_digest(), ToolRules::default()),
            populations,
            seed: options.seed.to_string(),
            candidates: options.candidates,
            selection: options.search.is_none().then(|| options.arm.selection(options.selection)),
            search: options.search.as_ref().map(|search| search.config_for(agent, task)).transpose()?,
            arm: options.arm,
            parity: options.parity,
            visibility: options.visibility.clone(),
            edit_scope: options.edit_globs(),
            meta_limits: options.meta_limits.clone(),
            code_limits: options.code_limits.clone(),
            eval_limits: executor.case_limits(task),
            sdk: executor.sdk().tree().id(),
            bridge: executor.bridge(task),
            agent_layer: may_layer(agent, options).then(|| executor.agent_layer()),
            evidence: evidence(task, agent),
            sharing: options.sharing(),
            sharing_rules: SharingRules::of_new_run(options.sharing()),
        };
        Ok(Self { config, task_files, data })
    }

    /// Writes the configuration, its files, and the event that names the run.
    fn put(&self, batch: &mut Batch) -> Result<(), EvolveError> {
        let config = &self.config;
        batch.put_files(&self.task_files);
        if let Some(data) = &self.data {
            batch.put_files(&data.files);
        }
        let run = batch.put_record(RUN_KIND, &config.to_value()?)?;
        let started = RunStarted { run, task: config.task.clone(), agent: config.agent.clone() };
        Event::from(started).append_to(batch, &run)?;
        Ok(())
    }
}
