//! Evidence about a candidate that did not answer: where it stopped, its traceback, what it printed.

use hyperspace_core::text_end;
use hyperspace_sandbox::{CodePlace, Outcome, Report, virtual_seconds};
use serde::{Deserialize, Serialize};

/// Maximum number of characters of evidence, and of an answer, in a result.
pub(crate) const EVIDENCE_CHARS_MAX: usize = 2_000;
/// Maximum number of characters of standard output in it.
const PRINTED_CHARS_MAX: usize = 500;
/// Maximum number of characters of the sentence about how the guest ended.
const SENTENCE_CHARS_MAX: usize = 700;

/// A version of the rules for the content of evidence. A run names the version, and is replayed with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EvidenceRules {
    /// The traceback, or else the end of standard error.
    First,
    /// The place in the code at which a limit stopped the candidate, with seconds and budget; then what the first version has; then the
    /// end of standard output. Guests find their limits in `hyperspace.limits`.
    Second,
}

impl EvidenceRules {
    /// Returns the first version, which applies to runs that name none.
    #[must_use]
    pub fn first() -> Self {
        Self::First
    }

    /// Returns whether it is the first version.
    #[must_use]
    pub fn is_first(&self) -> bool {
        *self == Self::First
    }
}

/// Returns the evidence of a report.
pub(crate) fn of(report: &Report, rules: EvidenceRules) -> Option<String> {
    let trace = match &report.traceback {
        Some(traceback) => traceback.clone(),
        None => String::from_utf8_lossy(&report.stderr).into_owned(),
    };
    if rules == EvidenceRules::First {
        return (!trace.is_empty()).then(|| text_end(&trace, EVIDENCE_CHARS_MAX).to_owned());
    }
    let stop = stop(report);
    let printed = String::from_utf8_lossy(&report.stdout);
    let printed = text_end(printed.trim_end(), PRINTED_CHARS_MAX);
    let left = EVIDENCE_CHARS_MAX - SENTENCE_CHARS_MAX - PRINTED_CHARS_MAX;
    let left = if stop.is_none() && printed.is_empty() { EVIDENCE_CHARS_MAX } else { left };
    let mut parts: Vec<String> = stop.into_iter().collect();
    if !trace.is_empty() {
        parts.push(text_end(&trace, left).to_owned());
    }
    if !printed.is_empty() {
        parts.push(format!("it printed: {printed}"));
    }
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// Returns a sentence about a guest that a limit stopped, such as `out of fuel after 5.0 virtual seconds (5000000000 units) in solve,
/// line 6 of task_agent.py`.
fn stop(report: &Report) -> Option<String> {
    let place = report.stopped_at.as_ref();
    match &report.outcome {
        Outcome::OutOfFuel => {
            let (seconds, fuel) = (virtual_seconds(report.virtual_ns), report.fuel_used);
            Some(format!("out of fuel after {seconds} virtual seconds ({fuel} units){}", at(place)))
        }
        outcome => place.map(|place| format!("{} {place}", outcome.name())),
    }
}

/// Returns a place preceded by a space, or nothing.
pub(crate) fn at(place: Option<&CodePlace>) -> String {
    place.map(|place| format!(" {place}")).unwrap_or_default()
}
