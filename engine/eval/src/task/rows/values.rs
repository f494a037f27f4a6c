//! Helpers that all formats of rows share.

use hyperspace_core::exact_json;
use serde_json::Value;

use crate::scorer::number::is_number;
use crate::scorer::rows::Metric;
use crate::task::error::TaskError;
use crate::task::limits::CASES_MAX;

/// Returns the suffix of a file name, which names its format.
pub(crate) fn format(file: &str) -> &str {
    file.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Refuses one row more than [`CASES_MAX`].
pub(super) fn check_count(file: &str, rows: usize) -> Result<(), TaskError> {
    if rows as u64 == CASES_MAX {
        return Err(TaskError::too_large(file, "the number of rows", CASES_MAX + 1, CASES_MAX));
    }
    Ok(())
}

/// Returns the arguments of a call: the elements of a list, or the one value.
pub(super) fn arguments(input: Value) -> Vec<Value> {
    match input {
        Value::Array(arguments) => arguments,
        one => vec![one],
    }
}

/// Checks the expected answer, which must be a number if the metric measures a distance.
pub(super) fn expected(
    file: &str,
    place: impl Fn() -> String,
    value: Value,
    metric: Metric,
) -> Result<Value, TaskError> {
    if metric == Metric::AbsoluteError && !is_number(&value) {
        return Err(TaskError::data(file, place(), "a number in \"expected\"", exact_json::to_text(&value)));
    }
    Ok(value)
}
