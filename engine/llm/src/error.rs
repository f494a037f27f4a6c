//! Errors of calls, configurations and sessions.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::budget::BudgetExceeded;

/// A call without an answer. Callers receive it as data ([`Failure`]).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChatError {
    /// A budget does not allow the call.
    #[error(transparent)]
    Budget(#[from] BudgetExceeded),
    /// The provider cannot be reached or does not answer properly after all retries.
    #[error("model {model}: {last}; gave up after {attempts} attempt{}", plural(.attempts))]
    Provider {
        /// The model.
        model: String,
        /// The last fault.
        last: String,
        /// The number of attempts.
        attempts: u32,
    },
    /// The conversation is too long for the model even after trimming.
    #[error("model {model}: the conversation does not fit into its context: {message}")]
    Context {
        /// The model.
        model: String,
        /// The message of the provider.
        message: String,
    },
    /// The provider refuses the call, and not because of the conversation; a retry would not help.
    #[error("model {model}: refused with status {status}: {message}")]
    Refused {
        /// The model.
        model: String,
        /// The HTTP status.
        status: u16,
        /// The message of the provider.
        message: String,
    },
    /// The provider does not accept the form of the request: a parameter, a role, a limit. This says nothing about the caller.
    #[error(
        "model {model}: refused with status {status}: {message}; `quirks`, `max-output-tokens` and `context-window` of the model change what is sent"
    )]
    Misfit {
        /// The model.
        model: String,
        /// The HTTP status.
        status: u16,
        /// The message of the provider.
        message: String,
    },
    /// The provider refuses a tool of the request although it accepted others: the caller is responsible for its definition.
    #[error("model {model} refuses a tool: {message}")]
    Tool {
        /// The model.
        model: String,
        /// The message of the provider.
        message: String,
    },
    /// A filter of the provider refused the conversation.
    #[error("model {model}: a filter refused the conversation: {message}")]
    Filtered {
        /// The model.
        model: String,
        /// The message of the provider.
        message: String,
    },
    /// The session may not use the model.
    #[error("model {model:?} is not among those that may be used: {allowed}")]
    NotAllowed {
        /// The requested model.
        model: String,
        /// The models that the session may use.
        allowed: String,
    },
    /// The request is invalid.
    #[error("the request is not valid: {0}")]
    Invalid(String),
}

/// The kinds of failure that a guest can distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FailureKind {
    /// A budget is exhausted.
    Budget,
    /// The provider failed.
    Provider,
    /// The conversation is too long.
    Context,
    /// The provider or the host refused.
    Refused,
    /// The request is invalid.
    Invalid,
}

/// A failed call in its serialised form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The kind of failure.
    pub kind: FailureKind,
    /// The message.
    pub message: String,
}

impl ChatError {
    /// Returns the kind that a guest sees.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Budget(_) => FailureKind::Budget,
            Self::Provider { .. } => FailureKind::Provider,
            Self::Context { .. } => FailureKind::Context,
            Self::Refused { .. } | Self::Misfit { .. } | Self::Filtered { .. } | Self::NotAllowed { .. } => {
                FailureKind::Refused
            }
            Self::Tool { .. } | Self::Invalid(_) => FailureKind::Invalid,
        }
    }

    /// Returns whether the error concerns the provider, the user's account there or our request, and not the conversation. This
    /// is true for every refusal unless it is known to concern the conversation: that of a filter, or of a conversation that is
    /// too long.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Provider { .. } | Self::Misfit { .. } | Self::Refused { .. })
    }

    /// Returns whether the provider refused the call.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. }
                | Self::Misfit { .. }
                | Self::Filtered { .. }
                | Self::Tool { .. }
                | Self::Context { .. }
        )
    }
}

impl From<&ChatError> for Failure {
    fn from(error: &ChatError) -> Self {
        Self { kind: error.kind(), message: error.to_string() }
    }
}

/// An invalid configuration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value in a model's section is invalid.
    #[error("[models.{model}] {field}: {problem}")]
    Field {
        /// The model.
        model: String,
        /// The field.
        field: &'static str,
        /// The value found and the value expected.
        problem: String,
    },
    /// Neither the configuration nor the provider table knows the model.
    #[error(
        "unknown model {model:?}: add [models.{model:?}] with `provider` or `base-url` to the settings, \
         or set one of {variables}"
    )]
    UnknownModel {
        /// The model.
        model: String,
        /// Environment variables that would make it usable.
        variables: String,
    },
    /// The provider needs a key, and none is set.
    #[error("model {model:?} needs a key: set the variable {variable}, or `api-key-file` in the settings")]
    NoKey {
        /// The model.
        model: String,
        /// The environment variable.
        variable: String,
    },
    /// A budget limits cost, but the model has no prices.
    #[error(
        "model {model:?} has no prices, so a budget in dollars cannot be enforced: set `input-price` and `output-price`"
    )]
    NoPrice {
        /// The model.
        model: String,
    },
    /// The HTTP client cannot be created.
    #[error("cannot create the HTTP client: {0}")]
    Client(String),
}

/// A session cannot continue: its cassette cannot be read or written or does not match the requests, or no provider answers.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The file system failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// Another process holds the file open for writing.
    #[error("{path}: another process is writing to the file")]
    Busy {
        /// The file.
        path: String,
    },
    /// A line is not as it was written.
    #[error("{path}, line {line}: {problem}")]
    Damaged {
        /// The file.
        path: String,
        /// The number of the line, from 1.
        line: u64,
        /// The defect.
        problem: String,
    },
    /// An exchange does not continue its stream.
    #[error("stream {stream}: exchange {sequence} does not follow {expected}")]
    OutOfOrder {
        /// The stream.
        stream: String,
        /// The number of the exchange.
        sequence: u64,
        /// The expected number.
        expected: u64,
    },
    /// The cassette has no exchange with this number.
    #[error("stream {stream}: exchange {sequence} was not recorded; the request is: {}", from(asked, 0))]
    Missing {
        /// The stream.
        stream: String,
        /// The number of the exchange.
        sequence: u64,
        /// The request, as JSON.
        asked: String,
    },
    /// The recorded request differs.
    #[error(
        "stream {stream}, exchange {sequence}: another request was recorded\nrecorded: {}\nrequest:  {}",
        from(recorded, difference(recorded, asked)),
        from(asked, difference(recorded, asked))
    )]
    Mismatch {
        /// The stream.
        stream: String,
        /// The number of the exchange.
        sequence: u64,
        /// The recorded request, as JSON.
        recorded: String,
        /// The request, as JSON.
        asked: String,
    },
    /// A value has no canonical form.
    #[error("stream {stream}: {problem}")]
    Form {
        /// The stream.
        stream: String,
        /// The defect.
        problem: String,
    },
    /// The provider does not answer, or refuses this user. Nothing was recorded; a session that continues the stream asks again.
    #[error(transparent)]
    Outage(ChatError),
    /// A budget above the session's own is exhausted. Nothing was recorded; the session can be continued with a larger budget.
    #[error("{}", .0.in_words())]
    Budget(BudgetExceeded),
    /// An error of another [`Cassette`](crate::Cassette) implementation.
    #[error("{0}")]
    Other(String),
}

fn plural(count: &u32) -> &'static str {
    if *count == 1 { "" } else { "s" }
}

/// Maximum number of characters of a request that are quoted in a message.
const SHOWN_CHARS_MAX: usize = 400;
/// Number of characters quoted before the first difference.
const BEFORE_CHARS: usize = 40;

/// Returns the position, in characters, shortly before the first difference of two texts.
fn difference(one: &str, other: &str) -> usize {
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    same.saturating_sub(BEFORE_CHARS)
}

/// Quotes a text from the character `start` on, marking omissions.
fn from(text: &str, start: usize) -> String {
    let piece: String = text.chars().skip(start).take(SHOWN_CHARS_MAX).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if text.chars().count() > start + SHOWN_CHARS_MAX { "…" } else { "" };
    format!("{before}{piece}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_an_outage_unless_it_concerns_the_conversation() {
        let (model, message) = ("m".to_owned(), "no".to_owned());
        for status in [302, 308, 400, 401, 402, 403, 404, 405, 407, 410, 413, 422, 424, 429, 451, 498] {
            let refused = ChatError::Refused { model: model.clone(), status, message: message.clone() };
            assert!(refused.is_outage(), "{status}");
        }
        let filtered = ChatError::Filtered { model: model.clone(), message: message.clone() };
        let long = ChatError::Context { model: model.clone(), message };
        let tool = ChatError::Tool { model: model.clone(), message: "no".to_owned() };
        let forbidden = ChatError::NotAllowed { model, allowed: "n".to_owned() };
        assert!(![filtered, long, tool, forbidden].iter().any(ChatError::is_outage));
    }

    #[test]
    fn a_mismatch_shows_where_the_requests_part() {
        let request = |word: &str| format!("{}{word}{}", "x".repeat(1_000), "y".repeat(1_000));
        let error = SessionError::Mismatch {
            stream: "s".to_owned(),
            sequence: 3,
            recorded: request("first"),
            asked: request("other"),
        };
        let text = error.to_string();
        assert!(
            text.contains("xfirsty") && text.contains("xothery") && text.chars().count() < 1_000,
            "{text}"
        );
        let missing =
            SessionError::Missing { stream: "s".to_owned(), sequence: 0, asked: "short".to_owned() };
        assert!(missing.to_string().ends_with("the request is: short"), "{missing}");
    }
}
