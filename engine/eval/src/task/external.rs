//! Data that the user gives: one file that replaces both splits, or a folder with a file for each split.
//!
//! A task with external splits can be evaluated on any data of its form; whether they are the published ones is a question of
//! its own, answered by [`Task::check_data`]. The data are part of the task's digest either way.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::case::Case;

use super::columns::{Columns, TableCase};
use super::definition::{Definition, SplitTable};
use super::error::TaskError;
use super::grouped;
use super::limits::FILE_BYTES_MAX;
use super::load::{Scorer, Task};
use super::rows_definition::{ExternalTable, OnFailure, RowsTable, Stage};

/// Data that the user gave for a task.
#[derive(Debug, Clone)]
pub enum ExternalData {
    /// One file; its first half is for training, the rest is held out.
    File {
        /// Its name; the ending names the format.
        label: String,
        /// Its content.
        bytes: Vec<u8>,
    },
    /// The files that the task's splits name.
    Folder {
        /// The folder, for messages.
        label: String,
        /// Their contents, by name.
        files: BTreeMap<String, Vec<u8>>,
    },
}

/// What a file of the user was found to contain, and how it differs from the published one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// `train`, `held-out` or `test`.
    pub split: &'static str,
    /// The name of the file.
    pub file: String,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Its rows.
    pub rows: u64,
    /// Rows of each label.
    pub labels: BTreeMap<String, u64>,
    /// Differences from the published file, in words; empty if it is that file, or if the task does not say.
    pub differences: Vec<String>,
}

const SPLITS: [&str; 3] = ["train", "held-out", "test"];

fn splits(definition: &Definition) -> [(&'static str, Option<&SplitTable>); 3] {
    let tables = &definition.splits;
    let given = [tables.train.as_ref(), tables.held_out.as_ref(), tables.test.as_ref()];
    [(SPLITS[0], given[0]), (SPLITS[1], given[1]), (SPLITS[2], given[2])]
}

/// Whether a split of the task is a file of the user.
pub(super) fn is_wanted(definition: &Definition) -> bool {
    splits(definition).iter().any(|(_, split)| split.is_some_and(|split| split.external.is_some()))
}

/// The external file of every split, checked to be complete: all splits are external or none is.
fn wanted<'a>(
    definition: &'a Definition,
    name: &str,
) -> Result<Vec<(&'static str, &'a ExternalTable)>, TaskError> {
    let mut found: Vec<(&'static str, &ExternalTable)> = Vec::new();
    for (which, split) in splits(definition) {
        match split {
            None if which == "test" => {}
            Some(SplitTable { generator: None, file: None, external: Some(external) }) => {
                if found.iter().any(|(_, other)| other.file == external.file) {
                    let field = format!("splits.{which}.external.file");
                    return Err(TaskError::field(name, field, "a file of its own", &external.file));
                }
                found.push((which, external));
            }
            _ => {
                let expected = "external = { file = \"...\" } and nothing else, as in the other splits";
                return Err(TaskError::field(name, format!("splits.{which}"), expected, "something else"));
            }
        }
    }
    Ok(found)
}

/// The error that says which files the task needs.
pub(super) fn needed(definition: &Definition, name: &str) -> Result<TaskError, TaskError> {
    let files = wanted(definition, name)?.iter().map(|(_, external)| external.file.clone()).collect();
    Ok(TaskError::NeedsData { task: definition.task.name.clone(), files })
}

fn content<'a>(
    label: &str,
    which: &str,
    file: &str,
    files: &'a BTreeMap<String, Vec<u8>>,
) -> Result<&'a [u8], TaskError> {
    let full = format!("{}/{file}", label.trim_end_matches('/'));
    let bytes = files.get(file).ok_or_else(|| TaskError::Missing {
        file: full.clone(),
        hint: format!("the split {which} of the task is read from it"),
    })?;
    if bytes.len() > FILE_BYTES_MAX {
        let (what, found) = ("the size in bytes".to_owned(), bytes.len() as u64);
        return Err(TaskError::TooLarge { file: full, what, found, limit: FILE_BYTES_MAX as u64 });
    }
    Ok(bytes)
}

fn columns<'a>(
    scorer: &'a Scorer,
    name: &str,
) -> Result<(&'a Columns, crate::scorer::rows::Metric), TaskError> {
    match scorer {
        Scorer::Rows { columns: Some(columns), metric } => Ok((columns, *metric)),
        _ => Err(TaskError::field(
            name,
            "splits.train.external",
            "no such key without a table [rows]",
            "a table",
        )),
    }
}

/// The cases of all splits from the files of the user. `names`: of `task.toml`, and of the folder of the user.
pub(super) fn cases(
    definition: &Definition,
    scorer: &Scorer,
    names: (&str, &str),
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<[Vec<Case>; 3], TaskError> {
    let (name, label) = names;
    let (columns, metric) = columns(scorer, name)?;
    let mut found: Vec<Vec<TableCase>> = Vec::new();
    for (which, external) in wanted(definition, name)? {
        let full = format!("{}/{}", label.trim_end_matches('/'), external.file);
        let rows = columns.parse(&full, content(label, which, &external.file, files)?, metric)?;
        if rows.is_empty() {
            let hint = "add at least one row to the file".to_owned();
            return Err(TaskError::EmptySplit { file: full, split: which, hint });
        }
        found.push(rows);
    }
    if definition.splits.grouped {
        found = grouped::deal(name, found)?;
    }
    let mut found = found.into_iter().map(|rows| rows.into_iter().map(|row| row.case).collect());
    Ok(std::array::from_fn(|_| found.next().unwrap_or_default()))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn differences(external: &ExternalTable, found: &DataFile) -> Vec<String> {
    let mut differences = Vec::new();
    if let Some(rows) = external.rows
        && rows != found.rows
    {
        differences.push(format!("expected {rows} rows, found {}", found.rows));
    }
    if let Some(labels) = &external.labels
        && *labels != found.labels
    {
        let text = |labels: &BTreeMap<String, u64>| {
            labels.iter().map(|(label, count)| format!("{label} {count}")).collect::<Vec<_>>().join(", ")
        };
        differences.push(format!("expected the labels {}, found {}", text(labels), text(&found.labels)));
    }
    if let Some(digest) = &external.sha256
        && *digest != found.sha256
    {
        differences.push(format!("expected the SHA-256 {digest}, found {}", found.sha256));
    }
    differences
}

impl Task {
    /// A task from the files of its folder and, for its external splits, those of a folder of the user. Files that no split
    /// names are ignored.
    ///
    /// # Errors
    ///
    /// As [`Task::from_files`], and if a file of the user is missing or malformed, or if the task has no external splits.
    pub fn from_files_with_data(
        files: &BTreeMap<String, Vec<u8>>,
        label: &str,
        data: &BTreeMap<String, Vec<u8>>,
        data_label: &str,
    ) -> Result<Self, TaskError> {
        let task = match Self::from_files(files, label) {
            Err(TaskError::NeedsData { files: names, .. }) => {
                let given = |name: String| Some((name.clone(), data.get(&name)?.clone()));
                let found = names.into_iter().filter_map(given).collect();
                let external = ExternalData::Folder { label: data_label.to_owned(), files: found };
                return Self::load(files, label, Some(external));
            }
            other => other?,
        };
        let expected = format!("a file, as task {} reads no folder", task.name());
        Err(TaskError::data(data_label, "external data", expected, "a folder"))
    }

    /// Reads the files that the user has for a task with external splits, and tells what is in them and how they differ from
    /// the published ones.
    ///
    /// # Errors
    ///
    /// For the first file that is missing or malformed, or if the task has no external splits.
    pub fn check_data(
        files: &BTreeMap<String, Vec<u8>>,
        label: &str,
        data: &BTreeMap<String, Vec<u8>>,
        data_label: &str,
    ) -> Result<Vec<DataFile>, TaskError> {
        let task = Self::from_files_with_data(files, label, data, data_label)?;
        let (columns, metric) = columns(&task.scorer, label)?;
        let mut checked = Vec::new();
        for (split, external) in wanted(&task.definition, label)? {
            let bytes = content(data_label, split, &external.file, data)?;
            let mut labels = BTreeMap::new();
            let rows = columns.parse(&external.file, bytes, metric)?;
            for row in &rows {
                *labels.entry(row.label.clone()).or_default() += 1;
            }
            let mut found = DataFile {
                split,
                file: external.file.clone(),
                sha256: sha256(bytes),
                rows: rows.len() as u64,
                labels,
                differences: Vec::new(),
            };
            found.differences = differences(external, &found);
            checked.push(found);
        }
        Ok(checked)
    }

    fn rows_table(&self) -> Option<&RowsTable> {
        self.definition.rows.as_ref()
    }

    /// What a row that was not answered means for the score.
    #[must_use]
    pub fn on_failure(&self) -> OnFailure {
        self.rows_table().map(|rows| rows.on_failure).unwrap_or_default()
    }

    /// The first stage of an evaluation, if the task has one.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        self.rows_table().and_then(RowsTable::stage)
    }

    /// What labels are worth, if the task says so; labels as they are compared.
    #[must_use]
    pub fn points(&self) -> Option<BTreeMap<String, i64>> {
        // Checked when the task was loaded.
        self.definition.points("task.toml").ok().flatten()
    }
}
