//! The check of models before a new run: a short conversation with each, outside of the run's record, so that no money is spent
//! on a run whose models cannot be used.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_evolve::{AnswerStyle, Run, RunResources};
use hyperspace_llm::Spend;
use hyperspace_store::Store;

use super::checked::CheckedRequest;
use crate::defaults;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::models::{ANSWERS, CALLS_A_TOOL, CheckPlan, ModelCheckView, TAKES_RESULT, chains, check_model};

/// Maximum number of attempts of each call of a check, low so that an outage of a provider is reported soon.
const ATTEMPTS_MAX: u32 = 3;
/// The smallest budget in calls from which a check may take some.
const CALLS_MIN: u64 = 10;

/// The checks of the models of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Preflight {
    /// One check for each model; empty if nothing was checked.
    pub(super) checks: Vec<ModelCheckView>,
    /// Remarks in words.
    pub(super) notices: Vec<String>,
}

impl Preflight {
    /// Returns the spend of the checks.
    pub(super) fn spent(&self) -> Spend {
        self.checks.iter().fold(Spend::default(), |sum, check| sum.plus(check.stats.spent))
    }

    /// Checks the models of a run that is not in the store yet, unless the request turns that off, or a recording answers.
    pub(super) async fn of(
        engine: &Engine,
        store: &Store,
        new: &CheckedRequest,
    ) -> Result<Self, ServiceError> {
        let mut preflight = Self::default();
        if new.models().is_empty() || !new.calls.check_models || answered_by_file(new) {
            return Ok(preflight);
        }
        let evaluator =
            new.limited(engine.prepared(new.task.runtime(), new.calls.conversations()?).await?)?;
        let resources = RunResources::new(evaluator, engine.workers());
        if Run::find(store, &new.task, &new.agent, &new.options, &resources)?.is_some() {
            return Ok(preflight);
        }
        if let Some(calls) = new.plan.budgets.run.calls.filter(|calls| *calls < CALLS_MIN) {
            let calls = if calls == 1 { "1 call".to_owned() } else { format!("{calls} calls") };
            let told = format!("the models were not checked: a budget of {calls} has none to spare");
            preflight.notices.push(told);
            return Ok(preflight);
        }
        let chains = chains_of(engine, new)?;
        let all = chains.iter().flat_map(|(chain, _)| chain).collect::<BTreeSet<_>>().len();
        for (chain, tool) in &chains {
            preflight.check(engine, new, chain, *tool, all).await?;
        }
        Ok(preflight)
    }

    /// Checks the models of a chain, of which one that can be used is enough.
    async fn check(
        &mut self,
        engine: &Engine,
        new: &CheckedRequest,
        chain: &[String],
        tool: bool,
        all: usize,
    ) -> Result<(), ServiceError> {
        let mut failed = Vec::new();
        for model in chain {
            if let Some(known) = self.checks.iter().find(|check| check.model == *model) {
                failed.extend(problem(new, known, tool));
                continue;
            }
            engine.tell_model_check(model, self.checks.len() + 1, all);
            let view = check_model(engine, model, self.plan(new, tool)).await?;
            if !view.passed && view.answers() && tool {
                let seen = view.first_failure().map(|check| check.seen.clone()).unwrap_or_default();
                self.notices.push(format!("model {model}: {seen}"));
            }
            failed.extend(problem(new, &view, tool));
            self.checks.push(view);
        }
        if failed.len() < chain.len() {
            let notices =
                failed.into_iter().map(|(model, problem)| format!("model {model} is gone: {problem}"));
            self.notices.extend(notices);
            return Ok(());
        }
        match failed.into_iter().next() {
            Some((model, problem)) => Err(ServiceError::ModelCheck { model, problem }),
            None => Ok(()),
        }
    }

    /// Returns the conversation of the next check, with the run's own temperature, attempts and budgets.
    fn plan(&self, new: &CheckedRequest, tool: bool) -> CheckPlan {
        let spent = self.spent();
        let mut budget = new.plan.budgets.run;
        let left = |most: Option<u64>, taken: u64| most.map(|most| most.saturating_sub(taken));
        budget.calls = left(budget.calls, spent.calls);
        budget.tokens = left(budget.tokens, spent.input_tokens.saturating_add(spent.output_tokens));
        budget.input_tokens = left(budget.input_tokens, spent.input_tokens);
        budget.output_tokens = left(budget.output_tokens, spent.output_tokens);
        budget.cost = budget.cost.map(|most| Spend { cost: most, ..Spend::default() }.minus(spent).cost);
        let models = &new.options.models;
        let attempts = new.calls.attempts.unwrap_or(defaults::ATTEMPTS).min(ATTEMPTS_MAX);
        // Rows choose their own temperature; this is the default of the library that they use.
        let temperature = if tool { models.temperature } else { 0.0 };
        CheckPlan { tool, temperature, attempts, budget, call: models.call }
    }
}

/// Returns whether a file of recorded calls answers, so that the models need not be available.
fn answered_by_file(new: &CheckedRequest) -> bool {
    let filled = |path: &std::path::PathBuf| std::fs::metadata(path).is_ok_and(|file| file.len() > 0);
    new.calls.replay_models.is_some() || new.calls.cassette.as_ref().is_some_and(filled)
}

/// Returns the model and its problem, if the run cannot use it.
fn problem(new: &CheckedRequest, view: &ModelCheckView, tool: bool) -> Option<(String, String)> {
    let needs_calls = tool && new.options.models.style == AnswerStyle::Tools;
    if view.passed || (view.answers() && !needs_calls) {
        return None;
    }
    let failure = view.first_failure()?;
    let prefix = format!("model {}: ", view.model);
    let seen = failure.seen.strip_prefix(&prefix).unwrap_or(&failure.seen);
    let what = match failure.check {
        ANSWERS => "it does not answer",
        CALLS_A_TOOL => "it calls no tool",
        TAKES_RESULT => "it does not answer the result of a tool",
        other => other,
    };
    Some((view.model.clone(), format!("{what}: {seen}")))
}

/// Returns the chains of models that the run may call, and whether its meta agents call them.
fn chains_of(engine: &Engine, new: &CheckedRequest) -> Result<Vec<(Vec<String>, bool)>, ServiceError> {
    let of_meta = new.options.meta_models();
    let asked = |name: &String| of_meta.contains(name);
    let mut found = BTreeMap::<Vec<String>, bool>::new();
    for name in new.models() {
        for chain in chains(engine, &name)? {
            *found.entry(chain).or_default() |= asked(&name);
        }
    }
    // Those with tools come first, so that a model in both roles is checked with tools.
    let mut found: Vec<(Vec<String>, bool)> = found.into_iter().collect();
    found.sort_by_key(|(_, tool)| !tool);
    Ok(found)
}
