//! The trait that every scorer implements, whether of this crate or of its users.

use std::fmt;

use super::invalid_case::InvalidCase;
use super::measure::{self, Measure};
use super::session::CaseSession;
use crate::case::Case;
use crate::python::PythonScoring;
use crate::score::{Direction, Score};

/// The rule that puts cases to a candidate and scores its answers.
///
/// Invariant that an implementation must uphold: what a session answers, measures and refuses depends only on the case and on what the
/// candidate said. Otherwise evaluations are not reproducible.
pub trait Scorer: fmt::Debug + Send + Sync {
    /// Returns the name of the rule with everything that determines a measure, such as its version and settings.
    ///
    /// It is part of the digest of a task built in code, and so of the keys of cached evaluations: a rule that changes needs a new name.
    fn rule(&self) -> String;

    /// Checks that a case belongs to this scorer. Every case of a task is checked when the task is built, so that [`Scorer::start`] can
    /// rely on it.
    ///
    /// # Errors
    ///
    /// The defect of the case.
    fn check(&self, case: &Case) -> Result<(), InvalidCase>;

    /// Starts one run of a case. A run that the wall-clock backstop ended is repeated in another session.
    fn start(&self, case: &Case) -> CaseSession;

    /// Returns the score of all measures, or `None` if they have none, or none that can be recorded ([`Score::is_recordable`]). Default:
    /// the sum of amounts over the sum of bases.
    fn total(&self, measures: &[Measure]) -> Option<Score> {
        measure::total(measures)
    }

    /// Returns the measure of a case without an answer, for tasks that count failures as wrong
    /// ([`OnFailure::Wrong`](crate::OnFailure::Wrong)). Default: `None`, because an unbounded measure has no worst one.
    fn worst(&self) -> Option<Measure> {
        None
    }

    /// Returns the best amount that the measure of a case can have in this direction, for tasks whose score is the sum of amounts over
    /// the sum of bases, and whose bases do not depend on answers. Default: `None`, because measures are not bounded.
    fn best_amount(&self, _direction: Direction) -> Option<Score> {
        None
    }

    /// Returns whether results keep the candidate's answers, shortened. Default false.
    fn keeps_answers(&self) -> bool {
        false
    }

    /// Returns the evaluator in Python that measures in place of this scorer, in a guest of its own. Default `None`.
    fn python(&self) -> Option<&PythonScoring> {
        None
    }
}
