//! `log`.

use hyperspace_evolve::{CandidateRecord, JournalEvent};
use hyperspace_service::{CandidatesView, GenerationsView, ImportedGenerationsView, LogView, RunsView};
use serde_json::Value;

use super::{Code, calls};
use crate::error::CliError;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{ambient, args, output, plot};

/// Characters of metadata in a table.
const CELL_CHARS_MAX: usize = 60;

/// Lists runs, the generations of a run, or its events.
pub(crate) fn run(session: &CliSession, args: &args::Log) -> Code {
    if args.events {
        return events(session, args.run.as_deref());
    }
    let view = session.engine.log_of(&args.query())?;
    if session.json {
        output::json(&view)?;
        return Ok(OK);
    }
    output::text(&match &view {
        LogView::Runs(view) => runs(view),
        LogView::Generations(view) => generations(session, view)?,
        LogView::ImportedGenerations(view) => imported_generations(view),
        LogView::Candidates(view) => candidates(view, ambient::stdout_width()),
        _ => String::new(),
    })?;
    Ok(OK)
}

fn runs(view: &RunsView) -> String {
    let head = ["run", "task", "agent", "seed", "generations", "best", "held-out", "last worked"];
    let mut rows = vec![output::head(head)];
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
    }
    for run in &view.imported {
        rows.push(vec![
            output::short(&run.run),
            "(imported)".to_owned(),
            run.agent.clone().unwrap_or_else(dash),
            run.seed.map_or_else(dash, |seed| seed.to_string()),
            run.generations.to_string(),
            dash(),
            run.best_val_score.map_or_else(dash, |best| format!("{best:.4}")),
            dash(),
        ]);
    }
    let mut text = output::table(&rows);
    if view.undated > 0 {
        let runs = output::plural(view.undated, "run");
        text.push_str(&format!("{runs} left out: the date is not known\n"));
    }
    text
}

/// Returns a time without its seconds: `2026-11-29 06:05`.
fn minute(time: &str) -> String {
    time.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// Returns the candidates that were asked for, with the last line of what went wrong.
fn candidates(view: &CandidatesView, width: usize) -> String {
    let mut rows =
        vec![output::head(["generation", "candidate", "hash", "agent", "fate", "score", "held-out", ""])];
    let place = rows[0].iter().map(|cell| cell.len() + 2).sum::<usize>() + 24;
    for row in &view.candidates {
        let one = &row.candidate;
        let words =
            row.failure.as_deref().and_then(|text| text.lines().rfind(|line| !line.trim().is_empty()));
        rows.push(vec![
            one.generation.to_string(),
            one.candidate.to_string(),
            output::short(&one.hash),
            one.agent.clone(),
            one.fate.name().to_owned(),
            output::score(one.score),
            output::score(one.held_out),
            output::cut(&output::line(words.unwrap_or_default().trim()), width.saturating_sub(place).max(30)),
        ]);
    }
    let count = output::plural(view.candidates.len() as u64, "candidate");
    format!("{}\n{count} of run {}\n", output::table(&rows), output::short(&view.run))
}

/// Returns how often each fate occurred, in words.
fn fates(candidates: &[CandidateRecord]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for candidate in candidates {
        let name = candidate.fate.name();
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    counts.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

fn generations(session: &CliSession, view: &GenerationsView) -> Result<String, CliError> {
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
    let mut text = output::table(&rows);
    text.push_str(&calls::recorded(view.calls.as_deref()));
    let drawn = plot::course(&course, ambient::stdout_width());
    if !drawn.is_empty() {
        text.push_str(&format!("\n{drawn}"));
    }
    for (index, name) in view.agents.iter().enumerate().filter(|_| view.agents.len() > 1) {
        let last = view.generations.last().and_then(|row| row.champions.get(index));
        let score = output::score(last.map(|champion| champion.score.to_f64()));
        text.push_str(&format!("{name:<20}{score}\n"));
    }
    Ok(text)
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

fn events(session: &CliSession, run: Option<&str>) -> Code {
    let view = session.engine.events(run)?;
    if session.json {
        output::json(&view)?;
        return Ok(OK);
    }
    let mut text = String::new();
    for JournalEvent { seq, event, .. } in &view.events {
        text.push_str(&output::line(&format!("{seq:>6}  {:<20}  {}", event.kind(), event.body())));
        text.push('\n');
        let named = view.calls.iter().find(|one| one.seq == *seq);
        text.push_str(&calls::notes(named.map(|one| &one.stats)));
    }
    output::text(&text)?;
    Ok(OK)
}
