//! `eval`.

use anyhow::Result;
use hyperspace_eval::scorer::Problem;
use hyperspace_eval::{CaseOutcome, CaseRow, Evaluation, Report, Score, Task};
use hyperspace_sandbox::Limits;
use serde_json::{Value, json};

use super::{Session, agent, seed_files};
use crate::args;
use crate::exit::{GUEST, OK, usage_error};
use crate::output;

/// Evaluates an agent.
pub(crate) fn run(session: &Session, args: args::Eval) -> Result<u8> {
    let task = session.task(&args.task)?;
    let files = match &args.agent {
        Some(name) => agent(name, &task)?.files,
        None => seed_files(&task)?,
    };
    let mut evaluator = session.evaluator()?;
    if let Some(fuel) = args.fuel {
        let limits = Limits { fuel, ..Limits::default() };
        limits.validate().map_err(|error| usage_error(format!("--fuel: {error}")))?;
        evaluator = evaluator.limits(limits);
    }
    let evaluation = evaluator.evaluate_blocking(&task, &files, args.split)?;
    if session.common.json {
        output::json(&document(&task, &evaluation))?;
    } else {
        output::text(&text(&task, &evaluation))?;
    }
    Ok(if evaluation.score.is_some() { OK } else { GUEST })
}

/// Bins used in a case of bin packing: its amount is 100 × (bins − bound), its base the bound.
fn bins(row: &CaseRow) -> Option<Score> {
    let measure = row.measure.as_ref()?;
    let extra = measure.amount.checked_div(&Score::integer(100))?;
    Some(&Score::integer(measure.base) + &extra)
}

/// What is known of cases of bin packing besides the score: mean bins and mean bound.
fn mean_bins(task: &Task, evaluation: &Evaluation) -> Option<(f64, f64)> {
    let cases = task.cases(evaluation.split);
    if !cases.iter().all(|case| matches!(case.problem, Problem::BinPacking(_))) {
        return None;
    }
    let used: Score = evaluation.rows.iter().map(bins).collect::<Option<Vec<Score>>>()?.iter().sum();
    let bound: u64 = evaluation.rows.iter().filter_map(|row| row.measure.as_ref()).map(|m| m.base).sum();
    let count = evaluation.rows.len() as f64;
    Some((used.to_f64() / count, bound as f64 / count))
}

fn document(task: &Task, evaluation: &Evaluation) -> Value {
    let row = |row: &CaseRow| {
        let score = row.measure.as_ref().and_then(|measure| measure.score());
        json!({
            "case": row.case,
            "outcome": row.outcome,
            "score": score.map(|score| score.to_f64()),
            "fuel": row.fuel,
            "evidence": row.evidence,
            "answer": row.answer,
        })
    };
    let mean = mean_bins(task, evaluation);
    json!({
        "task": evaluation.task,
        "split": evaluation.split,
        "agent": evaluation.agent,
        "score": evaluation.score.as_ref().map(Score::to_f64),
        "score_exact": evaluation.score,
        "outcome": evaluation.outcome.name(),
        "detail": evaluation.outcome.describe(),
        "mean_bins": mean.map(|(bins, _)| bins),
        "mean_bound": mean.map(|(_, bound)| bound),
        "report": Report::of(task, evaluation).map(|report| report.to_json()),
        "cases": task.cases(evaluation.split).len(),
        "rows": evaluation.rows.iter().map(row).collect::<Vec<_>>(),
        "fuel": evaluation.fuel,
    })
}

/// What is known of rows with labels besides the score.
fn labels(task: &Task, evaluation: &Evaluation, report: &Report) -> String {
    let (asked, cases) = (evaluation.rows.len(), task.cases(evaluation.split).len());
    let mut text = String::new();
    if asked < cases {
        text.push_str(&format!(
            "only the first {asked} of {cases} rows were asked: not better than the threshold there\n"
        ));
    }
    let failed = evaluation.rows.iter().filter(|row| row.outcome != CaseOutcome::Scored).count();
    if failed > 0 {
        text.push_str(&format!("{failed} rows failed and count as wrong; --json tells why\n"));
    }
    text.push_str(&format!(
        "{} of {} right, normalised mean absolute error {:.4}\n\n",
        report.correct,
        report.total,
        report.normalized_mae.to_f64()
    ));
    let mut rows = vec![["label", "precision", "recall", "right", "rows"].map(str::to_owned).to_vec()];
    for (name, one) in &report.labels {
        let share = |score: &Score| format!("{:.3}", score.to_f64());
        let (right, total) = (one.correct.to_string(), one.total.to_string());
        rows.push(vec![name.clone(), share(&one.precision), share(&one.recall), right, total]);
    }
    text.push_str(&output::table(&rows));
    text
}

fn text(task: &Task, evaluation: &Evaluation) -> String {
    let head = format!("{} ({}, {} cases)\n", task.title(), evaluation.split, evaluation.rows.len());
    let fuel = output::count(evaluation.fuel);
    let Some(score) = &evaluation.score else {
        let row = evaluation.rows.last();
        let case = row.map_or("-", |row| row.case.as_str());
        let evidence = row.and_then(|row| row.evidence.clone()).unwrap_or_default();
        let outcome = evaluation.outcome.describe();
        return format!("{head}no score: case {case} ended with {outcome}\nfuel {fuel}\n{evidence}");
    };
    let unit = task.unit().unwrap_or("score");
    let mut text = format!("{head}{:.4} {unit}\n", score.to_f64());
    if let Some((bins, bound)) = mean_bins(task, evaluation) {
        text.push_str(&format!("{bins:.2} bins on average, lower bound {bound:.2}\n"));
    }
    if let Some(report) = Report::of(task, evaluation) {
        text.push_str(&labels(task, evaluation, &report));
    }
    text.push_str(&format!("fuel {fuel}\n"));
    text
}
