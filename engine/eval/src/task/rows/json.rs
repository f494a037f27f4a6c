//! Rows from JSON lines: one object per line with the keys `input` and `expected`, and `name` if the rows have names.

use hyperspace_core::exact_json;
use serde_json::Value;

use crate::case::Case;
use crate::scorer::rows::{Metric, RowsScorer};
use crate::task::error::{TaskError, utf8};

use super::values::{arguments, check_count, expected};

/// Reads all rows; empty lines are skipped.
pub(crate) fn parse(file: &str, bytes: &[u8], metric: Metric) -> Result<Vec<Case>, TaskError> {
    let text = utf8(file, bytes)?;
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("line {}", index + 1);
        check_count(file, rows.len())?;
        let value: Value =
            exact_json::parse(line.as_bytes()).map_err(|error| match TaskError::json(file, &error) {
                TaskError::Syntax { file, column, message, .. } => {
                    TaskError::Syntax { file, line: index + 1, column, message }
                }
                other => other,
            })?;
        let Value::Object(mut row) = value else {
            let expected = "an object {\"input\": ..., \"expected\": ...}";
            return Err(TaskError::data(file, place(), expected, exact_json::to_text(&value)));
        };
        let keys = row.keys().cloned().collect::<Vec<_>>().join(", ");
        let mut take = |key: &str| {
            row.remove(key).ok_or_else(|| {
                TaskError::data(file, place(), format!("a key {key:?}"), format!("the keys {keys}"))
            })
        };
        let (input, wanted, name) = (take("input")?, take("expected")?, take("name").ok());
        let name = match name {
            None => format!("row_{:04}", rows.len()),
            Some(name) => match exact_json::as_text(&name) {
                Some(name) => name.to_owned(),
                None => {
                    let found = exact_json::to_text(&name);
                    return Err(TaskError::data(file, place(), "a text in \"name\"", found));
                }
            },
        };
        let expected = expected(file, place, wanted, metric)?;
        rows.push(RowsScorer::case(name, arguments(input), expected));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_arguments_and_anything_else_is_one_argument() {
        let text = "\u{feff}{\"input\": [1, 2], \"expected\": 3}\n\n{\"input\": {\"a\": 1}, \"expected\": \"x\", \"name\": \"n\"}\n";
        let rows = parse("x.jsonl", text.as_bytes(), Metric::Exact).unwrap();
        let shown = |case: &Case| (case.name.clone(), case.data_to_json().unwrap());
        assert_eq!(shown(&rows[0]), ("row_0000".to_owned(), json!([1, 2])));
        assert_eq!(shown(&rows[1]), ("n".to_owned(), json!([{"a": 1}])));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let check = |text: &str, message: &str| {
            assert_eq!(
                parse("x.jsonl", text.as_bytes(), Metric::AbsoluteError).unwrap_err().to_string(),
                message
            );
        };
        check("\n{\"input\": 1}", "x.jsonl, line 2: expected a key \"expected\", found the keys input");
        check("\n{\"input\" 1}", "x.jsonl, line 2, column 10: expected `:`");
        check(
            "[1, 2]",
            "x.jsonl, line 1: expected an object {\"input\": ..., \"expected\": ...}, found [1,2]",
        );
        check(
            "{\"input\": 1, \"expected\": true}",
            "x.jsonl, line 1: expected a number in \"expected\", found true",
        );
        check(
            "{\"input\": 1, \"expected\": 1, \"name\": 2}",
            "x.jsonl, line 1: expected a text in \"name\", found 2",
        );
    }
}
