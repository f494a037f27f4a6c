//! `evolve` and `resume`.

use hyperspace_evolve::Arm;
use hyperspace_service::{RunEvent, RunHandle, RunView};

use super::Code;
use crate::exit::OK;
use crate::progress::bar;
use crate::session::CliSession;
use crate::{args, output};

/// Starts a run, or goes on with it.
pub(crate) fn evolve(session: &CliSession, args: args::Evolve) -> Code {
    finish(session, session.engine.start_blocking(args.request())?)
}

/// Goes on with a run.
pub(crate) fn resume(session: &CliSession, args: args::Resume) -> Code {
    finish(session, session.engine.resume_blocking(args.request())?)
}

/// Shows a run while it goes on, and prints its end.
fn finish(session: &CliSession, mut run: RunHandle) -> Code {
    let bar = bar(run.last_generation(), "generations");
    bar.set_position(run.first_generation());
    let mut scores = Vec::new();
    while let Some(event) = run.next_blocking()? {
        if let RunEvent::GenerationCommitted { generation, champion, members, .. } = event
            && generation > 0
        {
            let (score, held_out) = (champion.score.to_f64(), champion.held_out.to_f64());
            scores.push(score);
            bar.set_position(generation);
            bar.set_message(format!(
                "best {score:.4} (held-out {held_out:.4}, {}), {members} in the archive",
                champion.id
            ));
        }
    }
    bar.finish_and_clear();
    let view = run.finish_blocking()?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&text(session, &view, &scores))?;
    }
    Ok(OK)
}

fn text(session: &CliSession, view: &RunView, best: &[f64]) -> String {
    let better = match view.direction {
        hyperspace_eval::Direction::Minimize => "lower",
        hyperspace_eval::Direction::Maximize => "higher",
    };
    let unit = view.unit.as_deref().unwrap_or("score");
    let mut text = format!("{}: {unit}, {better} is better\n\n", view.title);
    text.push_str(&scores(view));
    if best.len() > 1 {
        text.push_str(&format!("\nbest by generation  {}\n", output::sparkline(best)));
    }
    text.push_str(&format!(
        "\n{} generations, {} agents in the archive, {} fuel, {:.1} s\n",
        view.generations,
        view.archive,
        output::count(view.fuel),
        view.wall_ms.unwrap_or_default() as f64 / 1_000.0,
    ));
    text.push_str(&models(view));
    text.push_str(&format!(
        "best agent: generation {}, candidate {}\nrun  {}\nroot {}\n\n",
        view.best.generation, view.best.candidate, view.run, view.root,
    ));
    if view.arm != Arm::Full || view.parity {
        text.push_str(&format!(
            "arm {}, held-out improvement {:.4}; rules that differ from the original: {}\n\n",
            view.arm,
            view.imp_at_k,
            view.differs_from_original.join(", "),
        ));
    }
    text.push_str(&commands(session, view));
    text
}

/// Returns seed and best agent side by side; with several populations, a pair of lines for each.
fn scores(view: &RunView) -> String {
    let several = view.agents.len() > 1;
    let mut rows = vec![output::head(["", "seed agent", "best agent", ""])];
    for agent in &view.agents {
        let label = |split: &str| if several { format!("{} {split}", agent.name) } else { split.to_owned() };
        rows.push(row(label("training"), agent.seed_score, agent.best.score));
        rows.push(row(label("held-out"), agent.seed_held_out, agent.best.held_out));
    }
    if let Some(score) = view.test.as_ref().and_then(|test| test.score) {
        rows.push(vec!["test".into(), String::new(), format!("{score:.4}"), String::new()]);
    }
    output::table(&rows)
}

fn row(label: String, before: f64, after: f64) -> Vec<String> {
    let change = if before == 0.0 {
        String::new()
    } else {
        format!("  ({:+.1} %)", 100.0 * (after - before) / before.abs())
    };
    vec![label, format!("{before:.4}"), format!("{after:.4}"), change]
}

fn models(view: &RunView) -> String {
    let Some(models) = &view.models else { return String::new() };
    let spent = models.spent;
    let again = models.stats.as_ref().filter(|stats| stats.reused > 0);
    let again = again.map(|stats| format!(", {} answered again", stats.reused)).unwrap_or_default();
    format!(
        "models: {} calls, {} tokens in, {} out, {}{again}\n",
        spent.calls, spent.input_tokens, spent.output_tokens, spent.cost
    )
}

/// Returns commands that look at the run.
fn commands(session: &CliSession, view: &RunView) -> String {
    let store = match &session.store {
        Some(store) => format!(" --store {}", store.display()),
        None => String::new(),
    };
    let hash = output::short(&view.best.hash);
    format!(
        "hyperspace replay {hash}{store}        execute that generation again and compare every bit\n\
         hyperspace replay --all{store}         the same for the whole run\n\
         hyperspace show {hash} --file task_agent.py{store}    the best agent's code\n",
    )
}
