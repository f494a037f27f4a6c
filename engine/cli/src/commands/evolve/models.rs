//! The models of a run, from flags and settings: which agents it has, what may be spent, and who answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use hyperspace_evolve::{AgentOptions, Means, ModelMeans, ModelOptions, ModelSource, RunConfig};
use hyperspace_llm::{BudgetLimits, Cost, FileCassette, Models};
use hyperspace_store::Store;
use serde::{Deserialize, Serialize};

use super::Session;
use crate::args::{AgentArgs, AnswerArgs};
use crate::exit::usage_error;
use crate::models::{budget, callable, concurrency, options, recorded, unusable};

/// Folder of the store for calls whose generation is not committed yet.
const CALLS: &str = "calls";

/// What may be spent on each level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Budgets {
    pub(crate) call: BudgetLimits,
    pub(crate) candidate: BudgetLimits,
    pub(crate) agent: BudgetLimits,
}

/// The budgets that are no part of a run: they are kept beside it, for `resume`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Purse {
    pub(crate) run: BudgetLimits,
    pub(crate) agent: BudgetLimits,
}

/// Budgets from `LEVEL.RESOURCE=N`.
pub(crate) fn budgets(texts: &[String]) -> Result<Budgets> {
    let mut budgets = Budgets::default();
    for text in texts {
        let wrong = |what: &str| {
            usage_error(format!(
                "--budget {text:?}: {what}; expected LEVEL.RESOURCE=N such as candidate.tokens=500000, with the levels call, \
                 candidate and agent, and calls, tokens, input-tokens, output-tokens or cost (dollars)"
            ))
        };
        let (name, amount) = text.split_once('=').ok_or_else(|| wrong("there is no ="))?;
        let (level, resource) = name.split_once('.').ok_or_else(|| wrong("there is no level"))?;
        let limits = match level {
            "call" => &mut budgets.call,
            "candidate" => &mut budgets.candidate,
            "agent" => &mut budgets.agent,
            "run" => return Err(wrong("the run's are --max-calls, --max-tokens and --max-cost")),
            _ => return Err(wrong("there is no such level")),
        };
        if resource == "cost" {
            limits.cost = Some(Cost::from_dollars(amount).map_err(|problem| wrong(&problem))?);
            continue;
        }
        let number = amount.parse::<u64>().ok().filter(|number| *number > 0);
        let number = Some(number.ok_or_else(|| wrong("the amount is no number from 1 on"))?);
        match resource {
            "calls" => limits.calls = number,
            "tokens" => limits.tokens = number,
            "input-tokens" => limits.input_tokens = number,
            "output-tokens" => limits.output_tokens = number,
            _ => return Err(wrong("there is no such resource")),
        }
    }
    Ok(budgets)
}

/// The agents that flags and settings ask for.
pub(crate) fn agents(session: &Session, args: &AgentArgs) -> Result<Vec<AgentOptions>> {
    let settings = &session.settings.evolve;
    let models = match args.models.as_slice() {
        [] => settings.models.clone().unwrap_or_default(),
        given => given.to_vec(),
    };
    let rounds = match args.rounds.as_slice() {
        [] => settings.rounds.clone().unwrap_or_default(),
        given => given.to_vec(),
    };
    if models.is_empty() {
        let given = [
            ("--rounds", !args.rounds.is_empty()),
            ("--eval-model", args.eval_model.is_some()),
            ("--temperature", args.temperature.is_some()),
        ];
        if let Some((flag, _)) = given.into_iter().find(|(_, given)| *given) {
            return Err(usage_error(format!("{flag} is for agents with models: name them with --model")));
        }
    }
    if rounds.len() > 1 && rounds.len() != models.len() {
        let (rounds, models) = (rounds.len(), models.len());
        return Err(usage_error(format!(
            "--rounds has {rounds} numbers for {models} agents; give one, or one for each"
        )));
    }
    let agent = |(index, model)| AgentOptions {
        model,
        generations: rounds.get(index).or_else(|| rounds.first().filter(|_| rounds.len() == 1)).copied(),
    };
    Ok(models.into_iter().enumerate().map(agent).collect())
}

/// How models are asked.
pub(crate) fn asked(session: &Session, args: &AgentArgs, budgets: &Budgets) -> ModelOptions {
    let settings = &session.settings.evolve;
    ModelOptions {
        eval_model: args.eval_model.clone().or_else(|| settings.eval_model.clone()),
        temperature: args.temperature.or(settings.temperature).unwrap_or_default(),
        call: budgets.call,
        candidate: budgets.candidate,
    }
}

/// What the run and its agents may spend, by flags.
pub(crate) fn purse(args: &AnswerArgs, budgets: &Budgets) -> Result<Purse> {
    Ok(Purse { run: budget(&args.calls.limits)?, agent: budgets.agent })
}

/// What a run needs besides its configuration, and the models that are called, for what they took.
pub(crate) fn means(
    session: &Session,
    store: &Store,
    names: &BTreeSet<String>,
    args: &AnswerArgs,
    purse: Purse,
) -> Result<(Means, Option<Models>)> {
    let workers = session.workers()?;
    if names.is_empty() {
        let budget = (!args.budget.is_empty()).then_some("--budget");
        if let Some(flag) = budget.or_else(|| args.calls.given()) {
            return Err(usage_error(format!("{flag} is for calls of models, and this run makes none")));
        }
        return Ok((Means::new(session.evaluator()?, workers), None));
    }
    let args = &args.calls;
    let conversations = concurrency(args.concurrency)?;
    let mut called = None;
    let mut models = || -> Result<Models> {
        let calls = options(args.limits.attempts)?.reuse_identical(args.reuse_identical);
        Ok(called.insert(callable(&session.settings, names, calls)?).clone())
    };
    let source = match (&args.replay_models, &args.cassette) {
        (Some(path), _) => ModelSource::Recording(Arc::new(FileCassette::open(path).map_err(unusable)?)),
        (None, Some(path)) => ModelSource::Recorded(models()?, recorded(path)?),
        (None, None) => ModelSource::Providers(
            models()?,
            store.folder().expect("the store of a command is in a folder").join(CALLS),
        ),
    };
    let models = ModelMeans { source, conversations, run: purse.run, agent: purse.agent };
    let evaluator = session.evaluator_of(conversations)?;
    Ok((Means { models: Some(models), ..Means::new(evaluator, workers) }, called))
}

/// The models that a run asks.
pub(crate) fn names(config: &RunConfig) -> BTreeSet<String> {
    let names = config.agents.iter().flat_map(|agent| [&agent.model, &agent.eval_model]);
    names.flatten().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Budgets> {
        budgets(&[text.to_owned()])
    }

    #[test]
    fn budgets_are_read_by_level_and_resource() {
        let all = ["call.output-tokens=4096", "candidate.calls=60", "agent.cost=1.5", "candidate.tokens=9"];
        let all = budgets(&all.map(str::to_owned)).unwrap();
        assert_eq!(all.call.output_tokens, Some(4_096));
        assert_eq!((all.candidate.calls, all.candidate.tokens), (Some(60), Some(9)));
        assert_eq!(all.agent.cost, Some(Cost::from_dollars("1.5").unwrap()));
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for text in [
            "",
            "calls=1",
            "agent.calls",
            "team.calls=1",
            "agent.cals=1",
            "agent.calls=0",
            "agent.calls=-1",
            "run.calls=1",
            "agent.cost=much",
            "agent.tokens=99999999999999999999",
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("--budget") && error.contains("LEVEL.RESOURCE=N"), "{text}: {error}");
        }
    }
}
