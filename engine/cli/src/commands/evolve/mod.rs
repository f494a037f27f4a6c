//! `evolve` and `resume`.

mod models;
mod shown;

use std::collections::BTreeSet;
use std::process;

use anyhow::Result;
use hyperspace_core::{EditScope, RecordId};
use hyperspace_eval::Task;
use hyperspace_evolve::{Arm, Run, RunOptions, Selection, load_config};
use hyperspace_llm::Models;
use hyperspace_sandbox::Limits;
use hyperspace_store::Store;
use serde_json::json;

use self::models::{Budgets, Purse};
use self::shown::Told;
use super::{Session, agent, target};
use crate::ambient::Stopwatch;
use crate::args;
use crate::exit::{OK, usage_error};
use crate::output;
use crate::progress::{RunProgress, bar};

/// The agent when nothing says otherwise.
const AGENT: &str = "genetic";
/// The agent when it has a model and nothing says otherwise.
const AGENT_WITH_MODEL: &str = "baseline";
/// Fuel of a meta agent with a model when nothing says otherwise: its tools run programs.
const META_FUEL_WITH_MODEL: u64 = 60_000_000_000;
/// Real time of a meta agent with a model, waits not counted.
const META_WALL_CLOCK_MS_WITH_MODEL: u64 = 900_000;
/// Generations when nothing says otherwise.
const GENERATIONS: u64 = 20;

/// Begins a run, or goes on with it.
pub(crate) fn evolve(session: &Session, args: args::Evolve) -> Result<u8> {
    let watch = Stopwatch::start();
    let settings = &session.settings.evolve;
    let task = session.task(&args.task)?;
    let budgets = models::budgets(match args.answers.budget.as_slice() {
        [] => settings.budget.as_deref().unwrap_or_default(),
        given => given,
    })?;
    let options = options(session, &args, &budgets)?;
    options.validate()?;
    let default = if options.agents.is_empty() { AGENT } else { AGENT_WITH_MODEL };
    let name = args.agent.clone().or_else(|| settings.agent.clone()).unwrap_or_else(|| default.to_owned());
    let agent = agent(&name, &task)?;
    let generations = args.generations.or(settings.generations).unwrap_or(GENERATIONS);
    check_generations(generations)?;
    let purse = models::purse(&args.answers, &budgets)?;
    let store = writer(session, "evolve")?;
    let names = names(&options, &task);
    let (mut means, called) = models::means(session, &store, &names, &args.answers, purse)?;
    if let Some(fuel) = args.case_fuel.or(settings.case_fuel) {
        let limits = Limits::default().with_fuel(fuel);
        limits.validate().map_err(|error| usage_error(format!("--case-fuel: {error}")))?;
        means.evaluator = means.evaluator.limits(limits);
    }
    let runtime = session.runtime()?;
    let run = runtime.block_on(Run::begin(&store, task, agent, &options, means))?;
    let plan = Plan { generations, purse };
    finish(session, &runtime, run, plan, (called, &watch))
}

/// The models that a run with these options asks.
fn names(options: &RunOptions, task: &Task) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = options.agents.iter().map(|agent| agent.model.clone()).collect();
    if !names.is_empty() {
        names.extend(options.models.eval_model.clone().or_else(|| task.entry().model.clone()));
    }
    names
}

/// Goes on with a run.
pub(crate) fn resume(session: &Session, args: args::Resume) -> Result<u8> {
    let watch = Stopwatch::start();
    let store = writer(session, "resume")?;
    let id = target::run(&store, args.run.as_deref())?;
    let config = load_config(&store, &id)?;
    let (planned, budgets) = (planned(&store, &id)?, models::budgets(&args.answers.budget)?);
    let given = models::purse(&args.answers, &budgets)?;
    if (budgets.call, budgets.candidate) != Default::default() {
        let text =
            "--budget: what call and candidate may spend is part of the run; only the agent's can change";
        return Err(usage_error(text));
    }
    let before = planned.as_ref().map(|plan| plan.purse).unwrap_or_default();
    let purse = Purse {
        run: if given.run == Default::default() { before.run } else { given.run },
        agent: if given.agent == Default::default() { before.agent } else { given.agent },
    };
    let (means, called) = models::means(session, &store, &models::names(&config), &args.answers, purse)?;
    let runtime = session.runtime()?;
    let run = runtime.block_on(Run::open(&store, &id, means))?;
    let generations = match args.generations {
        Some(generations) => generations,
        None => planned.map_or(GENERATIONS, |plan| plan.generations).max(run.generation().max(1)),
    };
    finish(session, &runtime, run, Plan { generations, purse }, (called, &watch))
}

fn writer(session: &Session, command: &str) -> Result<Store> {
    let holder = format!("hyperspace {command}, process {}", process::id());
    let folder = session.store_dir();
    Ok(match command {
        "evolve" => Store::open_or_create(&folder, &holder)?,
        _ => Store::open_writer(&folder, &holder)?,
    })
}

fn options(session: &Session, args: &args::Evolve, budgets: &Budgets) -> Result<RunOptions> {
    let settings = &session.settings.evolve;
    let mut options = RunOptions {
        agents: models::agents(session, &args.agents)?,
        models: models::asked(session, &args.agents, budgets),
        ..RunOptions::default()
    };
    if !options.agents.is_empty() {
        options.candidates = 1;
        options.meta_limits.fuel = META_FUEL_WITH_MODEL;
        options.meta_limits.wall_clock_ms = META_WALL_CLOCK_MS_WITH_MODEL;
    }
    if let Some(seed) = args.seed.or(settings.seed) {
        options.seed = seed;
    }
    if let Some(candidates) = args.candidates.or(settings.candidates) {
        options.candidates = candidates;
    }
    if let Some(arm) = args.arm.as_ref().or(settings.arm.as_ref()) {
        options.arm = arm.parse().map_err(|error| usage_error(format!("--arm: {error}")))?;
        if options.arm == Arm::Annealing && args.candidates.or(settings.candidates).is_none() {
            options.candidates = 1;
        }
    }
    options.parity = args.parity || settings.parity.unwrap_or_default();
    let visible = if args.visible.is_empty() { settings.visible.as_ref() } else { Some(&args.visible) };
    for text in visible.into_iter().flatten() {
        options.visibility.set(text).map_err(|error| usage_error(format!("--visible: {error}")))?;
    }
    if let Some(way) = args.selection.as_ref().or(settings.selection.as_ref()) {
        options.selection = way.parse().map_err(|error| usage_error(format!("--selection: {error}")))?;
        if options.arm == Arm::Random && options.selection != Selection::Random {
            let text = format!(
                "--selection is {way}, but arm random chooses parents at random; leave one of them out"
            );
            return Err(usage_error(text));
        }
    }
    if let Some(globs) = args.edit_scope.as_ref().or(settings.edit_scope.as_ref()) {
        options.edit_scope =
            EditScope::new(globs).map_err(|error| usage_error(format!("--edit-scope: {error}")))?;
    }
    if let Some(fuel) = args.meta_fuel.or(settings.meta_fuel) {
        options.meta_limits.fuel = fuel;
    }
    Ok(options)
}

/// The kind of the record that keeps how far a run is to go and what it may spend. It is no part of the run: it changes no
/// result.
const PLAN_KIND: &str = "plan";
const PLAN_REF: &str = "plan";

/// How far a run is to go, and what it may spend on the way.
#[derive(Debug, Clone, PartialEq)]
struct Plan {
    generations: u64,
    purse: Purse,
}

fn planned(store: &Store, run: &RecordId) -> Result<Option<Plan>> {
    let Some(id) = store.get_ref(run, PLAN_REF)? else { return Ok(None) };
    let body = store.get_record(&id)?.body;
    let Some(generations) = body["generations"].as_u64() else { return Ok(None) };
    let purse = serde_json::from_value(body["budgets"].clone()).unwrap_or_default();
    Ok(Some(Plan { generations, purse }))
}

fn keep(store: &Store, run: &RecordId, plan: &Plan) -> Result<()> {
    if planned(store, run)?.as_ref() == Some(plan) {
        return Ok(());
    }
    let mut batch = store.batch()?;
    let body = json!({"generations": plan.generations, "budgets": plan.purse});
    let id = batch.put_record(PLAN_KIND, &body)?;
    batch.set_ref(run, PLAN_REF, &id);
    Ok(batch.commit()?)
}

fn finish(
    session: &Session,
    runtime: &tokio::runtime::Runtime,
    mut run: Run<'_>,
    plan: Plan,
    (called, watch): (Option<Models>, &Stopwatch),
) -> Result<u8> {
    let (start, generations) = (run.generation(), plan.generations);
    check_generations(generations)?;
    keep(run.store(), run.id(), &plan)?;
    let mut progress = RunProgress { bar: bar(generations, "generations"), best: Vec::new() };
    progress.bar.set_position(start);
    let done = runtime.block_on(run.advance(generations, &mut progress));
    progress.bar.finish_and_clear();
    done?;
    let test = runtime.block_on(run.test())?;
    let told = Told { summary: run.summary()?, test, called, spent: run.spent(), wall_ms: watch.millis() };
    if session.common.json {
        output::json(&told.document(run.config()))?;
    } else {
        output::text(&told.text(session, &run, &progress.best))?;
    }
    Ok(OK)
}

/// Refused here as well, so that nothing runs before it.
fn check_generations(generations: u64) -> Result<()> {
    match (1..=hyperspace_evolve::GENERATIONS_MAX).contains(&generations) {
        true => Ok(()),
        false => Err(usage_error(format!(
            "--generations is {generations}; expected 1 to {}",
            hyperspace_evolve::GENERATIONS_MAX
        ))),
    }
}
