//! Drafts parsed from JSON that agents send, checked field by field.

use serde::Deserialize;

use crate::model::{Body, Draft};
use crate::refusal::Refusal;
use crate::seq::Seq;
use crate::source::{Severity, TrustSource};
use crate::strength::{Ratio, Strength};

/// Maximum length of a mark's text in bytes: escaped content may take six bytes per byte.
pub const MARK_JSON_BYTES_MAX: usize = 1 << 20;

fn one() -> f64 {
    1.0
}

fn half() -> f64 {
    0.5
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum MarkInput {
    Observation {
        topic: String,
        content: Option<String>,
        #[serde(default = "half")]
        confidence: f64,
        #[serde(default = "lowest")]
        source: TrustSource,
        #[serde(default = "one")]
        initial_strength: f64,
        supersedes: Option<u64>,
    },
    Warning {
        topic: String,
        reason: String,
        #[serde(default = "caution")]
        severity: Severity,
        invalidates: Option<u64>,
        #[serde(default = "one")]
        initial_strength: f64,
        supersedes: Option<u64>,
    },
    Need {
        question: String,
        context: Option<String>,
        #[serde(default = "half")]
        priority: f64,
        #[serde(default)]
        blocking: bool,
        #[serde(default = "one")]
        initial_strength: f64,
        supersedes: Option<u64>,
    },
}

fn lowest() -> TrustSource {
    TrustSource::ExternalUnverified
}

fn caution() -> Severity {
    Severity::Caution
}

impl Draft {
    /// Parses an observation, warning or need from JSON such as `{"kind":"observation","topic":"t","content":"c"}`. Defaults:
    /// confidence and priority 0.5, strength 1, the least trusted source, severity caution.
    ///
    /// # Errors
    ///
    /// [`Refusal::Field`] names the field, or `mark` with the position in the text where it does not parse.
    pub fn parse(json: &str) -> Result<Draft, Refusal> {
        let refuse = |problem: String| Refusal::Field { field: "mark".into(), problem };
        if json.len() > MARK_JSON_BYTES_MAX {
            return Err(refuse(format!("it has {} bytes; at most {MARK_JSON_BYTES_MAX}", json.len())));
        }
        let input: MarkInput = serde_json::from_str(json).map_err(|error| refuse(error.to_string()))?;
        let (strength, supersedes, body) = match input {
            MarkInput::Observation { topic, content, confidence, source, initial_strength, supersedes } => {
                let confidence = Ratio::new("confidence", confidence)?;
                (initial_strength, supersedes, Body::Observation { topic, content, confidence, source })
            }
            MarkInput::Warning { topic, reason, severity, invalidates, initial_strength, supersedes } => {
                let invalidates = invalidates.map(Seq);
                (initial_strength, supersedes, Body::Warning { topic, reason, severity, invalidates })
            }
            MarkInput::Need { question, context, priority, blocking, initial_strength, supersedes } => {
                let priority = Ratio::new("priority", priority)?;
                (initial_strength, supersedes, Body::Need { question, context, priority, blocking })
            }
        };
        let draft = Draft { strength: Strength::new(strength)?, supersedes: supersedes.map(Seq), body };
        draft.validate()?;
        Ok(draft)
    }
}
