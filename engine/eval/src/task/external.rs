//! Data that the user gives: one file that replaces both splits, or a folder with a file for each split.
//!
//! A task with external splits can be evaluated on any data of the right form. Whether these are the published data is a
//! separate question, which [`Task::check_data`] answers. The data are part of the task's digest either way.

use std::collections::BTreeMap;

use hyperspace_core::{FileSet, RelPath};
use sha2::{Digest, Sha256};

use crate::case::Case;
use crate::scorer::rows::Metric;

use super::definition::{Definition, ExternalTable};
use super::error::TaskError;
use super::handle::Task;
use super::limits::FILE_BYTES_MAX;
use super::reader::CaseReader;
use super::rows::{self, Columns, TableCase};
use super::source::Folder;

/// Data that the user gave for a task.
#[derive(Debug, Clone)]
pub enum UserData {
    /// One file. Its first half is for training, the rest is held out.
    File {
        /// Its name, whose suffix names the format.
        label: String,
        /// Its content.
        bytes: Vec<u8>,
    },
    /// The files that the task's splits name.
    Folder {
        /// The folder, for messages.
        label: String,
        /// The files.
        files: FileSet,
    },
}

/// The content of a file of the user, and its differences from the published one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// `train`, `held-out` or `test`.
    pub split: &'static str,
    /// The name of the file.
    pub file: String,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// The number of its rows.
    pub rows: u64,
    /// The number of rows with each label.
    pub labels: BTreeMap<String, u64>,
    /// Differences from the published file, in words; empty if it is that file, or if the task does not define one.
    pub differences: Vec<String>,
}

/// Returns those of the named files that exist.
pub(super) fn named_files(names: &[String], data: &FileSet) -> FileSet {
    let mut found = FileSet::new();
    for path in names.iter().filter_map(|name| RelPath::new(name).ok()) {
        if let Some(content) = data.get(&path) {
            // A part of a set without conflicts has none either.
            drop(found.insert(path.clone(), content.clone()));
        }
    }
    found
}

/// Returns the error that says which files the task needs.
pub(super) fn needed(definition: &Definition, name: &str) -> Result<TaskError, TaskError> {
    let files = definition.splits.external(name)?.iter().map(|(_, external)| external.file.clone()).collect();
    Ok(TaskError::NeedsData { task: definition.task.name.clone(), files })
}

/// Reads the external file of a split.
fn content<'a>(folder: &Folder<'a>, which: &str, file: &str) -> Result<&'a [u8], TaskError> {
    let full = folder.full(file);
    let bytes = folder.get(file).ok_or_else(|| TaskError::Missing {
        file: full.clone(),
        hint: format!("the split {which} of the task is read from it"),
    })?;
    if bytes.len() > FILE_BYTES_MAX {
        let (found, most) = (bytes.len() as u64, FILE_BYTES_MAX as u64);
        return Err(TaskError::too_large(&full, "the size in bytes", found, most));
    }
    Ok(bytes)
}

fn columns<'a>(reader: &'a CaseReader, name: &str) -> Result<(&'a Columns, Metric), TaskError> {
    match reader {
        CaseReader::Rows { columns: Some(columns), metric } => Ok((columns, *metric)),
        _ => {
            let expected = "no such key without a table [rows]";
            Err(TaskError::field(name, "splits.train.external", expected, "a table"))
        }
    }
}

/// Reads the cases of all splits from a folder of the user. `name` is that of `task.toml`.
pub(super) fn cases(
    definition: &Definition,
    reader: &CaseReader,
    name: &str,
    folder: &Folder<'_>,
) -> Result<[Vec<Case>; 3], TaskError> {
    let (columns, metric) = columns(reader, name)?;
    let mut found: Vec<Vec<TableCase>> = Vec::new();
    for (which, external) in definition.splits.external(name)? {
        let full = folder.full(&external.file);
        let cases = columns.parse(&full, content(folder, which, &external.file)?, metric)?;
        if cases.is_empty() {
            let hint = "add at least one row to the file".to_owned();
            return Err(TaskError::EmptySplit { file: full, split: which, hint });
        }
        found.push(cases);
    }
    if definition.splits.grouped {
        found = rows::deal(name, found)?;
    }
    let mut found = found.into_iter().map(|cases| cases.into_iter().map(|case| case.case).collect());
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
    /// Reads the files that the user has for a task with external splits. Returns their content and their differences from the
    /// published ones.
    ///
    /// # Errors
    ///
    /// For the first file that is missing or malformed, and when the task has no external splits.
    pub fn check_data(
        files: &FileSet,
        label: &str,
        data: &FileSet,
        data_label: &str,
    ) -> Result<Vec<DataFile>, TaskError> {
        let task = Self::from_files_with_data(files, label, data, data_label)?;
        let Some(source) = &task.parts.source else { return Ok(Vec::new()) };
        let (columns, metric) = columns(&source.reader, label)?;
        let folder = Folder { files: data, label: data_label };
        let mut checked = Vec::new();
        for (split, external) in source.splits.external(label)? {
            let bytes = content(&folder, split, &external.file)?;
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
}
