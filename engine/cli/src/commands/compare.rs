//! `compare`.

use hyperspace_service::{CompareView, ComparedGroup, ComparedRun};

use super::Code;
use crate::exit::OK;
use crate::plot::{self, Series};
use crate::session::CliSession;
use crate::{ambient, args, output};

/// Marks of the curves, one for each run or group.
const MARKS: [char; 8] = ['●', '○', '◆', '◇', '▲', '△', '■', '□'];

/// Maximum number of differing keys in the name of a group, and the keys that are always named.
const KEYS_IN_NAME: usize = 2;
const NAMED: [&str; 3] = ["task", "agent", "populations"];

/// Compares runs.
pub(crate) fn run(session: &CliSession, args: &args::Compare) -> Code {
    let view = session.engine.compare(&args.runs)?;
    if session.json {
        output::json(&view)?;
    } else {
        output::painted(&text(session, &view, args.medians, ambient::stdout_width()))?;
    }
    Ok(OK)
}

fn text(session: &CliSession, view: &CompareView, medians: bool, width: usize) -> String {
    let medians = medians || view.runs.len() > MARKS.len();
    let mut text = match &view.task {
        Some(task) => {
            let unit = task.unit.as_deref().unwrap_or("score");
            let better = match task.direction {
                hyperspace_eval::Direction::Minimize => "lower",
                hyperspace_eval::Direction::Maximize => "higher",
            };
            output::line(&format!("{}: {unit}, {better} is better", task.title)) + "\n\n"
        }
        None => "The runs have different tasks: their scores do not compare, and no curves are drawn.\n\n"
            .to_owned(),
    };
    text.push_str(&runs(session, view, medians));
    if medians || view.groups.iter().any(|group| group.runs.len() > 1) {
        text.push_str(&format!("\n{}", groups(view, medians)));
    }
    text.push_str(&differences(view));
    if let Some(task) = &view.task {
        let drawn = plot::plot(&series(view, medians), &[], task.direction, width);
        if !drawn.is_empty() {
            text.push_str(&format!("\n{drawn}"));
        }
    }
    text
}

/// Returns the table of runs, with the marks of their curves unless medians are drawn.
fn runs(session: &CliSession, view: &CompareView, medians: bool) -> String {
    let ragged = view.runs.iter().any(|run| run.generations != view.common);
    let at = format!("at {}", view.common);
    let mut head =
        vec!["", "run", "task", "agent", "model", "seed", "generations", "start", "best", "held-out"];
    if ragged {
        head.push(&at);
    }
    head.extend(["found at", "fuel", "cost"]);
    let mut rows = vec![head.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    for (index, run) in view.runs.iter().enumerate() {
        let models = if run.models.is_empty() { "-".to_owned() } else { run.models.join(", ") };
        let mut row = vec![
            mark(index, !medians),
            output::short(&run.run),
            run.task.clone(),
            run.agent.clone(),
            models,
            run.seed.clone(),
            run.generations.to_string(),
            output::score(run.seed_score),
            format!("{:.4}", run.score),
            format!("{:.4}", run.held_out),
        ];
        if ragged {
            row.push(format!("{:.4}", run.common_score));
        }
        let paid = session.engine.paid(&run.spent, run.models.iter().map(String::as_str));
        row.extend([run.best_generation.to_string(), output::count(run.fuel), paid]);
        rows.push(row);
    }
    bold_head(&rows)
}

/// Returns a table with a bold header.
fn bold_head(rows: &[Vec<String>]) -> String {
    let palette = ambient::stdout_palette();
    output::painted_table(rows, ambient::text_width(), |row, _, cell| match row {
        0 => palette.strong(cell),
        _ => cell.to_owned(),
    })
}

/// Returns the table of groups, with the marks of their curves if medians are drawn.
fn groups(view: &CompareView, medians: bool) -> String {
    let head =
        ["", "over seeds", "runs", "generations", "median", "worst to best", "held-out", "worst to best"];
    let minimize =
        view.task.as_ref().is_some_and(|task| task.direction == hyperspace_eval::Direction::Minimize);
    let spread = |one: hyperspace_service::SpreadView| {
        let (worst, best) = if minimize { (one.max, one.min) } else { (one.min, one.max) };
        format!("{worst:.4} to {best:.4}")
    };
    let mut rows = vec![output::head(head)];
    for (index, group) in view.groups.iter().enumerate() {
        rows.push(vec![
            mark(index, medians),
            name_of_group(view, group),
            group.runs.len().to_string(),
            group.common.to_string(),
            format!("{:.4}", group.score.median),
            spread(group.score),
            format!("{:.4}", group.held_out.median),
            spread(group.held_out),
        ]);
    }
    bold_head(&rows)
}

/// Returns a line for each key in which configurations differ: its values, each with the first run that has it.
fn differences(view: &CompareView) -> String {
    let mut text = String::new();
    for one in &view.differences {
        let first = |group: &ComparedGroup| group.runs.first().and_then(|index| view.runs.get(*index));
        let values = one.values.iter().zip(&view.groups).filter_map(|(value, group)| {
            let run = output::short(&first(group)?.run);
            let more = if group.runs.len() > 1 { " and other seeds" } else { "" };
            Some(format!("{value} in {run}{more}"))
        });
        let values: Vec<String> = values.collect();
        let line = output::line(&format!("{}: {}", one.key, values.join(", ")));
        text.push_str(&output::wrapped(&format!("  {line}\n"), ambient::text_width(), 2));
    }
    if text.is_empty() { text } else { format!("\nthe configurations differ in\n{text}") }
}

fn mark(index: usize, shown: bool) -> String {
    MARKS.get(index).filter(|_| shown).map(|mark| mark.to_string()).unwrap_or_default()
}

/// Returns a curve for each run or group; the first one is drawn last and therefore on top. There is none for those without a
/// mark.
fn series(view: &CompareView, medians: bool) -> Vec<Series> {
    let of = |(mark, name, values): (&char, String, &Vec<f64>)| Series {
        mark: *mark,
        name,
        values: values.clone(),
    };
    let mut series: Vec<Series> = if medians {
        let groups = MARKS.iter().zip(&view.groups);
        groups.map(|(mark, group)| of((mark, name_of_group(view, group), &group.course))).collect()
    } else {
        let runs = MARKS.iter().zip(&view.runs);
        runs.map(|(mark, run)| of((mark, name_of_run(run), &run.course))).collect()
    };
    series.reverse();
    series
}

fn name_of_run(run: &ComparedRun) -> String {
    output::line(&format!("{} ({}, seed {})", output::short(&run.run), run.agent, run.seed))
}

fn name_of_group(view: &CompareView, group: &ComparedGroup) -> String {
    let first = group.runs.first().and_then(|index| view.runs.get(*index));
    let Some(first) = first else { return String::new() };
    if group.runs.len() == 1 {
        return name_of_run(first);
    }
    let models =
        if first.models.is_empty() { String::new() } else { format!(", {}", first.models.join(" + ")) };
    let at = view.groups.iter().position(|one| one == group);
    let own = view.differences.iter().filter(|one| !NAMED.iter().any(|key| one.key.starts_with(key)));
    let own = own.filter_map(|one| Some(format!(", {} {}", one.key, one.values.get(at?)?)));
    let own: String = own.take(KEYS_IN_NAME).collect();
    output::line(&format!("{} ({}{models}{own})", first.task, first.agent))
}
