//! `replay`.

use hyperspace_service::{ExecutedView, ReplayEvent, ReplayView, RescoredView};

use super::Code;
use crate::progress::bar;
use crate::session::CliSession;
use crate::{ambient, args, exit, interrupt, output};

/// Replays a generation, or a whole run.
pub(crate) fn run(session: &CliSession, args: args::Replay) -> Code {
    let mut replay = session.engine.replay(args.request());
    // The preparation draws a line of its own, and two lines at once would disturb each other.
    session.engine.evaluator()?;
    interrupt::says("the replay was stopped; it writes nothing\n".to_owned());
    let bar = bar(1, "generations");
    while let Some(event) = replay.next_blocking()? {
        if let ReplayEvent::GenerationReplayed { total, .. } = event {
            bar.set_length(total as u64);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    interrupt::says(String::new());
    let view = replay.finish_blocking()?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&output::wrapped(&text(&view), ambient::text_width(), 2))?;
    }
    Ok(exit::of(view.failure()))
}

fn text(view: &ReplayView) -> String {
    match view {
        ReplayView::Executed(view) => executed(view),
        ReplayView::Rescored(view) => rescored(view),
        _ => String::new(),
    }
}

fn differences(count: usize) -> String {
    match count {
        0 => "no differences".to_owned(),
        count => format!("{count} differ"),
    }
}

fn executed(view: &ExecutedView) -> String {
    let events: u64 = view.generations.iter().map(|generation| generation.events).sum();
    let fuel: u64 = view.generations.iter().map(|generation| generation.fuel).sum();
    let mut text = String::new();
    for difference in &view.differences {
        text.push_str(&format!("{difference}\n"));
    }
    let generations = view.generations.len();
    text.push_str(&format!(
        "{}{} executed again ({}, {} fuel, {:.1} s): {}\n",
        output::plural(generations as u64, "generation"),
        view.measurements
            .map(|count| format!(" and {}", output::plural(count, "measurement")))
            .unwrap_or_default(),
        output::plural(events, "event"),
        output::count(fuel),
        view.wall_ms.unwrap_or_default() as f64 / 1_000.0,
        differences(view.differences.len())
    ));
    text
}

fn rescored(view: &RescoredView) -> String {
    let mut text = String::new();
    for one in &view.differences {
        text.push_str(&format!("{}\n  recorded {}\n  replayed {}\n", one.place, one.recorded, one.replayed));
    }
    for problem in &view.unscored {
        text.push_str(&format!("not scored: {problem}\n"));
    }
    let rows: u64 = view.evaluations.iter().map(|one| one.rows).sum();
    text.push_str(&format!(
        "{} scored again ({}): {}\n",
        output::plural(view.evaluations.len() as u64, "evaluation"),
        output::plural(rows, "row"),
        differences(view.differences.len())
    ));
    text
}
