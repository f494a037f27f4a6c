//! Turns the columns of a table into cases.
//!
//! Invariant: the input of a case is made only of constants and of the columns that the task names for it.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_core::exact_json;
use serde_json::Value;

use crate::case::Case;
use crate::scorer::number::is_number;
use crate::scorer::rows::{Metric, RowsScorer, label};
use crate::task::definition::Definition;
use crate::task::error::TaskError;

use super::table::{self, TableRow};

/// The meaning of the columns of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) id: String,
    pub(crate) expected: String,
    pub(crate) group: Option<String>,
    pub(crate) input: BTreeMap<String, String>,
    pub(crate) constants: BTreeMap<String, Value>,
    /// All labels, in the form in which they are compared.
    pub(crate) labels: Option<BTreeSet<String>>,
}

/// A case of a table, with its group and label.
#[derive(Debug, Clone)]
pub(crate) struct TableCase {
    pub(crate) case: Case,
    /// The value of the group's column.
    pub(crate) group: Option<String>,
    /// The right answer as a label.
    pub(crate) label: String,
    /// File and line, for messages.
    pub(crate) place: String,
}

impl Columns {
    /// Returns the columns of a task, if it has `[rows]`.
    pub(crate) fn of(definition: &Definition, file: &str) -> Result<Option<Self>, TaskError> {
        let Some(rows) = definition.rows(file)? else { return Ok(None) };
        let points = definition.scorer.points(file)?;
        Ok(Some(Self {
            id: rows.id.clone(),
            expected: rows.expected.clone(),
            group: rows.group.clone(),
            input: rows.input.clone(),
            constants: rows.constants.clone(),
            labels: points.map(|points| points.into_keys().collect()),
        }))
    }

    fn needed(&self) -> Vec<&str> {
        let more = [Some(&self.id), Some(&self.expected), self.group.as_ref()];
        let columns = self.input.values().chain(more.into_iter().flatten());
        columns.map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Reads all rows of a file. Names must differ.
    pub(crate) fn parse(
        &self,
        file: &str,
        bytes: &[u8],
        metric: Metric,
    ) -> Result<Vec<TableCase>, TaskError> {
        let mut lines: BTreeMap<String, u64> = BTreeMap::new();
        let mut rows = Vec::new();
        for row in table::parse(file, bytes, &self.needed())? {
            let line = row.line;
            let mapped = self.row(file, row, metric)?;
            if let Some(first) = lines.insert(mapped.case.name.clone(), line) {
                let place = format!("line {line}, column {:?}", self.id);
                let found = format!("{:?}, as in line {first}", mapped.case.name);
                return Err(TaskError::data(file, place, "a unique name", found));
            }
            rows.push(mapped);
        }
        Ok(rows)
    }

    fn row(&self, file: &str, row: TableRow, metric: Metric) -> Result<TableCase, TaskError> {
        let TableRow { line, cells } = row;
        let text = |column: &str, expected: &str| {
            let cell = &cells[column];
            let is_name =
                exact_json::as_text(cell).map_or_else(|| is_number(cell), |text| !text.trim().is_empty());
            let place = || format!("line {line}, column {column:?}");
            let wrong = || TaskError::data(file, place(), expected, exact_json::to_text(cell));
            is_name.then(|| exact_json::shown(cell)).ok_or_else(wrong)
        };
        let name = text(&self.id, "the name of the row")?;
        let group = self.group.as_deref().map(|column| text(column, "the name of a group")).transpose()?;
        let expected = self.expected(file, line, &cells[&self.expected], metric)?;
        let label = exact_json::as_text(&expected).map_or_else(|| exact_json::to_text(&expected), label);
        let mut input: serde_json::Map<String, Value> = self.constants.clone().into_iter().collect();
        for (key, column) in &self.input {
            input.insert(key.clone(), cells[column].clone());
        }
        let mut case = RowsScorer::case(name, vec![Value::Object(input)], expected);
        case.group.clone_from(&group);
        Ok(TableCase { case, group, label, place: format!("{file}, line {line}") })
    }

    fn expected(&self, file: &str, line: u64, cell: &Value, metric: Metric) -> Result<Value, TaskError> {
        let wrong = |expected: String| {
            let place = format!("line {line}, column {:?}", self.expected);
            TaskError::data(file, place, expected, exact_json::to_text(cell))
        };
        match metric {
            Metric::Exact => Ok(cell.clone()),
            Metric::AbsoluteError => {
                let number = match exact_json::as_text(cell) {
                    Some(text) => exact_json::parse(text.trim().as_bytes()).unwrap_or_default(),
                    None => cell.clone(),
                };
                if is_number(&number) { Ok(number) } else { Err(wrong("a number".to_owned())) }
            }
            Metric::Label => {
                let found = exact_json::as_text(cell).map(label).unwrap_or_default();
                match &self.labels {
                    Some(labels) if !labels.contains(&found) => {
                        let known = labels.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                        Err(wrong(format!("a label of {known}")))
                    }
                    None if found.is_empty() => Err(wrong("a label".to_owned())),
                    _ => Ok(cell.clone()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn columns() -> Columns {
        Columns {
            id: "Id".to_owned(),
            expected: "Label".to_owned(),
            group: Some("Set".to_owned()),
            input: BTreeMap::from([("question".to_owned(), "Text".to_owned())]),
            constants: BTreeMap::from([("domain".to_owned(), json!("d"))]),
            labels: Some(["yes", "no"].map(str::to_owned).into()),
        }
    }

    #[test]
    fn the_input_has_the_named_columns_and_nothing_else() {
        let text = "Label,Points,Text,Id,Set\n Yes,7,\"one\ntwo\",r1,s\n";
        let rows = columns().parse("x.csv", text.as_bytes(), Metric::Label).unwrap();
        assert_eq!(rows[0].case.data_to_json().unwrap(), json!([{"domain": "d", "question": "one\ntwo"}]));
        let known = (rows[0].case.name.as_str(), rows[0].label.as_str(), rows[0].group.as_deref());
        assert_eq!(known, ("r1", "yes", Some("s")));
        let rows = columns()
            .parse("x.jsonl", br#"{"Label":"no","Text":["a"],"Id":5,"Set":"s"}"#, Metric::Label)
            .unwrap();
        assert_eq!(rows[0].case.data_to_json().unwrap(), json!([{"domain": "d", "question": ["a"]}]));
        assert_eq!(rows[0].case.name, "5");
    }

    #[test]
    fn integers_of_any_length_keep_their_digits() {
        let big = "-123456789012345678901234567890";
        for (file, text) in [
            ("x.csv", format!("Id,Set,Text,Label\n{big},{big},{big}, {big} \n")),
            ("x.jsonl", format!("{{\"Id\":{big},\"Set\":{big},\"Text\":{big},\"Label\":{big}}}")),
        ] {
            let rows = columns().parse(file, text.as_bytes(), Metric::AbsoluteError).unwrap();
            let TableCase { case, group, label, .. } = &rows[0];
            assert_eq!(
                (case.name.as_str(), group.as_deref(), label.as_str()),
                (big, Some(big), big),
                "{file}"
            );
            assert_eq!(case.expected.as_ref().and_then(exact_json::big_integer), Some(big), "{file}");
            let question = &case.data_to_json().unwrap()[0]["question"];
            assert_eq!(exact_json::shown(question), big, "{file}");
        }
        let text = format!("{{\"Id\":1,\"Set\":1,\"Text\":1,\"Label\":{big}}}");
        let error = columns().parse("x.jsonl", text.as_bytes(), Metric::Label).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("x.jsonl, line 1, column \"Label\": expected a label of no, yes, found {big}")
        );
    }

    #[test]
    fn mistakes_are_named_with_line_and_column() {
        let check = |rows: &str, metric: Metric, message: &str| {
            let text = format!("Id,Set,Text,Label\n{rows}");
            let error = columns().parse("x.csv", text.as_bytes(), metric).map(|rows| rows.len()).unwrap_err();
            assert_eq!(error.to_string(), message);
        };
        check(
            "a,s,\"t\nu\",yes\nb,s,t,\n",
            Metric::Label,
            "x.csv, line 4, column \"Label\": expected a label of no, yes, found \"\"",
        );
        check(
            "a,s,t,maybe\n",
            Metric::Label,
            "x.csv, line 2, column \"Label\": expected a label of no, yes, found \"maybe\"",
        );
        check(
            "a,s,t,yes\na,s,t,no\n",
            Metric::Label,
            "x.csv, line 3, column \"Id\": expected a unique name, found \"a\", as in line 2",
        );
        check(
            "a,,t,yes\n",
            Metric::Label,
            "x.csv, line 2, column \"Set\": expected the name of a group, found \"\"",
        );
        check(
            " ,s,t,yes\n",
            Metric::Label,
            "x.csv, line 2, column \"Id\": expected the name of the row, found \" \"",
        );
        check(
            "a,s,t,x\n",
            Metric::AbsoluteError,
            "x.csv, line 2, column \"Label\": expected a number, found \"x\"",
        );
    }
}
