//! `eval`.

use std::io::Write;

use hyperspace_eval::{Artifact, CaseDetails, CaseOutcome, ClassificationReport, Score};
use hyperspace_llm::Spend;
use hyperspace_service::{EvaluationModelsView, EvaluationView};

use super::{Code, calls, cost};
use crate::session::CliSession;
use crate::{ambient, args, exit, output};

/// Maximum number of characters of an answer in a table of rows.
const ANSWER_CHARS_MAX: usize = 40;

/// Evaluates an agent.
pub(crate) fn run(session: &CliSession, args: args::Eval) -> Code {
    let rows = args.rows;
    let view = session.engine.evaluate_blocking(args.request())?;
    if session.json {
        output::json(&view)?;
    } else {
        let text = text(session, &view, rows);
        output::painted(&output::wrapped(&text, ambient::text_width(), 2))?;
    }
    if let Some(hint) = view.hint() {
        let hint = output::wrapped(&format!("hint: {hint}"), ambient::message_width(), 2);
        writeln!(std::io::stderr(), "{hint}")?;
    }
    Ok(exit::of(view.failure()))
}

fn text(session: &CliSession, view: &EvaluationView, rows: bool) -> String {
    let mut text = summary(view);
    if let Some(calls) = &view.models {
        text.push_str(&models(session, calls));
    }
    if rows {
        text.push('\n');
        text.push_str(&table(view));
    }
    text
}

fn summary(view: &EvaluationView) -> String {
    let cases = output::plural(view.rows.len() as u64, "case");
    let notice = view.notice.as_ref().map(|notice| format!("{}\n", output::line(notice))).unwrap_or_default();
    let head = format!("{} ({}, {cases})\n{notice}", output::line(&view.title), view.split);
    let fuel = output::count(view.fuel);
    let Some(score) = view.score else {
        let row = view.rows.last();
        let case = row.map_or("-", |row| row.case.as_str());
        let evidence = row.and_then(|row| row.evidence.clone()).unwrap_or_default();
        let ended = output::line(&format!("case {case} ended with {}", view.detail));
        // Evidence is text of the guest, so its lines are set off from ours.
        let evidence = output::harmless(&evidence);
        let evidence: String = evidence.lines().map(|line| format!("  {line}\n")).collect();
        let hint = view.hint.as_ref().map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
        return format!("{head}no score: {ended}\nfuel {fuel}\n{evidence}{}", output::harmless(&hint));
    };
    let mut text = format!("{head}{score:.4} {}\n", view.unit.as_deref().unwrap_or("score"));
    if let (Some(bins), Some(bound)) = (view.mean_bins, view.mean_bound) {
        text.push_str(&format!("{bins:.2} bins on average, lower bound {bound:.2}\n"));
    }
    if let Some(report) = &view.report {
        text.push_str(&labels(view, report));
    }
    text.push_str(&details(view));
    text.push_str(&format!("fuel {fuel}\n"));
    text
}

/// Returns metrics, notes and artifacts of the first case with an evaluator in Python.
fn details(view: &EvaluationView) -> String {
    let Some((row, details)) = view.rows.iter().find_map(|row| Some((row, row.details.as_ref()?))) else {
        return String::new();
    };
    let head = if view.rows.len() > 1 { format!("of case {}:\n", row.case) } else { String::new() };
    format!("{}{}", output::harmless(&head), case_details(details))
}

/// Returns metrics, notes, artifacts and printed text of a case with an evaluator in Python.
pub(super) fn case_details(details: &CaseDetails) -> String {
    let mut text = String::new();
    if details.shared {
        text.push_str("separation = \"shared\": the program ran among the evaluator's objects and could change the score\n");
    }
    for (name, value) in &details.metrics {
        text.push_str(&format!("  {} {value}\n", output::line(name)));
    }
    for (name, artifact) in &details.artifacts {
        let shown = match artifact {
            Artifact::Text(text) => shortened(text),
            _ => "bytes".to_owned(),
        };
        text.push_str(&format!("  {}: {shown}\n", output::line(name)));
    }
    let printed = [("program", &details.program_printed), ("evaluator", &details.evaluator_printed)];
    for (who, printed) in printed.into_iter().filter(|(_, printed)| !printed.trim().is_empty()) {
        let last = printed.trim_end().lines().next_back().unwrap_or_default();
        text.push_str(&format!("  the {who} printed at the end: {}\n", shortened(last)));
    }
    for note in &details.notes {
        text.push_str(&format!("  note: {}\n", output::line(note)));
    }
    output::harmless(&text)
}

/// Returns facts about rows with labels besides the score.
fn labels(view: &EvaluationView, report: &ClassificationReport) -> String {
    let (asked, cases) = (view.rows.len(), view.cases);
    let mut text = String::new();
    if asked < cases {
        text.push_str(&format!(
            "only the first {asked} of {cases} rows were asked: not better than the threshold there\n"
        ));
    }
    let failed = view.rows.iter().filter(|row| row.outcome != CaseOutcome::Scored).count();
    if failed > 0 {
        text.push_str(&format!(
            "{} failed and {} as wrong; --json has the reasons\n",
            output::plural(failed as u64, "row"),
            if failed == 1 { "counts" } else { "count" }
        ));
    }
    text.push_str(&format!(
        "{} of {} right, normalised mean absolute error {:.4}\n\n",
        report.correct,
        report.total,
        report.normalized_mae.to_f64()
    ));
    let mut rows = vec![output::head(["label", "precision", "recall", "right", "rows"])];
    for (name, one) in &report.labels {
        let share = |score: &Score| format!("{:.3}", score.to_f64());
        let (right, total) = (one.correct.to_string(), one.total.to_string());
        rows.push(vec![name.clone(), share(&one.precision), share(&one.recall), right, total]);
    }
    text.push_str(&output::table(&rows));
    text
}

fn models(session: &CliSession, calls_view: &EvaluationModelsView) -> String {
    let Spend { calls: count, .. } = calls_view.spent;
    let names = calls_view.stats.iter().flat_map(|stats| stats.models.keys().map(String::as_str));
    let paid = session.engine.paid(&calls_view.spent, names);
    let of_models = output::plural(count, "model call");
    let mut text = format!("{of_models}, {}\n", cost::tokens(&calls_view.spent, &paid));
    let Some(stats) = &calls_view.stats else {
        text.push_str("all of them answered from the file, nothing was asked\n");
        return text;
    };
    if calls_view.reuse_identical {
        text.push_str(&format!("{} more got the answer to an identical one\n", stats.reused));
    }
    text.push_str(&calls::notes(Some(stats)));
    text.push_str(&calls::unanswered(session, &calls_view.unanswered, ambient::stdout_palette()));
    text
}

fn table(view: &EvaluationView) -> String {
    let mut head = vec!["case", "outcome", "score", "answer"];
    if view.models.is_some() {
        head.extend(["calls", "tokens"]);
    }
    let mut table = vec![head.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    for row in &view.rows {
        let score = row.score.map_or_else(|| "-".to_owned(), |score| format!("{score:.4}"));
        let answer = row.answer.as_deref().map_or_else(|| "-".to_owned(), shortened);
        let mut cells = vec![row.case.clone(), row.outcome.name().to_owned(), score, answer];
        if let Some(spent) = &row.spent {
            let tokens = spent.input_tokens.saturating_add(spent.output_tokens);
            cells.extend([spent.calls.to_string(), tokens.to_string()]);
        }
        table.push(cells);
    }
    output::table(&table)
}

/// Returns an answer as one short line.
fn shortened(answer: &str) -> String {
    let line: String = answer.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(ANSWER_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
