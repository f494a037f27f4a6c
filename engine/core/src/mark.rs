//! Marks: the immutable notes that agents leave, of exactly five kinds.
//!
//! Invariants: a [`Mark`] exists only because the guard accepted its draft; it never changes; its identifier is the digest
//! of its canonical bytes, which include author and sequence number, so equal content twice is two marks and one blob.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::canon;
use crate::digest::{BlobId, MarkId, derive};
use crate::scope::ScopeName;

const MARK_CONTEXT: &str = "hyperspace 2026-11 mark v1";
/// Longest text field of a mark, in bytes; larger content is a blob and the mark names its digest.
pub const TEXT_BYTES_MAX: usize = 4_096;

/// The five kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarkKind {
    /// Something an agent is about to do.
    Intent,
    /// Something an agent did.
    Action,
    /// Something an agent found.
    Observation,
    /// Something an agent warns of.
    Warning,
    /// Something an agent needs from a principal.
    Need,
}

impl MarkKind {
    /// All of them.
    pub const ALL: [MarkKind; 5] =
        [MarkKind::Intent, MarkKind::Action, MarkKind::Observation, MarkKind::Warning, MarkKind::Need];
}

/// How serious a warning is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For information.
    Info,
    /// Take care.
    Caution,
    /// Act now.
    Critical,
}

/// Where an observation comes from, from most to least trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustSource {
    /// From outside, unchecked.
    ExternalUnverified,
    /// From outside, checked.
    ExternalVerified,
    /// From the fleet itself.
    Fleet,
}

/// The fields of each kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum MarkBody {
    /// See [`MarkKind::Intent`].
    Intent {
        /// What it is about.
        resource: String,
        /// The verb.
        action: String,
        /// In 0 to 1.
        confidence: f64,
    },
    /// See [`MarkKind::Action`].
    Action {
        /// What it is about.
        resource: String,
        /// The verb.
        action: String,
        /// Content before; `None` when there was none.
        before: Option<BlobId>,
        /// Content after; `None` when there is none.
        after: Option<BlobId>,
        /// Whether it failed.
        failed: bool,
    },
    /// See [`MarkKind::Observation`].
    Observation {
        /// What it is about.
        topic: String,
        /// The content.
        content: BlobId,
        /// In 0 to 1.
        confidence: f64,
        /// Where it comes from.
        source: TrustSource,
    },
    /// See [`MarkKind::Warning`].
    Warning {
        /// What it is about.
        topic: String,
        /// Why.
        reason: String,
        /// How serious.
        severity: Severity,
        /// A mark that it weakens.
        invalidates: Option<MarkId>,
    },
    /// See [`MarkKind::Need`].
    Need {
        /// What is asked.
        question: String,
        /// In 0 to 1.
        priority: f64,
        /// Whether work waits for it.
        blocking: bool,
    },
}

impl MarkBody {
    /// The kind it belongs to.
    #[must_use]
    pub fn kind(&self) -> MarkKind {
        match self {
            MarkBody::Intent { .. } => MarkKind::Intent,
            MarkBody::Action { .. } => MarkKind::Action,
            MarkBody::Observation { .. } => MarkKind::Observation,
            MarkBody::Warning { .. } => MarkKind::Warning,
            MarkBody::Need { .. } => MarkKind::Need,
        }
    }

    /// The resource or topic it is about; empty for a need.
    #[must_use]
    pub fn subject(&self) -> &str {
        match self {
            MarkBody::Intent { resource, .. } | MarkBody::Action { resource, .. } => resource,
            MarkBody::Observation { topic, .. } | MarkBody::Warning { topic, .. } => topic,
            MarkBody::Need { .. } => "",
        }
    }

    /// Checks bounds.
    ///
    /// # Errors
    ///
    /// [`MarkError`] names the field.
    pub fn validate(&self) -> Result<(), MarkError> {
        let unit = |field: &'static str, value: f64| {
            let ok = (0.0..=1.0).contains(&value);
            if ok { Ok(()) } else { Err(MarkError::OutOfRange { field, value, low: 0.0, high: 1.0 }) }
        };
        let text = |field: &'static str, value: &str| {
            let ok = value.len() <= TEXT_BYTES_MAX;
            if ok { Ok(()) } else { Err(MarkError::TooLong { field, bytes: value.len() }) }
        };
        match self {
            MarkBody::Intent { resource, action, confidence } => {
                text("resource", resource)?;
                text("action", action)?;
                unit("confidence", *confidence)
            }
            MarkBody::Action { resource, action, .. } => {
                text("resource", resource)?;
                text("action", action)
            }
            MarkBody::Observation { topic, confidence, .. } => {
                text("topic", topic)?;
                unit("confidence", *confidence)
            }
            MarkBody::Warning { topic, reason, .. } => {
                text("topic", topic)?;
                text("reason", reason)
            }
            MarkBody::Need { question, priority, .. } => {
                text("question", question)?;
                unit("priority", *priority)
            }
        }
    }
}

/// A mark with a field out of its bounds.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MarkError {
    /// A number out of its range, or not a number.
    #[error("field `{field}` of the mark is {value}; expected {low} to {high}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// Its value.
        value: f64,
        /// Least accepted.
        low: f64,
        /// Most accepted.
        high: f64,
    },
    /// A text that is too long.
    #[error(
        "field `{field}` of the mark has {bytes} bytes; at most {TEXT_BYTES_MAX}, larger content is stored as a blob"
    )]
    TooLong {
        /// The field.
        field: &'static str,
        /// Its length.
        bytes: usize,
    },
}

/// Position of a mark in logical time; the engine assigns it, no agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogicalTime {
    /// The generation it belongs to.
    pub generation: u64,
    /// Its number within the generation.
    pub sequence: u64,
}

/// An accepted mark.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mark {
    author: String,
    scope: ScopeName,
    time: LogicalTime,
    supersedes: Option<MarkId>,
    body: MarkBody,
}

impl Mark {
    /// Only the guard makes marks.
    pub(crate) fn accepted(
        author: String,
        scope: ScopeName,
        time: LogicalTime,
        supersedes: Option<MarkId>,
        body: MarkBody,
    ) -> Self {
        Self { author, scope, time, supersedes, body }
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> MarkId {
        MarkId::from_bytes(derive(MARK_CONTEXT, &[&self.encode()]))
    }

    /// Its canonical bytes.
    ///
    /// # Panics
    ///
    /// Never for an accepted mark: its numbers are finite.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let value = canon::to_value(self).expect("an accepted mark has finite numbers");
        canon::encode(&value).expect("a mark is not nested deeply")
    }

    /// Its canonical value, for reading.
    #[must_use]
    pub fn to_value(&self) -> Value {
        canon::to_value(self).expect("an accepted mark has finite numbers")
    }

    /// Who left it.
    #[must_use]
    pub fn author(&self) -> &str {
        &self.author
    }

    /// Where it belongs.
    #[must_use]
    pub fn scope(&self) -> &ScopeName {
        &self.scope
    }

    /// When it was accepted.
    #[must_use]
    pub fn time(&self) -> LogicalTime {
        self.time
    }

    /// The mark it replaces.
    #[must_use]
    pub fn supersedes(&self) -> Option<MarkId> {
        self.supersedes
    }

    /// What it says.
    #[must_use]
    pub fn body(&self) -> &MarkBody {
        &self.body
    }
}

/// Identifier of the mark with these canonical bytes, for verifying stored ones.
#[cfg(feature = "store")]
pub(crate) fn mark_id(bytes: &[u8]) -> MarkId {
    MarkId::from_bytes(derive(MARK_CONTEXT, &[bytes]))
}
