//! An interpreted request, for continuous operation, which starts runs by itself.

use std::collections::BTreeSet;

use hyperspace_eval::Task;
use hyperspace_evolve::{RunOptions, SeedAgent};
use hyperspace_llm::Spend;
use hyperspace_sandbox::Limits;

use super::checked::CheckedRequest;
use super::request::RunRequest;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::models::{CallSettings, CalledResources, RunBudgets, WantedModels, resources};

/// A run whose request has been interpreted, without its resources.
pub(crate) struct PreparedRun {
    pub(crate) task: Task,
    pub(crate) agent: SeedAgent,
    pub(crate) options: RunOptions,
    calls: CallSettings,
    names: BTreeSet<String>,
    budgets: RunBudgets,
    case_limits: Option<Limits>,
}

impl PreparedRun {
    /// Interprets a request.
    pub(crate) fn of(engine: &Engine, request: RunRequest) -> Result<Self, ServiceError> {
        let new = CheckedRequest::plan(engine, request)?;
        let (calls, names, budgets) = (new.calls.clone(), new.models(), new.plan.budgets);
        let case_limits = new.case_limits()?;
        let (task, agent, options) = new.parts();
        Ok(Self { task, agent, options, calls, names, budgets, case_limits })
    }

    /// Returns the resources for its runs.
    pub(crate) async fn resources(&self, engine: &Engine) -> Result<CalledResources, ServiceError> {
        let wanted = WantedModels {
            runtime: self.task.runtime(),
            names: self.names.clone(),
            seed: self.options.seed,
            calls: &self.calls,
            budgets: self.budgets,
            before: Spend::default(),
        };
        resources(engine, wanted, self.case_limits.clone()).await
    }
}
