//! How rows are judged, as a value without the data: enough to score recorded answers again; and the rows as a table, for
//! people.
//!
//! Nothing here runs a candidate. What a recorded answer is worth depends on its text, on the expected one and on
//! [`RowScoring`] alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::score::Score;
use crate::scorer::rows::{Metric, RowCase};
use crate::scorer::{InvalidAnswer, Measure, Problem};
use crate::split::Split;

use super::definition::{Definition, ScorerKind};
use super::error::TaskError;
use super::external::ExternalData;
use super::load::{Scorer, Task};
use super::table::{self, header};

/// Columns of the table of a task that does not name its own.
const PLAIN: [&str; 2] = ["case", "expected"];

/// How a row is judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowScoring {
    /// How an answer is compared.
    pub metric: Metric,
    /// Column of the row's name.
    pub id: String,
    /// Column of the right answer.
    pub expected: String,
    /// What labels are worth, as they are compared.
    pub points: Option<BTreeMap<String, i64>>,
}

/// Rows as a table of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowTable {
    /// Names of the columns, in the order of the data.
    pub columns: Vec<String>,
    /// The rows of the split, in its order; a value that is no text is written as JSON.
    pub rows: Vec<Vec<String>>,
}

impl RowScoring {
    /// How the task of these files judges rows; its data are not needed. `None` if it has no rows.
    ///
    /// # Errors
    ///
    /// If `task.toml` is missing or malformed.
    pub fn of_files(files: &BTreeMap<String, Vec<u8>>, label: &str) -> Result<Option<Self>, TaskError> {
        let name = format!("{label}/task.toml");
        let missing = || TaskError::Missing { file: name.clone(), hint: "a task is made of it".to_owned() };
        let definition = Definition::parse(&name, files.get("task.toml").ok_or_else(missing)?)?;
        let metric = match (definition.scorer.kind, definition.scorer.metric) {
            (ScorerKind::Rows, Some(metric)) => metric,
            _ => return Ok(None),
        };
        let (id, expected) = match definition.columns(&name)? {
            Some(columns) => (columns.id, columns.expected),
            None => PLAIN.map(str::to_owned).into(),
        };
        Ok(Some(Self { metric, id, expected, points: definition.points(&name)? }))
    }

    /// Measures an answer that is known as a text: a text as it is, anything else as JSON. Texts that could be either are
    /// read as what the metric compares.
    ///
    /// # Errors
    ///
    /// If the metric needs numbers and one of the texts is none.
    pub fn measure(&self, answer: &str, expected: &str) -> Result<Measure, InvalidAnswer> {
        let text = |text: &str| Value::from(text);
        let json = |content: &str| serde_json::from_str(content.trim()).unwrap_or_else(|_| text(content));
        let (answer, expected) = match self.metric {
            Metric::Label => (text(answer), text(expected)),
            Metric::Exact if answer == expected => return Ok(Measure::of(Score::one())),
            Metric::Exact | Metric::AbsoluteError => (json(answer), json(expected)),
        };
        RowCase { args: Vec::new(), expected, metric: self.metric }.measure(&answer)
    }
}

fn cell(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Task {
    /// How the task judges rows; `None` if it has none.
    #[must_use]
    pub fn row_scoring(&self) -> Option<RowScoring> {
        let Scorer::Rows { metric, columns } = &self.scorer else { return None };
        let (id, expected) = match columns {
            Some(columns) => (columns.id.clone(), columns.expected.clone()),
            None => PLAIN.map(str::to_owned).into(),
        };
        Some(RowScoring { metric: *metric, id, expected, points: self.points() })
    }

    /// The rows of a split with every column of the data, labels included: for the owner of the data, never for a guest.
    /// `None` if the task has no rows. A task that does not name its columns has `case` and `expected`.
    ///
    /// # Errors
    ///
    /// None that loading the task would not have met.
    pub fn table(&self, split: Split) -> Result<Option<RowTable>, TaskError> {
        let Scorer::Rows { columns, .. } = &self.scorer else { return Ok(None) };
        let cases = self.cases(split);
        let Some(columns) = columns else {
            let row = |name: &String, problem: &Problem| {
                let expected =
                    if let Problem::RowCase(row) = problem { cell(&row.expected) } else { String::new() };
                vec![name.clone(), expected]
            };
            let rows = cases.iter().map(|case| row(&case.name, &case.problem)).collect();
            return Ok(Some(RowTable { columns: PLAIN.map(str::to_owned).into(), rows }));
        };
        let (mut names, mut known) = (Vec::new(), BTreeMap::new());
        for (file, bytes) in self.data_files() {
            for row in table::parse(file, bytes, &[])? {
                let Some(id) = row.cells.get(&columns.id) else { continue };
                known.entry(cell(id)).or_insert(row.cells);
            }
            for name in header(file, bytes)? {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let empty = BTreeMap::new();
        let row = |name: &String| {
            let cells = known.get(name).unwrap_or(&empty);
            names.iter().map(|column| cells.get(column).map(cell).unwrap_or_default()).collect()
        };
        let rows = cases.iter().map(|case| row(&case.name)).collect();
        Ok(Some(RowTable { columns: names, rows }))
    }

    /// The files that rows are read from, with their contents.
    fn data_files(&self) -> Vec<(&str, &[u8])> {
        match self.external_data() {
            Some(ExternalData::File { label, bytes }) => vec![(label, bytes)],
            Some(ExternalData::Folder { files, .. }) => {
                files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect()
            }
            None => {
                let tables = &self.definition.splits;
                let splits = [&tables.train, &tables.held_out, &tables.test];
                let names = splits.into_iter().flatten().filter_map(|split| split.file.as_deref());
                names.filter_map(|name| Some((name, self.files().get(name)?.as_slice()))).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: &str = "[task]\nname = \"small\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
        [entry]\nmodule = \"m\"\nfunction = \"f\"\n\
        [scorer]\nkind = \"rows\"\nmetric = \"label\"\npoints = { no = 0, yes = 1 }\n\
        [rows]\nid = \"id\"\nexpected = \"y\"\ninput = { text = \"x\" }\n\
        [splits.train]\nfile = \"a.csv\"\n[splits.held-out]\nfile = \"b.jsonl\"\n";

    fn files() -> BTreeMap<String, Vec<u8>> {
        let rows = "{\"id\": 7, \"x\": [1], \"y\": \"no\", \"more\": null}\n";
        let files = [("task.toml", TASK), ("a.csv", "y,x,id\nyes,\"q,\n1\",r1\n"), ("b.jsonl", rows)];
        files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into()
    }

    #[test]
    fn a_table_has_every_column_in_the_order_of_the_data() {
        let task = Task::from_files(&files(), "small").unwrap();
        let table = |split| task.table(split).unwrap().unwrap();
        assert_eq!(table(Split::Train).columns, ["y", "x", "id", "more"]);
        assert_eq!(table(Split::Train).rows, [["yes", "q,\n1", "r1", ""]]);
        assert_eq!(table(Split::HeldOut).rows, [["no", "[1]", "7", "null"]]);
        let plain = [
            ("task.toml", TASK.replace("points = { no = 0, yes = 1 }\n", "")),
            ("a.csv", "name,input,expected\nr,1,yes\n".to_owned()),
            ("b.jsonl", "{\"input\": 1, \"expected\": \"no\"}\n".to_owned()),
        ];
        let start = plain[0].1.find("[rows]").unwrap();
        let end = plain[0].1.find("[splits").unwrap();
        let mut plain = BTreeMap::from(plain.map(|(name, text)| (name.to_owned(), text.into_bytes())));
        plain.get_mut("task.toml").unwrap().drain(start..end);
        let task = Task::from_files(&plain, "plain").unwrap();
        let table = task.table(Split::Train).unwrap().unwrap();
        assert_eq!(
            (table.columns.join(","), table.rows[0].join(",")),
            ("case,expected".into(), "r,yes".into())
        );
        assert_eq!(Task::bundled("cap-set").unwrap().table(Split::Train).unwrap(), None);
    }

    #[test]
    fn the_scoring_is_known_without_the_data() {
        let scoring = RowScoring::of_files(&files(), "small").unwrap().unwrap();
        assert_eq!(Some(&scoring), Task::from_files(&files(), "small").unwrap().row_scoring().as_ref());
        let grading = Task::bundled_files("imo-grading").unwrap();
        let grading = RowScoring::of_files(&grading, "imo-grading").unwrap().unwrap();
        assert_eq!((grading.id.as_str(), grading.expected.as_str()), ("Grading ID", "Reward"));
        assert_eq!(grading.points.unwrap()["almost"], 6);
        let none = RowScoring::of_files(&Task::bundled_files("cap-set").unwrap(), "cap-set").unwrap();
        assert_eq!(none, None);
    }

    #[test]
    fn recorded_texts_are_measured_as_the_answers_were() {
        let check = |metric, answer: &str, expected: &str, amount: Option<(i64, u64)>| {
            let scoring = RowScoring { metric, id: String::new(), expected: String::new(), points: None };
            let found = scoring.measure(answer, expected).ok().map(|measure| measure.amount);
            assert_eq!(found, amount.and_then(|(n, d)| Score::ratio(n, d)), "{answer} {expected}");
        };
        check(Metric::Label, " Yes", "yes", Some((1, 1)));
        check(Metric::Label, "", "yes", Some((0, 1)));
        check(Metric::Exact, "[1, 2]", "[1,2.0]", Some((1, 1)));
        check(Metric::Exact, "a\"", "a\"", Some((1, 1)));
        check(Metric::Exact, "a", "b", Some((0, 1)));
        check(Metric::AbsoluteError, "1.5", " 1", Some((1, 2)));
        check(Metric::AbsoluteError, "none", "1", None);
    }
}
