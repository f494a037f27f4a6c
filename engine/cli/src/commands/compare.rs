//! `compare`.

use hyperspace_service::{CompareView, ComparedGroup, ComparedRun};

use super::Code;
use crate::exit::OK;
use crate::plot::{self, Series};
use crate::session::CliSession;
use crate::{ambient, args, output};

/// Marks of the lines, one for each run or group.
const MARKS: [char; 8] = ['●', '○', '◆', '◇', '▲', '△', '■', '□'];

/// Compares runs.
pub(crate) fn run(session: &CliSession, args: &args::Compare) -> Code {
    let view = session.engine.compare(&args.runs)?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&text(&view, args.medians, ambient::stdout_width()))?;
    }
    Ok(OK)
}

fn text(view: &CompareView, medians: bool, width: usize) -> String {
    let medians = medians || view.runs.len() > MARKS.len();
    let mut text = match &view.task {
        Some(task) => {
            let unit = task.unit.as_deref().unwrap_or("score");
            let better = match task.direction {
                hyperspace_eval::Direction::Minimize => "lower",
                hyperspace_eval::Direction::Maximize => "higher",
            };
            format!("{}: {unit}, {better} is better\n\n", task.title)
        }
        None => "The runs have different tasks: their scores do not compare, and no curves are drawn.\n\n"
            .to_owned(),
    };
    text.push_str(&runs(view, medians));
    if medians || view.groups.iter().any(|group| group.runs.len() > 1) {
        text.push_str(&format!("\n{}", groups(view, medians)));
    }
    if let Some(task) = &view.task {
        let drawn = plot::plot(&series(view, medians), &[], task.direction, width);
        if !drawn.is_empty() {
            text.push_str(&format!("\n{drawn}"));
        }
    }
    text
}

/// Returns the table of runs, with the marks of their curves unless medians are drawn.
fn runs(view: &CompareView, medians: bool) -> String {
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
        row.extend([run.best_generation.to_string(), output::count(run.fuel), run.spent.cost.to_string()]);
        rows.push(row);
    }
    output::table(&rows)
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
    output::table(&rows)
}

fn mark(index: usize, shown: bool) -> String {
    MARKS.get(index).filter(|_| shown).map(|mark| mark.to_string()).unwrap_or_default()
}

/// Returns a line for each run or group, the first one drawn last and so on top. There is no line for those without a mark.
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
    let model = first.models.first().map(|model| format!(", {model}")).unwrap_or_default();
    output::line(&format!("{} ({}{model})", first.task, first.agent))
}
