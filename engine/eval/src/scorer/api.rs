//! The trait that every scorer implements, those of this crate and those of its users.

use std::fmt;

use thiserror::Error;

use super::measure::{self, Measure};
use super::session::CaseSession;
use crate::case::Case;
use crate::score::Score;

/// A case that a scorer cannot put to a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected {expected}, found {found}")]
pub struct InvalidCase {
    expected: String,
    found: String,
}

impl InvalidCase {
    /// Says what the scorer expects of a case, and what it found.
    #[must_use]
    pub fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: found.into() }
    }

    /// Says that the data of a case are of another type than `expected`.
    #[must_use]
    pub fn data(expected: &str, case: &Case) -> Self {
        let found = case.data_to_json().map_or_else(|error| error.to_string(), |json| json.to_string());
        Self::new(expected, found.chars().take(80).collect::<String>())
    }
}

/// The rule that puts cases to a candidate and scores its answers.
///
/// Invariant that an implementation has to keep: what a session answers, measures and refuses depends on the case and on what
/// the candidate said, and on nothing else. Otherwise evaluations do not repeat.
pub trait Scorer: fmt::Debug + Send + Sync {
    /// Returns the name of the rule with everything that decides a measure, such as its version and settings.
    ///
    /// It is part of the digest of a task built in code, and so of the keys of cached evaluations: a rule that changes
    /// needs another name.
    fn rule(&self) -> String;

    /// Checks that a case is one of this scorer. Every case of a task is checked when the task is built, so that
    /// [`Scorer::start`] can rely on it.
    ///
    /// # Errors
    ///
    /// The defect of the case.
    fn check(&self, case: &Case) -> Result<(), InvalidCase>;

    /// Starts one run of a case. A run that the wall-clock backstop ended is repeated in another session.
    fn start(&self, case: &Case) -> CaseSession;

    /// Returns the score of all measures, or `None` if they have none. Default: the sum of amounts over the sum of bases.
    fn total(&self, measures: &[Measure]) -> Option<Score> {
        measure::total(measures)
    }

    /// Returns the measure of a case without an answer, for tasks that count failures as wrong
    /// ([`OnFailure::Wrong`](crate::OnFailure::Wrong)). Default: `None`, as an unbounded measure has no worst one.
    fn worst(&self) -> Option<Measure> {
        None
    }

    /// Returns whether results keep the answers of the candidate, shortened. Default false.
    fn keeps_answers(&self) -> bool {
        false
    }
}
