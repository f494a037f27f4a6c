//! Rows: calls with a known answer, scored by exact match, by label or by absolute error.
//!
//! Attacks that end here: T-HACK-01.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::score::Score;

use super::number::Number;
use super::{InvalidAnswer, Measure};

/// How an answer is compared with the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// 1 for an equal answer, 0 for another one; the score is the share of equal answers.
    Exact,
    /// As [`Metric::Exact`] for texts, without regard to case and to white space around them; see [`label`].
    Label,
    /// The absolute difference of two numbers; the score is its mean.
    AbsoluteError,
}

/// One call of the candidate's function and what it should return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowCase {
    /// The arguments.
    pub args: Vec<Value>,
    /// The right answer; a number for [`Metric::AbsoluteError`].
    pub expected: Value,
    /// How the answer is judged.
    pub metric: Metric,
}

impl RowCase {
    /// Measures an answer. Numbers are compared by exact value, so that 1 equals 1.0; a boolean equals no number.
    ///
    /// # Errors
    ///
    /// If the metric needs a number and the answer is none.
    pub fn measure(&self, answer: &Value) -> Result<Measure, InvalidAnswer> {
        let amount = match self.metric {
            Metric::Exact if equal(answer, &self.expected) => Score::one(),
            Metric::Exact => Score::zero(),
            Metric::Label => match (answer.as_str(), self.expected.as_str()) {
                (Some(answer), Some(expected)) if label(answer) == label(expected) => Score::one(),
                (Some(_), _) => Score::zero(),
                (None, _) => return Err(InvalidAnswer::value("answer", "a text", answer)),
            },
            Metric::AbsoluteError => {
                let answer = Number::read(answer, || "answer".into())?;
                let expected = Number::read(&self.expected, || "expected answer of the data".into())?;
                (&answer.exact() - &expected.exact()).abs()
            }
        };
        Ok(Measure::of(amount))
    }
}

/// A label as it is compared: without white space around it and in lower case, as Python's `strip().lower()` leaves it.
#[must_use]
pub fn label(text: &str) -> String {
    // Python also counts the four separators of ASCII as white space.
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)).to_lowercase()
}

/// Equality of JSON values with numbers by exact value. The depth is bounded by the JSON reader.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
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

    fn row(expected: Value, metric: Metric) -> RowCase {
        RowCase { args: vec![], expected, metric }
    }

    #[test]
    fn equal_answers_count_one() {
        let check = |answer: Value, expected: Value, equal: u8| {
            let measure = row(expected, Metric::Exact).measure(&answer).unwrap();
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
    fn labels_are_compared_without_case_and_white_space() {
        let check = |answer: Value, amount: u8| {
            let measure = row(json!(" Correct"), Metric::Label).measure(&answer).unwrap();
            assert_eq!(measure, Measure::of(Score::integer(amount)), "{answer}");
        };
        check(json!("correct"), 1);
        check(json!("\u{1f}\tCORRECT \u{a0}\n"), 1);
        check(json!("correct."), 0);
        check(json!(""), 0);
        for answer in [json!(null), json!(7), json!(["correct"])] {
            row(json!("7"), Metric::Label).measure(&answer).unwrap_err();
        }
    }

    #[test]
    fn errors_are_exact_and_averaged() {
        let measure = |answer, expected| row(expected, Metric::AbsoluteError).measure(&answer);
        let measures = [measure(json!(0.5), json!(2)).unwrap(), measure(json!(3), json!(-1.0)).unwrap()];
        assert_eq!(total(&measures), Score::ratio(11, 4));
        let invalid = measure(json!("0.5"), json!(2)).unwrap_err();
        assert_eq!(invalid.to_string(), "answer: expected a finite number, found \"0.5\"");
        measure(json!(false), json!(0)).unwrap_err();
    }
}
