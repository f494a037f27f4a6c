//! `metadata.json` of a generation. Fields whose type differs from the original's are defects, and ignored.

use hyperspace_evolve::TournamentSide;
use serde_json::Value;

use crate::defect::DefectNote;

/// The metadata of a generation. `None` stands for a missing or unusable field.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// True for a generation that counts.
    pub valid: Option<bool>,
    /// True for the generation with which the run began.
    pub is_initial: bool,
    /// The selected parent.
    pub parent: Option<u64>,
    /// The generation from which it was forked.
    pub forked_from: Option<u64>,
    /// Score on training data.
    pub train_score: Option<f64>,
    /// Score on validation data.
    pub val_score: Option<f64>,
    /// True if all rows were evaluated.
    pub run_full_eval: Option<bool>,
    /// Reason for an invalid generation.
    pub error: Option<String>,
    /// The tournament, if two candidates competed.
    pub tournament: Option<TournamentMetadata>,
}

/// The tournament of a generation: one candidate forked from generation 0, another from the selected parent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TournamentMetadata {
    /// The side that won; `None` if both failed.
    pub winner: Option<TournamentSide>,
    /// Training score of the candidate forked from generation 0.
    pub blind_score: Option<f64>,
    /// Training score of the candidate forked from the parent.
    pub directed_score: Option<f64>,
}

impl TournamentMetadata {
    /// Returns the training score of a side.
    #[must_use]
    pub fn score(&self, side: TournamentSide) -> Option<f64> {
        match side {
            TournamentSide::Blind => self.blind_score,
            TournamentSide::Directed => self.directed_score,
        }
    }
}

/// The original's value for a missing score.
const NO_SCORE: f64 = -1.0;

/// Reads fields, and collects the defects.
struct MetadataReader<'a> {
    map: &'a serde_json::Map<String, Value>,
    findings: Vec<DefectNote>,
}

impl MetadataReader<'_> {
    fn field<T>(&mut self, key: &str, expected: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let value = self.map.get(key).filter(|value| !value.is_null())?;
        let found = read(value);
        if found.is_none() {
            let shown: String = value.to_string().chars().take(80).collect();
            self.findings.push(DefectNote::new(key, format!("expected {expected}, found {shown}; ignored")));
        }
        found
    }

    fn score(&mut self, key: &str) -> Option<f64> {
        let score = self.field(key, "a number", Value::as_f64)?;
        if score == NO_SCORE {
            self.findings.push(DefectNote::new(key, "-1.0 means no score; read as none"));
            return None;
        }
        Some(score)
    }
}

impl Metadata {
    /// Reads the content of a `metadata.json` like an import does: a field of another type, and a score of -1.0, are read as
    /// `None`.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        read(value).0
    }
}

/// Reads metadata; the place of a defect is the field.
pub(super) fn read(value: &Value) -> (Metadata, Vec<DefectNote>) {
    let Some(map) = value.as_object() else {
        return (Metadata::default(), vec![DefectNote::new("the whole", "expected an object; ignored")]);
    };
    let mut reader = MetadataReader { map, findings: Vec::new() };
    let metadata = Metadata {
        valid: reader.field("valid", "true or false", Value::as_bool),
        is_initial: reader.field("is_initial", "true or false", Value::as_bool).unwrap_or(false),
        parent: reader.field("parent", "the number of a generation", Value::as_u64),
        forked_from: reader.field("forked_from", "the number of a generation", Value::as_u64),
        train_score: reader.score("train_score"),
        val_score: reader.score("val_score"),
        run_full_eval: reader.field("run_full_eval", "true or false", Value::as_bool),
        error: reader.field("error", "a text", |value| value.as_str().map(str::to_owned)),
        tournament: None,
    };
    let took_place = reader.field("tournament", "true or false", Value::as_bool).unwrap_or(false);
    let side = |value: &Value| match value.as_str()? {
        "blind" => Some(TournamentSide::Blind),
        "directed" => Some(TournamentSide::Directed),
        _ => None,
    };
    let tournament = took_place.then(|| TournamentMetadata {
        winner: reader.field("winner", "\"blind\" or \"directed\"", side),
        blind_score: reader.score("blind_score"),
        directed_score: reader.score("directed_score"),
    });
    let metadata = Metadata { tournament, ..metadata };
    let mut findings = reader.findings;
    if !map.contains_key("valid") {
        findings.push(DefectNote::new("valid", "expected true or false, found nothing"));
    }
    if metadata.valid == Some(false) && metadata.error.is_none() {
        findings
            .push(DefectNote::new("error", "expected the reason of an invalid generation, found nothing"));
    }
    (metadata, findings)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_field_is_guessed() {
        let (metadata, findings) = read(&json!({
            "parent": 3, "forked_from": "3", "valid": true, "train_score": null, "val_score": -1.0, "run_full_eval": 1,
        }));
        let expected = Metadata { valid: Some(true), parent: Some(3), ..Metadata::default() };
        assert_eq!(metadata, expected);
        let fields: Vec<&str> = findings.iter().map(|one| one.place.as_str()).collect();
        assert_eq!(fields, ["forked_from", "val_score", "run_full_eval"]);
        let (metadata, findings) =
            read(&json!({"valid": true, "tournament": true, "winner": "blind", "blind_score": 0.5,
            "directed_score": -1.0}));
        let tournament = metadata.tournament.unwrap();
        assert_eq!((tournament.winner, tournament.blind_score), (Some(TournamentSide::Blind), Some(0.5)));
        assert_eq!((tournament.directed_score, findings[0].place.as_str()), (None, "directed_score"));
        let (metadata, findings) = read(&json!({"valid": false, "error": "eval failed"}));
        assert_eq!((metadata.valid, findings.len()), (Some(false), 0));
        assert_eq!(read(&json!({"valid": false})).1[0].place, "error");
        assert_eq!(read(&json!({})).1[0].place, "valid");
        assert_eq!(read(&json!([])).1[0].place, "the whole");
    }
}
