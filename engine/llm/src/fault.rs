//! Faults of a single attempt, and the action taken on each.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::attachment::Attachment;
use crate::breaker::ProviderHealth;
use crate::repair::Repair;
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
    /// A filter of the provider refused the conversation.
    Filtered,
    /// The answer has neither text nor calls, although it is complete.
    Empty,
    /// The answer announces a call but has none.
    MalformedCall,
}

impl FaultKind {
    /// Returns whether the same request may succeed later.
    pub(crate) fn is_retried(self) -> bool {
        !matches!(self, Self::ContextOverflow | Self::Refused | Self::Filtered)
    }

    /// Returns whether there is an answer but a useless one: it is requested again, and finally accepted as it is.
    pub(crate) fn is_useless_answer(self) -> bool {
        matches!(self, Self::Empty | Self::MalformedCall)
    }

    /// Returns the effect on the circuit breaker.
    pub(crate) fn health(self) -> ProviderHealth {
        match self {
            Self::Server | Self::Timeout | Self::Connection => ProviderHealth::Failing,
            Self::ContextOverflow | Self::Refused | Self::Filtered | Self::Empty | Self::MalformedCall => {
                ProviderHealth::Working
            }
            Self::RateLimited | Self::NotJson | Self::ContentType | Self::NoMessage => {
                ProviderHealth::Unknown
            }
        }
    }
}

/// The action taken on a fault. Each fault has exactly one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The request was sent again in another form, which is kept for later requests.
    Adapted {
        /// The setting that has the same effect, as a line of the settings.
        setting: String,
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
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProviderFault {
    pub(crate) kind: FaultKind,
    pub(crate) status: u16,
    pub(crate) message: String,
    /// The wait that the provider asks for, in milliseconds.
    pub(crate) retry_after_ms: Option<u64>,
    /// The parameter of the request that the provider names.
    pub(crate) param: Option<String>,
    /// The answer, if there is a useless one.
    pub(crate) answer: Option<Box<ProviderAnswer>>,
}

impl ProviderFault {
    pub(crate) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, status: 0, message: message.into(), retry_after_ms: None, param: None, answer: None }
    }
}

impl ProviderFault {
    /// Returns the words of the provider, without the leading status.
    pub(crate) fn words(&self) -> &str {
        let rest = self.message.strip_prefix("status ").and_then(|rest| rest.split_once(": "));
        rest.map_or(&*self.message, |(_, words)| words)
    }
}

/// A valid answer of a provider.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProviderAnswer {
    /// A [`Message::Assistant`].
    pub(crate) message: Message,
    pub(crate) finish: FinishReason,
    pub(crate) thinking: Option<String>,
    pub(crate) attachment: Option<Attachment>,
    pub(crate) repairs: BTreeSet<Repair>,
    /// True if the provider continues when it gets the answer back.
    pub(crate) paused: bool,
}

impl ProviderAnswer {
    /// Returns an answer that reached its limit before its first word.
    pub(crate) fn cut_short() -> Self {
        Self {
            message: Message::assistant(Some(String::new()), Vec::new()),
            finish: FinishReason::Length,
            thinking: None,
            attachment: None,
            repairs: BTreeSet::new(),
            paused: false,
        }
    }

    /// Returns whether the answer has calls.
    pub(crate) fn has_calls(&self) -> bool {
        matches!(&self.message, Message::Assistant { tool_calls, .. } if !tool_calls.is_empty())
    }

    /// Returns whether the answer has neither text nor calls.
    pub(crate) fn is_empty(&self) -> bool {
        let Message::Assistant { content, tool_calls } = &self.message else { return false };
        tool_calls.is_empty() && content.as_deref().is_none_or(|text| text.trim().is_empty())
    }

    /// Returns the answer, or a fault if it is useless. `announces` is true if the answer says that it ends with calls.
    pub(crate) fn checked(self, announces: bool) -> Result<Self, ProviderFault> {
        if !self.is_empty() {
            return Ok(self);
        }
        let (kind, text) = match self.finish {
            _ if announces => {
                (FaultKind::MalformedCall, "the answer announces a call and has none".to_owned())
            }
            FinishReason::Stop | FinishReason::Other => (FaultKind::Empty, self.emptiness()),
            _ => return Ok(self),
        };
        Err(ProviderFault { answer: Some(Box::new(self)), ..ProviderFault::new(kind, text) })
    }
}

impl ProviderAnswer {
    /// Returns a description of how an answer without text and calls is empty. Servers that do not recognise the end of a model's
    /// thinking return everything as thinking.
    fn emptiness(&self) -> String {
        let characters = self.thinking.as_deref().map_or(0, |thinking| thinking.trim().chars().count());
        match characters {
            0 => "the answer is empty".to_owned(),
            _ => format!("the answer is empty: all {characters} characters are thinking"),
        }
    }
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
