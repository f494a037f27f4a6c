//! Events of signs of complacency.

use super::field::event_body;
use super::vocabulary::MarkRef;

event_body! {
    /// A population shows a sign of complacency, and its next generations answer it. Only in runs that answer signs.
    ComplacencyFound = "complacency.found" {
        /// Number of the generation.
        generation: u64,
        /// Index of the agent in the run.
        agent: u64,
        /// The sign, such as `given-up`.
        sign: String,
        /// Number of candidates that show it.
        candidates: u64,
        /// The evidence: candidate, place and words, at most five.
        evidence: Vec<String>,
        /// The answers: `warn`, `explore`, `renew` or `quarantine`.
        answers: Vec<String>,
        /// The warning, which the answers follow until it has lost half of its strength.
        mark: MarkRef => Flat,
    }
}
