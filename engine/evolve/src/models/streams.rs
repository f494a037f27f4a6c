//! Names of the streams of model calls, and their journal event.
//!
//! `generation/N/candidate/K/meta/R` is the R-th run of a meta agent, `generation/N/candidate/K/judge` the judgement on the candidate, `generation/N/candidate/K/SPLIT/CASE` a case of an evaluation.
//! `generation/0/candidate/0/new/B-T/test/CASE` is a case of the measurement of agent T on new rows, batch B of a continuous run.
//! `generation/N/candidate/K/again/G-C/M/SPLIT/CASE` is a case of the M-th further measurement of candidate C of generation G.

use hyperspace_eval::{CaseName, CaseResult, Evaluation, Split};

use crate::record::candidate_id::CandidateId;
use crate::record::event::{CallStream, Event, ModelCalls};
use crate::record::journal::JournalEvent;

/// Returns the prefix of all streams of a candidate.
pub(crate) fn candidate_prefix(id: CandidateId) -> String {
    format!("generation/{}/candidate/{}", id.generation, id.candidate)
}

/// Returns the stream of the `run`-th meta agent of a candidate.
pub(crate) fn meta_stream(id: CandidateId, run: usize) -> String {
    format!("{}/meta/{run}", candidate_prefix(id))
}

/// Returns the stream of the model that judges a candidate.
pub(crate) fn judge_stream(id: CandidateId) -> String {
    format!("{}/judge", candidate_prefix(id))
}

/// Returns the prefix of the streams of a candidate's test.
pub(crate) fn test_prefix(id: CandidateId) -> String {
    format!("{}/{}/", candidate_prefix(id), Split::Test)
}

/// Returns the streams of the cases of an evaluation, in order.
pub(crate) fn case_streams(id: CandidateId, evaluation: &Evaluation) -> Vec<String> {
    case_streams_below(&candidate_prefix(id), evaluation)
}

/// Returns the streams of a further measurement, below `stream` of the candidate `carrier`.
pub(crate) fn again_streams(carrier: CandidateId, stream: &str, evaluation: &Evaluation) -> Vec<String> {
    case_streams_below(&format!("{}/{stream}", candidate_prefix(carrier)), evaluation)
}

fn case_streams_below(prefix: &str, evaluation: &Evaluation) -> Vec<String> {
    let split = evaluation.split;
    let name = |case: &CaseResult| format!("{prefix}/{}", CaseName { split, name: case.case.clone() });
    evaluation.cases.iter().map(name).collect()
}

/// Returns the candidate that a stream of model calls belongs to, by the stream's name.
#[must_use]
pub fn candidate_of(stream: &str) -> Option<CandidateId> {
    let mut parts = stream.split('/');
    let mut number = |name: &str| (parts.next() == Some(name)).then(|| parts.next()?.parse().ok()).flatten();
    Some(CandidateId { generation: number("generation")?, candidate: number("candidate")? })
}

/// Returns the journal event of streams, or `None` if there are none.
pub(crate) fn calls_event(candidate: CandidateId, streams: Vec<CallStream>) -> Option<Event> {
    (!streams.is_empty()).then(|| ModelCalls { candidate, streams }.into())
}

/// Returns the streams that an event names.
pub(crate) fn streams_in(event: &Event) -> &[CallStream] {
    match event {
        Event::ModelCalls(calls) => &calls.streams,
        Event::RowsMeasured(measured) => &measured.streams,
        _ => &[],
    }
}

/// Returns the streams that events of a run name, in order.
pub fn streams_of(events: &[JournalEvent]) -> impl Iterator<Item = &CallStream> {
    events.iter().flat_map(|entry| streams_in(&entry.event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_names_its_candidate() {
        let id = CandidateId { generation: 12, candidate: 3 };
        assert_eq!(candidate_of(&meta_stream(id, 2)), Some(id));
        assert_eq!(candidate_of("generation/12/candidate/x/meta/0"), None);
        assert_eq!(candidate_of("chat"), None);
    }
}
