//! Rows that arrive one after another: each is read separately, and they are put into the files of a task in place of its own rows.
//!
//! Invariant: a row means the same in the file from which it came and in the files that are made here. A row of a table is written as the
//! object of its cells; a row with `input` and `expected` keeps these, and gets a name if it has none.

use std::collections::BTreeMap;

use hyperspace_core::{BlobId, FileSet, RelPath, exact_json};
use serde_json::{Map, Value};

use crate::case::Case;
use crate::scorer::rows::Metric;
use crate::split::Split;

use super::error::{TaskError, utf8};
use super::external::UserData;
use super::handle::Task;
use super::reader::CaseReader;
use super::row_shape::{RowShape, RowShapes};
use super::rows::{Columns, format, parse_csv, parse_json_lines, parse_table};
use super::source::DEFINITION_FILE;

/// The folder of the rows in the task files that are made here.
const FOLDER: &str = "rows";
/// Number of digits of its digest that name a row without a name.
const NAME_DIGITS: usize = 16;

/// A row of a task as one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DataRow {
    /// The name of its case.
    pub name: String,
    /// The value of the column that says which rows belong together, if the task has one.
    pub group: Option<String>,
    /// The row as JSON on one line, without the line break.
    pub json: String,
    /// The line in which it begins, starting at 1; 0 for a row of the task's own files.
    pub line: usize,
    /// Its arguments by kind.
    pub(super) shape: RowShape,
}

impl DataRow {
    /// Returns the digest of the row, which depends on nothing else.
    #[must_use]
    pub fn digest(&self) -> BlobId {
        BlobId::of(self.json.as_bytes())
    }

    /// Checks that the row, which is one of `file`, has the shape of one of those of a task. Without any, every shape is accepted.
    ///
    /// # Errors
    ///
    /// [`TaskError::Data`] with the first difference from the row that is most like it.
    pub fn check_shape(&self, file: &str, shapes: &RowShapes) -> Result<(), TaskError> {
        shapes.check(file, self.line, &self.shape)
    }
}

/// A piece of a file with one row: its line, starting at 1, and its text, which may not be UTF-8.
struct RowPiece<'a> {
    line: usize,
    text: &'a [u8],
}

impl RowPiece<'_> {
    fn is_blank(&self) -> bool {
        String::from_utf8_lossy(self.text).trim().is_empty()
    }
}

impl Task {
    /// Returns whether the task is a table of rows, to which more can be added.
    #[must_use]
    pub fn has_rows(&self) -> bool {
        self.row_reader().is_some()
    }

    fn row_reader(&self) -> Option<(Option<&Columns>, Metric)> {
        match &self.parts.source.as_ref()?.reader {
            CaseReader::Rows { metric, columns } => Some((columns.as_ref(), *metric)),
            _ => None,
        }
    }

    /// Reads the rows of a text separately, so that a row that cannot be understood does not affect the others. `file` names the text in
    /// messages, and its suffix names the format. `header` is the first line of a CSV file of which `text` is a later part, beginning in
    /// line `first_line`.
    ///
    /// # Errors
    ///
    /// [`TaskError`] when the suffix is unknown, or the task has no rows. An error about a row, such as text that is not UTF-8, is part of
    /// the result.
    pub fn read_rows(
        &self,
        file: &str,
        header: Option<&str>,
        text: &[u8],
        first_line: usize,
    ) -> Result<Vec<Result<DataRow, TaskError>>, TaskError> {
        match format(file) {
            "csv" => {
                let (header, text, first_line) = match header {
                    Some(header) => (header.as_bytes(), text, first_line),
                    None => {
                        let pieces = csv_pieces(text, first_line);
                        let first = pieces.first();
                        let (header, line) = first.map_or((&text[..0], 1), |piece| (piece.text, piece.line));
                        // Lines before the header are blank.
                        let blank = line.saturating_sub(first_line);
                        let before: usize = text.split_inclusive(is_break).take(blank).map(<[u8]>::len).sum();
                        let lines = line_breaks(header);
                        (header, &text[before + header.len()..], line + lines)
                    }
                };
                let header = trim_breaks(header);
                let pieces = csv_pieces(text, first_line);
                let header_lines = line_breaks(header) + 1;
                Ok(pieces.iter().map(|piece| self.csv_row(file, header, header_lines, piece)).collect())
            }
            "jsonl" | "ndjson" => {
                let pieces = text.split_inclusive(is_break).zip(first_line..);
                let pieces = pieces.map(|(text, line)| RowPiece { line, text: trim_breaks(text) });
                Ok(pieces
                    .filter(|piece| !piece.is_blank())
                    .map(|piece| self.json_row(file, &piece))
                    .collect())
            }
            _ => {
                let expected = "the ending .csv, .jsonl or .ndjson";
                Err(TaskError::data(file, "file name", expected, format!("{file:?}")))
            }
        }
    }

    fn csv_row(
        &self,
        file: &str,
        header: &[u8],
        header_lines: usize,
        piece: &RowPiece<'_>,
    ) -> Result<DataRow, TaskError> {
        self.one_row(file, piece.line, &[header, b"\n", piece.text].concat()).or_else(|_| {
            // Parsed again in its place, so that the message has the right line.
            let gap = b"\n".repeat(piece.line.saturating_sub(header_lines).max(1));
            self.one_row(file, piece.line, &[header, &gap, piece.text].concat())
        })
    }

    fn json_row(&self, file: &str, piece: &RowPiece<'_>) -> Result<DataRow, TaskError> {
        self.one_row(file, piece.line, piece.text).or_else(|_| {
            let gap = b"\n".repeat(piece.line - 1);
            self.one_row(file, piece.line, &[&gap, piece.text].concat())
        })
    }

    /// Reads a file of one row, which begins in line `line` of the whole one.
    fn one_row(&self, file: &str, line: usize, text: &[u8]) -> Result<DataRow, TaskError> {
        let no_rows = || TaskError::data(file, "data file", "none, as the task is no table of rows", "a row");
        let rows = self.rows_of(file, text)?.ok_or_else(no_rows)?;
        let found = rows.len();
        let row = rows.into_iter().next();
        let row = row.ok_or_else(|| TaskError::data(file, "line", "a row", format!("{found} rows")))?;
        Ok(DataRow { line, ..row })
    }

    /// Reads a whole file.
    fn rows_of(&self, file: &str, bytes: &[u8]) -> Result<Option<Vec<DataRow>>, TaskError> {
        let Some((columns, metric)) = self.row_reader() else { return Ok(None) };
        let Some(columns) = columns else {
            let is_csv = format(file) == "csv";
            let read = if is_csv { parse_csv } else { parse_json_lines };
            let named = has_names(file, bytes);
            let rows = read(file, bytes, metric)?;
            let mut counts = BTreeMap::<String, u64>::new();
            let row = |case: Case| {
                let mut object = Map::new();
                let shape = RowShape::of(&case);
                object.insert("input".to_owned(), case.data_to_json().unwrap_or_default());
                object.insert("expected".to_owned(), case.expected.clone().unwrap_or_default());
                let name = if named { case.name } else { name_of(&object, &mut counts) };
                object.insert("name".to_owned(), exact_json::text(&name));
                let json = exact_json::to_text(&Value::Object(object));
                DataRow { name, group: None, json, line: 0, shape }
            };
            return Ok(Some(rows.into_iter().map(row).collect()));
        };
        let checked = columns.parse(file, bytes, metric)?;
        let cells = parse_table(file, bytes, &[])?;
        let rows = checked.into_iter().zip(cells).map(|(case, row)| {
            let object: Map<String, Value> = row.cells.into_iter().collect();
            let json = exact_json::to_text(&Value::Object(object));
            let shape = RowShape::of_columns(&case.case);
            DataRow { name: case.case.name, group: case.group, json, line: 0, shape }
        });
        Ok(Some(rows.collect()))
    }

    /// Returns the rows of a split; none for a task that is not a table of rows.
    ///
    /// # Errors
    ///
    /// No error that loading the task would not have met.
    pub fn rows(&self, split: Split) -> Result<Vec<DataRow>, TaskError> {
        let Some(source) = &self.parts.source else { return Ok(Vec::new()) };
        let files: Vec<(String, Vec<u8>)> = match self.external_data() {
            Some(UserData::File { label, bytes }) => vec![(label.clone(), bytes.clone())],
            Some(UserData::Folder { files, .. }) => {
                files.iter().map(|(name, bytes)| (name.as_str().to_owned(), bytes.to_vec())).collect()
            }
            None => {
                let names = source.splits.each().into_iter().filter_map(|(_, table)| table?.file.clone());
                let read = |name: String| {
                    let bytes = self.files().get(&RelPath::new(&name).ok()?)?.to_vec();
                    Some((name, bytes))
                };
                names.filter_map(read).collect()
            }
        };
        // Names differ only within a split, so a row is identified by all of its case.
        let mut known = Vec::new();
        for (name, bytes) in &files {
            let cases = source.reader.read(name, bytes)?;
            known.extend(cases.into_iter().zip(self.rows_of(name, bytes)?.unwrap_or_default()));
        }
        let wanted = self.cases(split);
        let find = |case: &Case| known.iter().find(|(other, _)| other == case);
        Ok(wanted.iter().filter_map(|case| find(case).map(|(_, row)| row.clone())).collect())
    }

    /// Returns the files of this task with these rows in place of its own, each as a line of [`DataRow::json`]. A split without rows is
    /// left out; with `test`, they are the split for the final test.
    ///
    /// # Errors
    ///
    /// [`TaskError`] when `task.toml` cannot be written again.
    pub fn files_with_rows(
        &self,
        train: &[String],
        held_out: &[String],
        test: &[String],
    ) -> Result<FileSet, TaskError> {
        let definition = RelPath::new(DEFINITION_FILE).map_err(|error| unwritten(&error))?;
        let text = self.files().get(&definition).map(|bytes| bytes.to_vec()).unwrap_or_default();
        let mut table: toml::Table =
            toml::from_str(utf8(DEFINITION_FILE, &text)?).map_err(|error| unwritten(&error))?;
        let mut splits = toml::Table::new();
        let mut files = FileSet::new();
        for (name, rows) in [("train", train), ("held-out", held_out), ("test", test)] {
            if rows.is_empty() {
                continue;
            }
            let path = format!("{FOLDER}/{name}.jsonl");
            let mut content = rows.join("\n");
            content.push('\n');
            put(&mut files, &path, content.as_bytes())?;
            let file = toml::Table::from_iter([("file".to_owned(), toml::Value::from(path))]);
            splits.insert(name.to_owned(), toml::Value::Table(file));
        }
        table.insert("splits".to_owned(), toml::Value::Table(splits));
        let text = toml::to_string(&table).map_err(|error| unwritten(&error))?;
        put(&mut files, DEFINITION_FILE, text.as_bytes())?;
        let replaced = self.parts.source.as_ref().map(|source| {
            let names = source.splits.each().into_iter().filter_map(|(_, table)| table?.file.clone());
            names.collect::<Vec<_>>()
        });
        for (path, content) in self.files().iter() {
            let is_replaced = path == &definition
                || replaced.iter().flatten().any(|name| name == path.as_str())
                || path.as_str().starts_with("rows/");
            if !is_replaced {
                files.insert(path.clone(), content.clone()).map_err(|error| unwritten(&error))?;
            }
        }
        Ok(files)
    }
}

fn put(files: &mut FileSet, path: &str, content: &[u8]) -> Result<(), TaskError> {
    let path = RelPath::new(path).map_err(|error| unwritten(&error))?;
    files.insert(path, content.to_vec()).map_err(|error| unwritten(&error))?;
    Ok(())
}

fn unwritten(error: &dyn std::fmt::Display) -> TaskError {
    TaskError::data(DEFINITION_FILE, "the whole file", "a definition that can be written again", error)
}

/// Returns a name for a row without one: its digest, and a number if the file contains another equal row.
fn name_of(row: &Map<String, Value>, counts: &mut BTreeMap<String, u64>) -> String {
    let digest = BlobId::of(exact_json::to_text(&Value::Object(row.clone())).as_bytes()).to_string();
    let name: String = digest.chars().take(NAME_DIGITS).collect();
    let count = counts.entry(name.clone()).or_default();
    *count += 1;
    if *count == 1 { name } else { format!("{name}-{count}") }
}

/// Returns whether the rows of a file with `input` and `expected` have names.
fn has_names(file: &str, bytes: &[u8]) -> bool {
    match format(file) {
        "csv" => {
            super::rows::header(file, bytes).is_ok_and(|all| all.iter().any(|name| name.trim() == "name"))
        }
        _ => {
            let first = bytes.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
            let row = first.and_then(|line| exact_json::parse(line).ok());
            row.is_some_and(|row| row.get("name").is_some())
        }
    }
}

fn is_break(byte: &u8) -> bool {
    *byte == b'\n'
}

fn line_breaks(text: &[u8]) -> usize {
    text.iter().filter(|byte| is_break(byte)).count()
}

/// Returns a text without the line breaks at its end.
fn trim_breaks(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    &text[..end]
}

/// Returns the records of a CSV text, which may contain line breaks within quotes.
fn csv_pieces(text: &[u8], first_line: usize) -> Vec<RowPiece<'_>> {
    let (mut pieces, mut start, mut line, mut begun, mut quoted) =
        (Vec::new(), 0, first_line, first_line, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' => {
                line += 1;
                if !quoted {
                    pieces.push(RowPiece { line: begun, text: &text[start..=at] });
                    (start, begun) = (at + 1, line);
                }
            }
            _ => {}
        }
    }
    pieces.push(RowPiece { line: begun, text: &text[start..] });
    pieces.retain(|piece| !piece.is_blank());
    pieces
}

/// Returns the length of the complete part of an appended file, which ends with a line break outside of quotes.
#[must_use]
pub fn whole_rows(file: &str, text: &[u8]) -> usize {
    let (mut end, mut quoted) = (0, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'"' if format(file) == "csv" => quoted = !quoted,
            b'\n' if !quoted => end = at + 1,
            _ => {}
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use hyperspace_testkit::file_set;

    use super::*;

    const TABLE: &str = "[task]\nname = \"small\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
        [entry]\nmodule = \"m\"\nfunction = \"f\"\n\
        [scorer]\nkind = \"rows\"\nmetric = \"label\"\npoints = { no = 0, yes = 1 }\n\
        [rows]\nid = \"id\"\nexpected = \"y\"\ngroup = \"g\"\ninput = { text = \"x\" }\n\
        [splits.train]\nfile = \"a.csv\"\n[splits.held-out]\nfile = \"b.jsonl\"\n";
    const PLAIN: &str = "[task]\nname = \"guess\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"minimize\"\n\
        [entry]\nmodule = \"m\"\nfunction = \"f\"\n[scorer]\nkind = \"rows\"\nmetric = \"absolute-error\"\n\
        [splits.train]\nfile = \"a.csv\"\n[splits.held-out]\nfile = \"b.jsonl\"\n";

    fn table() -> Task {
        let rows = "{\"id\": 7, \"x\": [1], \"y\": \"no\", \"g\": \"p\"}\n";
        let files = [("task.toml", TABLE), ("a.csv", "y,x,id,g\nyes,\"q,\n1\",r1,p\n"), ("b.jsonl", rows)];
        Task::from_files(&file_set(&files), "small").unwrap()
    }

    fn plain() -> Task {
        let files = [
            ("task.toml", PLAIN),
            ("a.csv", "input,expected\n[],1\n[],2\n"),
            ("b.jsonl", "{\"input\": [], \"expected\": 3}\n"),
        ];
        Task::from_files(&file_set(&files), "guess").unwrap()
    }

    fn shown(rows: Vec<Result<DataRow, TaskError>>) -> Vec<Result<String, String>> {
        rows.into_iter().map(|row| row.map(|row| row.json).map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn a_task_made_of_its_own_rows_asks_the_same() {
        for task in [table(), plain()] {
            let lines = |split| -> Vec<String> {
                task.rows(split).unwrap().into_iter().map(|row| row.json).collect()
            };
            let files = task.files_with_rows(&lines(Split::Train), &lines(Split::HeldOut), &[]).unwrap();
            let again = Task::from_files(&files, "again").unwrap();
            for split in [Split::Train, Split::HeldOut] {
                let data = |task: &Task| -> Vec<(Value, Option<Value>)> {
                    let cases = task.cases(split);
                    cases.iter().map(|case| (case.data_to_json().unwrap(), case.expected.clone())).collect()
                };
                assert_eq!(data(&again), data(&task), "{split}");
                assert_eq!(again.rows(split).unwrap().len(), task.rows(split).unwrap().len());
            }
            let test = task.files_with_rows(&lines(Split::Train), &lines(Split::HeldOut), &lines(Split::All));
            let test = Task::from_files(&test.unwrap(), "test").unwrap();
            assert_eq!(test.cases(Split::Test).len(), task.cases(Split::All).len());
        }
    }

    #[test]
    fn rows_are_read_apart_and_bad_ones_have_their_line() {
        let rows = shown(
            table()
                .read_rows(
                    "n.csv",
                    None,
                    b"y,x,id,g\nyes,\"a\nb\",r2,p\nmaybe,c,r3,p\nno,d,r4\nno,e,r5,p\n",
                    1,
                )
                .unwrap(),
        );
        assert_eq!(rows[0].as_ref().unwrap(), "{\"g\":\"p\",\"id\":\"r2\",\"x\":\"a\\nb\",\"y\":\"yes\"}");
        assert!(rows[1].as_ref().unwrap_err().starts_with("n.csv, line 4, column \"y\""), "{rows:?}");
        assert!(rows[2].as_ref().unwrap_err().starts_with("n.csv, line 5: expected 4 cells"), "{rows:?}");
        assert!(rows[3].is_ok() && rows.len() == 4, "{rows:?}");
        let bytes = b"y,x,id,g\nyes,\xff,r2,p\nno,d,r3,p\n";
        let latin = shown(table().read_rows("n.csv", None, bytes, 1).unwrap());
        assert!(
            latin[0].as_ref().unwrap_err().starts_with("n.csv, line 2, column 5: expected UTF-8"),
            "{latin:?}"
        );
        assert!(latin[1].is_ok() && latin.len() == 2, "{latin:?}");
        let later = shown(table().read_rows("n.csv", Some("y,x,id,g"), b"maybe,c,r3,p\n", 9).unwrap());
        assert!(later[0].as_ref().unwrap_err().starts_with("n.csv, line 9, column"), "{later:?}");
        let lines = shown(
            plain()
                .read_rows("n.jsonl", None, b"\n{\"input\": []}\n{\"input\": [], \"expected\": 4}\n", 1)
                .unwrap(),
        );
        assert!(lines[0].as_ref().unwrap_err().starts_with("n.jsonl, line 2: expected a key"), "{lines:?}");
        assert!(lines[1].as_ref().unwrap().contains("\"name\""), "{lines:?}");
        let bytes = b"{\"input\": []}\n{\"input\": [\"\xe9\"], \"expected\": 1}\n\xc2\xa0\n{\"input\": [], \"expected\": 4}";
        let latin = shown(plain().read_rows("n.jsonl", None, bytes, 7).unwrap());
        assert!(
            latin[1].as_ref().unwrap_err().starts_with("n.jsonl, line 8, column 13: expected UTF-8"),
            "{latin:?}"
        );
        assert!(latin[2].is_ok() && latin.len() == 3, "a blank line is no row: {latin:?}");
        assert!(plain().read_rows("n.txt", None, b"", 1).is_err());
        assert!(!Task::bundled("bin-packing").unwrap().has_rows() && plain().has_rows());
    }

    #[test]
    fn what_is_being_written_is_left_for_later() {
        assert_eq!(whole_rows("a.jsonl", b"{}\n{\"in"), 3);
        assert_eq!(whole_rows("a.csv", b"a,b\n1,\"x\ny"), 4);
        assert_eq!(whole_rows("a.csv", b"a,b\n1,\"x\ny\"\n"), 12);
        assert_eq!(whole_rows("a.jsonl", b""), 0);
    }
}
