//! A text between the two guests that is longer than one request: its parts as they arrive, until the last one.
//!
//! It is bounded, and each part is paid for like any request. It is wire text, printable ASCII, so the frame that carries it is at most
//! twice as long.

use hyperspace_sandbox::{DOOR_ANSWER_BYTES_MAX, DoorError};
use serde_json::Value;

/// Maximum length of a text in bytes.
const TEXT_BYTES_MAX: usize = 8_000_000;

const _: () =
    assert!(2 * TEXT_BYTES_MAX + 1_000 <= DOOR_ANSWER_BYTES_MAX, "a text of quotes fits into an answer");

/// The parts of a text that is not yet complete.
#[derive(Debug, Default)]
pub(super) struct TextParts(String);

impl TextParts {
    /// Adds a part.
    pub(super) fn add(&mut self, params: &Value) -> Result<Value, DoorError> {
        let part = params.get("text").and_then(Value::as_str);
        let part = part.ok_or_else(|| DoorError::Invalid("a part has a text `text`".to_owned()))?;
        self.check(part)?;
        self.0.push_str(part);
        Ok(Value::Null)
    }

    /// Returns the complete text, given the last part.
    pub(super) fn complete(&mut self, last: String) -> Result<String, DoorError> {
        if self.0.is_empty() {
            return Ok(last);
        }
        self.check(&last)?;
        Ok(std::mem::take(&mut self.0) + &last)
    }

    /// Refuses a part that makes the text too long or is not wire text; the preceding parts are then dropped.
    fn check(&mut self, part: &str) -> Result<(), DoorError> {
        let refused = match self.0.len() + part.len() > TEXT_BYTES_MAX {
            true => DoorError::Exhausted(format!("at most {TEXT_BYTES_MAX} bytes cross at a time")),
            false if part.bytes().all(|byte| matches!(byte, b' '..=b'~')) => return Ok(()),
            false => DoorError::Invalid("a part is printable ASCII".to_owned()),
        };
        self.0.clear();
        Err(refused)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parts_are_joined_until_the_last_one() {
        let mut parts = TextParts::default();
        assert_eq!(parts.complete("alone \u{e4}".to_owned()).unwrap(), "alone \u{e4}");
        for text in ["a", "b"] {
            parts.add(&json!({ "text": text })).unwrap();
        }
        assert_eq!(parts.complete("c".to_owned()).unwrap(), "abc");
        assert_eq!(parts.complete("d".to_owned()).unwrap(), "d");
    }

    #[test]
    fn what_is_too_long_or_no_text_of_the_wire_is_refused_and_dropped() {
        let mut parts = TextParts::default();
        let part = json!({ "text": "x".repeat(1_000_000) });
        for _ in 0..8 {
            parts.add(&part).unwrap();
        }
        assert!(matches!(parts.complete("y".to_owned()), Err(DoorError::Exhausted(_))));
        assert_eq!(parts.complete("z".to_owned()).unwrap(), "z");
        for text in ["\u{e4}", "\n", "\u{7f}"] {
            parts.add(&part).unwrap();
            assert!(matches!(parts.add(&json!({ "text": text })), Err(DoorError::Invalid(_))), "{text:?}");
            assert_eq!(parts.complete("z".to_owned()).unwrap(), "z");
        }
        assert!(matches!(parts.add(&json!({})), Err(DoorError::Invalid(_))));
    }
}
