//! Failures in words: those of meta agents, from the journal, and the cause of a failure in one line.

use std::collections::BTreeMap;

use hyperspace_eval::CaseOutcome;
use hyperspace_evolve::{CandidateId, Event, JournalEvent, MetaFinished};

/// Returns the cause of a failure given in words. It is the first line, which has the outcome as the host saw it; the lines below
/// are what the guest printed.
pub(crate) fn cause(failure: &str) -> Option<&str> {
    failure.lines().map(str::trim).find(|line| !line.is_empty())
}

/// Returns an outcome in words, with the guest's evidence on the lines below.
pub(crate) fn with_evidence(outcome: &CaseOutcome, evidence: Option<&str>) -> String {
    let described = outcome.describe();
    match evidence.map(str::trim_end).filter(|evidence| !evidence.is_empty()) {
        Some(evidence) => format!("{described}\n{evidence}"),
        None => described,
    }
}

/// Returns the outcome of a meta agent in words, with the end of its traceback.
pub(crate) fn failure_of_meta(meta: &MetaFinished) -> String {
    let outcome = CaseOutcome::Failed { outcome: meta.outcome.clone() };
    with_evidence(&outcome, meta.evidence.as_deref())
}

/// Returns, for each candidate, the failure of its last failed meta agent.
pub(crate) fn failures_of_meta_agents(journal: &[JournalEvent]) -> BTreeMap<CandidateId, String> {
    let mut failures = BTreeMap::new();
    for entry in journal {
        if let Event::MetaFinished(meta) = &entry.event
            && !meta.outcome.is_completed()
        {
            failures.insert(meta.candidate, failure_of_meta(meta));
        }
    }
    failures
}

#[cfg(test)]
mod tests {
    use hyperspace_sandbox::Outcome;

    use super::*;

    #[test]
    fn a_cause_is_not_what_a_candidate_printed() {
        let exception =
            Outcome::Exception { exception: "ValueError".to_owned(), message: "no seed".to_owned() };
        let outcome = CaseOutcome::Failed { outcome: exception };
        let printed = "Traceback (most recent call last):\n  File \"x\"\nValueError: no seed\nscore: 1.0\n";
        let failure = with_evidence(&outcome, Some(printed));
        assert_eq!(cause(&failure), Some("exception: ValueError: no seed"));
        let spent = with_evidence(&CaseOutcome::Failed { outcome: Outcome::OutOfFuel }, Some("all is well"));
        assert_eq!(cause(&spent), Some("out-of-fuel"));
        assert_eq!((cause(""), cause("\n \n x \ny")), (None, Some("x")));
    }
}
