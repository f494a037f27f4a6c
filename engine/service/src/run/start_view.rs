//! The facts of a run that are known when it starts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hyperspace_core::RecordId;
use hyperspace_eval::{Direction, Task};
use hyperspace_evolve::RunConfig;
use hyperspace_llm::{Model, Models};
use serde::Serialize;

use super::cost::{CostCeilingView, ceiling};
use crate::defaults;
use crate::engine::Engine;
use crate::models::{CallSettings, ModelCheckView, RunBudgets};

/// A run at its start: its plan, and the possible cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RunStartView {
    /// The hash of the run's configuration.
    pub run: RecordId,
    /// The task's name.
    pub task: String,
    /// The task's title.
    pub title: String,
    /// The unit of scores, if the task names one.
    pub unit: Option<String>,
    /// The direction in which scores are better.
    pub direction: Direction,
    /// The agent that the run starts from.
    pub agent: String,
    /// The seed of every random choice, as decimal text.
    pub seed: String,
    /// The folder of the store.
    pub store: PathBuf,
    /// The last committed generation; null for a new run.
    pub generation: Option<u64>,
    /// The generation after which the run ends.
    pub generations: u64,
    /// Number of candidates per generation, in all populations.
    pub candidates: u64,
    /// The models that meta agents call, one for each population; none in a run without models.
    pub populations: Vec<String>,
    /// The models that may be called.
    pub models: Vec<CalledModelView>,
    /// The file that answers every call, so that no model is called.
    pub recording: Option<PathBuf>,
    /// Budgets that stop the run.
    pub budgets: RunBudgets,
    /// The highest possible cost; null if no model is called.
    pub cost: Option<CostCeilingView>,
    /// Checks of models before a new run; empty if nothing was checked.
    pub checks: Vec<ModelCheckView>,
    /// Remarks about the request, in words.
    pub notices: Vec<String>,
}

/// A model that a run may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CalledModelView {
    /// Its name.
    pub name: String,
    /// The address of its provider.
    pub base_url: String,
    /// True if its prices are known; otherwise its calls count as free.
    pub priced: bool,
}

impl CalledModelView {
    fn of(model: &Model) -> Self {
        let (name, base_url) = (model.name().to_owned(), model.base_url().to_owned());
        Self { name, base_url, priced: model.is_priced() }
    }

    /// Returns every model once, including those that a name stands for.
    pub(super) fn all(called: Option<&Models>) -> Vec<Self> {
        called.map(|models| Self::every(models).into_iter().map(Self::of).collect()).unwrap_or_default()
    }

    /// As [`CalledModelView::all`], but returns models.
    pub(super) fn every(models: &Models) -> Vec<&Model> {
        let all = models.names().flat_map(|name| models.models_of(name));
        let by_name: BTreeMap<&str, &Model> = all.map(|model| (model.name(), model)).collect();
        by_name.into_values().collect()
    }

    /// Returns the earliest date of prices that do not come from the settings.
    pub(super) fn dates(models: &[&Model]) -> Option<&'static str> {
        models.iter().filter_map(|model| model.prices_of()).min()
    }
}

/// The facts that do not depend on the run's record.
#[derive(Debug, Clone)]
pub(super) struct StartFacts {
    pub(super) agent: String,
    pub(super) seed: String,
    pub(super) store: PathBuf,
    pub(super) candidates: u64,
    pub(super) populations: Vec<String>,
    pub(super) models: Vec<CalledModelView>,
    pub(super) recording: Option<PathBuf>,
    pub(super) budgets: RunBudgets,
    pub(super) cost: Option<CostCeilingView>,
    pub(super) checks: Vec<ModelCheckView>,
    pub(super) notices: Vec<String>,
}

impl StartFacts {
    /// Returns the facts about a resumed run.
    pub(super) fn resumed(
        engine: &Engine,
        config: &RunConfig,
        called: Option<&Models>,
        calls: &CallSettings,
        budgets: RunBudgets,
    ) -> Self {
        let populations = config.populations.iter().filter_map(|population| population.model.clone());
        Self {
            agent: config.agent.clone(),
            seed: config.seed.clone(),
            store: engine.store_folder().to_path_buf(),
            candidates: config.candidates.saturating_mul(config.populations.len() as u64),
            populations: populations.collect(),
            models: CalledModelView::all(called),
            recording: calls.replay_models.clone(),
            budgets,
            cost: called.map(|models| {
                ceiling(
                    models,
                    budgets,
                    config.populations.len(),
                    calls.attempts.unwrap_or(defaults::ATTEMPTS),
                )
            }),
            checks: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Returns the view of a run of a task.
    pub(super) fn view(
        self,
        task: &Task,
        run: RecordId,
        generation: Option<u64>,
        generations: u64,
    ) -> RunStartView {
        RunStartView {
            run,
            task: task.name().to_owned(),
            title: task.title().to_owned(),
            unit: task.unit().map(str::to_owned),
            direction: task.direction(),
            agent: self.agent,
            seed: self.seed,
            store: self.store,
            generation,
            generations,
            candidates: self.candidates,
            populations: self.populations,
            models: self.models,
            recording: self.recording,
            budgets: self.budgets,
            cost: self.cost,
            checks: self.checks,
            notices: self.notices,
        }
    }
}
