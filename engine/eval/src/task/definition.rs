//! The shape of `task.toml`. Unknown keys are refused at every level.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::score::{Direction, Score};
use crate::scorer::rows::Metric;

use super::error::TaskError;
use super::rows_definition::{ExternalTable, RowsTable};

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Definition {
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
}

/// `[entry]`: the function of the candidate that is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskEntry {
    /// The dotted module name, importable from the root of the candidate's tree.
    pub module: String,
    /// The name of the function in it; with [`TaskEntry::class`], of its method.
    pub function: String,
    /// The class to make an instance of, `TaskAgent`: `TaskAgent(model=...).forward(inputs)` returns the answer, or a pair
    /// whose first element it is.
    #[serde(default)]
    pub class: Option<String>,
    /// The model that the class is told; without it, it gets none and takes its own default.
    #[serde(default)]
    pub model: Option<String>,
    /// Texts of example calls, for people and prompts; they are not executed.
    #[serde(default)]
    pub examples: Vec<String>,
}

/// The scorers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ScorerKind {
    OnlineBinPacking,
    CapSet,
    CirclePacking,
    Rows,
}

/// `[scorer]`: which keys are needed depends on the kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScorerTable {
    pub(crate) kind: ScorerKind,
    pub(crate) dimension: Option<u64>,
    pub(crate) circles: Option<u64>,
    pub(crate) metric: Option<Metric>,
    pub(crate) points: Option<BTreeMap<String, i64>>,
}

/// `[fitness]` as written.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FitnessTable {
    zero: f64,
    one: f64,
}

/// A linear map from score to fitness between 0 and 1, used to select parents and for nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fitness {
    /// The score that is worth 0; anything worse is worth 0, too.
    pub zero: Score,
    /// The score that is worth 1; anything better is worth 1, too.
    pub one: Score,
}

impl Fitness {
    /// The fitness of a score, exact and between 0 and 1.
    #[must_use]
    pub fn of(&self, score: &Score) -> Score {
        let way = &self.one - &self.zero;
        let part = (score - &self.zero).checked_div(&way).unwrap_or_else(Score::zero);
        part.clamp(Score::zero(), Score::one())
    }
}

impl FitnessTable {
    pub(crate) fn check(self, file: &str, direction: Direction) -> Result<Fitness, TaskError> {
        let exact = |value: f64, field: &str| {
            Score::from_f64_exact(value)
                .ok_or_else(|| TaskError::field(file, field, "a finite number", value))
        };
        let (zero, one) = (exact(self.zero, "fitness.zero")?, exact(self.one, "fitness.one")?);
        if !one.better_than(&zero, direction) {
            let expected =
                format!("a score better than fitness.zero = {zero}, as the task is to {direction}");
            return Err(TaskError::field(file, "fitness.one", expected, one));
        }
        Ok(Fitness { zero, one })
    }
}

/// `[limits]`: what one evaluation may use; absent means the default of the evaluator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskLimits {
    /// WebAssembly fuel.
    pub fuel: Option<u64>,
    /// Linear memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Bytes written to standard output and standard error.
    pub output_bytes: Option<u64>,
    /// Bytes of the returned result.
    pub result_bytes: Option<u64>,
    /// Bytes of files written.
    pub file_bytes: Option<u64>,
    /// Files written.
    pub files: Option<u64>,
    /// Calls through the door to the host.
    pub host_calls: Option<u64>,
    /// Real time in milliseconds; a backstop that never decides a score.
    pub wall_clock_ms: Option<u64>,
}

impl TaskLimits {
    /// Name, value and range of every limit.
    fn all(&self) -> [(&'static str, Option<u64>, std::ops::RangeInclusive<u64>); 8] {
        const EXA: u64 = 1_000_000_000_000_000_000;
        [
            ("fuel", self.fuel, 1..=EXA),
            ("memory_bytes", self.memory_bytes, 1..=4 << 30),
            ("output_bytes", self.output_bytes, 0..=1 << 30),
            ("result_bytes", self.result_bytes, 1..=1 << 20),
            ("file_bytes", self.file_bytes, 0..=4 << 30),
            ("files", self.files, 0..=1_000_000),
            ("host_calls", self.host_calls, 0..=1_000_000_000),
            ("wall_clock_ms", self.wall_clock_ms, 1..=24 * 60 * 60 * 1000),
        ]
    }

    pub(crate) fn check(&self, file: &str) -> Result<(), TaskError> {
        for (name, value, range) in self.all() {
            if let Some(value) = value
                && !range.contains(&value)
            {
                let expected = format!("{} to {}", range.start(), range.end());
                return Err(TaskError::field(file, format!("limits.{name}"), expected, value));
            }
        }
        Ok(())
    }
}

/// `[splits]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SplitsTable {
    pub(crate) train: Option<SplitTable>,
    pub(crate) held_out: Option<SplitTable>,
    pub(crate) test: Option<SplitTable>,
    /// Rows are dealt again, so that no group is in two splits.
    #[serde(default)]
    pub(crate) grouped: bool,
}

/// `[splits.train]`, `[splits.held-out]` or `[splits.test]`: a generator, a file, or a file of the user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SplitTable {
    pub(crate) generator: Option<Generator>,
    pub(crate) file: Option<String>,
    pub(crate) external: Option<ExternalTable>,
}

/// Seeded bin packing instances: sizes uniform in `low..=high`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Generator {
    pub(crate) seed: u64,
    pub(crate) instances: u64,
    pub(crate) items: u64,
    pub(crate) low: u64,
    pub(crate) high: u64,
    pub(crate) capacity: u64,
}

impl Definition {
    /// Reads the file; `file` is the name used in messages.
    pub(crate) fn parse(file: &str, bytes: &[u8]) -> Result<Self, TaskError> {
        let text = super::error::utf8(file, bytes)?;
        let definition: Self = toml::from_str(text).map_err(|error| {
            let byte = error.span().map_or(0, |span| span.start);
            TaskError::at_byte(file, text, byte, error.message())
        })?;
        definition.check(file)?;
        Ok(definition)
    }

    fn check(&self, file: &str) -> Result<(), TaskError> {
        let name = &self.task.name;
        if name.is_empty()
            || name.len() > 64
            || !name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        {
            let expected = "1 to 64 lowercase letters, digits and hyphens";
            return Err(TaskError::field(file, "task.name", expected, format!("{name:?}")));
        }
        let identifier = |part: &str| {
            let mut bytes = part.bytes();
            bytes.next().is_some_and(|b| b == b'_' || b.is_ascii_alphabetic())
                && bytes.all(|b| b == b'_' || b.is_ascii_alphanumeric())
        };
        let module = &self.entry.module;
        if !module.split('.').all(identifier) {
            let expected = "a dotted Python module name such as \"task_agent\"";
            return Err(TaskError::field(file, "entry.module", expected, format!("{module:?}")));
        }
        let function = &self.entry.function;
        if !identifier(function) {
            let expected = "a Python function name";
            return Err(TaskError::field(file, "entry.function", expected, format!("{function:?}")));
        }
        if let Some(class) = &self.entry.class
            && (class != "TaskAgent" || module != "task_agent" || function != "forward")
        {
            let expected = "\"TaskAgent\", with module = \"task_agent\" and function = \"forward\"";
            return Err(TaskError::field(file, "entry.class", expected, format!("{class:?} of {module:?}")));
        }
        if self.entry.model.is_some() && self.entry.class.is_none() {
            let expected = "no such key without entry.class, which is told the model";
            return Err(TaskError::field(file, "entry.model", expected, "a value"));
        }
        self.limits.check(file)
    }
}
