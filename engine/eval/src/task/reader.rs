//! The reader of a task's data files: its format follows from the kind of scorer and, for rows, from the ending of the file's
//! name.

use std::sync::Arc;

use crate::case::Case;
use crate::scorer::rows::Metric;

use super::error::TaskError;
use super::handle::check_names;
use super::kind::ScorerKind;
use super::limits::{CASES_MAX, FILE_BYTES_MAX};
use super::packing;
use super::rows::{self, Columns};

/// Reads cases from data files.
#[derive(Debug, Clone)]
pub(crate) enum CaseReader {
    /// Bin packing, from JSON.
    Packing,
    /// Rows, with `[rows]` or with the columns `input`, `expected` and `name`.
    Rows { metric: Metric, columns: Option<Columns> },
    /// The task has one fixed case and no data.
    Fixed,
    /// An evaluator in Python, whose splits are written out in `task.toml`.
    Python,
    /// A registered kind of scorer.
    Registered(Arc<dyn ScorerKind>),
}

impl CaseReader {
    /// Reads the cases of a data file, whose names must differ.
    pub(crate) fn read(&self, file: &str, bytes: &[u8]) -> Result<Vec<Case>, TaskError> {
        let cases = self.read_any(file, bytes)?;
        check_names(file, &cases)?;
        Ok(cases)
    }

    fn read_any(&self, file: &str, bytes: &[u8]) -> Result<Vec<Case>, TaskError> {
        if bytes.len() > FILE_BYTES_MAX {
            let (found, most) = (bytes.len() as u64, FILE_BYTES_MAX as u64);
            return Err(TaskError::too_large(file, "the size in bytes", found, most));
        }
        match self {
            Self::Packing => {
                let cases = packing::parse(file, bytes)?;
                Ok(cases.into_iter().map(|(name, case)| Case::new(name, case)).collect())
            }
            Self::Rows { metric, columns: Some(columns) } => {
                Ok(columns.parse(file, bytes, *metric)?.into_iter().map(|row| row.case).collect())
            }
            Self::Rows { metric, columns: None } => match rows::format(file) {
                "csv" => rows::parse_csv(file, bytes, *metric),
                "jsonl" | "ndjson" => rows::parse_json_lines(file, bytes, *metric),
                _ => {
                    let expected = "the ending .csv, .jsonl or .ndjson";
                    Err(TaskError::data(file, "file name", expected, format!("{file:?}")))
                }
            },
            Self::Fixed => {
                let expected = "none, as this task is one fixed problem";
                Err(TaskError::data(file, "data file", expected, "a data file"))
            }
            Self::Python => {
                let expected = "none, as the splits of an evaluator in Python are args, seeds, each or files in task.toml";
                Err(TaskError::data(file, "data file", expected, "a data file"))
            }
            Self::Registered(kind) => {
                let cases = kind.cases(file, bytes)?;
                if cases.len() as u64 > CASES_MAX {
                    return Err(TaskError::too_large(
                        file,
                        "the number of cases",
                        cases.len() as u64,
                        CASES_MAX,
                    ));
                }
                Ok(cases)
            }
        }
    }
}
