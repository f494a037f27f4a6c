//! JSON whose integers keep every digit.
//!
//! `serde_json` turns an integer of more than 64 bits into the nearest double, so two different ones could become equal. This module
//! keeps such an integer as a text that no JSON text stands for: U+0000, `int:`, and its digits. A text that itself begins with U+0000
//! gets another one in front. Values that come from [`parse`] and go out through [`to_text`] keep their meaning outside; in between,
//! [`big_integer`] tells these integers from texts.

use std::borrow::Cow;

use serde_json::Value;

use crate::json_weight;

/// The prefix of a text that stands for an integer.
const MARK: &str = "\0int:";
/// Maximum number of digits of an integer; a longer one is an error.
pub const DIGITS_MAX: usize = 10_000;
/// Number of digits from which on an integer may not fit into 64 bits.
const LONG_DIGITS: usize = 19;

/// Parses JSON text.
///
/// # Errors
///
/// Those of `serde_json`, and for an integer of more than [`DIGITS_MAX`] digits.
pub fn parse(text: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(&marked(text)?)
}

/// Parses JSON text of somebody else: its tree is not built if it weighs more than `most` ([`json_weight`]), and `None` is returned.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_within(text: &[u8], most: u64) -> Result<Option<Value>, serde_json::Error> {
    let marked = marked(text)?;
    if json_weight::is_within(&marked, most) { serde_json::from_slice(&marked).map(Some) } else { Ok(None) }
}

/// Returns JSON text in which long integers are marked the way [`parse`] reads them, so that any JSON reader keeps their digits.
///
/// # Errors
///
/// As [`parse`].
pub fn marked(text: &[u8]) -> Result<Cow<'_, [u8]>, serde_json::Error> {
    if !is_needed(text) {
        return Ok(Cow::Borrowed(text));
    }
    // Text that is not JSON is not JSON with marks either, and this error has its position in the original text.
    serde_json::from_slice::<serde::de::IgnoredAny>(text)?;
    with_marks(text).map(Cow::Owned)
}

/// Returns the digits of an integer of more than 64 bits, with its sign.
#[must_use]
pub fn big_integer(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix(MARK)
}

/// Returns a text as it was before [`parse`]; `None` for anything else, long integers included.
#[must_use]
pub fn as_text(value: &Value) -> Option<&str> {
    let text = value.as_str().filter(|text| !text.starts_with(MARK))?;
    Some(text.strip_prefix('\0').filter(|_| text.starts_with("\0\0")).unwrap_or(text))
}

/// Returns a text as a value that [`big_integer`] never takes for an integer.
#[must_use]
pub fn text(text: &str) -> Value {
    if text.starts_with('\0') { Value::from(format!("\0{text}")) } else { Value::from(text) }
}

/// Converts a value from another reader to the value that [`parse`] would have returned: its texts stay texts, whatever they begin with.
#[must_use]
pub fn from_plain(value: Value) -> Value {
    let marked = |text: &str| if text.starts_with('\0') { format!("\0{text}") } else { text.to_owned() };
    match value {
        Value::String(content) if content.starts_with('\0') => text(&content),
        Value::Array(values) => values.into_iter().map(from_plain).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (marked(&name), from_plain(value))).collect()
        }
        other => other,
    }
}

/// Formats a value for people: a text as it is, anything else as JSON.
#[must_use]
pub fn shown(value: &Value) -> String {
    as_text(value).map_or_else(|| to_text(value), str::to_owned)
}

/// Returns the JSON text of a value.
#[must_use]
pub fn to_text(value: &Value) -> String {
    let text = value.to_string();
    if text.contains("\"\\u0000") { unmarked(&text) } else { text }
}

/// Returns whether text may contain an integer of more than 64 bits, or a text that begins like a mark. If it does not, [`parse`] does
/// exactly what `serde_json` does.
#[must_use]
pub fn is_needed(text: &[u8]) -> bool {
    let mut digits = 0;
    for (at, byte) in text.iter().enumerate() {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        if digits >= LONG_DIGITS || (*byte == b'"' && text[at + 1..].starts_with(b"\\u0000")) {
            return true;
        }
    }
    false
}

/// Returns JSON text with long integers replaced by marks.
fn with_marks(text: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let mut out = Vec::with_capacity(text.len() + 64);
    let mut at = 0;
    while at < text.len() {
        let end = match text[at] {
            b'"' => {
                let end = string_end(text, at);
                out.push(b'"');
                if text[at + 1..].starts_with(b"\\u0000") {
                    out.extend_from_slice(b"\\u0000");
                }
                out.extend_from_slice(&text[at + 1..end]);
                end
            }
            b'-' | b'0'..=b'9' => {
                let of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                let end = at + text[at..].iter().take_while(|byte| of_number(byte)).count();
                number(&text[at..end], &mut out)?;
                end
            }
            byte => {
                out.push(byte);
                at + 1
            }
        };
        at = end;
    }
    Ok(out)
}

/// Returns the index after the text that begins at `at`.
fn string_end(text: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < text.len() {
        match text[end] {
            b'"' => return end + 1,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    text.len()
}

fn number(token: &[u8], out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let text = std::str::from_utf8(token).unwrap_or_default();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_long = digits.len() >= LONG_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_long || text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
        out.extend_from_slice(token);
        return Ok(());
    }
    if digits.len() > DIGITS_MAX {
        let why = format!("an integer of {} digits; at most {DIGITS_MAX}", digits.len());
        return Err(serde::de::Error::custom(why));
    }
    out.extend_from_slice(b"\"\\u0000int:");
    out.extend_from_slice(token);
    out.push(b'"');
    Ok(())
}

/// Returns JSON text with marks replaced by integers.
fn unmarked(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    while at < bytes.len() {
        if bytes[at] != b'"' {
            let end = at + bytes[at..].iter().take_while(|byte| **byte != b'"').count();
            out.push_str(&text[at..end]);
            at = end;
            continue;
        }
        let end = string_end(bytes, at);
        let inner = &text[at + 1..end - 1];
        match inner.strip_prefix("\\u0000int:") {
            Some(digits) => out.push_str(digits),
            None => {
                out.push('"');
                out.push_str(
                    inner
                        .strip_prefix("\\u0000")
                        .filter(|_| inner.starts_with("\\u0000\\u0000"))
                        .unwrap_or(inner),
                );
                out.push('"');
            }
        }
        at = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn through(text: &str) -> String {
        to_text(&parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn every_digit_is_kept() {
        let factorial = "815915283247897734345611269596115894272000000000";
        for text in [factorial, "-18446744073709551616", "18446744073709551615", "-9223372036854775808", "0"]
        {
            assert_eq!(through(text), text);
        }
        let value = parse(format!("{{\"a\":[{factorial},1.5,\"{factorial}\"]}}").as_bytes()).unwrap();
        assert_eq!(big_integer(&value["a"][0]), Some(factorial));
        assert_eq!(value["a"][2], json!(factorial), "a text of digits is a text");
        assert_eq!(big_integer(&value["a"][2]), None);
        assert_eq!(parse(b"18446744073709551615").unwrap(), json!(u64::MAX));
        assert_eq!(parse(b"1e30").unwrap(), json!(1e30));
        parse(b"1111111111111111111111111x").unwrap_err();
        parse("1".repeat(DIGITS_MAX + 1).as_bytes()).unwrap_err();
    }

    #[test]
    fn a_text_cannot_pass_for_an_integer() {
        for text in
            [r#""\u0000int:5""#, r#""\u0000""#, r#""\u0000\u0000int:5""#, r#"{"\u0000int:7":"\\\u0000"}"#]
        {
            let value = parse(text.as_bytes()).unwrap();
            assert_eq!(big_integer(&value), None, "{text}");
            assert_eq!(through(text), text);
        }
        for plain in ["\0int:5", "\0", "\0\0int:5", "5", ""] {
            let value = text(plain);
            assert_eq!((big_integer(&value), as_text(&value)), (None, Some(plain)));
            assert_eq!(
                (parse(to_text(&value).as_bytes()).unwrap(), shown(&value)),
                (value, plain.to_owned())
            );
        }
    }

    #[test]
    fn what_another_reader_read_means_the_same() {
        for text in [r#"{"\u0000int:5":["\u0000int:]","\u0000\u0000",5,null],"a":"b"}"#, r#""\u0000int:7""#] {
            let plain: Value = serde_json::from_str(text).unwrap();
            assert_eq!(to_text(&from_plain(plain.clone())), plain.to_string());
            assert_eq!(from_plain(plain), parse(text.as_bytes()).unwrap());
        }
    }

    #[test]
    fn a_long_integer_is_no_text_and_is_shown_with_its_digits() {
        let value = parse(b"[36893488147419103232, \"a\"]").unwrap();
        assert_eq!((as_text(&value[0]), shown(&value[0]).as_str()), (None, "36893488147419103232"));
        assert_eq!((as_text(&value[1]), shown(&value).as_str()), (Some("a"), "[36893488147419103232,\"a\"]"));
    }

    proptest! {
        #[test]
        fn what_has_no_long_integer_is_read_as_ever(text in r#"[\[\]{},:"\\u0a1e.+-]{0,30}"#) {
            match (parse(text.as_bytes()), serde_json::from_str::<Value>(&text)) {
                (Ok(ours), Ok(theirs)) => prop_assert_eq!(to_text(&ours), theirs.to_string()),
                (ours, theirs) => prop_assert_eq!(ours.is_ok(), theirs.is_ok()),
            }
        }

        #[test]
        fn integers_of_any_length_survive(digits in "[1-9][0-9]{0,60}", negative in any::<bool>(), text in "\\PC{0,6}") {
            let number = if negative { format!("-{digits}") } else { digits };
            let document = format!("[{number},{},{{\"k\":{number}}}]", json!(format!("\0{text}")));
            prop_assert_eq!(through(&document), document);
        }
    }
}
