//! JSON as the original writes it: Python's `NaN` and `Infinity` are read as null, and reported.

use hyperspace_core::canon;
use serde_json::Value;

use crate::defect::DefectNote;

/// The value of a text, and its defects.
#[derive(Debug, PartialEq)]
pub(super) struct LenientJson {
    /// The value, if the text has one.
    pub(super) value: Option<Value>,
    /// The defects, in order of place.
    pub(super) findings: Vec<DefectNote>,
}

/// Reads a whole text.
pub(super) fn parse(bytes: &[u8]) -> LenientJson {
    let refuse =
        |place: &str, what: String| LenientJson { value: None, findings: vec![DefectNote::new(place, what)] };
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}'),
        Err(error) => {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            return refuse(&format!("line {line}"), "not UTF-8; the file is ignored".to_owned());
        }
    };
    let (text, mut findings) = finite(text);
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => match canon::encode(&value) {
            Ok(_) => LenientJson { value: Some(value), findings },
            Err(error) => refuse("the whole", format!("{error}; the file is ignored")),
        },
        Err(error) => {
            let place = format!("line {}, column {}", error.line(), error.column());
            let what = if error.is_eof() { "unexpected end".to_owned() } else { bare(&error) };
            findings.push(DefectNote::new(place, format!("not JSON: {what}; the file is ignored")));
            LenientJson { value: None, findings }
        }
    }
}

/// Returns a message without its position.
fn bare(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// Returns the text with null instead of numbers that JSON does not have, and their places.
fn finite(text: &str) -> (String, Vec<DefectNote>) {
    let (mut out, mut findings) = (String::with_capacity(text.len()), Vec::new());
    let (mut rest, mut line) = (text, 1);
    // The last string before this point: the key, if a colon follows.
    let mut key = "";
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let end = end_of_text(rest);
            key = rest.get(1..end.saturating_sub(1)).unwrap_or_default();
            line += rest[..end].matches('\n').count();
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        let token = ["NaN", "-Infinity", "Infinity"].into_iter().find(|token| rest.starts_with(token));
        if let Some(token) = token {
            let shown: String = key.chars().take(80).collect();
            let place = format!("line {line}, {shown:?}");
            findings.push(DefectNote::new(place, format!("{token} is not a JSON number; read as null")));
            out.push_str("null");
            rest = &rest[token.len()..];
            continue;
        }
        line += usize::from(first == '\n');
        out.push(first);
        rest = &rest[first.len_utf8()..];
    }
    (out, findings)
}

/// Returns the number of bytes up to the end of the string that begins here.
fn end_of_text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, value: Option<Value>, findings: &[(&str, &str)]) {
        let parsed = parse(text.as_bytes());
        assert_eq!(parsed.value, value, "{text}");
        let found: Vec<_> =
            parsed.findings.iter().map(|one| (one.place.as_str(), one.what.as_str())).collect();
        assert_eq!(found, findings, "{text}");
    }

    #[test]
    fn numbers_that_json_does_not_have_are_null_and_named() {
        check("{\"a\": [1, 2.5]}", Some(json!({"a": [1, 2.5]})), &[]);
        check(
            "{\"a\\\"\": NaN,\n \"NaN\": \"NaN\", \"b\": [-Infinity, 1]}",
            Some(json!({"a\"": null, "NaN": "NaN", "b": [null, 1]})),
            &[
                ("line 1, \"a\\\\\\\"\"", "NaN is not a JSON number; read as null"),
                ("line 2, \"b\"", "-Infinity is not a JSON number; read as null"),
            ],
        );
    }

    #[test]
    fn broken_texts_are_named_with_their_place() {
        let unused = "the file is ignored";
        check(
            "{\"valid\": true,\n \"val_sc",
            None,
            &[("line 2, column 8", &format!("not JSON: unexpected end; {unused}"))],
        );
        check("", None, &[("line 1, column 0", &format!("not JSON: unexpected end; {unused}"))]);
        check(
            "{'a': 1}",
            None,
            &[("line 1, column 2", &format!("not JSON: key must be a string; {unused}"))],
        );
        assert_eq!(parse(b"{}\n\xff").findings[0].place, "line 2");
        let deep = format!("{}{}", "[".repeat(70), "]".repeat(70));
        assert!(parse(deep.as_bytes()).value.is_none());
    }
}
