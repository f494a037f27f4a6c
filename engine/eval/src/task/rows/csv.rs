//! Rows from CSV with a header that names the columns `input` and `expected`, and `name` if the rows have names.

use hyperspace_core::exact_json;

use crate::case::Case;
use crate::scorer::rows::{Metric, RowsScorer};
use crate::task::error::{TaskError, utf8};

use super::table::{LineCounter, check_quotes, csv_error};
use super::values::{arguments, check_count, expected};

/// Reads all rows. A cell contains JSON; a cell that is not JSON is taken as text.
pub(crate) fn parse(file: &str, bytes: &[u8], metric: Metric) -> Result<Vec<Case>, TaskError> {
    let text = utf8(file, bytes)?;
    check_quotes(file, text)?;
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| csv_error(file, text, &error))?.clone();
    let find = |name: &str| header.iter().position(|column| column.trim() == name);
    let needed = |name: &str| {
        let found = header.iter().collect::<Vec<_>>().join(",");
        find(name).ok_or_else(|| {
            TaskError::data(file, "header line", format!("a column {name:?}"), format!("{found:?}"))
        })
    };
    let (input, wanted, name) = (needed("input")?, needed("expected")?, find("name"));
    let (mut rows, mut lines) = (Vec::new(), LineCounter::new(text));
    for record in reader.records() {
        let record = record.map_err(|error| csv_error(file, text, &error))?;
        let line = record.position().map_or(0, |position| lines.at(position));
        check_count(file, rows.len())?;
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let value = |column: usize| {
            exact_json::parse(cell(column).as_bytes()).unwrap_or_else(|_| exact_json::text(cell(column)))
        };
        let place = || format!("line {line}");
        let expected = expected(file, place, value(wanted), metric)?;
        let name = name.map_or_else(|| format!("row_{:04}", rows.len()), |column| cell(column).to_owned());
        rows.push(RowsScorer::case(name, arguments(value(input)), expected));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_json_or_text() {
        let text = "\u{feff}expected,note,input\n3,sum,\"[1, 2]\"\nhi,,hello\n\"[1]\",,4\n";
        let rows = parse("x.csv", text.as_bytes(), Metric::Exact).unwrap();
        let shown: Vec<_> = rows
            .iter()
            .map(|case| (case.name.as_str(), case.data_to_json().unwrap(), case.expected.clone().unwrap()))
            .collect();
        assert_eq!(
            shown,
            [
                ("row_0000", json!([1, 2]), json!(3)),
                ("row_0001", json!(["hello"]), json!("hi")),
                ("row_0002", json!([4]), json!([1])),
            ]
        );
        let named = parse("x.csv", b"name,input,expected\nfirst,1,2\n", Metric::AbsoluteError).unwrap();
        assert_eq!(named[0].name, "first");
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let check = |text: &str, message: &str| {
            assert_eq!(
                parse("x.csv", text.as_bytes(), Metric::AbsoluteError).unwrap_err().to_string(),
                message
            );
        };
        check("", "x.csv, header line: expected a column \"input\", found \"\"");
        check(
            "input,answer\n1,2\n",
            "x.csv, header line: expected a column \"expected\", found \"input,answer\"",
        );
        check("input,expected\n1,2\n1\n", "x.csv, line 3: expected 2 cells, as in the header, found 1");
        check(
            "input,expected\n1,\"two\"\n",
            "x.csv, line 2: expected a number in \"expected\", found \"two\"",
        );
        check(
            "input,expected\n1,\"a\n2,b\n3,c\n",
            "x.csv, line 2, column 3: expected a closing quote for this field, found the end of the file",
        );
        let many = format!("input,expected\n{}", "1,2\n".repeat(10_001));
        check(
            &many,
            "x.csv: the number of rows is 10001, but at most 10000 are supported; use a smaller one",
        );
        let latin = parse("x.csv", b"input,expected\n1,\xe9\n", Metric::Exact).unwrap_err().to_string();
        assert_eq!(
            latin,
            "x.csv, line 2, column 3: expected UTF-8 text, found other bytes; save the file as UTF-8"
        );
    }
}
