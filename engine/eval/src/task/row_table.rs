//! The rows of a task as a table of texts, for people.

use std::collections::BTreeMap;

use hyperspace_core::exact_json;

use crate::split::Split;

use super::error::TaskError;
use super::external::UserData;
use super::handle::{Task, TaskSource};
use super::reader::CaseReader;
use super::row_scoring::PLAIN_COLUMNS;
use super::rows::{header, parse_table};
use super::source::Folder;

/// Rows as a table of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowTable {
    /// Names of the columns, in the order of the data.
    pub columns: Vec<String>,
    /// The rows of the split, in its order; a value that is not a text is written as JSON.
    pub rows: Vec<Vec<String>>,
}

impl Task {
    /// Returns the rows of a split with every column of the data, including labels: for the owner of the data, never for a
    /// guest. `None` if the task has no rows. A task that does not name its columns has `case` and `expected`.
    ///
    /// # Errors
    ///
    /// No error that loading the task would not have met.
    pub fn table(&self, split: Split) -> Result<Option<RowTable>, TaskError> {
        let Some(source) = &self.parts.source else { return Ok(None) };
        let CaseReader::Rows { columns, .. } = &source.reader else { return Ok(None) };
        let cases = self.cases(split);
        let Some(columns) = columns else {
            let rows = cases.iter().map(|case| {
                vec![case.name.clone(), case.expected.as_ref().map(exact_json::shown).unwrap_or_default()]
            });
            return Ok(Some(RowTable {
                columns: PLAIN_COLUMNS.map(str::to_owned).into(),
                rows: rows.collect(),
            }));
        };
        let (mut names, mut known) = (Vec::new(), BTreeMap::new());
        for (file, bytes) in self.data_files(source) {
            for row in parse_table(file, bytes, &[])? {
                let Some(id) = row.cells.get(&columns.id) else { continue };
                known.entry(exact_json::shown(id)).or_insert(row.cells);
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
            names.iter().map(|column| cells.get(column).map(exact_json::shown).unwrap_or_default()).collect()
        };
        let rows = cases.iter().map(|case| row(&case.name)).collect();
        Ok(Some(RowTable { columns: names, rows }))
    }
}

impl Task {
    /// Returns the files from which rows are read, with their contents.
    fn data_files<'a>(&'a self, source: &'a TaskSource) -> Vec<(&'a str, &'a [u8])> {
        match self.external_data() {
            Some(UserData::File { label, bytes }) => vec![(label, bytes)],
            Some(UserData::Folder { files, .. }) => {
                files.iter().map(|(name, bytes)| (name.as_str(), &**bytes)).collect()
            }
            None => {
                let folder = Folder { files: self.files(), label: "" };
                let names = source.splits.each().into_iter().filter_map(|(_, split)| split?.file.as_deref());
                names.filter_map(|name| Some((name, &**folder.get(name)?))).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use hyperspace_core::FileSet;
    use hyperspace_testkit::file_set;

    use super::*;

    const TASK: &str = "[task]\nname = \"small\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
        [entry]\nmodule = \"m\"\nfunction = \"f\"\n\
        [scorer]\nkind = \"rows\"\nmetric = \"label\"\npoints = { no = 0, yes = 1 }\n\
        [rows]\nid = \"id\"\nexpected = \"y\"\ninput = { text = \"x\" }\n\
        [splits.train]\nfile = \"a.csv\"\n[splits.held-out]\nfile = \"b.jsonl\"\n";

    fn files() -> FileSet {
        let rows = "{\"id\": 7, \"x\": [1], \"y\": \"no\", \"more\": null}\n";
        let files = [("task.toml", TASK), ("a.csv", "y,x,id\nyes,\"q,\n1\",r1\n"), ("b.jsonl", rows)];
        file_set(&files)
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
        let (start, end) = (plain[0].1.find("[rows]").unwrap(), plain[0].1.find("[splits").unwrap());
        let mut plain = plain;
        plain[0].1.drain(start..end);
        let task = Task::from_files(&file_set(&plain), "plain").unwrap();
        let table = task.table(Split::Train).unwrap().unwrap();
        assert_eq!(
            (table.columns.join(","), table.rows[0].join(",")),
            ("case,expected".into(), "r,yes".into())
        );
        assert_eq!(Task::bundled("cap-set").unwrap().table(Split::Train).unwrap(), None);
    }
}
