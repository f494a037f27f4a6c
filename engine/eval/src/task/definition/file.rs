//! The whole of `task.toml`.

use hyperspace_core::{reader_words, toml_nesting};
use hyperspace_sandbox::RuntimeName;
use serde::Deserialize;

use crate::score::Direction;
use crate::task::error::{TaskError, utf8};
use crate::task::limits::DEFINITION_BYTES_MAX;

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
    /// Wheels and folders in the task's folder that guests may import.
    #[serde(default)]
    pub(crate) packages: Vec<String>,
    /// The runtime of guests.
    #[serde(default)]
    runtime: Option<toml::Spanned<String>>,
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
    pub(crate) best_known_source: Option<String>,
}

impl Definition {
    /// Reads the file, whose kind of scorer must be one of `kinds`. Messages use the name `file`.
    pub(crate) fn parse(file: &str, bytes: &[u8], kinds: &[&str]) -> Result<Self, TaskError> {
        if bytes.len() > DEFINITION_BYTES_MAX {
            let (found, most) = (bytes.len() as u64, DEFINITION_BYTES_MAX as u64);
            return Err(TaskError::too_large(file, "the size in bytes", found, most));
        }
        let text = utf8(file, bytes)?;
        if let Some(at) = toml_nesting::deep_place(text) {
            return Err(TaskError::at_byte(file, text, at, toml_nesting::TOO_DEEP));
        }
        let definition: Self = toml::from_str(text).map_err(|error| {
            let byte = error.span().map_or(0, |span| span.start);
            TaskError::at_byte(file, text, byte, &reader_words(error.message(), "a table"))
        })?;
        let kind = &definition.scorer.kind;
        if !kinds.contains(&kind.get_ref().as_str()) {
            let known = kinds.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let message = format!("unknown variant `{}`, expected one of {known}", kind.get_ref());
            return Err(TaskError::at_byte(file, text, kind.span().start, &message));
        }
        if let Some(runtime) = &definition.runtime {
            let known = runtime.get_ref().parse::<RuntimeName>();
            known
                .map_err(|error| TaskError::at_byte(file, text, runtime.span().start, &error.to_string()))?;
        }
        check_name(file, "task.name", &definition.task.name)?;
        if let Some(score) = definition.task.best_known.filter(|score| !score.is_finite()) {
            return Err(TaskError::field(file, "task.best_known", "a finite number", score));
        }
        definition.entry.check(file)?;
        definition.limits.check(file)?;
        Ok(definition)
    }

    /// Returns the runtime of guests, if the file names one.
    pub(crate) fn runtime(&self) -> Option<RuntimeName> {
        self.runtime.as_ref().and_then(|name| name.get_ref().parse().ok())
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

#[cfg(test)]
mod tests {
    use hyperspace_core::toml_nesting::DEPTH_MAX;
    use proptest::prelude::*;

    use super::*;

    fn depth(value: &toml::Value) -> usize {
        let of_parts =
            |parts: &mut dyn Iterator<Item = &toml::Value>| 1 + parts.map(depth).max().unwrap_or(0);
        match value {
            toml::Value::Array(items) => of_parts(&mut items.iter()),
            toml::Value::Table(fields) => of_parts(&mut fields.values()),
            _ => 0,
        }
    }

    #[test]
    fn a_definition_of_many_megabytes_is_refused() {
        let text = format!("a = [{}]", "[],".repeat(2 << 20));
        let error = Definition::parse("task.toml", text.as_bytes(), &[]).unwrap_err().to_string();
        assert_eq!(
            error,
            "task.toml: the size in bytes is 6291462, but at most 4194304 are supported; use a smaller one"
        );
    }

    fn check(text: &str) {
        if let (None, Ok(table)) = (toml_nesting::deep_place(text), text.parse::<toml::Table>()) {
            assert!(depth(&toml::Value::Table(table)) <= DEPTH_MAX, "{text}");
        }
    }

    /// Keys and brackets nested in turn, each as deep as the TOML parser accepts.
    #[test]
    fn a_deep_task_is_refused_before_it_is_parsed() {
        let key = vec!["a"; 70].join(".");
        let deep = format!("{}1{}", format!("{{{key} = ").repeat(30), "}".repeat(30));
        for text in [format!("a = {deep}"), format!("[{key}]\n{key} = [[{deep}]]")] {
            assert!(toml_nesting::deep_place(&text).is_some());
            let error = Definition::parse("task.toml", text.as_bytes(), &[]).unwrap_err().to_string();
            assert!(error.contains("nested too deeply"), "{error}");
        }
        let key = vec!["a"; 16].join(".");
        let most = format!("a = {}1{}", format!("{{{key} = ").repeat(16), "}".repeat(16));
        assert_eq!(toml_nesting::deep_place(&most), None);
        check(&most);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        /// Everything that the parser accepts is within the checked depth: the check and the parser agree on strings and comments.
        #[test]
        fn nothing_deep_passes(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "a = ", "[", "]", "[[", "]]", "{", "}", "1", ",", ".", "a", "\n", "#", "\"", "'", "\"\"\"", "'''",
                    "\\", "{a = ", "[a.b]\n", "a.b = ", "\"\"\"\"", "1.5",
                ]),
                0..40,
            ),
            deep in 0_usize..40,
        ) {
            let pieces = pieces.concat();
            check(&pieces);
            check(&format!("a = [{pieces}{}1{}]", "[".repeat(deep), "]".repeat(deep)));
            check(&format!("b = {{ a = 1, {pieces}{}c = 1 }}", "a.".repeat(deep)));
        }
    }
}
