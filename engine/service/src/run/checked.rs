//! A request for a run, interpreted and checked before anything is opened.

use std::collections::BTreeSet;

use hyperspace_core::EditScope;
use hyperspace_eval::{Evaluator, Task};
use hyperspace_evolve::{RunOptions, SeedAgent};
use hyperspace_llm::Models;
use hyperspace_sandbox::Limits;

use super::cost::ceiling;
use super::options::{case_limits, check_generations, options};
use super::plan::RunPlan;
use super::preflight::Preflight;
use super::request::RunRequest;
use super::start_view::{CalledModelView, StartFacts};
use crate::defaults;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::models::{
    Budgets, CallSettings, RunBudgets, check_without_calls, check_without_models, token_prices,
};
use crate::sources::{AgentRef, LoadedAgent, TaskRef, asks_models, runtime_notice};

/// A run whose request has been interpreted and checked.
pub(super) struct CheckedRequest {
    pub(super) task: Task,
    pub(super) agent: SeedAgent,
    pub(super) options: RunOptions,
    case_fuel: Option<u64>,
    pub(super) calls: CallSettings,
    pub(super) plan: RunPlan,
    notices: Vec<String>,
}

impl CheckedRequest {
    pub(super) fn plan(engine: &Engine, request: RunRequest) -> Result<Self, ServiceError> {
        let RunRequest { task, data, agent, settings: asked, mut calls } = request;
        let settings = asked.clone().or(&engine.settings().run);
        let named = || TaskRef::from(settings.task.as_deref().unwrap_or(defaults::TASK));
        let task = task.unwrap_or_else(named).load(data.as_deref(), engine.cache_folder())?;
        let budgets = Budgets::parse(settings.budget.as_deref().unwrap_or_default())?;
        let has_models = settings.models.as_ref().is_some_and(|models| !models.is_empty());
        if !has_models {
            check_without_models(&asked)?;
        }
        let default = match (has_models, settings.parity.unwrap_or_default()) {
            (false, _) if task.has_first_evidence() => defaults::AGENT_OF_RECORDED,
            (false, _) => defaults::AGENT,
            (true, false) => defaults::AGENT_WITH_MODEL,
            (true, true) => defaults::AGENT_WITH_PARITY,
        };
        let named = || AgentRef::from(settings.agent.as_deref().unwrap_or(default));
        let LoadedAgent { agent, mut notices } = agent.unwrap_or_else(named).load_for_run(&task, default)?;
        let mut options = options(&settings, &budgets, &agent.name)?;
        if settings.edit_scope.is_none() && !task.entry().edit_scope.is_empty() {
            options.edit_scope = EditScope::new(&task.entry().edit_scope)
                .map_err(|error| ServiceError::setting("edit-scope", error))?;
        }
        let prices = token_prices(engine, &options.meta_models());
        if let Some(search) = options.search.as_mut().filter(|search| !search.arms.is_empty()) {
            search.arms.prices = prices;
        }
        options.code_limits = options.code_limits.over(&task.entry().code_limits);
        if settings.meta_fuel.is_none() && agent.name == defaults::AGENT && options.populations.is_empty() {
            options.meta_limits.fuel = defaults::META_FUEL_OF_SEARCH;
        }
        notices.extend(runtime_notice(&task));
        if settings.temperature.is_none() && agent.name == defaults::AGENT_WITH_MODEL {
            options.models.temperature = defaults::TEMPERATURE_WITH_MODEL;
        }
        if !options.populations.is_empty() && !asks_models(&agent, &task) {
            // A check would be paid for nothing, unless rows or a judge call models.
            let rows_ask = task.entry().class.is_some() || row_model(&options, &task).is_some();
            calls.check_models &= rows_ask || judge(&options).is_some();
            let name = &agent.name;
            notices.push(format!(
                "agent {name} does not use models; leave out --agent to use {}",
                defaults::AGENT_WITH_MODEL
            ));
        }
        if let Some(search) = &options.search {
            search.config_for(&agent, &task)?;
        }
        let generations = settings.generations.unwrap_or(defaults::GENERATIONS);
        check_generations(generations)?;
        if let Some(fuel) = settings.case_fuel {
            case_limits("case-fuel", fuel)?;
        }
        calls.check_replay()?;
        let plan =
            RunPlan { generations, budgets: RunBudgets { run: calls.budget()?, agent: budgets.agent } };
        if options.populations.is_empty() && judge(&options).is_none() {
            check_without_calls(asked.budget.as_deref().unwrap_or_default(), &calls)?;
        }
        Ok(Self { task, agent, options, case_fuel: settings.case_fuel, calls, plan, notices })
    }

    /// Returns an error if the run has no population with a model.
    pub(super) fn needs_model(&self) -> Result<(), ServiceError> {
        if self.options.populations.is_empty() {
            let why = "without a model there is no prompt";
            return Err(ServiceError::Requires { setting: "show-prompt", other: "model", why });
        }
        Ok(())
    }

    /// Returns the limits of a case, if the request sets its fuel.
    pub(super) fn case_limits(&self) -> Result<Option<Limits>, ServiceError> {
        self.case_fuel.map(|fuel| case_limits("case-fuel", fuel)).transpose()
    }

    /// Returns an evaluator with the limits of a case set by the request.
    pub(super) fn limited(&self, evaluator: Evaluator) -> Result<Evaluator, ServiceError> {
        Ok(match self.case_limits()? {
            Some(limits) => evaluator.limits(limits),
            None => evaluator,
        })
    }

    /// Returns the parts from which a run is started.
    pub(super) fn parts(self) -> (Task, SeedAgent, RunOptions) {
        (self.task, self.agent, self.options)
    }

    /// Returns the facts known at the start.
    pub(super) fn facts(
        &self,
        engine: &Engine,
        called: Option<&Models>,
        preflight: &Preflight,
    ) -> StartFacts {
        let options = &self.options;
        let attempts = self.calls.attempts.unwrap_or(defaults::ATTEMPTS);
        let budgets = self.plan.budgets;
        StartFacts {
            agent: self.agent.name.clone(),
            seed: options.seed.to_string(),
            store: engine.store_folder().to_path_buf(),
            candidates: options.candidates.saturating_mul(options.populations.len().max(1) as u64),
            populations: options.populations.iter().map(|population| population.model.clone()).collect(),
            models: CalledModelView::all(called),
            recording: self.calls.replay_models.clone(),
            budgets,
            cost: called.map(|models| ceiling(models, budgets, options.populations.len(), attempts)),
            checks: preflight.checks.clone(),
            notices: self.notices.iter().chain(&preflight.notices).cloned().collect(),
        }
    }

    /// Returns the models that the run calls.
    pub(super) fn models(&self) -> BTreeSet<String> {
        let mut names = self.options.meta_models();
        if !names.is_empty() {
            let named = row_model(&self.options, &self.task);
            if named.is_none() && self.task.entry().class.is_some() {
                names.extend(self.options.populations.iter().map(|one| one.model.clone()));
            }
            names.extend(named.cloned());
        }
        names.extend(judge(&self.options).cloned());
        names
    }
}

/// Returns the model for rows, if one is named.
fn row_model<'a>(options: &'a RunOptions, task: &'a Task) -> Option<&'a String> {
    options.models.eval_model.as_ref().or(task.entry().model.as_ref())
}

/// Returns the model that judges candidates, if there is one.
fn judge(options: &RunOptions) -> Option<&String> {
    options.search.as_ref().and_then(|search| search.judge.as_ref())
}
