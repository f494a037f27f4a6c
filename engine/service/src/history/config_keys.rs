//! The keys of configurations, and those whose values differ.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_evolve::RunConfig;
use serde::Serialize;
use serde_json::Value;

/// Keys that are left out because they tell nothing: runs of a group differ in the seed, and the digest of a task says less than
/// its name.
const LEFT_OUT: [&str; 2] = ["seed", "task_digest"];
/// Maximum number of characters of a value.
const VALUE_CHARS_MAX: usize = 40;
/// The value shown for a key that a configuration does not have.
const ABSENT: &str = "-";

/// A key in which configurations differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DifferingKey {
    /// The key, with dots between the names: `models.temperature`.
    pub key: String,
    /// Its value in each configuration, in their order.
    pub values: Vec<String>,
}

/// Returns the keys in which these configurations differ, in alphabetical order.
pub(super) fn differing_keys(configs: &[&RunConfig]) -> Vec<DifferingKey> {
    let leaves: Vec<BTreeMap<String, String>> = configs
        .iter()
        .map(|config| {
            let mut leaves = BTreeMap::new();
            // A configuration is written as a record, so it can always be serialised.
            collect("", &serde_json::to_value(config).unwrap_or_default(), &mut leaves);
            leaves
        })
        .collect();
    let keys: BTreeSet<&String> = leaves.iter().flat_map(BTreeMap::keys).collect();
    let values = |key: &String| -> Vec<String> {
        leaves.iter().map(|own| own.get(key).cloned().unwrap_or_else(|| ABSENT.to_owned())).collect()
    };
    let rows = keys.into_iter().filter(|key| !LEFT_OUT.contains(&key.as_str()));
    let rows = rows.map(|key| DifferingKey { key: key.clone(), values: values(key) });
    rows.filter(|row| row.values.iter().any(|value| *value != row.values[0])).collect()
}

/// Collects the values of a document by key. A list of texts is one value.
fn collect(key: &str, value: &Value, leaves: &mut BTreeMap<String, String>) {
    let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(&below(name), value, leaves);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, value) in items.iter().enumerate() {
                collect(&below(&index.to_string()), value, leaves);
            }
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            leaves.insert(key.to_owned(), shortened(&items.join(" ")));
        }
        Value::Null => {}
        value => {
            leaves.insert(key.to_owned(), shortened(&shown(value)));
        }
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_named_by_their_way() {
        let document =
            serde_json::json!({"a": {"b": 1.5, "none": null}, "list": ["x", "y"], "many": [{"name": "p"}]});
        let mut leaves = BTreeMap::new();
        collect("", &document, &mut leaves);
        let all: Vec<(&str, &str)> =
            leaves.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(all, [("a.b", "1.5"), ("list", "x y"), ("many.0.name", "p")]);
        assert!(shortened(&"x".repeat(64)).ends_with('…'));
    }
}
