//! Marks of a space: drafts of agents, and marks that the guard accepted.
//!
//! Invariants: a mark never changes (later events, such as a resolution, are kept beside it); its number is unique and defines a
//! total order of all marks of the space; content is shared text, never aliased mutably.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;
use crate::seq::Seq;
use crate::source::{Severity, TrustSource};
use crate::strength::{Ratio, Strength};
use crate::time::Tick;
use hyperspace_core::{MarkId, MarkKind, ScopeName, canon, digest::derive};

const SPACE_MARK_CONTEXT: &str = "hyperspace 2026-11 space mark v1";
/// Maximum length of a resource, topic or verb in bytes.
pub const NAME_BYTES_MAX: usize = 1_024;
/// Maximum length of a content, result, context, reason or question in bytes.
pub const CONTENT_BYTES_MAX: usize = 65_536;

/// The fields of each kind. Content fields are `None` or empty in a projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Body {
    /// Something an agent is about to do.
    Intent {
        /// The resource.
        resource: String,
        /// The verb.
        action: String,
        /// The agent's confidence.
        confidence: Ratio,
    },
    /// Something an agent did.
    Action {
        /// The resource.
        resource: String,
        /// The verb.
        action: String,
        /// The result; content.
        result: Option<String>,
        /// True if the action failed.
        failed: bool,
        /// The intent that it fulfils.
        intent: Seq,
    },
    /// Something an agent found.
    Observation {
        /// The topic.
        topic: String,
        /// The finding; content.
        content: Option<String>,
        /// The agent's confidence; it does not change the strength.
        confidence: Ratio,
        /// The origin.
        source: TrustSource,
    },
    /// Something an agent warns of.
    Warning {
        /// The topic.
        topic: String,
        /// The reason; content.
        reason: String,
        /// The severity.
        severity: Severity,
        /// A mark that it weakens for as long as the warning itself has strength.
        invalidates: Option<Seq>,
    },
    /// Something an agent needs from a principal.
    Need {
        /// The question; content.
        question: String,
        /// Background for the answer; content.
        context: Option<String>,
        /// The urgency.
        priority: Ratio,
        /// True if work waits for the answer.
        blocking: bool,
    },
}

impl Body {
    /// Returns the kind it belongs to.
    #[must_use]
    pub fn kind(&self) -> MarkKind {
        match self {
            Body::Intent { .. } => MarkKind::Intent,
            Body::Action { .. } => MarkKind::Action,
            Body::Observation { .. } => MarkKind::Observation,
            Body::Warning { .. } => MarkKind::Warning,
            Body::Need { .. } => MarkKind::Need,
        }
    }

    /// Returns the resource or topic; empty for a need.
    #[must_use]
    pub fn subject(&self) -> &str {
        match self {
            Body::Intent { resource, .. } | Body::Action { resource, .. } => resource,
            Body::Observation { topic, .. } | Body::Warning { topic, .. } => topic,
            Body::Need { .. } => "",
        }
    }

    /// Returns the number of bytes of its content fields.
    #[must_use]
    pub fn content_bytes(&self) -> usize {
        match self {
            Body::Intent { .. } => 0,
            Body::Action { result, .. } => result.as_ref().map_or(0, String::len),
            Body::Observation { content, .. } => content.as_ref().map_or(0, String::len),
            Body::Warning { reason, .. } => reason.len(),
            Body::Need { question, context, .. } => question.len() + context.as_ref().map_or(0, String::len),
        }
    }

    /// Returns the same fields without content; every other field is kept.
    #[must_use]
    pub fn projected(&self) -> Body {
        let mut body = self.clone();
        match &mut body {
            Body::Intent { .. } => {}
            Body::Action { result: content, .. } | Body::Observation { content, .. } => *content = None,
            Body::Warning { reason, .. } => reason.clear(),
            Body::Need { question, context, .. } => {
                question.clear();
                *context = None;
            }
        }
        body
    }
}

/// A mark that an agent wants to leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The initial strength, at most [`Strength::ONE`].
    pub strength: Strength,
    /// A mark that it replaces.
    pub supersedes: Option<Seq>,
    /// The fields of its kind.
    pub body: Body,
}

impl Draft {
    /// Returns a draft with full strength that replaces nothing.
    #[must_use]
    pub fn new(body: Body) -> Self {
        Self { strength: Strength::ONE, supersedes: None, body }
    }

    /// Returns an observation with the fleet itself as its source.
    #[must_use]
    pub fn observation(topic: &str, content: &str) -> Self {
        Self::new(Body::Observation {
            topic: topic.to_owned(),
            content: Some(content.to_owned()),
            confidence: Ratio::HALF,
            source: TrustSource::Fleet,
        })
    }

    /// Returns a warning, against a mark or in general.
    #[must_use]
    pub fn warning(topic: &str, reason: &str, invalidates: Option<Seq>) -> Self {
        Self::new(Body::Warning {
            topic: topic.to_owned(),
            reason: reason.to_owned(),
            severity: Severity::Caution,
            invalidates,
        })
    }

    /// Returns a need that does not block.
    #[must_use]
    pub fn need(question: &str, priority: Ratio) -> Self {
        Self::new(Body::Need { question: question.to_owned(), context: None, priority, blocking: false })
    }

    /// Returns the same draft, replacing a mark.
    #[must_use]
    pub fn superseding(mut self, mark: Seq) -> Self {
        self.supersedes = Some(mark);
        self
    }

    /// Returns the same draft with another strength.
    #[must_use]
    pub fn with_strength(mut self, strength: Strength) -> Self {
        self.strength = strength;
        self
    }

    /// Checks that all fields are within their bounds.
    ///
    /// # Errors
    ///
    /// [`Refusal::Field`] names the field and the bound.
    pub fn validate(&self) -> Result<(), Refusal> {
        if self.strength > Strength::ONE {
            let problem = format!("it is {}; expected 0 to 1", self.strength.as_f64());
            return Err(Refusal::Field { field: "initial_strength".into(), problem });
        }
        match &self.body {
            Body::Intent { resource, action, .. } => name("resource", resource).and(name("action", action)),
            Body::Action { resource, action, result, .. } => {
                name("resource", resource).and(name("action", action)).and(text("result", result.as_deref()))
            }
            Body::Observation { topic, content, .. } => {
                name("topic", topic).and(text("content", content.as_deref()))
            }
            Body::Warning { topic, reason, .. } => name("topic", topic).and(text("reason", Some(reason))),
            Body::Need { question, context, .. } => {
                text("question", Some(question)).and(text("context", context.as_deref()))
            }
        }
    }
}

/// Checks a resource, topic or verb: it must not be empty, too long, or contain control characters.
pub(crate) fn name(field: &'static str, value: &str) -> Result<(), Refusal> {
    let problem = if value.is_empty() {
        "it is empty".to_owned()
    } else if value.len() > NAME_BYTES_MAX {
        format!("it has {} bytes; at most {NAME_BYTES_MAX}", value.len())
    } else if let Some(c) = value.chars().find(|c| c.is_control()) {
        format!("it has the character {c:?}; control characters are not allowed")
    } else {
        return Ok(());
    };
    Err(Refusal::Field { field: field.into(), problem })
}

pub(crate) fn text(field: &'static str, value: Option<&str>) -> Result<(), Refusal> {
    let bytes = value.map_or(0, str::len);
    if bytes <= CONTENT_BYTES_MAX {
        return Ok(());
    }
    let problem = format!("it has {bytes} bytes; at most {CONTENT_BYTES_MAX}");
    Err(Refusal::Field { field: field.into(), problem })
}

/// An accepted mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub(crate) seq: Seq,
    pub(crate) author: Arc<str>,
    pub(crate) scope: Arc<ScopeName>,
    pub(crate) created: Tick,
    pub(crate) draft: Arc<Draft>,
    pub(crate) projected: bool,
}

impl Mark {
    /// Returns its number in the space.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// Returns the name of its author.
    #[must_use]
    pub fn author(&self) -> &str {
        &self.author
    }

    /// Returns its scope.
    #[must_use]
    pub fn scope(&self) -> &ScopeName {
        &self.scope
    }

    /// Returns the time at which it was accepted.
    #[must_use]
    pub fn created(&self) -> Tick {
        self.created
    }

    /// Returns its strength when it was accepted.
    #[must_use]
    pub fn initial_strength(&self) -> Strength {
        self.draft.strength
    }

    /// Returns the mark that it replaces.
    #[must_use]
    pub fn supersedes(&self) -> Option<Seq> {
        self.draft.supersedes
    }

    /// Returns the fields of its kind.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.draft.body
    }

    /// Returns whether its content was omitted because the reader may not see it.
    #[must_use]
    pub fn is_projected(&self) -> bool {
        self.projected
    }

    /// Returns the digest of all its fields, author and number among them, so equal content left twice makes two different
    /// marks. The digest is computed on request; a projection has none, because it is not the mark.
    #[must_use]
    pub fn id(&self) -> Option<MarkId> {
        Some(MarkId::from_bytes(derive(SPACE_MARK_CONTEXT, &[&self.encode()?])))
    }

    /// Returns its canonical bytes; a projection has none.
    #[must_use]
    pub fn encode(&self) -> Option<Vec<u8>> {
        if self.projected {
            return None;
        }
        let value = canon::to_value(&(&*self.author, &*self.scope, self.created, self.seq, &*self.draft));
        canon::encode(&value.ok()?).ok()
    }

    pub(crate) fn project(&self) -> Mark {
        let draft = Draft { body: self.draft.body.projected(), ..(*self.draft).clone() };
        Mark { draft: Arc::new(draft), projected: true, ..self.clone() }
    }
}
