//! The whole of `task.toml`.

use serde::Deserialize;

use crate::score::Direction;
use crate::task::error::{TaskError, utf8};

use super::entry::TaskEntry;
use super::fitness::FitnessTable;
use super::rows_table::{RowsTable, RowsTask};
use super::scorer_table::ScorerTable;
use super::splits::SplitsTable;
use super::task_limits::TaskLimits;

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Definition {
    /// Wheels and folders of the task's folder that guests may import.
    #[serde(default)]
    pub(crate) packages: Vec<String>,
    pub(crate) task: TaskHeader,
    pub(crate) entry: TaskEntry,
    pub(crate) scorer: ScorerTable,
    pub(crate) rows: Option<RowsTable>,
    pub(crate) fitness: Option<FitnessTable>,
    #[serde(default)]
    pub(crate) limits: TaskLimits,
    #[serde(default)]
    pub(crate) splits: SplitsTable,
}

/// `[task]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskHeader {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) direction: Direction,
    pub(crate) unit: Option<String>,
    pub(crate) best_known: Option<f64>,
}

impl Definition {
    /// Reads the file, whose kind of scorer has to be one of `kinds`. Messages name it `file`.
    pub(crate) fn parse(file: &str, bytes: &[u8], kinds: &[&str]) -> Result<Self, TaskError> {
        let text = utf8(file, bytes)?;
        let definition: Self = toml::from_str(text).map_err(|error| {
            let byte = error.span().map_or(0, |span| span.start);
            TaskError::at_byte(file, text, byte, error.message())
        })?;
        let kind = &definition.scorer.kind;
        if !kinds.contains(&kind.get_ref().as_str()) {
            let known = kinds.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let message = format!("unknown variant `{}`, expected one of {known}", kind.get_ref());
            return Err(TaskError::at_byte(file, text, kind.span().start, &message));
        }
        check_name(file, "task.name", &definition.task.name)?;
        if let Some(score) = definition.task.best_known.filter(|score| !score.is_finite()) {
            return Err(TaskError::field(file, "task.best_known", "a finite number", score));
        }
        definition.entry.check(file)?;
        definition.limits.check(file)?;
        Ok(definition)
    }

    /// Returns `[rows]`, checked against the rest of the file. Without it, keys that need it are refused.
    pub(crate) fn rows(&self, file: &str) -> Result<Option<&RowsTable>, TaskError> {
        let Some(rows) = &self.rows else {
            let unused = |set: bool, field: &str| {
                let expected = "no such key without a table [rows]";
                if set { Err(TaskError::field(file, field, expected, "a value")) } else { Ok(()) }
            };
            unused(self.scorer.points.is_some(), "scorer.points")?;
            unused(self.entry.class.is_some(), "entry.class")?;
            unused(self.splits.grouped, "splits.grouped")?;
            return Ok(None);
        };
        let Some(metric) = self.scorer.metric else {
            return Err(TaskError::field(file, "rows", "none without scorer.kind = \"rows\"", "a table"));
        };
        let (direction, grouped) = (self.task.direction, self.splits.grouped);
        rows.check(file, &RowsTask { metric, direction, grouped })?;
        Ok(Some(rows))
    }
}

/// Checks the name of a task.
pub(crate) fn check_name(file: &str, field: &str, name: &str) -> Result<(), TaskError> {
    let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if (1..=64).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    let expected = "1 to 64 lowercase letters, digits and hyphens";
    Err(TaskError::field(file, field, expected, format!("{name:?}")))
}
