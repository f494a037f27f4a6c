//! Integers in requests. JSON has only one kind of number, so `5481.0` is the integer 5481.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

/// The first double that does not fit in 64 bits.
const BEYOND: f64 = 18_446_744_073_709_551_616.0;

struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer of 0 or more")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        u64::try_from(number).map(Some).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        match number.fract() == 0.0 && (0.0..BEYOND).contains(&number) {
            true => Ok(Some(number as u64)),
            false => Err(E::invalid_value(Unexpected::Float(number), &self)),
        }
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Reads an integer, or null.
pub(super) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    deserializer.deserialize_option(Whole)
}

/// Reads an integer.
pub(super) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let found = deserializer.deserialize_any(Whole)?;
    found.ok_or_else(|| D::Error::invalid_type(Unexpected::Unit, &Whole))
}

#[cfg(test)]
mod tests {
    use crate::requests::RunPythonRequest;

    #[test]
    fn an_integer_may_be_written_as_a_double() {
        let parse = |seed: &str| {
            serde_json::from_str::<RunPythonRequest>(&format!(
                "{{\"code\": \"\", \"fuel\": {seed}, \"seed\": {seed}}}"
            ))
        };
        for (text, number) in [("0", 0), ("5481.0", 5481), ("1e3", 1000), ("18446744073709551615", u64::MAX)]
        {
            let request = parse(text).unwrap();
            assert_eq!((request.seed, request.fuel), (number, Some(number)), "{text}");
        }
        for text in ["-1", "0.5", "1e30", "18446744073709551616", "\"1\"", "true", "[]"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains("expected an integer of 0 or more"), "{text}: {error}");
        }
        assert!(serde_json::from_str::<RunPythonRequest>(r#"{"code": "", "seed": null}"#).is_err());
        assert_eq!(
            serde_json::from_str::<RunPythonRequest>(r#"{"code": "", "fuel": null}"#).unwrap().fuel,
            None
        );
    }
}
