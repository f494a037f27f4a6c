//! Resources of a run: everything it needs besides its store and its configuration.
//!
//! With the default strategy, no resource changes a result.

use std::path::PathBuf;
use std::sync::Arc;

use hyperspace_eval::{Evaluator, TaskLoader};
use hyperspace_llm::{BudgetLimits, Cassette, FileCassette, Models, Spend};

use crate::executor::interface::Executor;
use crate::executor::local::LocalExecutor;
use crate::progress::{RunEvent, RunObserver};
use crate::search::strategy::{StrategyFactory, default_strategy};

/// The resources of a run. Cheap to clone.
#[derive(Clone)]
pub struct RunResources {
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) workers: usize,
    pub(crate) models: Option<ModelResources>,
    pub(crate) strategy: StrategyFactory,
    pub(crate) task_loader: TaskLoader,
    pub(crate) observer: Option<RunObserver>,
}

/// The source of model answers, and the budgets for them.
#[derive(Clone)]
pub struct ModelResources {
    /// The source of answers.
    pub source: ModelSource,
    /// Maximum number of concurrent conversations.
    pub conversations: usize,
    /// The budget of the run.
    pub run: BudgetLimits,
    /// The budget of each population.
    pub population: BudgetLimits,
    /// Spend outside of the run's record, such as on a check of its models. It counts against the budget of the run.
    pub before: Spend,
}

/// A source of model answers.
#[derive(Clone)]
pub enum ModelSource {
    /// Providers. Until its generation is committed, an exchange is kept in a file in this folder, so that it is requested only
    /// once.
    Providers(Models, PathBuf),
    /// Providers, with all exchanges of the run also kept in this cassette.
    Recorded(Models, Arc<FileCassette>),
    /// A recorded cassette only.
    Recording(Arc<dyn Cassette>),
}

impl RunResources {
    /// Limits the calls and the cost in picodollars of a run. Other limits are unchanged.
    #[must_use]
    pub fn limit_spend(mut self, calls: Option<u64>, cost: Option<u64>) -> Self {
        if let Some(models) = &mut self.models {
            (models.run.calls, models.run.cost) = (calls, cost.map(hyperspace_llm::Cost));
        }
        self
    }

    /// Returns resources that run guests in this process, at most `workers` (at least 1) at a time. They have no models and no
    /// observer, and use the default strategy.
    #[must_use]
    pub fn new(evaluator: Evaluator, workers: usize) -> Self {
        Self::with_executor(Arc::new(LocalExecutor::new(evaluator)), workers)
    }

    /// Returns resources that run guests on an executor, at most `workers` (at least 1) at a time. Otherwise as
    /// [`RunResources::new`].
    #[must_use]
    pub fn with_executor(executor: Arc<dyn Executor>, workers: usize) -> Self {
        Self {
            executor,
            workers: workers.max(1),
            models: None,
            strategy: default_strategy(),
            task_loader: TaskLoader::new(),
            observer: None,
        }
    }

    /// Sets the source of models. Runs with models need one, except in a replay, where the store answers.
    #[must_use]
    pub fn models(mut self, models: ModelResources) -> Self {
        self.models = Some(models);
        self
    }

    /// Sets the strategy; see [`Strategy`](crate::Strategy) for the requirements of a run with another than the default one.
    #[must_use]
    pub fn strategy(mut self, strategy: StrategyFactory) -> Self {
        self.strategy = strategy;
        self
    }

    /// Sets the loader of stored tasks, which a run needs if its task has a registered kind of scorer.
    #[must_use]
    pub fn task_loader(mut self, loader: TaskLoader) -> Self {
        self.task_loader = loader;
        self
    }

    /// Sets an observer, which receives events while generations run. It does not affect results. Clients of models have a single
    /// observer: among runs that share them, the one opened last receives the events of calls.
    #[must_use]
    pub fn observer(mut self, observer: RunObserver) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Returns the models that are called, unless a recording answers for them.
    pub(crate) fn live_models(&self) -> Option<&Models> {
        match &self.models.as_ref()?.source {
            ModelSource::Providers(models, _) | ModelSource::Recorded(models, _) => Some(models),
            ModelSource::Recording(_) => None,
        }
    }

    /// Sends the events of model calls to the observer for as long as these resources exist, because models may outlive a run.
    pub(crate) fn watch_models(&self) {
        if let (Some(models), Some(observer)) = (self.live_models(), &self.observer) {
            let observer = Arc::downgrade(observer);
            models.observe(Arc::new(move |call| {
                if let Some(observer) = observer.upgrade() {
                    observer(RunEvent::ModelCall { call });
                }
            }));
        }
    }

    /// Sends an event to the observer.
    pub(crate) fn emit(&self, event: impl FnOnce() -> RunEvent) {
        if let Some(observer) = &self.observer {
            observer(event());
        }
    }
}
