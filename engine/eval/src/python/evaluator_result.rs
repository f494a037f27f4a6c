//! Results reported by the evaluator's guest: a score with details, or whose fault it is that there is none.

use std::collections::BTreeMap;

use hyperspace_core::text_end;
use hyperspace_sandbox::{Outcome, Report};
use num_bigint::BigInt;
use serde::Deserialize;

use crate::evaluation::CaseOutcome;
use crate::evidence::at;
use crate::score::Score;
use crate::scorer::InvalidAnswer;

use super::details::{Artifact, CaseDetails, printed_end};
use super::evaluator_door::ProgramLedger;

/// Maximum number of characters of evidence in a result.
const EVIDENCE_CHARS_MAX: usize = 4_000;

/// Maximum number of hexadecimal digits of an integer: as many as a score that can be recorded has.
const HEX_DIGITS_MAX: usize = 3_374;

/// The reason why a number with more digits is no score.
const TOO_LONG: &str = "its score has too many digits; return a number of at most 4,000";

/// A number of the evaluator.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ExactNumber {
    /// An integer, in hexadecimal.
    I(String),
    /// A finite double.
    F(f64),
}

impl ExactNumber {
    /// Returns the value, or `None` if it cannot be recorded.
    fn score(&self) -> Option<Score> {
        match self {
            Self::I(text) => {
                let (negative, digits) = match text.strip_prefix('-') {
                    Some(rest) => (true, rest),
                    None => (false, text.as_str()),
                };
                let digits = digits.strip_prefix("0x").filter(|digits| digits.len() <= HEX_DIGITS_MAX)?;
                let value = BigInt::parse_bytes(digits.as_bytes(), 16)?;
                Some(Score::integer(if negative { -value } else { value }))
            }
            Self::F(value) => Score::from_f64_exact(*value),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum ToldScore {
    Mean { mean: Vec<ExactNumber> },
    One(ExactNumber),
}

/// The result of the driver in the evaluator's guest.
#[derive(Debug, Clone, Deserialize)]
struct Told {
    score: Option<ToldScore>,
    #[serde(default)]
    metrics: Vec<(String, ExactNumber)>,
    #[serde(default)]
    artifacts: Vec<(String, Artifact)>,
    #[serde(default)]
    notes: Vec<String>,
    fault: Option<String>,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    trace: String,
    #[serde(default)]
    calls: u64,
    #[serde(default)]
    mixed: bool,
}

/// The result of a case.
pub(super) struct EvaluatorResult {
    pub(super) outcome: CaseOutcome,
    pub(super) score: Option<Score>,
    pub(super) evidence: Option<String>,
    pub(super) details: CaseDetails,
}

/// Reads the report of the evaluator's guest.
pub(super) fn read(report: &Report, ledger: &ProgramLedger, file: &str) -> EvaluatorResult {
    let mut details = CaseDetails {
        evaluator_printed: printed_end(&[report.stdout.as_slice(), report.stderr.as_slice()].concat()),
        program_printed: printed_end(&ledger.printed),
        program_fuel: ledger.fuel,
        ..CaseDetails::default()
    };
    let told = report.result.as_ref().filter(|_| report.outcome.is_completed()).map(Told::deserialize);
    let told = match told {
        Some(Ok(told)) => told,
        Some(Err(error)) => {
            return evaluator_fault(details, format!("{file}: its result cannot be read: {error}"), None);
        }
        None if report.outcome == Outcome::OutOfFuel && ledger.in_callback => {
            let text = "the program spent its fuel in a function of the evaluator, which it called";
            let (outcome, evidence) =
                (CaseOutcome::Failed { outcome: Outcome::OutOfFuel }, Some(text.to_owned()));
            return EvaluatorResult { outcome, score: None, evidence, details };
        }
        None => {
            let evidence = report.traceback.clone().unwrap_or_else(|| printed_end(&report.stderr));
            return evaluator_fault(details, format!("{file}: {}", ended(report)), Some(evidence));
        }
    };
    details.calls = told.calls;
    details.shared = told.mixed;
    details.notes.clone_from(&told.notes);
    details.metrics =
        told.metrics.iter().filter_map(|(name, number)| Some((name.clone(), number.score()?))).collect();
    details.artifacts = told.artifacts.iter().cloned().collect::<BTreeMap<_, _>>();
    conclude(told, ledger, details)
}

fn conclude(told: Told, ledger: &ProgramLedger, details: CaseDetails) -> EvaluatorResult {
    let evidence = Some(text_end(&told.trace, EVIDENCE_CHARS_MAX).to_owned()).filter(|text| !text.is_empty());
    match told.fault.as_deref() {
        Some("program") if told.kind == "incorrect" => {
            let evidence =
                InvalidAnswer::new("the program", "an answer that the evaluator accepts", told.text);
            EvaluatorResult {
                outcome: CaseOutcome::Invalid { evidence },
                score: None,
                evidence: None,
                details,
            }
        }
        Some("program") => {
            let outcome = Outcome::Exception { exception: told.kind, message: told.text };
            EvaluatorResult { outcome: CaseOutcome::Failed { outcome }, score: None, evidence, details }
        }
        Some("ended") => {
            // An exit with code 0 is not an answer either.
            let outcome = match ledger.ended.clone() {
                None | Some(Outcome::Completed) => Outcome::Exit { code: 0 },
                Some(outcome) => outcome,
            };
            let evidence = [told.text, evidence.unwrap_or_default()].join("\n");
            let evidence = Some(evidence.trim_end().to_owned());
            EvaluatorResult { outcome: CaseOutcome::Failed { outcome }, score: None, evidence, details }
        }
        Some(_) => evaluator_fault(details, format!("{}: {}", told.place, told.text), evidence),
        None => match told.score.as_ref().and_then(score_of) {
            Some(score) => {
                EvaluatorResult { outcome: CaseOutcome::Scored, score: Some(score), evidence: None, details }
            }
            None => evaluator_fault(details, without_score(told.score.as_ref()).to_owned(), None),
        },
    }
}

/// Returns the reason why a result has no score.
fn without_score(told: Option<&ToldScore>) -> &'static str {
    match told {
        Some(ToldScore::Mean { mean }) if !mean.is_empty() => TOO_LONG,
        Some(ToldScore::One(_)) => TOO_LONG,
        _ => "its result has no score",
    }
}

fn score_of(told: &ToldScore) -> Option<Score> {
    match told {
        ToldScore::One(number) => number.score(),
        ToldScore::Mean { mean } => {
            let numbers = mean.iter().map(ExactNumber::score).collect::<Option<Vec<_>>>()?;
            let sum: Score = numbers.iter().sum();
            sum.checked_div(&Score::integer(numbers.len() as u64)).filter(Score::is_recordable)
        }
    }
}

fn evaluator_fault(details: CaseDetails, message: String, evidence: Option<String>) -> EvaluatorResult {
    EvaluatorResult { outcome: CaseOutcome::Evaluator { message }, score: None, evidence, details }
}

fn ended(report: &Report) -> String {
    let place = at(report.stopped_at.as_ref());
    match &report.outcome {
        Outcome::OutOfFuel => format!("it spent its fuel{place}; raise fuel in [scorer.limits] of task.toml"),
        Outcome::OutOfMemory => {
            format!("it spent its memory{place}; raise memory_bytes in [scorer.limits] of task.toml")
        }
        Outcome::Quota { quota } => {
            format!("it exceeded {quota}; raise it in [scorer.limits] of task.toml")
        }
        Outcome::OutputLimit => {
            format!("it printed too much{place}; raise output_bytes in [scorer.limits] of task.toml")
        }
        Outcome::Exception { exception, message } => format!("{exception}: {message}"),
        Outcome::Exit { code } => format!("it exited with code {code} before it returned a result"),
        Outcome::Completed => "it exited before it returned a result".to_owned(),
        other => format!("it ended with {}{place}", other.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_cannot_be_recorded_is_no_score() {
        let integer = |digits: usize| ExactNumber::I(format!("-0x{}", "f".repeat(digits)));
        assert!(integer(HEX_DIGITS_MAX).score().is_some_and(|score| score.is_recordable()));
        assert!(integer(HEX_DIGITS_MAX + 1).score().is_none());
        let mean = |mean: Vec<ExactNumber>| ToldScore::Mean { mean };
        let long = mean(vec![integer(1_000_000); 3]);
        assert_eq!((score_of(&long), without_score(Some(&long))), (None, TOO_LONG));
        let few = mean(vec![integer(1), ExactNumber::F(-5.0)]);
        assert_eq!(score_of(&few), Some(Score::integer(-10)));
        let none = mean(Vec::new());
        assert_eq!((score_of(&none), without_score(Some(&none))), (None, "its result has no score"));
    }
}
