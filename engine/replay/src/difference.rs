//! Differences between what was recorded and what came out again.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// The first place at which a generation came out otherwise, with both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The generation.
    pub generation: u64,
    /// Where: `event 17 (candidate.evaluated)`, `record field candidates[2].fate`, …
    pub place: String,
    /// What was recorded; null when there was nothing.
    pub recorded: Value,
    /// What came out; null when nothing did.
    pub replayed: Value,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "generation {}, {}", self.generation, self.place)?;
        writeln!(f, "  recorded {}", self.recorded)?;
        write!(f, "  replayed {}", self.replayed)
    }
}

/// The first place below `path` where two values differ, as path and both sides.
pub(crate) fn first(path: &str, recorded: &Value, replayed: &Value) -> Option<(String, Value, Value)> {
    if recorded == replayed {
        return None;
    }
    let deeper = match (recorded, replayed) {
        (Value::Object(one), Value::Object(two)) => {
            let keys = one.keys().chain(two.keys().filter(|key| !one.contains_key(*key)));
            keys.into_iter().find_map(|key| {
                let side = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                first(&format!("{path}.{key}"), &side(one), &side(two))
            })
        }
        (Value::Array(one), Value::Array(two)) => (0..one.len().max(two.len())).find_map(|index| {
            let side = |items: &[Value]| items.get(index).cloned().unwrap_or_default();
            first(&format!("{path}[{index}]"), &side(one), &side(two))
        }),
        _ => None,
    };
    Some(deeper.unwrap_or_else(|| (path.to_owned(), recorded.clone(), replayed.clone())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_the_first_place_and_keeps_both_sides() {
        let one = json!({"a": [1, {"b": 2}], "c": 3});
        let two = json!({"a": [1, {"b": 4}], "c": 5});
        assert_eq!(first("record", &one, &two), Some(("record.a[1].b".to_owned(), json!(2), json!(4))));
        assert_eq!(first("record", &one, &one), None);
        assert_eq!(first("r", &json!([1]), &json!([1, 2])), Some(("r[1]".to_owned(), Value::Null, json!(2))));
        assert_eq!(first("r", &json!({}), &json!({"k": 1})), Some(("r.k".to_owned(), Value::Null, json!(1))));
    }
}
