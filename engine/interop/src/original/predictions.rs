//! `predictions.csv`, written and read.
//!
//! All columns of the data are written, including labels, followed by `prediction` (empty for a row without an answer), `outcome`
//! and `evidence`, which the original does not have. Any table with a header can be read: a line that is not a row is a defect,
//! and all other lines are kept.

use csv::{ByteRecord, ReaderBuilder, Terminator, WriterBuilder};
use hyperspace_eval::{Case, CaseOutcome, Evaluation, RowTable};

use crate::defect::DefectNote;

/// Column of the answers.
pub(super) const PREDICTION: &str = "prediction";
/// Column of the row's outcome: `scored`, or the reason for a missing answer.
pub(super) const OUTCOME: &str = "outcome";
const EVIDENCE: &str = "evidence";

/// Returns the table of the evaluated rows, in the order of the split.
pub(super) fn write(table: &RowTable, cases: &[Case], evaluation: &Evaluation) -> Vec<u8> {
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    let more = [PREDICTION, OUTCOME, EVIDENCE].map(str::to_owned);
    // Writing to memory does not fail, and every record has the fields of the header.
    let mut put = |cells: &[String], more: [String; 3]| {
        drop(writer.write_record(cells.iter().chain(&more).map(String::as_bytes)));
    };
    put(&table.columns, more);
    for (at, row) in evaluation.placed(cases) {
        let Some(cells) = table.rows.get(at) else { continue };
        let invalid = matches!(row.outcome, CaseOutcome::Invalid { .. }).then(|| row.outcome.describe());
        let evidence = row.evidence.clone().or(invalid).unwrap_or_default();
        put(cells, [row.answer.clone().unwrap_or_default(), row.outcome.name().to_owned(), evidence]);
    }
    writer.into_inner().unwrap_or_default()
}

/// A table of predictions as read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PredictionTable {
    pub(super) columns: Vec<String>,
    /// Rows, each with the number of its first line.
    pub(super) rows: Vec<(u64, Vec<String>)>,
    /// The defects, in order of line.
    pub(super) findings: Vec<DefectNote>,
}

impl PredictionTable {
    /// Returns the position of a column.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    fn note(&mut self, line: u64, what: impl Into<String>) {
        self.findings.push(DefectNote::new(format!("line {line}"), what));
    }
}

/// A row of predictions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PredictionRow {
    /// The first cell, which names the case.
    pub case: String,
    /// The answer; `None` without a column of answers.
    pub answer: Option<String>,
}

/// Reads the rows of a table of predictions that fit its header.
#[must_use]
pub fn prediction_rows(bytes: &[u8]) -> Vec<PredictionRow> {
    let table = read(bytes);
    let answer = table.column(PREDICTION);
    let row = |(_, cells): &(u64, Vec<String>)| PredictionRow {
        case: cells.first().cloned().unwrap_or_default(),
        answer: answer.map(|column| cells[column].clone()),
    };
    table.rows.iter().map(row).collect()
}

/// Reads a table. Bytes that are not UTF-8 are replaced, and reported.
pub(super) fn read(bytes: &[u8]) -> PredictionTable {
    let mut table = PredictionTable::default();
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                table.note(line, format!("not CSV from here on: {error}"));
                break;
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        let cells: Vec<String> =
            record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
        if record.iter().any(|cell| std::str::from_utf8(cell).is_err()) {
            table.note(line, "not UTF-8; invalid bytes were replaced");
        }
        if table.columns.is_empty() {
            table.columns = cells;
        } else if cells.len() == table.columns.len() {
            table.rows.push((line, cells));
        } else {
            let (expected, found) = (table.columns.len(), cells.len());
            let what =
                format!("expected {expected} cells, as in the header, found {found}; the row is skipped");
            table.note(line, what);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_fit_are_read_and_the_others_are_named() {
        let text =
            b"\xef\xbb\xbfid,text,prediction\nr1,\"two\nlines, \"\"q\"\"\",yes\nr2,short\nr3,\xff,\n\"r4";
        let table = read(text);
        assert_eq!(table.columns, ["id", "text", "prediction"]);
        assert_eq!(table.column(PREDICTION), Some(2));
        let rows: Vec<_> = table.rows.iter().map(|(line, cells)| (*line, cells.join("|"))).collect();
        assert_eq!(rows, [(2, "r1|two\nlines, \"q\"|yes".to_owned()), (5, "r3|\u{fffd}|".to_owned())]);
        let lines: Vec<&str> = table.findings.iter().map(|one| one.place.as_str()).collect();
        assert_eq!(lines, ["line 4", "line 5", "line 6"]);
        assert!(table.findings[0].what.contains("expected 3 cells"), "{:?}", table.findings);
        assert_eq!(read(b""), PredictionTable::default());
    }
}
