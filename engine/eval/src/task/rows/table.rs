//! Tables with named columns, from CSV or JSON lines, each row with the line in which it begins.
//!
//! CSV is read strictly: a field that begins with a quote ends with one, and every line has as many fields as the header.
//! Fields may contain line breaks and doubled quotes; a byte order mark and CRLF are accepted.

use std::collections::BTreeMap;

use hyperspace_core::exact_json;
use serde_json::Value;

use crate::task::error::{TaskError, utf8};

use super::values::{check_count, format};

/// One row of a table.
pub(crate) struct TableRow {
    /// The line in which it begins, starting at 1.
    pub(crate) line: u64,
    pub(crate) cells: BTreeMap<String, Value>,
}

/// Reads a file in the format that its suffix names. Every row must have the columns `needed`.
pub(crate) fn parse(file: &str, bytes: &[u8], needed: &[&str]) -> Result<Vec<TableRow>, TaskError> {
    let text = utf8(file, bytes)?;
    let rows = match format(file) {
        "csv" => read_csv(file, text, needed)?,
        "jsonl" | "ndjson" => read_json_lines(file, text, needed)?,
        _ => {
            let expected = "the ending .csv, .jsonl or .ndjson";
            return Err(TaskError::data(file, "file name", expected, format!("{file:?}")));
        }
    };
    Ok(rows)
}

/// Returns the columns of a file in their order; for JSON lines, the keys of the first row in alphabetical order.
pub(crate) fn header(file: &str, bytes: &[u8]) -> Result<Vec<String>, TaskError> {
    let text = utf8(file, bytes)?;
    if format(file) == "csv" {
        check_quotes(file, text)?;
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| csv_error(file, text, &error))?;
        return Ok(header.iter().map(str::to_owned).collect());
    }
    let first = read_json_lines(file, text, &[])?.into_iter().next();
    Ok(first.map(|row| row.cells.into_keys().collect()).unwrap_or_default())
}

fn read_csv(file: &str, text: &str, needed: &[&str]) -> Result<Vec<TableRow>, TaskError> {
    check_quotes(file, text)?;
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| csv_error(file, text, &error))?.clone();
    for (index, column) in header.iter().enumerate() {
        if let Some(first) = header.iter().take(index).position(|other| other == column) {
            let found = format!("column {} is {column:?} like column {}", index + 1, first + 1);
            return Err(TaskError::data(file, "header line", "columns with different names", found));
        }
    }
    for name in needed {
        if !header.iter().any(|column| column == *name) {
            let found = header.iter().map(|column| format!("{column:?}")).collect::<Vec<_>>().join(", ");
            let found = if found.is_empty() { "nothing".to_owned() } else { found };
            return Err(TaskError::data(file, "header line", format!("a column {name:?}"), found));
        }
    }
    let (mut rows, mut lines) = (Vec::new(), LineCounter::new(text));
    for record in reader.records() {
        let record = record.map_err(|error| csv_error(file, text, &error))?;
        check_count(file, rows.len())?;
        let line = record.position().map_or(0, |position| lines.at(position));
        let cells = header.iter().zip(&record);
        let cells = cells.map(|(column, cell)| (column.to_owned(), exact_json::text(cell))).collect();
        rows.push(TableRow { line, cells });
    }
    Ok(rows)
}

/// Checks that the quotes of a CSV text match. Where they do not, readers guess, and treat what follows as part of the field.
pub(super) fn check_quotes(file: &str, text: &str) -> Result<(), TaskError> {
    #[derive(PartialEq)]
    enum QuoteState {
        Start,
        Plain,
        Quoted,
        Quote,
    }
    let (mut at, mut opened) = (QuoteState::Start, 0);
    for (byte, c) in text.bytes().enumerate() {
        at = match (at, c) {
            (QuoteState::Start, b'"') => {
                opened = byte;
                QuoteState::Quoted
            }
            (QuoteState::Quoted, b'"') => QuoteState::Quote,
            (QuoteState::Quoted, _) | (QuoteState::Quote, b'"') => QuoteState::Quoted,
            (_, b',' | b'\n' | b'\r') => QuoteState::Start,
            (QuoteState::Start | QuoteState::Plain, _) => QuoteState::Plain,
            (QuoteState::Quote, _) => {
                let message = "expected a comma or the end of the line after a quoted field, found more text; \
                               a quote inside of a quoted field is written twice";
                return Err(TaskError::at_byte(file, text, byte, message));
            }
        };
    }
    if at == QuoteState::Quoted {
        let message = "expected a closing quote for this field, found the end of the file";
        return Err(TaskError::at_byte(file, text, opened, message));
    }
    Ok(())
}

/// Counts the lines in which records of a text begin. The reader's own count stops before the line break of the previous record.
pub(crate) struct LineCounter<'a> {
    text: &'a [u8],
    seen: usize,
    line: u64,
}

impl<'a> LineCounter<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), seen: 0, line: 1 }
    }

    /// Returns the line, starting at 1, of the record at a position, which must not be before that of the previous call.
    pub(crate) fn at(&mut self, position: &::csv::Position) -> u64 {
        let start = usize::try_from(position.byte()).unwrap_or(usize::MAX).min(self.text.len());
        let breaks = self.text[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let new = &self.text[self.seen.min(start + breaks)..start + breaks];
        self.line += new.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        self.seen = self.seen.max(start + breaks);
        self.line
    }
}

pub(crate) fn csv_error(file: &str, text: &str, error: &::csv::Error) -> TaskError {
    let line = error.position().map_or(1, |position| LineCounter::new(text).at(position));
    let place = format!("line {line}");
    match error.kind() {
        ::csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            TaskError::data(file, place, format!("{expected_len} cells, as in the header"), format!("{len}"))
        }
        _ => TaskError::data(file, place, "a line of CSV", error),
    }
}

fn read_json_lines(file: &str, text: &str, needed: &[&str]) -> Result<Vec<TableRow>, TaskError> {
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = index as u64 + 1;
        check_count(file, rows.len())?;
        let value: Value =
            exact_json::parse(line.as_bytes()).map_err(|error| match TaskError::json(file, &error) {
                TaskError::Syntax { file, column, message, .. } => {
                    TaskError::Syntax { file, line: index + 1, column, message }
                }
                other => other,
            })?;
        let place = || format!("line {number}");
        let Value::Object(row) = value else {
            return Err(TaskError::data(
                file,
                place(),
                "an object with a key for every column",
                exact_json::to_text(&value),
            ));
        };
        if let Some(name) = needed.iter().find(|name| !row.contains_key(**name)) {
            let keys = row.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(TaskError::data(
                file,
                place(),
                format!("a key {name:?}"),
                format!("the keys {keys}"),
            ));
        }
        rows.push(TableRow { line: number, cells: row.into_iter().collect() });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_quotes_marks_and_crlf_are_read() {
        let text = "\u{feff}id,text\r\n1,\"a \"\"b\"\"\r\nc, d\"\r\n\r\n2,plain \"x\" end\r\n";
        let rows = parse("x.csv", text.as_bytes(), &["id", "text"]).unwrap();
        let shown: Vec<_> = rows.iter().map(|row| (row.line, row.cells["text"].as_str().unwrap())).collect();
        assert_eq!(shown, [(2, "a \"b\"\r\nc, d"), (5, "plain \"x\" end")]);
    }

    #[test]
    fn mistakes_are_named_with_file_line_and_column() {
        let check = |bytes: &[u8], message: &str| {
            let error = parse("x.csv", bytes, &["id", "text"]).map(|rows| rows.len()).unwrap_err();
            assert_eq!(error.to_string(), message);
        };
        check(b"", "x.csv, header line: expected a column \"id\", found nothing");
        check(b"id,txt\n1,2\n", "x.csv, header line: expected a column \"text\", found \"id\", \"txt\"");
        check(
            b"id,text,id\n1,2,3\n",
            "x.csv, header line: expected columns with different names, found column 3 is \"id\" like column 1",
        );
        check(b"id,text\n1,\"a\nb\"\n2\n", "x.csv, line 4: expected 2 cells, as in the header, found 1");
        check(
            b"id,text\n1,\"a\nb\n2,c\n",
            "x.csv, line 2, column 3: expected a closing quote for this field, found the end of the file",
        );
        check(
            b"id,\"text\n1,a\n",
            "x.csv, line 1, column 4: expected a closing quote for this field, found the end of the file",
        );
        header("x.csv", b"id,\"text\n1,a\n").unwrap_err();
        check(
            b"id,text\n1,\"a\"b\n",
            "x.csv, line 2, column 6: expected a comma or the end of the line after a quoted field, found more text; \
             a quote inside of a quoted field is written twice",
        );
        check(
            b"id,text\n1,caf\xe9\n",
            "x.csv, line 2, column 6: expected UTF-8 text, found other bytes; save the file as UTF-8",
        );
    }

    #[test]
    fn json_lines_need_every_column() {
        let check = |text: &str, message: &str| {
            let error = parse("x.jsonl", text.as_bytes(), &["id"]).map(|rows| rows.len()).unwrap_err();
            assert_eq!(error.to_string(), message);
        };
        check("{\"id\": 1}\n\n{\"x\": 1}", "x.jsonl, line 3: expected a key \"id\", found the keys x");
        check("{\"id\" 1}", "x.jsonl, line 1, column 7: expected `:`");
        check("[]", "x.jsonl, line 1: expected an object with a key for every column, found []");
        assert_eq!(parse("x.jsonl", b"\xef\xbb\xbf{\"id\": 1}", &["id"]).unwrap().len(), 1);
        assert!(parse("x.txt", b"", &[]).is_err());
    }
}
