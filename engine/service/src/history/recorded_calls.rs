//! Model calls as stored: the exchange and its effort.

use std::collections::BTreeMap;

use hyperspace_core::{RecordId, canon};
use hyperspace_evolve::{
    CandidateId, Efforts, JournalEvent, candidate_of, efforts_name, exchanges, journal, streams_of,
};
use hyperspace_llm::{Effort, Exchange, ExchangeOutcome};
use hyperspace_store::Store;

use super::run_data::RunData;
use crate::error::ServiceError;

/// A call of a model.
pub(crate) struct RecordedCall {
    /// The candidate whose work includes the call, if the stream names one.
    pub(crate) candidate: Option<CandidateId>,
    /// The stream, such as `generation/3/candidate/0/meta/0`.
    pub(crate) stream: String,
    /// The number within the stream, from 0.
    pub(crate) index: u64,
    /// The model that answered, or that was called.
    pub(crate) model: String,
    /// Request and answer; `None` for calls of a final test, which the journal does not name.
    pub(crate) exchange: Option<Exchange>,
    /// Attempts, faults, tokens and money.
    pub(crate) effort: Effort,
}

/// Reads all committed calls of a run in the order of the journal, followed by those of final tests.
pub(crate) fn recorded_calls(
    store: &Store,
    data: &RunData,
    journal: &[JournalEvent],
) -> Result<Vec<RecordedCall>, ServiceError> {
    let mut efforts = efforts_by_stream(store, &data.id)?;
    let mut calls = Vec::new();
    for stream in streams_of(journal) {
        let mut known = efforts.remove(&stream.stream).unwrap_or_default().into_iter();
        for (index, exchange) in (0..).zip(exchanges(store, stream)?) {
            calls.push(RecordedCall {
                candidate: candidate_of(&stream.stream),
                stream: stream.stream.clone(),
                index,
                model: answered_by(&exchange),
                exchange: Some(exchange),
                effort: known.next().unwrap_or_default(),
            });
        }
    }
    for (stream, efforts) in efforts {
        for (index, effort) in (0..).zip(efforts) {
            calls.push(RecordedCall {
                candidate: candidate_of(&stream),
                model: data.model_of(&stream),
                stream: stream.clone(),
                index,
                exchange: None,
                effort,
            });
        }
    }
    Ok(calls)
}

/// Reads the efforts of a run, by stream.
pub(crate) fn efforts_by_stream(
    store: &Store,
    run: &RecordId,
) -> Result<BTreeMap<String, Vec<Effort>>, ServiceError> {
    let mut efforts: BTreeMap<String, Vec<Effort>> = BTreeMap::new();
    for (_, id) in store.refs(run, &efforts_name(""))? {
        for (stream, more) in load_efforts(store, &id)?.streams {
            efforts.entry(stream).or_default().extend(more);
        }
    }
    Ok(efforts)
}

/// Returns the effort of call `id`, which has number `sequence` in a stream of this name, from the first run that contains it;
/// `None` if no run does.
pub(super) fn recorded_effort(
    store: &Store,
    id: &RecordId,
    stream: &str,
    sequence: u64,
) -> Result<Option<Effort>, ServiceError> {
    for run in store.runs()? {
        // Runs with the same seed have streams of the same name; the call itself tells them apart.
        for head in streams_of(&journal(store, &run)?).filter(|one| one.stream == stream) {
            if !is_in_chain(store, head.head, id)? {
                continue;
            }
            let efforts = efforts_by_stream(store, &run)?.remove(stream).unwrap_or_default();
            let place = usize::try_from(sequence).unwrap_or(usize::MAX);
            return Ok(efforts.into_iter().nth(place));
        }
    }
    Ok(None)
}

/// Returns whether a call is part of the chain that ends with `head`.
pub(super) fn is_in_chain(store: &Store, head: RecordId, id: &RecordId) -> Result<bool, ServiceError> {
    let mut next = Some(head);
    while let Some(at) = next {
        if at == *id {
            return Ok(true);
        }
        next = Exchange::from_body(&store.get_record(&at)?.body)
            .map_err(|error| ServiceError::request(format!("the call {at} cannot be read: {error}")))?
            .prev;
    }
    Ok(false)
}

/// Returns the model that answered, or that was called.
pub(super) fn answered_by(exchange: &Exchange) -> String {
    match &exchange.outcome {
        ExchangeOutcome::Answer(answer) => answer.model(&exchange.request.model).to_owned(),
        ExchangeOutcome::Error(_) => exchange.request.model.clone(),
    }
}

/// Reads the efforts of a unit of work.
pub(super) fn load_efforts(store: &Store, id: &RecordId) -> Result<Efforts, ServiceError> {
    canon::from_value(&store.get_record(id)?.body)
        .map_err(|error| ServiceError::request(format!("the efforts {id} cannot be read: {error}")))
}
