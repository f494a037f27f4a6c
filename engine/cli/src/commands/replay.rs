//! `replay`.

use anyhow::Result;
use hyperspace_evolve::Means;
use hyperspace_replay::{ReplayScope, replay, run_of};
use serde_json::json;

use super::target::{self, Target};
use super::{Session, imported};
use crate::ambient::Stopwatch;
use crate::args;
use crate::exit::{DIVERGED, OK, usage_error};
use crate::output;
use crate::progress::bar;

/// Replays a generation, or a whole run.
pub(crate) fn run(session: &Session, args: args::Replay) -> Result<u8> {
    let watch = Stopwatch::start();
    let store = session.reader()?;
    let (run, wanted) = match &args.hash {
        None => (target::run(&store, None)?, ReplayScope::All),
        Some(hash) => match target::any(&store, hash)? {
            Target::Run(id) => (id, ReplayScope::All),
            Target::Generation(id) if args.all => (run_of(&store, &id)?, ReplayScope::All),
            Target::Generation(id) => (run_of(&store, &id)?, ReplayScope::Generation(id)),
            Target::Imported(id) => return imported::replay(session, &store, &id, None),
            Target::ImportedGeneration(id) => {
                let only = (!args.all).then_some(&id);
                return imported::replay(session, &store, &imported::run_of(&store, &id)?, only);
            }
            Target::Other(id) => {
                return Err(usage_error(format!(
                    "{id} is an evaluation or a call of a model; give the hash of a generation or a run"
                )));
            }
        },
    };
    let evaluator = session.evaluator()?;
    let runtime = session.runtime()?;
    let bar = bar(1, "generations");
    let mut step = |_: &hyperspace_replay::GenerationReplay, count: usize| {
        bar.set_length(count as u64);
        bar.inc(1);
    };
    let means = Means::new(evaluator, session.workers()?);
    let result = runtime.block_on(replay(&store, &run, wanted, means, &mut step));
    bar.finish_and_clear();
    let replay = result?;
    let code = if replay.differences.is_empty() { OK } else { DIVERGED };
    if session.common.json {
        output::json(&json!({
            "run": replay.run,
            "generations": replay.generations,
            "differences": replay.differences,
            "wall_ms": watch.millis(),
        }))?;
        return Ok(code);
    }
    let events: u64 = replay.generations.iter().map(|generation| generation.events).sum();
    let fuel: u64 = replay.generations.iter().map(|generation| generation.fuel).sum();
    let mut text = String::new();
    for difference in &replay.differences {
        text.push_str(&format!("{difference}\n"));
    }
    text.push_str(&format!(
        "{} generations executed again ({events} events, {} fuel, {:.1} s): {}\n",
        replay.generations.len(),
        output::count(fuel),
        watch.millis() as f64 / 1_000.0,
        match replay.differences.len() {
            0 => "no differences".to_owned(),
            count => format!("{count} differ"),
        }
    ));
    output::text(&text)?;
    Ok(code)
}
