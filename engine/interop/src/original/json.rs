//! JSON as the original writes it: Python's `NaN` and `Infinity` are read as null, and named.

use hyperspace_core::canon;
use serde_json::Value;

/// What a text holds.
#[derive(Debug, PartialEq)]
pub(super) struct Parsed {
    /// The value, if it is one.
    pub(super) value: Option<Value>,
    /// Place and what is wrong there.
    pub(super) problems: Vec<(String, String)>,
}

/// Reads a whole file.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let refuse = |place: String, what: String| Parsed { value: None, problems: vec![(place, what)] };
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}'),
        Err(error) => {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            return refuse(format!("line {line}"), "it is not UTF-8; nothing of the file is used".to_owned());
        }
    };
    let (text, mut problems) = finite(text);
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => match canon::encode(&value) {
            Ok(_) => Parsed { value: Some(value), problems },
            Err(error) => refuse("the whole".to_owned(), format!("{error}; nothing of the file is used")),
        },
        Err(error) => {
            let place = format!("line {}, column {}", error.line(), error.column());
            let what = if error.is_eof() { "the text ends too early".to_owned() } else { bare(&error) };
            problems.push((place, format!("it is no JSON: {what}; nothing of the file is used")));
            Parsed { value: None, problems }
        }
    }
}

/// A message without its place.
fn bare(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// The text with null for numbers that JSON does not have, and where they were.
fn finite(text: &str) -> (String, Vec<(String, String)>) {
    let (mut out, mut problems) = (String::with_capacity(text.len()), Vec::new());
    let (mut rest, mut line) = (text, 1);
    // The last text outside of which we are, which is the key of what follows a colon.
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
            problems.push((
                format!("line {line}, {shown:?}"),
                format!("{token} is no number; it is read as null"),
            ));
            out.push_str("null");
            rest = &rest[token.len()..];
            continue;
        }
        line += usize::from(first == '\n');
        out.push(first);
        rest = &rest[first.len_utf8()..];
    }
    (out, problems)
}

/// Bytes up to the end of the text that begins here.
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

    fn check(text: &str, value: Option<Value>, problems: &[(&str, &str)]) {
        let parsed = parse(text.as_bytes());
        assert_eq!(parsed.value, value, "{text}");
        let found: Vec<_> = parsed.problems.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(found, problems, "{text}");
    }

    #[test]
    fn numbers_that_json_does_not_have_are_null_and_named() {
        check("{\"a\": [1, 2.5]}", Some(json!({"a": [1, 2.5]})), &[]);
        check(
            "{\"a\\\"\": NaN,\n \"NaN\": \"NaN\", \"b\": [-Infinity, 1]}",
            Some(json!({"a\"": null, "NaN": "NaN", "b": [null, 1]})),
            &[
                ("line 1, \"a\\\\\\\"\"", "NaN is no number; it is read as null"),
                ("line 2, \"b\"", "-Infinity is no number; it is read as null"),
            ],
        );
    }

    #[test]
    fn broken_texts_are_named_with_their_place() {
        let unused = "nothing of the file is used";
        check(
            "{\"valid\": true,\n \"val_sc",
            None,
            &[("line 2, column 8", &format!("it is no JSON: the text ends too early; {unused}"))],
        );
        check(
            "",
            None,
            &[("line 1, column 0", &format!("it is no JSON: the text ends too early; {unused}"))],
        );
        check(
            "{'a': 1}",
            None,
            &[("line 1, column 2", &format!("it is no JSON: key must be a string; {unused}"))],
        );
        assert_eq!(parse(b"{}\n\xff").problems[0].0, "line 2");
        let deep = format!("{}{}", "[".repeat(70), "]".repeat(70));
        assert!(parse(deep.as_bytes()).value.is_none());
    }
}
