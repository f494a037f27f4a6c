//! The summary of a run at its end.

use hyperspace_evolve::Arm;
use hyperspace_service::{FailuresView, RunView};

use super::{calls, cost, slimming, splits};
use crate::error::CliError;
use crate::session::CliSession;
use crate::style::Palette;
use crate::{ambient, output, plot};

/// Returns the summary of a run.
pub(super) fn text(session: &CliSession, view: &RunView) -> Result<String, CliError> {
    let palette = ambient::stdout_palette();
    let better = match view.direction {
        hyperspace_eval::Direction::Minimize => "lower",
        hyperspace_eval::Direction::Maximize => "higher",
    };
    let unit = view.unit.as_deref().unwrap_or("score");
    let mut text = output::line(&format!("{}: {unit}, {better} is better", view.title)) + "\n\n";
    text.push_str(&scores(view));
    let course = session.engine.curve(Some(&view.run.to_string()))?;
    let drawn = plot::course(&course, ambient::stdout_width());
    if !drawn.is_empty() {
        text.push_str(&format!("\n{drawn}"));
    }
    let tested = view.test.as_ref().map_or(0, |test| test.fuel);
    let sizes = [
        output::plural(view.generations, "generation"),
        format!("{} in the archive", output::plural(view.archive as u64, "agent")),
        format!("{} fuel", output::count(view.fuel.saturating_add(tested))),
        format!("{:.1} s", view.wall_ms.unwrap_or_default() as f64 / 1_000.0),
    ];
    text.push_str(&format!("\n{}", output::listed(&sizes, ambient::text_width())));
    text.push_str(&outcome(view, palette));
    text.push_str(&arms(session, view, palette));
    text.push_str(&models(session, view, palette));
    text.push_str(&format!(
        "best agent: generation {}, candidate {}\nrun  {}\nroot {}\n\n",
        view.best.generation, view.best.candidate, view.run, view.root,
    ));
    if let Some(strategy) = &view.strategy {
        text.push_str(&format!("strategy {}\n\n", output::line(strategy)));
    }
    if let Some(splits) = &view.splits {
        text.push_str(&format!("{}\n", splits::lines(splits, palette)));
    }
    if view.tested > 1 {
        let note = format!(
            "{} agents of this run were measured on test data: the last score is no longer that of data nobody looked at",
            view.tested
        );
        text.push_str(&format!("{}\n\n", palette.note(&note)));
    }
    if view.arm != Arm::Full || view.parity {
        text.push_str(&format!(
            "arm {}, held-out improvement {:.4}; rules that differ from the original: {}\n\n",
            view.arm,
            view.imp_at_k,
            view.differs_from_original.join(", "),
        ));
    }
    let text = output::wrapped(&text, ambient::text_width(), 2);
    // Commands are not wrapped, so that they can be copied.
    Ok(text + &commands(session, view))
}

/// Returns the fates of the candidates, and the failures.
fn outcome(view: &RunView, palette: Palette) -> String {
    let outcome = &view.outcome;
    let mut text = String::new();
    let mut fates: Vec<String> = outcome
        .fates
        .iter()
        .map(|(name, count)| palette.fate(name, &output::fate_count(*count, name)))
        .collect();
    if let Some(first) = fates.first_mut() {
        first.insert_str(0, "candidates: ");
        text.push_str(&output::listed(&fates, ambient::text_width()));
    }
    if outcome.executed == 0 && view.generations > 0 {
        text.push_str("nothing was computed: the store has this run already\n");
    }
    let admitted = |name: &&str| ["champion", "admitted"].contains(name);
    if outcome.candidates > 0 && !outcome.fates.keys().any(admitted) {
        text.push_str(&format!("{}\n", palette.bad("nothing better than the seed agent was found")));
    }
    let failures = |what: &str, failures: &Option<FailuresView>| {
        let Some(one) = failures else { return String::new() };
        let all = match one.count == outcome.candidates {
            true if one.count == 1 => "the only candidate".to_owned(),
            true => format!("all {} candidates", one.count),
            false => format!("{} of {}", one.count, output::plural(outcome.candidates, "candidate")),
        };
        let message = output::harmless(said_once(&one.message)).replace('\n', "\n  ");
        let head = format!("{what} {all}; the last, of {}:", one.candidate);
        format!("{}\n  {message}\n", palette.bad(&head))
    };
    text.push_str(&failures("the meta agents failed for", &outcome.meta_failures));
    if outcome.failures.as_ref().is_some_and(|one| one.count * 2 >= outcome.candidates) {
        text.push_str(&failures("there is no score for", &outcome.failures));
    }
    if let Some(stopped) = outcome.stopped.as_ref().filter(|stopped| stopped.candidates > 0) {
        let (candidates, rows) =
            (output::plural(stopped.candidates, "evaluation"), output::plural(stopped.rows, "row"));
        text.push_str(&format!(
            "{candidates} stopped early, {rows} and {} fuel saved\n",
            output::count(stopped.fuel)
        ));
    }
    if let Some(signs) = &outcome.signs {
        let told = signs.iter().map(|(sign, times)| format!("{sign} {times}×"));
        let told = told.collect::<Vec<_>>().join(", ");
        let told = if told.is_empty() { "none" } else { &told };
        text.push_str(&format!("signs of complacency that were answered: {told}\n"));
    }
    if let Some(view) = &outcome.slimming {
        text.push_str(&slimming::line(view));
    }
    if let Some(judged) = &outcome.judged {
        let candidates = output::plural(judged.candidates, "candidate");
        let unclear = if judged.unclear > 0 {
            format!(", {} without a clear answer", judged.unclear)
        } else {
            String::new()
        };
        text.push_str(&format!("the judge rejected {} of {candidates}{unclear}\n", judged.rejected));
        if let Some(reason) = &judged.last_reason {
            text.push_str(&format!("  the last: {}\n", output::cut(&output::harmless(reason), 160)));
        }
    }
    for name in &outcome.unasked {
        text.push_str(&format!(
            "{}\n",
            palette.note(&format!("model {name} was never called by a meta agent"))
        ));
    }
    if let Some(last) = &outcome.last_refusal {
        let refused = output::plural(outcome.refusals, "refusal");
        text.push_str(&format!("{refused}; the last: {}\n", output::cut(&output::harmless(last), 160)));
    }
    text
}

/// Returns a message without its first line if the traceback below ends with the same words.
fn said_once(message: &str) -> &str {
    let message = message.trim_end();
    let Some((first, rest)) = message.split_once('\n') else { return message };
    let words = first.strip_prefix("exception: ").unwrap_or(first);
    if rest.ends_with(words) { rest } else { message }
}

/// Returns seed and best agent side by side, with several populations as a pair of lines for each.
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

/// Returns the results of the models and prompts among which a bandit chose.
fn arms(session: &CliSession, view: &RunView, palette: Palette) -> String {
    let several = view.agents.len() > 1;
    let mut rows = Vec::new();
    for arm in &view.arms {
        let agent = if several { format!("{} ", arm.agent) } else { String::new() };
        rows.push(vec![
            output::line(&format!("{agent}{} {}", arm.of, arm.arm)),
            arm.candidates.to_string(),
            arm.wins.to_string(),
            format!("{:.4}", arm.gain),
            arm.spent.calls.to_string(),
            session.engine.paid(&arm.spent, [arm.arm.as_str()]),
        ]);
    }
    if rows.is_empty() {
        return String::new();
    }
    rows.insert(0, output::head(["arm", "candidates", "better", "gain", "calls", "cost"]));
    let table = output::painted_table(&rows, ambient::text_width(), |row, _, cell| match row {
        0 => palette.strong(cell),
        _ => cell.to_owned(),
    });
    format!("\n{table}\n")
}

/// Returns the model calls: their number and cost, and other notable facts.
fn models(session: &CliSession, view: &RunView, palette: Palette) -> String {
    let Some(models) = &view.models else { return String::new() };
    let spent = models.spent;
    let again = models.stats.as_ref().filter(|stats| stats.reused > 0);
    let again = again.map(|stats| format!(", {} answered again", stats.reused)).unwrap_or_default();
    let names: Vec<&str> = match &models.stats {
        Some(stats) if !stats.models.is_empty() => stats.models.keys().map(String::as_str).collect(),
        _ => view.agents.iter().filter_map(|agent| agent.model.as_deref()).collect(),
    };
    let columns = ambient::text_width();
    let line = format!("models: {}{again}\n", cost::spent(session, &spent, names.iter().copied()));
    let mut text = output::wrapped(&line, columns, 2);
    text.push_str(&calls::notes(models.stats.as_ref()));
    if let Some(check) = &models.check {
        let spent = cost::spent(session, check, names);
        let line = format!("check before the run, not part of it: {spent}\n");
        text.push_str(&output::wrapped(&line, columns, 2));
    }
    text.push_str(&calls::unanswered(session, &models.unanswered, palette));
    text
}

/// Returns commands for inspecting the run.
fn commands(session: &CliSession, view: &RunView) -> String {
    let (program, store) = (session.program(), session.store_flag());
    let (hash, run) = (output::short(&view.best.hash), output::short(&view.run));
    let lines = [
        (format!("{program} replay {hash}{store}"), "execute that generation again and compare every bit"),
        (format!("{program} replay {run}{store}"), "the same for the whole run"),
        (
            format!("{program} best {run}{store}"),
            "the best agent's code; with --diff, how it differs from the seed",
        ),
        (format!("{program} lineage {run}{store}"), "the way to it, step by step"),
    ];
    output::hints(&lines, ambient::text_width())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_said_once() {
        let traceback = "Traceback (most recent call last):\n  File \"a.py\"\nValueError: no";
        assert_eq!(said_once(&format!("exception: ValueError: no\n{traceback}\n")), traceback);
        assert_eq!(said_once("out-of-fuel\n"), "out-of-fuel");
        assert_eq!(said_once("exception: A: b\nTraceback\nC: d"), "exception: A: b\nTraceback\nC: d");
    }
}
