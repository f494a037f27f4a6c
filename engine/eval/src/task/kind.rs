//! Kinds of scorers: the values of `scorer.kind` in a `task.toml`, built in or registered.

use std::fmt;
use std::sync::Arc;

use hyperspace_core::reader_words;
use serde_json::{Map, Value};

use crate::case::Case;
use crate::python::{PythonScorer, PythonScoring};
use crate::scorer::Scorer;
use crate::scorer::bin_packing::BinPackingScorer;
use crate::scorer::cap_set::{CapSetScorer, DIMENSION_MAX};
use crate::scorer::circle_packing::CirclePackingScorer;
use crate::scorer::construction::{ConstructionScorer, Problem, problem_named, problems};
use crate::scorer::rows::RowsScorer;

use super::definition::{Definition, ScorerTable};
use super::error::TaskError;
use super::limits::CIRCLES_MAX;
use super::reader::CaseReader;
use super::rows::Columns;

const PACKING: &str = "online-bin-packing";
const CAP_SET: &str = "cap-set";
const CIRCLES: &str = "circle-packing";
const CONSTRUCTION: &str = "construction";
const ROWS: &str = "rows";
const PYTHON: &str = "python";
/// The built-in kinds.
const BUILT_IN: [&str; 6] = [PACKING, CAP_SET, CIRCLES, CONSTRUCTION, ROWS, PYTHON];

/// A kind of scorer that `scorer.kind` in a `task.toml` can name, in addition to the built-in ones.
///
/// Such a task reads the data files of its splits with [`ScorerKind::cases`]; all other tables of `task.toml` except `[rows]`
/// have the same meaning as in every task. [`TaskLoader`](super::TaskLoader) registers kinds.
pub trait ScorerKind: fmt::Debug + Send + Sync {
    /// Returns the name in `scorer.kind`.
    fn name(&self) -> &str;

    /// Creates the scorer of a task from the keys of `[scorer.settings]`. `file` is the name of `task.toml` in messages.
    ///
    /// # Errors
    ///
    /// [`TaskError::field`] for a missing, unknown or wrong key.
    fn scorer(&self, file: &str, settings: &Map<String, Value>) -> Result<Arc<dyn Scorer>, TaskError>;

    /// Reads the cases of a data file, at most 10,000. `file` is its name in messages; its suffix may name the format.
    ///
    /// # Errors
    ///
    /// [`TaskError::data`] for invalid content.
    fn cases(&self, file: &str, bytes: &[u8]) -> Result<Vec<Case>, TaskError>;
}

/// All kinds that tasks may name.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScorerKinds(Vec<Arc<dyn ScorerKind>>);

impl ScorerKinds {
    /// Adds a kind, replacing any other one with its name.
    pub(crate) fn add(&mut self, kind: Arc<dyn ScorerKind>) {
        assert!(!BUILT_IN.contains(&kind.name()), "{} is a kind of scorer of this crate", kind.name());
        self.0.retain(|other| other.name() != kind.name());
        self.0.push(kind);
    }

    /// Returns the names of all kinds.
    pub(crate) fn names(&self) -> Vec<&str> {
        BUILT_IN.into_iter().chain(self.0.iter().map(|kind| kind.name())).collect()
    }

    /// Returns the scorer that a definition names, and the reader for its data. Keys of other kinds are refused.
    pub(crate) fn scorer(
        &self,
        definition: &Definition,
        file: &str,
    ) -> Result<(Arc<dyn Scorer>, CaseReader), TaskError> {
        let table = &definition.scorer;
        let name = table.kind.get_ref().as_str();
        let found: (Arc<dyn Scorer>, CaseReader) = match name {
            PACKING => {
                table.check_keys(file, &[])?;
                (Arc::new(BinPackingScorer), CaseReader::Packing)
            }
            CAP_SET => {
                table.check_keys(file, &["dimension"])?;
                (Arc::new(cap_set(table, file)?), CaseReader::Fixed)
            }
            CIRCLES => {
                table.check_keys(file, &["circles"])?;
                let circles = ScorerTable::number(file, "scorer.circles", table.circles, CIRCLES_MAX)?;
                let circles = usize::try_from(circles).unwrap_or(usize::MAX);
                (Arc::new(CirclePackingScorer::new(circles)), CaseReader::Fixed)
            }
            CONSTRUCTION => {
                table.check_keys(file, &["problem", "settings"])?;
                let problem = problem(table, file)?;
                let settings = table.settings.clone().unwrap_or_default();
                (Arc::new(ConstructionScorer::new(problem)), CaseReader::Construction { problem, settings })
            }
            ROWS => {
                table.check_keys(file, &["metric", "points"])?;
                let expected = "\"exact\", \"label\" or \"absolute-error\"";
                let missing = || TaskError::field(file, "scorer.metric", expected, "nothing");
                let metric = table.metric.ok_or_else(missing)?;
                let columns = Columns::of(definition, file)?;
                return Ok((Arc::new(RowsScorer::new(metric)), CaseReader::Rows { metric, columns }));
            }
            PYTHON => (Arc::new(PythonScorer(python(table, file)?)), CaseReader::Python),
            _ => {
                table.check_keys(file, &["settings"])?;
                let kind = self.0.iter().find(|kind| kind.name() == name);
                // The name was checked when the file was read.
                let unknown =
                    || TaskError::field(file, "scorer.kind", "a kind of scorer", format!("{name:?}"));
                let kind = kind.ok_or_else(unknown)?;
                let settings = table.settings.clone().unwrap_or_default();
                (kind.scorer(file, &settings)?, CaseReader::Registered(Arc::clone(kind)))
            }
        };
        // This refuses `[rows]`, and keys that need it.
        definition.rows(file)?;
        Ok(found)
    }
}

/// Returns the problem of a construction.
fn problem(table: &ScorerTable, file: &str) -> Result<&'static Problem, TaskError> {
    let found = table.problem.as_deref();
    found.and_then(problem_named).ok_or_else(|| {
        let known: Vec<&str> = problems().iter().map(|problem| problem.name).collect();
        let shown = found.map_or_else(|| "nothing".to_owned(), |name| format!("{name:?}"));
        TaskError::field(file, "scorer.problem", format!("one of {}", known.join(", ")), shown)
    })
}

fn cap_set(table: &ScorerTable, file: &str) -> Result<CapSetScorer, TaskError> {
    let most = u64::from(DIMENSION_MAX);
    let dimension = ScorerTable::number(file, "scorer.dimension", table.dimension, most)?;
    let scorer = u32::try_from(dimension).ok().and_then(CapSetScorer::new);
    scorer.ok_or_else(|| {
        TaskError::field(file, "scorer.dimension", format!("a number, 1 to {most}"), dimension)
    })
}

/// Reads the keys of an evaluator in Python, with their defaults.
fn python(table: &ScorerTable, file: &str) -> Result<PythonScoring, TaskError> {
    let mut keys = table.python(file)?;
    if let Some(settings) = &table.settings {
        keys.insert("settings".to_owned(), Value::Object(settings.clone()));
    }
    for (key, value) in &keys {
        // Every key has a default, so a key that cannot be read on its own is the wrong one.
        let alone = Value::Object([(key.clone(), value.clone())].into_iter().collect());
        if let Err(error) = serde_json::from_value::<PythonScoring>(alone) {
            let message = reader_words(&error.to_string(), "a table");
            let (found, expected) = message.split_once(", expected ").unwrap_or((&message, "another value"));
            return Err(TaskError::field(file, format!("scorer.{key}"), expected, found));
        }
    }
    let read: Result<PythonScoring, _> = serde_json::from_value(Value::Object(keys));
    let mut scoring = read
        .map_err(|error| TaskError::field(file, "scorer", "keys of kind = \"python\"", error.to_string()))?;
    if scoring.module.is_empty() {
        scoring.module = "evaluator".to_owned();
    }
    if scoring.function.is_empty() {
        scoring.function = "evaluate".to_owned();
    }
    if scoring.file.is_empty() {
        scoring.file = format!("{}.py", scoring.module.replace('.', "/"));
    }
    if scoring.cascade.iter().flatten().any(|threshold| !threshold.is_finite()) {
        return Err(TaskError::field(file, "scorer.cascade", "finite thresholds", "another number"));
    }
    scoring.limits.check_in(file, "scorer.limits")?;
    Ok(scoring)
}
