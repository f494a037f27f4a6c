//! Failures of meta agents in words, from the journal.

use std::collections::BTreeMap;

use hyperspace_evolve::{CandidateId, Event, JournalEvent};

/// Returns for each candidate what its last meta agent that failed told: the end of its traceback, or the name of the outcome.
pub(crate) fn failures_of_meta_agents(journal: &[JournalEvent]) -> BTreeMap<CandidateId, String> {
    let mut failures = BTreeMap::new();
    for entry in journal {
        if let Event::MetaFinished(meta) = &entry.event
            && !meta.outcome.is_completed()
        {
            let told = meta.evidence.clone().unwrap_or_else(|| meta.outcome.name().to_owned());
            failures.insert(meta.candidate, told);
        }
    }
    failures
}
