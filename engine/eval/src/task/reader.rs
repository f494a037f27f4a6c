//! The reader of a task's data files. Their format follows from the kind of scorer and, for rows, from the suffix of the file
//! name.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::case::Case;
use crate::scorer::construction::{ConstructionCase, Problem};
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
    /// One fixed case, without data.
    Fixed,
    /// A problem whose splits are parameters written out in `task.toml`; `settings` are the parameters common to all cases.
    Construction { problem: &'static Problem, settings: Map<String, Value> },
    /// An evaluator in Python, whose splits are written out in `task.toml`.
    Python,
    /// A registered kind of scorer.
    Registered(Arc<dyn ScorerKind>),
}

impl CaseReader {
    /// Returns whether the task is one fixed case when it has no splits.
    pub(crate) fn needs_no_splits(&self) -> bool {
        matches!(self, Self::Fixed | Self::Python | Self::Construction { .. })
    }

    /// Makes the case of a problem from the parameters of all cases and those of this one. `field` is the place of the latter.
    pub(crate) fn construction(
        &self,
        file: &str,
        field: &str,
        case: Option<&Value>,
    ) -> Result<Option<Case>, TaskError> {
        let Self::Construction { problem, settings } = self else { return Ok(None) };
        let mut parameters = settings.clone();
        let mut name = problem.name.to_owned();
        if let Some(value) = case {
            let of_case = value.as_object().filter(|map| !map.is_empty());
            let wrong =
                || TaskError::field(file, field, "a table of parameters, such as { inputs = 11 }", value);
            let part = |(key, value): (&String, &Value)| {
                format!("{key}-{}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            };
            let of_case = of_case.ok_or_else(wrong)?;
            name = of_case.iter().map(part).collect::<Vec<_>>().join("-");
            parameters.extend(of_case.clone());
        }
        let data = ConstructionCase::new(problem, parameters).map_err(|error| {
            let place = if case.is_some_and(|case| case.get(&error.key).is_some()) {
                field
            } else {
                "scorer.settings"
            };
            TaskError::field(file, format!("{place}.{}", error.key), error.expected, error.found)
        })?;
        Ok(Some(Case::new(name, data)))
    }

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
            Self::Construction { .. } => {
                let expected = "none, as the cases of a construction are parameters in task.toml";
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
