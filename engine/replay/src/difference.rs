//! Differences between a recorded value and the value that a replay produced.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// The first difference of a generation, with both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Number of the generation.
    pub generation: u64,
    /// The place: `event 17 (candidate.evaluated)`, `record.candidates[2].fate`, …
    pub place: String,
    /// The recorded value; null if there is none.
    pub recorded: Value,
    /// The value produced by the re-execution; null if there is none.
    pub replayed: Value,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "generation {}, {}", self.generation, self.place)?;
        writeln!(f, "  recorded {}", self.recorded)?;
        write!(f, "  replayed {}", self.replayed)
    }
}

/// A difference between two values.
#[derive(Debug, PartialEq)]
pub(crate) struct ValueDifference {
    pub(crate) path: String,
    pub(crate) recorded: Value,
    pub(crate) replayed: Value,
}

/// Returns the first place at or below `path` where two values differ.
pub(crate) fn first_difference(path: &str, recorded: &Value, replayed: &Value) -> Option<ValueDifference> {
    if recorded == replayed {
        return None;
    }
    let deeper = match (recorded, replayed) {
        (Value::Object(one), Value::Object(two)) => {
            let mut keys = one.keys().chain(two.keys().filter(|key| !one.contains_key(*key)));
            keys.find_map(|key| {
                let side = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                first_difference(&format!("{path}.{key}"), &side(one), &side(two))
            })
        }
        (Value::Array(one), Value::Array(two)) => (0..one.len().max(two.len())).find_map(|index| {
            let side = |items: &[Value]| items.get(index).cloned().unwrap_or_default();
            first_difference(&format!("{path}[{index}]"), &side(one), &side(two))
        }),
        _ => None,
    };
    Some(deeper.unwrap_or_else(|| {
        let (recorded, replayed) = (recorded.clone(), replayed.clone());
        ValueDifference { path: path.to_owned(), recorded, replayed }
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_the_first_place_and_keeps_both_sides() {
        let check = |recorded: Value, replayed: Value, path: &str, sides: (Value, Value)| {
            let found = first_difference("r", &recorded, &replayed);
            let (recorded, replayed) = sides;
            assert_eq!(found, Some(ValueDifference { path: path.to_owned(), recorded, replayed }));
        };
        let one = json!({"a": [1, {"b": 2}], "c": 3});
        let two = json!({"a": [1, {"b": 4}], "c": 5});
        assert_eq!(first_difference("r", &one, &one), None);
        check(one, two, "r.a[1].b", (json!(2), json!(4)));
        check(json!([1]), json!([1, 2]), "r[1]", (Value::Null, json!(2)));
        check(json!({}), json!({"k": 1}), "r.k", (Value::Null, json!(1)));
    }
}
