//! `metadata.json` of a generation, as far as it says what it should.

use serde_json::Value;

/// What the metadata of a generation say. `None` is what they do not say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// Whether the generation counts.
    pub valid: Option<bool>,
    /// Whether it is the one that the run began with.
    pub is_initial: bool,
    /// The generation that was selected.
    pub parent: Option<u64>,
    /// The generation whose files it began with.
    pub forked_from: Option<u64>,
    /// Score on training data.
    pub train_score: Option<f64>,
    /// Score on validation data.
    pub val_score: Option<f64>,
    /// Whether all rows were asked.
    pub run_full_eval: Option<bool>,
    /// Why it is not valid.
    pub error: Option<String>,
}

/// What the original writes where there is no score.
const NO_SCORE: f64 = -1.0;

struct Reader<'a> {
    map: &'a serde_json::Map<String, Value>,
    problems: Vec<(String, String)>,
}

impl Reader<'_> {
    fn field<T>(&mut self, key: &str, expected: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let value = self.map.get(key).filter(|value| !value.is_null())?;
        let found = read(value);
        if found.is_none() {
            let shown: String = value.to_string().chars().take(80).collect();
            self.problems
                .push((key.to_owned(), format!("expected {expected}, found {shown}; it is not used")));
        }
        found
    }

    fn score(&mut self, key: &str) -> Option<f64> {
        let score = self.field(key, "a number", Value::as_f64)?;
        if score == NO_SCORE {
            self.problems.push((key.to_owned(), "-1.0 stands for no score; it is read as none".to_owned()));
            return None;
        }
        Some(score)
    }
}

/// Reads metadata; what is wrong with them is named with the field.
pub(super) fn read(value: &Value) -> (Metadata, Vec<(String, String)>) {
    let Some(map) = value.as_object() else {
        let what = "expected an object; nothing of it is used".to_owned();
        return (Metadata::default(), vec![("the whole".to_owned(), what)]);
    };
    let mut reader = Reader { map, problems: Vec::new() };
    let metadata = Metadata {
        valid: reader.field("valid", "true or false", Value::as_bool),
        is_initial: reader.field("is_initial", "true or false", Value::as_bool).unwrap_or(false),
        parent: reader.field("parent", "the number of a generation", Value::as_u64),
        forked_from: reader.field("forked_from", "the number of a generation", Value::as_u64),
        train_score: reader.score("train_score"),
        val_score: reader.score("val_score"),
        run_full_eval: reader.field("run_full_eval", "true or false", Value::as_bool),
        error: reader.field("error", "a text", |value| value.as_str().map(str::to_owned)),
    };
    let mut problems = reader.problems;
    if !map.contains_key("valid") {
        problems.push(("valid".to_owned(), "expected true or false, found nothing".to_owned()));
    }
    if metadata.valid == Some(false) && metadata.error.is_none() {
        problems
            .push(("error".to_owned(), "expected why the generation is not valid, found nothing".to_owned()));
    }
    (metadata, problems)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_field_is_guessed() {
        let (metadata, problems) = read(&json!({
            "parent": 3, "forked_from": "3", "valid": true, "train_score": null, "val_score": -1.0, "run_full_eval": 1,
        }));
        let expected = Metadata { valid: Some(true), parent: Some(3), ..Metadata::default() };
        assert_eq!(metadata, expected);
        let fields: Vec<&str> = problems.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["forked_from", "val_score", "run_full_eval"]);
        let (metadata, problems) = read(&json!({"valid": false, "error": "eval failed"}));
        assert_eq!((metadata.valid, problems.len()), (Some(false), 0));
        assert_eq!(read(&json!({"valid": false})).1[0].0, "error");
        assert_eq!(read(&json!({})).1[0].0, "valid");
        assert_eq!(read(&json!([])).1[0].0, "the whole");
    }
}
