//! `evolve` and `resume`.

use std::process;

use anyhow::Result;
use hyperspace_core::{EditScope, RecordId, Store};
use hyperspace_evolve::{Arm, DIFFERENCES, Means, Run, RunConfig, RunOptions, Selection, Summary};
use hyperspace_sandbox::Limits;
use serde_json::json;

use super::{Session, agent, target};
use crate::ambient::Stopwatch;
use crate::args;
use crate::exit::{OK, usage_error};
use crate::output;
use crate::progress::{RunProgress, bar};

/// The agent when nothing says otherwise.
const AGENT: &str = "genetic";
/// Generations when nothing says otherwise.
const GENERATIONS: u64 = 20;

/// Begins a run, or goes on with it.
pub(crate) fn evolve(session: &Session, args: args::Evolve) -> Result<u8> {
    let watch = Stopwatch::start();
    let settings = &session.settings.evolve;
    let task = session.task(&args.task)?;
    let name = args.agent.clone().or_else(|| settings.agent.clone()).unwrap_or_else(|| AGENT.to_owned());
    let agent = agent(&name, &task)?;
    let options = options(session, &args)?;
    options.validate()?;
    let generations = args.generations.or(settings.generations).unwrap_or(GENERATIONS);
    let mut evaluator = session.evaluator()?;
    if let Some(fuel) = args.case_fuel.or(settings.case_fuel) {
        let limits = Limits { fuel, ..Limits::default() };
        limits.validate().map_err(|error| usage_error(format!("--case-fuel: {error}")))?;
        evaluator = evaluator.limits(limits);
    }
    let store = writer(session, "evolve")?;
    let runtime = session.runtime()?;
    let means = Means::new(evaluator, session.workers()?);
    let run = runtime.block_on(Run::begin(&store, task, agent, &options, means))?;
    finish(session, &runtime, run, generations, &watch)
}

/// Goes on with a run.
pub(crate) fn resume(session: &Session, args: args::Resume) -> Result<u8> {
    let watch = Stopwatch::start();
    let store = writer(session, "resume")?;
    let id = target::run(&store, args.run.as_deref())?;
    let evaluator = session.evaluator()?;
    let runtime = session.runtime()?;
    let means = Means::new(evaluator, session.workers()?);
    let run = runtime.block_on(Run::open(&store, &id, means))?;
    let generations = match args.generations {
        Some(generations) => generations,
        None => planned(&store, &id)?.unwrap_or(GENERATIONS).max(run.generation().max(1)),
    };
    finish(session, &runtime, run, generations, &watch)
}

fn writer(session: &Session, command: &str) -> Result<Store> {
    let holder = format!("hyperspace {command}, process {}", process::id());
    let folder = session.store_dir();
    Ok(match command {
        "evolve" => Store::open_or_create(&folder, &holder)?,
        _ => Store::open_writer(&folder, &holder)?,
    })
}

fn options(session: &Session, args: &args::Evolve) -> Result<RunOptions> {
    let settings = &session.settings.evolve;
    let mut options = RunOptions::default();
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

/// The kind of the record that keeps how far a run is to go. It is no part of the run: it changes no result.
const PLAN_KIND: &str = "plan";
const PLAN_REF: &str = "plan";

fn planned(store: &Store, run: &RecordId) -> Result<Option<u64>> {
    let Some(id) = store.get_ref(run, PLAN_REF)? else { return Ok(None) };
    Ok(store.get_record(&id)?.body["generations"].as_u64())
}

fn plan(store: &Store, run: &RecordId, generations: u64) -> Result<()> {
    if planned(store, run)? == Some(generations) {
        return Ok(());
    }
    let mut batch = store.batch()?;
    let id = batch.put_record(PLAN_KIND, &json!({ "generations": generations }))?;
    batch.set_ref(run, PLAN_REF, &id);
    Ok(batch.commit()?)
}

fn finish(
    session: &Session,
    runtime: &tokio::runtime::Runtime,
    mut run: Run<'_>,
    generations: u64,
    watch: &Stopwatch,
) -> Result<u8> {
    let start = run.generation();
    plan(run.store(), run.id(), generations)?;
    let mut progress = RunProgress { bar: bar(generations, "generations"), best: Vec::new() };
    progress.bar.set_position(start);
    let done = runtime.block_on(run.advance(generations, &mut progress));
    progress.bar.finish_and_clear();
    done?;
    let summary = run.summary()?;
    let wall_ms = watch.millis();
    if session.common.json {
        output::json(&document(run.config(), &summary, wall_ms))?;
    } else {
        output::text(&text(session, &run, &summary, &progress.best, wall_ms))?;
    }
    Ok(OK)
}

/// Rules in which this run differs from the original.
fn differences(config: &RunConfig) -> impl Iterator<Item = &'static str> {
    let parity = config.parity;
    DIFFERENCES.iter().filter(move |one| !(parity && one.kept_by_parity)).map(|one| one.rule)
}

fn document(config: &RunConfig, summary: &Summary, wall_ms: u64) -> serde_json::Value {
    let champion = &summary.champion;
    json!({
        "run": summary.run,
        "task": summary.task,
        "root": summary.root,
        "seed_score": summary.seed_score.to_f64(),
        "seed_held_out": summary.seed_held_out.to_f64(),
        "best": {
            "generation": champion.place.generation,
            "candidate": champion.place.candidate,
            "hash": summary.champion_generation,
            "tree": champion.tree,
            "score": champion.score.to_f64(),
            "held_out": champion.held_out.to_f64(),
        },
        "generations": summary.generations,
        "archive": summary.members,
        "imp_at_k": summary.improvement.to_f64(),
        "arm": config.arm,
        "parity": config.parity,
        "differs_from_original": differences(config).collect::<Vec<_>>(),
        "fuel": summary.fuel,
        "wall_ms": wall_ms,
    })
}

fn text(session: &Session, run: &Run<'_>, summary: &Summary, best: &[f64], wall_ms: u64) -> String {
    let champion = &summary.champion;
    let unit = run.task().unit().unwrap_or("score");
    let change = |before: f64, after: f64| match before {
        0.0 => String::new(),
        _ => format!("  ({:+.1} %)", 100.0 * (after - before) / before.abs()),
    };
    let (seed, now) = (summary.seed_score.to_f64(), champion.score.to_f64());
    let (seed_held, now_held) = (summary.seed_held_out.to_f64(), champion.held_out.to_f64());
    let store = match &session.common.store {
        Some(store) => format!(" --store {}", store.display()),
        None => String::new(),
    };
    let mut text = format!(
        "{}: {unit}, {} is better\n\n",
        run.task().title(),
        match run.task().direction() {
            hyperspace_eval::Direction::Minimize => "lower",
            hyperspace_eval::Direction::Maximize => "higher",
        }
    );
    let rows = [
        ["", "seed agent", "best agent", ""].map(str::to_owned).to_vec(),
        vec!["training".into(), format!("{seed:.4}"), format!("{now:.4}"), change(seed, now)],
        vec![
            "held-out".into(),
            format!("{seed_held:.4}"),
            format!("{now_held:.4}"),
            change(seed_held, now_held),
        ],
    ];
    text.push_str(&output::table(&rows));
    if best.len() > 1 {
        text.push_str(&format!("\nbest by generation  {}\n", output::sparkline(best)));
    }
    text.push_str(&format!(
        "\n{} generations, {} agents in the archive, {} fuel, {:.1} s\nbest agent: generation {}, candidate {}\nrun  {}\nroot {}\n\n",
        summary.generations,
        summary.members,
        output::count(summary.fuel),
        wall_ms as f64 / 1_000.0,
        champion.place.generation,
        champion.place.candidate,
        summary.run,
        summary.root,
    ));
    if run.config().arm != Arm::Full || run.config().parity {
        text.push_str(&format!(
            "arm {}, held-out improvement {:.4}; rules that differ from the original: {}\n\n",
            run.config().arm,
            summary.improvement.to_f64(),
            differences(run.config()).collect::<Vec<_>>().join(", "),
        ));
    }
    let hash: String = summary.champion_generation.to_string().chars().take(12).collect();
    text.push_str(&format!(
        "hyperspace replay {hash}{store}        execute that generation again and compare every bit\n\
         hyperspace replay --all{store}         the same for the whole run\n\
         hyperspace show {hash} --file task_agent.py{store}    the best agent's code\n",
    ));
    text
}
