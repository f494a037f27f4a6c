//! `log`.

use hyperspace_evolve::{CandidateId, CandidateRecord, JournalEvent};
use hyperspace_service::{CandidatesView, GenerationsView, ImportedGenerationsView, LogView, RunsView};
use serde_json::Value;

use super::{Code, calls, slimming, splits};
use crate::error::CliError;
use crate::exit::OK;
use crate::session::CliSession;
use crate::style::Palette;
use crate::{ambient, args, output, plot};

/// Maximum number of characters of metadata in a table.
const CELL_CHARS_MAX: usize = 60;

/// Lists runs, the generations of a run, or its events.
pub(crate) fn run(session: &CliSession, args: &args::Log) -> Code {
    if args.events {
        return events(session, args.run.as_deref());
    }
    let query = args.query();
    if let Some(run) = &args.run
        && let Some(view) = session.engine.continuous_log(run)?
    {
        query.check_continuous()?;
        return super::continuous::log(session, &view);
    }
    let view = session.engine.log_of(&query)?;
    if session.json {
        output::json(&view)?;
        return Ok(OK);
    }
    let palette = ambient::stdout_palette();
    output::painted(&match &view {
        LogView::Runs(view) => runs(view, ambient::text_width(), palette),
        LogView::Generations(view) => generations(session, view, palette)?,
        LogView::ImportedGenerations(view) => imported_generations(view),
        LogView::Candidates(view) => candidates(view, ambient::text_width(), palette),
        _ => String::new(),
    })?;
    Ok(OK)
}

fn runs(view: &RunsView, width: usize, palette: Palette) -> String {
    if let Some(remark) = &view.remark {
        let remark = output::wrapped(&output::line(remark), width, 2);
        return format!("{remark}\n{}", undated(view));
    }
    if view.runs.is_empty() && view.continuous.is_empty() && view.imported.is_empty() && view.undated == 0 {
        return "the store holds no run; `hyperspace evolve` starts one\n".to_owned();
    }
    let head = ["run", "task", "agent", "seed", "generations", "best", "held-out", "last worked"];
    let mut rows = vec![output::head(head)];
    // This column is useful only if a run names a strategy.
    let named = view.runs.iter().any(|run| run.strategy.is_some());
    if named {
        rows[0].push("strategy".to_owned());
    }
    let dash = || "-".to_owned();
    for run in &view.runs {
        let agents: Vec<&str> = run.agents.iter().map(|agent| agent.name.as_str()).collect();
        rows.push(vec![
            output::short(&run.run),
            run.task.clone(),
            agents.join(", "),
            run.seed.clone(),
            run.generations.to_string(),
            format!("{:.4}", run.best.score),
            format!("{:.4}", run.best.held_out),
            run.worked.as_deref().map_or_else(dash, minute),
        ]);
        if let Some(row) = rows.last_mut().filter(|_| named) {
            row.push(run.strategy.as_deref().map_or_else(dash, output::line));
        }
    }
    let table =
        output::painted_table(&rows, ambient::text_width(), |row, column, cell| match (row, column) {
            (0, _) => palette.strong(cell),
            (_, 5) => palette.good(cell),
            _ => cell.to_owned(),
        });
    let mut tables = vec![continuous_runs(view, palette), studies(view, palette), transfers(view, palette)];
    // Without any other table, the header alone says that there is no run.
    if !view.runs.is_empty() || view.imported.is_empty() {
        tables.push(table + &undated(view));
    }
    if !view.imported.is_empty() {
        tables.push(imported_runs(view, palette));
    }
    tables.retain(|table| !table.is_empty());
    tables.join("\n")
}

/// Returns the table of continuous runs, one line each; empty if there are none.
fn continuous_runs(view: &RunsView, palette: Palette) -> String {
    if view.continuous.is_empty() {
        return String::new();
    }
    let head = ["continuous", "task", "agent", "seasons", "generations", "rows", "champion", "score", "day"];
    let mut rows = vec![output::head(head)];
    let dash = || "-".to_owned();
    for run in &view.continuous {
        let seasons: Vec<String> = run.seasons.iter().map(output::short).collect();
        rows.push(vec![
            output::short(&run.run),
            run.task.clone(),
            run.agent.clone(),
            match seasons.last() {
                Some(last) => format!("{} (last {last})", seasons.len()),
                None => "0".to_owned(),
            },
            run.generations.to_string(),
            run.rows.to_string(),
            output::short(&run.champion),
            run.score.or(run.season_score).map_or_else(dash, |score| format!("{score:.4}")),
            run.day.clone().unwrap_or_else(dash),
        ]);
    }
    output::painted_table(&rows, ambient::text_width(), |row, column, cell| match (row, column) {
        (0, _) => palette.strong(cell),
        (_, 7) => palette.good(cell),
        _ => cell.to_owned(),
    })
}

/// Returns the table of studies, whose runs are among the others; empty if there are none.
fn studies(view: &RunsView, palette: Palette) -> String {
    let rows = view.studies.iter().map(|one| {
        let task = one.task.clone().unwrap_or_else(|| "-".to_owned());
        vec![output::short(&one.study), task, one.runs.to_string(), one.strategies.join(", ")]
    });
    headed(["study", "task", "runs", "strategies"], rows, palette)
}

/// Returns the table of transfer benchmarks, whose trials are among the runs; empty if there are none.
fn transfers(view: &RunsView, palette: Palette) -> String {
    let rows = view
        .transfers
        .iter()
        .map(|one| vec![output::short(&one.transfer), one.trials.to_string(), one.readers.join(", ")]);
    headed(["transfer", "trials", "readers"], rows, palette)
}

/// Returns a table with a strong header; empty without rows.
fn headed<const N: usize>(
    head: [&str; N],
    rows: impl Iterator<Item = Vec<String>>,
    palette: Palette,
) -> String {
    let rows: Vec<Vec<String>> = std::iter::once(output::head(head)).chain(rows).collect();
    if rows.len() == 1 {
        return String::new();
    }
    output::painted_table(&rows, ambient::text_width(), |row, _, cell| match row {
        0 => palette.strong(cell),
        _ => cell.to_owned(),
    })
}

/// Returns the table of imported runs, one line for each agent.
fn imported_runs(view: &RunsView, palette: Palette) -> String {
    let head = ["imported", "arm", "pairing", "agent", "model", "seed", "generations", "best", "folder"];
    let mut rows = vec![output::head(head)];
    let dash = || "-".to_owned();
    for run in &view.imported {
        let facts = &run.facts;
        rows.push(vec![
            output::short(&run.run),
            facts.arm.clone().unwrap_or_else(dash),
            facts.pairing.clone().unwrap_or_else(dash),
            run.agent.clone().unwrap_or_else(dash),
            run.model.clone().unwrap_or_else(dash),
            run.seed.map_or_else(dash, |seed| seed.to_string()),
            run.generations.to_string(),
            run.best_val_score.map_or_else(dash, |best| format!("{best:.4}")),
            facts.folder.clone().unwrap_or_else(dash),
        ]);
    }
    output::painted_table(&rows, ambient::text_width(), |row, column, cell| match (row, column) {
        (0, _) => palette.strong(cell),
        (_, 7) => palette.good(cell),
        _ => cell.to_owned(),
    })
}

/// Returns the number of runs that a filter of dates could not judge, in words.
fn undated(view: &RunsView) -> String {
    if view.undated == 0 {
        return String::new();
    }
    format!("{} left out: the date is not known\n", output::plural(view.undated, "run"))
}

/// Returns a time without its seconds: `2026-11-29 06:05`.
fn minute(time: &str) -> String {
    time.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// Returns the requested candidates, each with the cause of its failure, followed by the number of failures for each cause.
fn candidates(view: &CandidatesView, width: usize, palette: Palette) -> String {
    let run = output::short(&view.run);
    if let Some(remark) = &view.remark {
        return format!("{}\n", output::wrapped(&output::line(remark), width, 2));
    }
    let mut rows =
        vec![output::head(["generation", "candidate", "hash", "agent", "fate", "score", "held-out", ""])];
    for row in &view.candidates {
        let one = &row.candidate;
        rows.push(vec![
            one.generation.to_string(),
            one.candidate.to_string(),
            output::short(&one.hash),
            one.agent.clone(),
            one.fate.name().to_owned(),
            output::score(one.score),
            output::score(one.held_out),
            row.cause().unwrap_or_default().to_owned(),
        ]);
    }
    let mut text = output::painted_table(&rows, width, |row, column, cell| match (row, column) {
        (0, _) => palette.strong(cell),
        (_, 4) => palette.fate(cell.trim(), cell),
        _ => cell.to_owned(),
    });
    let count = output::plural(view.candidates.len() as u64, "candidate");
    text.push_str(&format!("\n{count} of run {run}\n"));
    for one in &view.causes {
        let place = |id: &CandidateId| format!("{run}:{}:{}", id.generation, id.candidate);
        let mut places: Vec<String> = one.examples.iter().map(place).collect();
        if one.count > places.len() as u64 {
            places.push("…".to_owned());
        }
        let line = format!("{} × {}  ({})", one.count, one.cause, places.join(", "));
        text.push_str(&output::wrapped(&format!("{}\n", output::line(&line)), width, 4));
    }
    text
}

/// Returns the number of candidates for each fate, in words.
fn fates(candidates: &[CandidateRecord]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for candidate in candidates {
        let name = candidate.fate.name();
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    counts.iter().map(|(name, count)| output::fate_count(*count as u64, name)).collect::<Vec<_>>().join(", ")
}

/// Colours counts of fates: `1 champion, 3 no-better`.
fn painted_fates(cell: &str, palette: Palette) -> String {
    cell.split(", ").map(|part| palette.fate(output::fate_of(part), part)).collect::<Vec<_>>().join(", ")
}

fn generations(session: &CliSession, view: &GenerationsView, palette: Palette) -> Result<String, CliError> {
    let mut rows = vec![output::head(["generation", "hash", "best", "held-out", "fuel", "candidates"])];
    for row in &view.generations {
        rows.push(vec![
            row.generation.to_string(),
            output::short(&row.hash),
            format!("{:.4}", row.best.score),
            format!("{:.4}", row.best.held_out),
            output::count(row.fuel),
            fates(&row.candidates),
        ]);
    }
    let course = session.engine.curve(Some(&view.run.to_string()))?;
    let mut text =
        output::painted_table(&rows, ambient::text_width(), |row, column, cell| match (row, column) {
            (0, _) => palette.strong(cell),
            (_, 5) => painted_fates(cell, palette),
            _ => cell.to_owned(),
        });
    text.push_str(&calls::recorded_with_test(session, view.calls.as_deref(), view.test_spent));
    text.push_str(
        &view.splits.as_ref().map(|one| splits::lines_with_policy(one, palette)).unwrap_or_default(),
    );
    text.push_str(&view.slimming.as_ref().map(slimming::line).unwrap_or_default());
    let drawn = plot::course(&course, ambient::stdout_width());
    if !drawn.is_empty() {
        text.push_str(&format!("\n{drawn}"));
    }
    if view.agents.len() > 1 {
        text.push_str(&format!("\n{}", populations(view, palette)));
    }
    Ok(text)
}

/// Returns the last best candidate of each population.
fn populations(view: &GenerationsView, palette: Palette) -> String {
    let champions = view.generations.last().map(|row| row.champions.as_slice()).unwrap_or_default();
    let mut rows = vec![output::head(["population", "best", "held-out"])];
    for (index, name) in view.agents.iter().enumerate() {
        let last = champions.get(index);
        rows.push(vec![
            name.clone(),
            output::score(last.map(|champion| champion.score.to_f64())),
            output::score(last.map(|champion| champion.held_out.to_f64())),
        ]);
    }
    output::painted_table(&rows, ambient::text_width(), |row, _, cell| match row {
        0 => palette.strong(cell),
        _ => cell.to_owned(),
    })
}

fn imported_generations(view: &ImportedGenerationsView) -> String {
    let head = ["agent", "generation", "hash", "parent", "valid", "training", "validation", "error"];
    let mut rows = vec![output::head(head)];
    for row in &view.generations {
        let cell = |key: &str| match row.metadata.as_ref().map_or(&Value::Null, |metadata| &metadata[key]) {
            Value::Null => "-".to_owned(),
            Value::String(text) => text.chars().take(CELL_CHARS_MAX).collect(),
            other => other.to_string(),
        };
        let agent = row.agent.clone().unwrap_or_else(|| "-".to_owned());
        let mut cells = vec![agent, row.generation.to_string(), output::short(&row.hash)];
        cells.extend(["parent", "valid", "train_score", "val_score", "error"].map(cell));
        rows.push(cells);
    }
    output::table(&rows)
}

/// Returns JSON text with a space after each comma outside of strings, so that lines can be broken there.
fn spaced(json: &str) -> String {
    let (mut spaced, mut in_text, mut escaped) = (String::with_capacity(json.len()), false, false);
    for letter in json.chars() {
        spaced.push(letter);
        match letter {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            ',' if !in_text => spaced.push(' '),
            _ => {}
        }
    }
    spaced
}

fn events(session: &CliSession, run: Option<&str>) -> Code {
    session.tell_run(run)?;
    let view = session.engine.events(run)?;
    if session.json {
        output::json(&view)?;
        return Ok(OK);
    }
    let mut text = String::new();
    let width = ambient::text_width();
    for JournalEvent { seq, event, .. } in &view.events {
        let body = event.body().to_string();
        // A pipe gets the body unchanged.
        let body = if width == usize::MAX { body } else { spaced(&body) };
        let line = output::line(&format!("{seq:>6}  {:<20}  {body}", event.kind()));
        text.push_str(&output::wrapped(&line, width, 4));
        text.push('\n');
        let named = view.calls.iter().find(|one| one.seq == *seq);
        text.push_str(&calls::notes(named.map(|one| &one.stats)));
    }
    output::text(&text)?;
    Ok(OK)
}
