//! `[scorer]`: the kind of the scorer and its keys.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use crate::scorer::rows::{Metric, label};
use crate::task::error::TaskError;

/// The table as written. The kind decides which keys it needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScorerTable {
    pub(crate) kind: Spanned<String>,
    pub(crate) dimension: Option<u64>,
    pub(crate) circles: Option<u64>,
    pub(crate) metric: Option<Metric>,
    pub(crate) points: Option<BTreeMap<String, i64>>,
    /// Keys of a kind that is not one of this crate.
    pub(crate) settings: Option<Map<String, Value>>,
}

impl ScorerTable {
    /// Refuses every key that is set, except for `kind` and those that the kind has.
    pub(crate) fn check_keys(&self, file: &str, keys: &[&str]) -> Result<(), TaskError> {
        let given = [
            ("dimension", self.dimension.is_some()),
            ("circles", self.circles.is_some()),
            ("metric", self.metric.is_some()),
            ("points", self.points.is_some()),
            ("settings", self.settings.is_some()),
        ];
        match given.into_iter().find(|(key, set)| *set && !keys.contains(key)) {
            Some((key, _)) => {
                let expected = "no such key for this kind of scorer";
                Err(TaskError::field(file, format!("scorer.{key}"), expected, "a value"))
            }
            None => Ok(()),
        }
    }

    /// Returns a number that the kind needs, from 1 to `most`.
    pub(crate) fn number(file: &str, field: &str, value: Option<u64>, most: u64) -> Result<u64, TaskError> {
        let expected = format!("a number, 1 to {most}");
        match value {
            Some(value) if (1..=most).contains(&value) => Ok(value),
            Some(value) => Err(TaskError::field(file, field, expected, value)),
            None => Err(TaskError::field(file, field, expected, "nothing")),
        }
    }

    /// Returns the worth of each label, with labels as they are compared.
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
