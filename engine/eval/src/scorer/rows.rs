//! The scorer `rows`: calls with a known answer, scored by exact match, by label or by absolute error.
//!
//! Attacks that end here: T-HACK-01, T-HACK-07.

use hyperspace_core::exact_json;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::number::{Number, exact_number, is_number};
use super::{CaseSession, InvalidAnswer, InvalidCase, Invocation, Measure, Scorer};
use crate::case::Case;
use crate::score::{Direction, Score};

/// The comparison of an answer with the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// 1 for an equal answer, 0 for any other one; the score is the share of equal answers.
    Exact,
    /// As [`Metric::Exact`] for texts, ignoring case and surrounding white space; see [`label`].
    Label,
    /// The absolute difference of two numbers; the score is its mean.
    AbsoluteError,
}

/// The scorer of calls with a known answer. The data of its cases are the arguments, as a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowsScorer {
    metric: Metric,
}

impl RowsScorer {
    /// Creates a scorer that compares answers by `metric`.
    #[must_use]
    pub fn new(metric: Metric) -> Self {
        Self { metric }
    }

    /// Creates a case for this scorer, from the arguments of a call and the right answer, which is a number for
    /// [`Metric::AbsoluteError`].
    #[must_use]
    pub fn case(name: impl Into<String>, args: Vec<Value>, expected: Value) -> Case {
        Case::new(name, args).expected(expected)
    }
}

impl Scorer for RowsScorer {
    fn rule(&self) -> String {
        format!("rows, metric {:?}", self.metric)
    }

    fn check(&self, case: &Case) -> Result<(), InvalidCase> {
        if case.data::<Vec<Value>>().is_none() {
            return Err(InvalidCase::data("a list of arguments", case));
        }
        match &case.expected {
            None => Err(InvalidCase::new("an expected answer", "none")),
            Some(value) if self.metric == Metric::AbsoluteError && !is_number(value) => {
                Err(InvalidCase::new("a number as the expected answer", exact_json::to_text(value)))
            }
            Some(_) => Ok(()),
        }
    }

    fn start(&self, case: &Case) -> CaseSession {
        let args = case.data::<Vec<Value>>().cloned().unwrap_or_default();
        let (metric, expected) = (self.metric, case.expected.clone().unwrap_or_default());
        CaseSession::new(Invocation::Once(args), move |answer: &Value| measure(metric, answer, &expected))
    }

    fn worst(&self) -> Option<Measure> {
        (self.metric != Metric::AbsoluteError).then(|| Measure::of(Score::zero()))
    }

    fn best_amount(&self, direction: Direction) -> Option<Score> {
        match (self.metric, direction) {
            (_, Direction::Minimize) => Some(Score::zero()),
            (Metric::AbsoluteError, Direction::Maximize) => None,
            (Metric::Exact | Metric::Label, Direction::Maximize) => Some(Score::one()),
        }
    }

    fn keeps_answers(&self) -> bool {
        true
    }
}

/// Measures an answer. Numbers are compared by exact value, so 1 equals 1.0; a boolean equals no number.
///
/// # Errors
///
/// When the metric needs a number or a text and the answer is not one.
pub fn measure(metric: Metric, answer: &Value, expected: &Value) -> Result<Measure, InvalidAnswer> {
    let amount = match metric {
        Metric::Exact if equal(answer, expected) => Score::one(),
        Metric::Exact => Score::zero(),
        Metric::Label => match (exact_json::as_text(answer), exact_json::as_text(expected)) {
            (Some(answer), Some(expected)) if label(answer) == label(expected) => Score::one(),
            (Some(_), _) => Score::zero(),
            (None, _) => return Err(InvalidAnswer::quoting("answer", "a text", answer)),
        },
        Metric::AbsoluteError => {
            let answer = exact_number(answer, "answer")?;
            let expected = exact_number(expected, "expected answer of the data")?;
            (&answer - &expected).abs()
        }
    };
    Ok(Measure::of(amount))
}

/// Returns a label in the form in which it is compared: without surrounding white space and in lower case, as Python's
/// `strip().lower()` leaves it.
#[must_use]
pub fn label(text: &str) -> String {
    // Python also counts the four ASCII separators as white space.
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)).to_lowercase()
}

fn is_big(value: &Value) -> bool {
    exact_json::big_integer(value).is_some()
}

/// Returns whether two JSON values are equal, with numbers compared by exact value. The JSON reader bounds the depth.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        _ if is_big(a) || is_big(b) => {
            let read = |value| exact_number(value, "");
            matches!((read(a), read(b)), (Ok(a), Ok(b)) if a == b)
        }
        (Value::Number(_), Value::Number(_)) => {
            let read = |value| Number::read(value, String::new);
            matches!((read(a), read(b)), (Ok(a), Ok(b)) if a.compare(b).is_eq())
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scorer::total;

    #[test]
    fn equal_answers_count_one() {
        let check = |answer: Value, expected: Value, equal: u8| {
            let measure = measure(Metric::Exact, &answer, &expected).unwrap();
            assert_eq!(measure, Measure::of(Score::integer(equal)), "{answer}");
        };
        check(json!(1), json!(1.0), 1);
        check(json!(true), json!(1), 0);
        check(json!("1"), json!(1), 0);
        check(json!({"a": [1, null], "b": "x"}), json!({"b": "x", "a": [1.0, null]}), 1);
        check(json!({"a": 1}), json!({"b": 1}), 0);
        check(json!([1, 2]), json!([1, 2, 3]), 0);
        check(json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992.0), 0);
    }

    #[test]
    fn integers_of_any_length_are_exact() {
        let read = |text: &str| exact_json::parse(text.as_bytes()).unwrap();
        let factorial = "815915283247897734345611269596115894272000000000";
        let next = "815915283247897734345611269596115894272000000001";
        let exact = |answer: &str, expected: &str| {
            measure(Metric::Exact, &read(answer), &read(expected)).unwrap() == Measure::of(Score::one())
        };
        assert!(exact(factorial, factorial) && exact(&format!("[{next}]"), &format!("[{next}]")));
        assert!(!exact(next, factorial) && !exact(factorial, next));
        assert!(exact("1267650600228229401496703205376", "1.2676506002282294e30"), "2 to the power of 100");
        assert!(!exact("1267650600228229401496703205377", "1.2676506002282294e30"));
        assert!(!exact(&format!("\"{factorial}\""), factorial), "a text is no number");
        assert!(!exact(factorial, "true") && !exact(&format!("-{factorial}"), factorial));
        let error = measure(Metric::AbsoluteError, &read(next), &read(factorial)).unwrap();
        assert_eq!(error, Measure::of(Score::one()));
    }

    #[test]
    fn labels_are_compared_without_case_and_white_space() {
        let check = |answer: Value, amount: u8| {
            let measure = measure(Metric::Label, &answer, &json!(" Correct")).unwrap();
            assert_eq!(measure, Measure::of(Score::integer(amount)), "{answer}");
        };
        check(json!("correct"), 1);
        check(json!("\u{1f}\tCORRECT \u{a0}\n"), 1);
        check(json!("correct."), 0);
        check(json!(""), 0);
        let big = exact_json::parse(b"18446744073709551617").unwrap();
        for answer in [json!(null), json!(7), json!(["correct"]), big] {
            measure(Metric::Label, &answer, &json!("7")).unwrap_err();
        }
    }

    #[test]
    fn errors_are_exact_and_averaged() {
        let measure = |answer, expected| measure(Metric::AbsoluteError, &answer, &expected);
        let measures = [measure(json!(0.5), json!(2)).unwrap(), measure(json!(3), json!(-1.0)).unwrap()];
        assert_eq!(total(&measures), Score::ratio(11, 4));
        let invalid = measure(json!("0.5"), json!(2)).unwrap_err();
        assert_eq!(invalid.to_string(), "answer: expected a finite number, found \"0.5\"");
        measure(json!(false), json!(0)).unwrap_err();
    }
}
