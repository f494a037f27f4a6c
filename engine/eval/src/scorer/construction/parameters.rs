//! Parameters of an instance, as given in a task's definition.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use thiserror::Error;

/// A parameter from which no instance can be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{key}: expected {expected}, found {found}")]
pub struct ParameterError {
    /// The name of the parameter.
    pub key: String,
    /// The expected value, in words.
    pub expected: String,
    /// The value that was found, as JSON, or `nothing`.
    pub found: String,
}

/// The parameters that have not been taken yet.
#[derive(Debug, Clone)]
pub struct Parameters(Map<String, Value>);

impl Parameters {
    /// Creates the parameters of an instance.
    #[must_use]
    pub fn new(all: Map<String, Value>) -> Self {
        Self(all)
    }

    /// Takes a whole number within a range.
    ///
    /// # Errors
    ///
    /// When it is missing, not a whole number, or outside of the range.
    pub fn number(&mut self, key: &str, range: RangeInclusive<u64>) -> Result<u64, ParameterError> {
        let found = self.0.remove(key);
        let number = found.as_ref().and_then(Value::as_u64).filter(|number| range.contains(number));
        number.ok_or_else(|| {
            let expected = format!("a whole number, {} to {}", range.start(), range.end());
            Self::error(key, expected, found.as_ref())
        })
    }

    /// Takes a size, which is a whole number within a range.
    ///
    /// # Errors
    ///
    /// As [`Parameters::number`].
    pub fn size(&mut self, key: &str, range: RangeInclusive<u64>) -> Result<usize, ParameterError> {
        self.number(key, range).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
    }

    /// Takes a text that is one of `choices`.
    ///
    /// # Errors
    ///
    /// When it is missing or another text.
    pub fn choice<'a>(&mut self, key: &str, choices: &[&'a str]) -> Result<&'a str, ParameterError> {
        let found = self.0.remove(key);
        let choice = choices.iter().find(|choice| found.as_ref().and_then(Value::as_str) == Some(**choice));
        choice
            .copied()
            .ok_or_else(|| Self::error(key, format!("one of {}", choices.join(", ")), found.as_ref()))
    }

    /// Takes any value.
    ///
    /// # Errors
    ///
    /// When it is missing.
    pub fn value(&mut self, key: &str, expected: &str) -> Result<Value, ParameterError> {
        self.0.remove(key).ok_or_else(|| Self::error(key, expected, None))
    }

    /// Refuses parameters that were not taken.
    ///
    /// # Errors
    ///
    /// When there are any.
    pub fn finish(self) -> Result<(), ParameterError> {
        match self.0.iter().next() {
            Some((key, value)) => Err(Self::error(key, "no such parameter of this problem", Some(value))),
            None => Ok(()),
        }
    }

    /// Creates the error of a parameter.
    #[must_use]
    pub fn error(key: &str, expected: impl Into<String>, found: Option<&Value>) -> ParameterError {
        let found = found.map_or_else(|| "nothing".to_owned(), Value::to_string);
        ParameterError { key: key.to_owned(), expected: expected.into(), found }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_wrong_or_left_is_named() {
        let parameters = |value: Value| Parameters::new(value.as_object().unwrap().clone());
        let mut given = parameters(json!({"inputs": 17, "field": "real", "more": 1}));
        let error = |error: ParameterError| error.to_string();
        assert_eq!(
            error(given.number("inputs", 2..=16).unwrap_err()),
            "inputs: expected a whole number, 2 to 16, found 17"
        );
        assert_eq!(
            error(given.choice("field", &["integer", "complex"]).unwrap_err()),
            "field: expected one of integer, complex, found \"real\""
        );
        assert_eq!(
            error(given.number("seed", 0..=9).unwrap_err()),
            "seed: expected a whole number, 0 to 9, found nothing"
        );
        assert_eq!(
            error(given.finish().unwrap_err()),
            "more: expected no such parameter of this problem, found 1"
        );
        for wrong in [json!({"n": 1.5}), json!({"n": true}), json!({"n": -1}), json!({"n": "3"})] {
            assert!(parameters(wrong).number("n", 0..=5).is_err());
        }
    }
}
