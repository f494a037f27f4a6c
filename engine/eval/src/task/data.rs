//! From a data file to cases, by the kind of the scorer and, for rows, the ending of the file's name.

use serde_json::Value;

use crate::case::Case;
use crate::scorer::Problem;
use crate::scorer::rows::Metric;

use super::error::TaskError;
use super::limits::FILE_BYTES_MAX;
use super::load::Scorer;
use super::{csv_rows, instances, json_rows};

/// The ending of a file's name, which names its format.
pub(crate) fn format(file: &str) -> &str {
    file.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Reads the cases of a data file.
pub(crate) fn parse(scorer: &Scorer, file: &str, bytes: &[u8]) -> Result<Vec<Case>, TaskError> {
    if bytes.len() > FILE_BYTES_MAX {
        let (what, found, limit) =
            ("the size in bytes".to_owned(), bytes.len() as u64, FILE_BYTES_MAX as u64);
        return Err(TaskError::TooLarge { file: file.to_owned(), what, found, limit });
    }
    let rows = |rows: Vec<_>| {
        rows.into_iter().map(|(name, row)| Case { name, problem: Problem::RowCase(row) }).collect()
    };
    match scorer {
        Scorer::OnlineBinPacking => Ok(instances::parse(file, bytes)?
            .into_iter()
            .map(|(name, instance)| Case { name, problem: Problem::BinPacking(instance) })
            .collect()),
        Scorer::Rows { metric, columns: Some(columns) } => {
            Ok(columns.parse(file, bytes, *metric)?.into_iter().map(|row| row.case).collect())
        }
        Scorer::Rows { metric, columns: None } if format(file) == "csv" => {
            csv_rows::parse(file, bytes, *metric).map(rows)
        }
        Scorer::Rows { metric, columns: None } if ["jsonl", "ndjson"].contains(&format(file)) => {
            json_rows::parse(file, bytes, *metric).map(rows)
        }
        Scorer::Rows { .. } => {
            Err(TaskError::data(file, "file name", "the ending .csv, .jsonl or .ndjson", format!("{file:?}")))
        }
        Scorer::CapSet { .. } | Scorer::CirclePacking { .. } => {
            Err(TaskError::data(file, "data file", "none, as this task is one fixed problem", "a data file"))
        }
    }
}

/// The arguments of a call: the elements of a list, or the one value.
pub(crate) fn arguments(input: Value) -> Vec<Value> {
    match input {
        Value::Array(arguments) => arguments,
        one => vec![one],
    }
}

/// The expected answer, which has to be a number if the metric measures a distance.
pub(crate) fn expected(
    file: &str,
    place: impl Fn() -> String,
    value: Value,
    metric: Metric,
) -> Result<Value, TaskError> {
    if metric == Metric::AbsoluteError && !value.is_number() {
        return Err(TaskError::data(file, place(), "a number in \"expected\"", value));
    }
    Ok(value)
}
