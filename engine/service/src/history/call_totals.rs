//! Totals of the model calls that a run recorded: refusals, repairs, faults, and spend.

use hyperspace_core::RecordId;
use hyperspace_evolve::{CandidateId, Event, exchanges, journal};
use hyperspace_llm::CallStats;
use hyperspace_store::Store;
use serde::Serialize;

use super::recorded_calls::efforts_by_stream;
use crate::error::ServiceError;

/// The calls of a candidate.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CandidateCallsView {
    /// The number of the journal event that names them.
    pub seq: u64,
    /// The candidate.
    pub candidate: CandidateId,
    /// Totals of its calls, by its meta agents and in its rows.
    pub stats: CallStats,
}

/// Returns the calls of all candidates of a run in the order of the journal, or those of one candidate.
pub(super) fn calls_of(
    store: &Store,
    run: &RecordId,
    only: Option<CandidateId>,
) -> Result<Vec<CandidateCallsView>, ServiceError> {
    let (mut read, mut found) = (None, Vec::new());
    for entry in journal(store, run)? {
        let Event::ModelCalls(calls) = entry.event else { continue };
        if only.is_some_and(|only| only != calls.candidate) {
            continue;
        }
        let all = match &read {
            Some(all) => all,
            None => read.insert(efforts_by_stream(store, run)?),
        };
        let mut stats = CallStats::default();
        for stream in &calls.streams {
            let efforts = all.get(&stream.stream).map(Vec::as_slice).unwrap_or_default();
            for (place, exchange) in exchanges(store, stream)?.iter().enumerate() {
                stats.add_recorded(exchange, &efforts.get(place).cloned().unwrap_or_default());
            }
        }
        found.push(CandidateCallsView { seq: entry.seq, candidate: calls.candidate, stats });
    }
    Ok(found)
}

/// Returns the totals of the calls of candidates; `None` if there are none.
pub(super) fn total(calls: &[CandidateCallsView]) -> Option<CallStats> {
    let mut all = calls.iter().map(|one| &one.stats);
    let first = all.next()?.clone();
    Some(all.fold(first, |sum, one| sum.plus(one)))
}
