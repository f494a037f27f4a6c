//! The rows of each table, in the order of the run.

use hyperspace_core::RecordId;
use hyperspace_eval::{CaseResult, Evaluation, Score};
use hyperspace_evolve::{CandidateId, EvaluationRef};
use hyperspace_llm::{Effort, ExchangeOutcome};
use hyperspace_store::Store;
use serde_json::{Value, json};

use super::column::{self, Column};
use super::writer::TableWriter;
use crate::error::ServiceError;
use crate::history::{RecordedCall, RunData, load_evaluation, recorded_calls};

pub(super) const CANDIDATES: [Column; 18] = [
    column::integer("generation"),
    column::integer("candidate"),
    column::text("hash"),
    column::text("agent"),
    column::text("parent"),
    column::text("fate"),
    column::number("score"),
    column::number("held_out"),
    column::text("score_exact"),
    column::text("held_out_exact"),
    column::text("train_evaluation"),
    column::text("held_out_evaluation"),
    column::integer("meta_runs"),
    column::json("meta_outcome"),
    column::integer("meta_fuel"),
    column::integer("evaluation_fuel"),
    column::text("tree"),
    column::text("made_by"),
];

pub(super) const EVALUATIONS: [Column; 11] = [
    column::integer("generation"),
    column::integer("candidate"),
    column::text("split"),
    column::text("evaluation"),
    column::text("outcome"),
    column::text("detail"),
    column::number("score"),
    column::text("score_exact"),
    column::integer("cases"),
    column::integer("unmeasured"),
    column::integer("fuel"),
];

pub(super) const CASES: [Column; 10] = [
    column::integer("generation"),
    column::integer("candidate"),
    column::text("split"),
    column::text("case"),
    column::text("outcome"),
    column::number("score"),
    column::integer("fuel"),
    column::json("answer"),
    column::text("evidence"),
    column::json("details"),
];

pub(super) const CALLS: [Column; 17] = [
    column::integer("generation"),
    column::integer("candidate"),
    column::text("stream"),
    column::integer("call"),
    column::text("hash"),
    column::text("model"),
    column::text("outcome"),
    column::integer("messages"),
    column::text("answer"),
    column::text("error"),
    column::integer("input_tokens"),
    column::integer("output_tokens"),
    column::number("dollars"),
    column::integer("attempts"),
    column::integer("faults"),
    column::integer("waited_ms"),
    column::boolean("reused"),
];

pub(super) const EVENTS: [Column; 6] = [
    column::integer("number"),
    column::text("id"),
    column::text("kind"),
    column::integer("generation"),
    column::integer("candidate"),
    column::json("body"),
];

/// Number of picodollars in a dollar.
const PICO: f64 = 1e12;

pub(super) fn candidates(data: &RunData, table: &mut TableWriter) -> Result<(), ServiceError> {
    for row in data.rows() {
        let id = CandidateId { generation: row.generation, candidate: row.candidate };
        let Some((_, record)) = data.candidate(id) else { continue };
        let exact = |one: &Option<EvaluationRef>| one.as_ref().and_then(|one| one.score.clone());
        let evaluation = |one: &Option<EvaluationRef>| one.as_ref().map(|one| one.record);
        table.row(vec![
            json!(row.generation),
            json!(row.candidate),
            json!(row.hash),
            json!(row.agent),
            json!(row.parent.map(|parent| parent.to_string())),
            json!(row.fate),
            json!(row.score),
            json!(row.held_out),
            json!(exact(&record.train)),
            json!(exact(&record.held_out)),
            json!(evaluation(&record.train)),
            json!(evaluation(&record.held_out)),
            json!(row.meta_runs),
            json!(record.meta.last().map(|meta| &meta.outcome)),
            json!(row.meta_fuel),
            json!(row.evaluation_fuel),
            json!(row.tree),
            json!(record.made_by),
        ])?;
    }
    Ok(())
}

/// Writes the evaluations of the run with their cases: first those of candidates, then the final tests.
pub(super) fn evaluations(
    store: &Store,
    data: &RunData,
    evaluations: &mut TableWriter,
    cases: &mut TableWriter,
) -> Result<(), ServiceError> {
    let measured = |one: &Option<EvaluationRef>| one.as_ref().map(|one| one.record);
    let of_candidates = data.candidates().flat_map(|(id, one)| {
        [measured(&one.train), measured(&one.held_out)].into_iter().flatten().map(move |record| (id, record))
    });
    for (id, record) in of_candidates.chain(data.tests(store)?) {
        let evaluation = load_evaluation(store, &record)?;
        evaluations.row(evaluation_row(id, record, &evaluation))?;
        for case in &evaluation.cases {
            cases.row(case_row(id, &evaluation, case))?;
        }
    }
    Ok(())
}

fn evaluation_row(id: CandidateId, record: RecordId, evaluation: &Evaluation) -> Vec<Value> {
    let unmeasured = evaluation.cases.iter().filter(|case| case.measure.is_none()).count();
    vec![
        json!(id.generation),
        json!(id.candidate),
        json!(evaluation.split),
        json!(record),
        json!(evaluation.outcome.name()),
        json!(evaluation.outcome.describe()),
        json!(evaluation.score.as_ref().map(Score::to_f64)),
        json!(evaluation.score),
        json!(evaluation.cases.len()),
        json!(unmeasured),
        json!(evaluation.fuel),
    ]
}

fn case_row(id: CandidateId, evaluation: &Evaluation, case: &CaseResult) -> Vec<Value> {
    let score = case.measure.as_ref().and_then(|measure| measure.score());
    vec![
        json!(id.generation),
        json!(id.candidate),
        json!(evaluation.split),
        json!(case.case),
        json!(case.outcome.describe()),
        json!(score.map(|score| score.to_f64())),
        json!(case.fuel),
        json!(case.answer),
        json!(case.evidence),
        json!(case.details),
    ]
}

fn call_row(call: &RecordedCall) -> Result<Vec<Value>, ServiceError> {
    let Effort { attempts, faults, spent, reused } = &call.effort;
    let exchange = call.exchange.as_ref();
    let hash = exchange.map(hyperspace_llm::Exchange::id).transpose();
    let hash = hash.map_err(|error| ServiceError::request(format!("{}: {error}", call.stream)))?;
    let (outcome, answer, error) = match exchange.map(|exchange| &exchange.outcome) {
        None => (None, None, None),
        Some(ExchangeOutcome::Answer(answer)) => (Some("answer"), Some(&answer.message), None),
        Some(ExchangeOutcome::Error(failure)) => (Some("error"), None, Some(&failure.message)),
    };
    Ok(vec![
        json!(call.candidate.map(|id| id.generation)),
        json!(call.candidate.map(|id| id.candidate)),
        json!(call.stream),
        json!(call.index),
        json!(hash),
        json!(call.model),
        json!(outcome),
        json!(exchange.map(|exchange| exchange.request.messages.len())),
        json!(answer.and_then(hyperspace_llm::Message::text)),
        json!(error),
        json!(spent.input_tokens),
        json!(spent.output_tokens),
        json!(spent.cost.0 as f64 / PICO),
        json!(attempts),
        json!(faults.len()),
        json!(call.effort.waited_ms()),
        json!(reused),
    ])
}

/// Writes the events of the journal, and the model calls that they name.
pub(super) fn journal(
    store: &Store,
    data: &RunData,
    events: &mut TableWriter,
    calls: &mut TableWriter,
) -> Result<(), ServiceError> {
    let journal = hyperspace_evolve::journal(store, &data.id)?;
    for call in recorded_calls(store, data, &journal)? {
        calls.row(call_row(&call)?)?;
    }
    for entry in journal {
        let body = entry.event.body();
        events.row(vec![
            json!(entry.seq),
            json!(entry.id),
            json!(entry.event.kind()),
            body.get("generation").cloned().unwrap_or_default(),
            body.get("candidate").cloned().unwrap_or_default(),
            body,
        ])?;
    }
    Ok(())
}
