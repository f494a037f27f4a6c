//! What can go wrong with one attempt, and what is done about it.

use serde::{Deserialize, Serialize};

use crate::types::{FinishReason, Message, Usage};

/// Kinds of faults of a provider or of the way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FaultKind {
    /// Too many requests: 429.
    RateLimited,
    /// The provider failed: 5xx, or 408, 409, 425.
    Server,
    /// No answer in time.
    Timeout,
    /// No connection, or one that broke off.
    Connection,
    /// The answer is no JSON.
    NotJson,
    /// The answer says that it is something else.
    ContentType,
    /// The answer has no message in it.
    NoMessage,
    /// The conversation is too long.
    ContextOverflow,
    /// The request is refused.
    Refused,
}

impl FaultKind {
    /// Whether the same request may succeed later.
    pub(crate) fn is_retried(self) -> bool {
        !matches!(self, Self::ContextOverflow | Self::Refused)
    }

    /// Whether it speaks against the provider as a whole (true), for it (false), or neither.
    pub(crate) fn counts_for_breaker(self) -> Option<bool> {
        match self {
            Self::Server | Self::Timeout | Self::Connection => Some(true),
            Self::ContextOverflow | Self::Refused => Some(false),
            Self::RateLimited | Self::NotJson | Self::ContentType | Self::NoMessage => None,
        }
    }
}

/// What was done about a fault. Each fault has exactly one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum FaultAction {
    /// Asked again.
    Retried {
        /// After this wait.
        after_ms: u64,
    },
    /// Asked again with a shorter conversation.
    Trimmed {
        /// Without this many more messages.
        messages: u64,
    },
    /// Given to the caller.
    Reported,
}

/// A fault and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandledFault {
    /// What happened.
    pub fault: FaultKind,
    /// What was done.
    pub handled: FaultAction,
}

/// A fault with what is known of it. The text has no keys in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) status: u16,
    pub(crate) message: String,
    /// How long the provider asks to wait.
    pub(crate) retry_after_ms: Option<u64>,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, status: 0, message: message.into(), retry_after_ms: None }
    }
}

/// A proper answer of a provider.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    /// A [`Message::Assistant`].
    pub(crate) message: Message,
    pub(crate) finish: FinishReason,
    pub(crate) thinking: Option<String>,
}

/// What one attempt came to. Tokens count whatever else happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attempt {
    pub(crate) usage: Option<Usage>,
    pub(crate) result: Result<Said, Fault>,
}

impl Attempt {
    pub(crate) fn fault(fault: Fault) -> Self {
        Self { usage: None, result: Err(fault) }
    }
}
