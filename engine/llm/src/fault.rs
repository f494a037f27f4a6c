//! Faults of a single attempt, and the action taken on each.

use serde::{Deserialize, Serialize};

use crate::breaker::ProviderHealth;
use crate::types::{FinishReason, Message, Usage};

/// Kinds of faults of a provider or of the connection to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FaultKind {
    /// Too many requests: 429.
    RateLimited,
    /// The provider failed: 5xx, or 408, 409, 425.
    Server,
    /// The answer did not arrive in time.
    Timeout,
    /// The connection failed or broke off.
    Connection,
    /// The answer is not JSON.
    NotJson,
    /// The answer has a content type other than JSON.
    ContentType,
    /// The answer contains no message.
    NoMessage,
    /// The conversation is too long for the model.
    ContextOverflow,
    /// The request is refused.
    Refused,
}

impl FaultKind {
    /// Returns whether the same request may succeed later.
    pub(crate) fn is_retried(self) -> bool {
        !matches!(self, Self::ContextOverflow | Self::Refused)
    }

    /// Returns the effect on the circuit breaker.
    pub(crate) fn health(self) -> ProviderHealth {
        match self {
            Self::Server | Self::Timeout | Self::Connection => ProviderHealth::Failing,
            Self::ContextOverflow | Self::Refused => ProviderHealth::Working,
            Self::RateLimited | Self::NotJson | Self::ContentType | Self::NoMessage => {
                ProviderHealth::Unknown
            }
        }
    }
}

/// The action taken on a fault. Each fault has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
#[non_exhaustive]
pub enum FaultAction {
    /// The request was sent again.
    Retried {
        /// The wait before the next attempt in milliseconds.
        after_ms: u64,
    },
    /// The request was sent again with a shorter conversation.
    Trimmed {
        /// The number of messages removed.
        messages: u64,
    },
    /// The fault was returned to the caller.
    Reported,
}

/// A fault together with the action taken on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandledFault {
    /// The kind of fault.
    pub fault: FaultKind,
    /// The action taken.
    pub handled: FaultAction,
}

/// A fault with its details. The message contains no keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProviderFault {
    pub(crate) kind: FaultKind,
    pub(crate) status: u16,
    pub(crate) message: String,
    /// The wait that the provider asks for, in milliseconds.
    pub(crate) retry_after_ms: Option<u64>,
}

impl ProviderFault {
    pub(crate) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, status: 0, message: message.into(), retry_after_ms: None }
    }
}

/// A valid answer of a provider.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProviderAnswer {
    /// A [`Message::Assistant`].
    pub(crate) message: Message,
    pub(crate) finish: FinishReason,
    pub(crate) thinking: Option<String>,
}

/// The result of one attempt. Reported tokens count whether it succeeded or not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AttemptResult {
    pub(crate) usage: Option<Usage>,
    pub(crate) answer: Result<ProviderAnswer, ProviderFault>,
}

impl AttemptResult {
    pub(crate) fn fault(fault: ProviderFault) -> Self {
        Self { usage: None, answer: Err(fault) }
    }
}
