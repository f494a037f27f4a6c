//! Evaluations: a score with its evidence, or evidence for why there is none.
//!
//! Invariant: there is a score exactly when every case that was asked was measured. A failure becomes a number only if the task declares
//! which one ([`OnFailure::Wrong`](crate::task::OnFailure)), and never if all cases fail.

use hyperspace_core::{BlobId, TreeId};
use hyperspace_sandbox::Outcome;
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::python::CaseDetails;
use crate::score::Score;
use crate::scorer::{InvalidAnswer, Measure};
use crate::split::Split;

/// The end of a case, or of a whole evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum CaseOutcome {
    /// It was measured.
    Scored,
    /// The candidate ended without an answer.
    Failed {
        /// The end of the run.
        outcome: Outcome,
    },
    /// The candidate answered with something that cannot be scored.
    Invalid {
        /// The evidence.
        evidence: InvalidAnswer,
    },
    /// A watch ended the evaluation before its last row. Only evaluations have this outcome, not cases.
    Stopped,
    /// The task's evaluator failed, or returned no score, which says nothing about the candidate.
    Evaluator {
        /// File and line of the evaluator, and what is wrong.
        message: String,
    },
}

impl CaseOutcome {
    /// Returns the short name: `scored`, `invalid`, or the name of the sandbox's outcome.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Scored => "scored",
            Self::Failed { outcome } => outcome.name(),
            Self::Invalid { .. } => "invalid",
            Self::Stopped => "stopped",
            Self::Evaluator { .. } => "evaluator",
        }
    }

    /// Returns a one-line description for people.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Scored => "scored".to_owned(),
            Self::Failed { outcome: Outcome::Exception { exception, message } } => {
                format!("exception: {exception}: {message}")
            }
            Self::Failed { outcome: Outcome::Trap { trap } } => format!("trap: {trap}"),
            Self::Failed { outcome: Outcome::Quota { quota } } => format!("quota: {quota}"),
            Self::Failed { outcome: Outcome::Exit { code } } => format!("exit: code {code} before an answer"),
            Self::Failed { outcome } => outcome.name().to_owned(),
            Self::Stopped => "stopped before its last row".to_owned(),
            Self::Invalid { evidence } => format!("invalid: {evidence}"),
            Self::Evaluator { message } => format!("a fault of the evaluator: {message}"),
        }
    }
}

/// The result of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseResult {
    /// The name of the case.
    pub case: String,
    /// The end of its run.
    pub outcome: CaseOutcome,
    /// The contribution to the score.
    pub measure: Option<Measure>,
    /// Fuel used.
    pub fuel: u64,
    /// The traceback of the candidate, or the end of standard error: at most 2,000 characters. Only for a case without an answer.
    pub evidence: Option<String>,
    /// The answer, if the scorer keeps answers: a text as it is, anything else as JSON; at most 2,000 characters.
    #[serde(default)]
    pub answer: Option<String>,
    /// Details that an evaluator in Python reported in addition to the score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<CaseDetails>,
}

impl CaseResult {
    /// Returns whether another result says the same about the same case: its end, its measure, its answer and its details. Fuel does not
    /// count.
    #[must_use]
    pub fn is_same_answer(&self, other: &Self) -> bool {
        (&self.case, &self.outcome, &self.measure, &self.answer, &self.details)
            == (&other.case, &other.outcome, &other.measure, &other.answer, &other.details)
    }
}

/// A whole evaluation of one candidate on one split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// The task's name.
    pub task: String,
    /// The task's digest, in hexadecimal.
    pub task_digest: String,
    /// The candidate.
    pub agent: TreeId,
    /// The part of the data.
    pub split: Split,
    /// The score; `None` if a case has none.
    pub score: Option<Score>,
    /// `Scored` if there is a score, otherwise the outcome of the last case.
    pub outcome: CaseOutcome,
    /// The cases in order, up to and including the first one that has no measure. If there is a score and fewer cases than the split has,
    /// the candidate did not pass the first stage. If the evaluation was stopped, the cases that were asked, in the order of the run.
    #[serde(rename = "rows")]
    pub cases: Vec<CaseResult>,
    /// Fuel used by these cases.
    pub fuel: u64,
}

impl Evaluation {
    /// Returns the results in the order of their cases, each with its case. `cases` are those of the split; any of them may have been
    /// left out here.
    pub fn with_cases<'a>(&'a self, cases: &'a [Case]) -> impl Iterator<Item = (&'a CaseResult, &'a Case)> {
        self.placed(cases).into_iter().map(|(at, result)| (result, &cases[at]))
    }

    /// Returns the first case in which another evaluation of the same rows differs ([`CaseResult::is_same_answer`]); `None` if there is
    /// none.
    #[must_use]
    pub fn first_difference<'a>(&'a self, other: &'a Self) -> Option<&'a str> {
        let mut pairs = self.cases.iter().zip(&other.cases);
        let differing = pairs.find(|(one, other)| !one.is_same_answer(other)).map(|(one, _)| one);
        let both = self.cases.len().min(other.cases.len());
        let alone = self.cases.get(both).or_else(|| other.cases.get(both));
        differing.or(alone).map(|one| one.case.as_str())
    }

    /// Returns the evaluation as it is recorded, with references in place of artifacts, together with the contents of the artifacts,
    /// which become objects of their own.
    #[must_use]
    pub fn detached(&self) -> (Self, Vec<Vec<u8>>) {
        let mut recorded = self.clone();
        let details = recorded.cases.iter_mut().filter_map(|case| case.details.as_mut());
        let contents = details.flat_map(CaseDetails::detach).collect();
        (recorded, contents)
    }

    /// Returns the evaluation with references replaced by the contents that `get` returns for them.
    ///
    /// # Errors
    ///
    /// Those of `get`.
    pub fn attached<E>(mut self, get: impl Fn(&BlobId) -> Result<Vec<u8>, E>) -> Result<Self, E> {
        for details in self.cases.iter_mut().filter_map(|case| case.details.as_mut()) {
            details.attach(&get)?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use hyperspace_core::canon;

    use super::*;
    use crate::python::Artifact;

    #[test]
    fn artifacts_are_objects_in_records_and_come_back() {
        let artifacts =
            [("text", Artifact::Text("größe".to_owned())), ("bytes", Artifact::Bytes("AP8=".to_owned()))];
        let details = CaseDetails {
            artifacts: artifacts.into_iter().map(|(name, one)| (name.to_owned(), one)).collect(),
            ..CaseDetails::default()
        };
        let case = CaseResult {
            case: "c".to_owned(),
            outcome: CaseOutcome::Scored,
            measure: None,
            fuel: 1,
            evidence: None,
            answer: None,
            details: Some(details),
        };
        let evaluation = Evaluation {
            task: "t".to_owned(),
            task_digest: String::new(),
            agent: TreeId::from_bytes([0; 32]),
            split: Split::Train,
            score: None,
            outcome: CaseOutcome::Scored,
            cases: vec![case],
            fuel: 1,
        };
        let (recorded, contents) = evaluation.detached();
        assert_eq!(contents, [vec![0, 255], "größe".as_bytes().to_vec()]);
        let text = canon::to_value(&recorded).unwrap().to_string();
        assert!(!text.contains("größe") && text.contains(&BlobId::of(&contents[1]).to_string()), "{text}");
        let objects: BTreeMap<BlobId, Vec<u8>> =
            contents.into_iter().map(|content| (BlobId::of(&content), content)).collect();
        let read: Evaluation = canon::from_value(&canon::to_value(&recorded).unwrap()).unwrap();
        assert_eq!(read.detached(), (recorded.clone(), Vec::new()), "references stay references");
        let back = read.attached(|id| objects.get(id).cloned().ok_or(())).unwrap();
        assert_eq!(back, evaluation);
        assert_eq!(recorded.attached(|_| Err(())), Err(()));
    }
}
