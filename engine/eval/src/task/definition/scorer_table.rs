//! `[scorer]`: the kind of the scorer and its keys.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use crate::scorer::rows::{Metric, label};
use crate::task::error::TaskError;

/// The table as written. The kind determines which keys it needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScorerTable {
    pub(crate) kind: Spanned<String>,
    pub(crate) dimension: Option<u64>,
    pub(crate) circles: Option<u64>,
    pub(crate) problem: Option<String>,
    pub(crate) metric: Option<Metric>,
    pub(crate) points: Option<BTreeMap<String, i64>>,
    /// Keys of a problem, or of a kind that does not belong to this crate.
    pub(crate) settings: Option<Map<String, Value>>,
    // Keys of `kind = "python"`, which reads them itself.
    file: Option<Value>,
    module: Option<Value>,
    function: Option<Value>,
    key: Option<Value>,
    program: Option<Value>,
    call: Option<Value>,
    isolation: Option<Value>,
    separation: Option<Value>,
    cascade: Option<Value>,
    limits: Option<Value>,
    env: Option<Value>,
    visible: Option<Value>,
    reads: Option<Value>,
    replaces: Option<Value>,
}

impl ScorerTable {
    /// Refuses every key that is set, except for `kind` and the keys of that kind.
    pub(crate) fn check_keys(&self, file: &str, keys: &[&str]) -> Result<(), TaskError> {
        let given = [
            ("dimension", self.dimension.is_some()),
            ("circles", self.circles.is_some()),
            ("problem", self.problem.is_some()),
            ("metric", self.metric.is_some()),
            ("points", self.points.is_some()),
            ("settings", self.settings.is_some()),
        ];
        let python = self.python_keys().into_iter().map(|(key, value)| (key, value.is_some()));
        match given.into_iter().chain(python).find(|(key, set)| *set && !keys.contains(key)) {
            Some((key, _)) => {
                let expected = "no such key for this kind of scorer";
                Err(TaskError::field(file, format!("scorer.{key}"), expected, "a value"))
            }
            None => Ok(()),
        }
    }

    /// Returns the keys of `kind = "python"`, each with its value.
    fn python_keys(&self) -> [(&'static str, Option<&Value>); 14] {
        [
            ("file", self.file.as_ref()),
            ("module", self.module.as_ref()),
            ("function", self.function.as_ref()),
            ("key", self.key.as_ref()),
            ("program", self.program.as_ref()),
            ("call", self.call.as_ref()),
            ("isolation", self.isolation.as_ref()),
            ("separation", self.separation.as_ref()),
            ("cascade", self.cascade.as_ref()),
            ("limits", self.limits.as_ref()),
            ("env", self.env.as_ref()),
            ("visible", self.visible.as_ref()),
            ("reads", self.reads.as_ref()),
            ("replaces", self.replaces.as_ref()),
        ]
    }

    /// Returns the keys of `kind = "python"` that are set; others are refused.
    pub(crate) fn python(&self, file: &str) -> Result<Map<String, Value>, TaskError> {
        let keys = self.python_keys();
        let known: Vec<&str> = keys.iter().map(|(key, _)| *key).chain(["settings"]).collect();
        self.check_keys(file, &known)?;
        Ok(keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.clone()))).collect())
    }

    /// Returns a number that the kind requires, from 1 to `most`.
    pub(crate) fn number(file: &str, field: &str, value: Option<u64>, most: u64) -> Result<u64, TaskError> {
        let expected = format!("a number, 1 to {most}");
        match value {
            Some(value) if (1..=most).contains(&value) => Ok(value),
            Some(value) => Err(TaskError::field(file, field, expected, value)),
            None => Err(TaskError::field(file, field, expected, "nothing")),
        }
    }

    /// Returns the worth of each label, with labels in the form in which they are compared.
    pub(crate) fn points(&self, file: &str) -> Result<Option<BTreeMap<String, i64>>, TaskError> {
        let Some(points) = &self.points else { return Ok(None) };
        let field = |name: &str| format!("scorer.points.{name}");
        if self.metric != Some(Metric::Label) {
            let expected = "no such key without scorer.metric = \"label\"";
            return Err(TaskError::field(file, "scorer.points", expected, "a table"));
        }
        let mut found = BTreeMap::new();
        for (name, worth) in points {
            if label(name).is_empty() || found.insert(label(name), *worth).is_some() {
                return Err(TaskError::field(
                    file,
                    field(name),
                    "a unique label",
                    "an empty or repeated one",
                ));
            }
            if worth.unsigned_abs() > 1_000_000 {
                return Err(TaskError::field(file, field(name), "-1000000 to 1000000", worth));
            }
        }
        if found.values().min() == found.values().max() {
            return Err(TaskError::field(
                file,
                "scorer.points",
                "at least two different numbers",
                found.len(),
            ));
        }
        Ok(Some(found))
    }
}
