//! Errors: of a call, of a configuration, of a cassette.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::budget::BudgetExceeded;

/// Why a call has no answer. This is a result like any other: the caller gets it as data ([`Failure`]).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChatError {
    /// A budget does not allow the call.
    #[error(transparent)]
    Budget(#[from] BudgetExceeded),
    /// The provider cannot be reached or does not answer properly, after all retries.
    #[error("model {model}: {last}; gave up after {attempts} attempts")]
    Provider {
        /// The model.
        model: String,
        /// The last fault.
        last: String,
        /// How often it was asked.
        attempts: u32,
    },
    /// The conversation is too long for the model, also without everything that may be left out.
    #[error("model {model}: the conversation does not fit into its context: {message}")]
    Context {
        /// The model.
        model: String,
        /// What the provider says.
        message: String,
    },
    /// The provider refuses the call; asking again would not help.
    #[error("model {model}: refused with status {status}: {message}")]
    Refused {
        /// The model.
        model: String,
        /// HTTP status.
        status: u16,
        /// What the provider says.
        message: String,
    },
    /// This conversation may not use the model.
    #[error("model {model:?} is not among those that may be used: {allowed}")]
    NotAllowed {
        /// What was asked for.
        model: String,
        /// What is allowed.
        allowed: String,
    },
    /// The request makes no sense.
    #[error("the request is not valid: {0}")]
    Invalid(String),
}

/// The kinds of failure that a guest can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// A budget is spent.
    Budget,
    /// The provider failed.
    Provider,
    /// The conversation is too long.
    Context,
    /// Refused, by the provider or by the host.
    Refused,
    /// The request makes no sense.
    Invalid,
}

/// A failed call in its serialised form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// What happened.
    pub kind: FailureKind,
    /// In words.
    pub message: String,
}

impl ChatError {
    /// The kind that a guest sees.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Budget(_) => FailureKind::Budget,
            Self::Provider { .. } => FailureKind::Provider,
            Self::Context { .. } => FailureKind::Context,
            Self::Refused { .. } | Self::NotAllowed { .. } => FailureKind::Refused,
            Self::Invalid(_) => FailureKind::Invalid,
        }
    }
}

impl ChatError {
    /// Whether it says something about the provider or the user's account there, and nothing about the conversation.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        // Key, payment, permission, model; a rate limit that waiting does not help against.
        const OF_THE_ACCOUNT: [u16; 5] = [401, 402, 403, 404, 429];
        match self {
            Self::Provider { .. } => true,
            Self::Refused { status, .. } => OF_THE_ACCOUNT.contains(status),
            _ => false,
        }
    }
}

impl From<&ChatError> for Failure {
    fn from(error: &ChatError) -> Self {
        Self { kind: error.kind(), message: error.to_string() }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value of a model's section.
    #[error("[models.{model}] {field}: {problem}")]
    Field {
        /// The model.
        model: String,
        /// The field.
        field: &'static str,
        /// What is wrong and what was expected.
        problem: String,
    },
    /// A model that neither the configuration nor the table of providers knows.
    #[error(
        "model {model:?} is not known: add [models.{model:?}] with `provider` or `base-url` to the settings, \
         or set one of {variables}"
    )]
    UnknownModel {
        /// The model.
        model: String,
        /// Variables that would make it usable.
        variables: String,
    },
    /// No key where the provider needs one.
    #[error("model {model:?} needs a key: set the variable {variable}, or `api-key-file` in the settings")]
    NoKey {
        /// The model.
        model: String,
        /// The variable.
        variable: String,
    },
    /// A budget in dollars, and a model without prices.
    #[error(
        "model {model:?} has no prices, so a budget in dollars cannot hold: set `input-price` and `output-price`"
    )]
    NoPrice {
        /// The model.
        model: String,
    },
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    Client(String),
}

/// A session cannot go on: its cassette cannot be read or written, or does not say what is asked of it, or nobody answers.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The file system.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Somebody else writes the file.
    #[error("{path}: another process is writing it")]
    Busy {
        /// The file.
        path: String,
    },
    /// A line that is not what was written.
    #[error("{path}, line {line}: {problem}")]
    Damaged {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// An exchange that does not continue its stream.
    #[error("stream {stream}: exchange {sequence} does not follow {expected}")]
    OutOfOrder {
        /// The stream.
        stream: String,
        /// What was appended.
        sequence: u64,
        /// What was expected.
        expected: u64,
    },
    /// Nothing was recorded there.
    #[error("stream {stream}: no exchange {sequence} was recorded; asked was: {}", from(asked, 0))]
    Missing {
        /// The stream.
        stream: String,
        /// Which one.
        sequence: u64,
        /// The request.
        asked: String,
    },
    /// Another request was recorded there.
    #[error(
        "stream {stream}, exchange {sequence}: another request was recorded\nrecorded: {}\nasked:    {}",
        from(recorded, parting(recorded, asked)),
        from(asked, parting(recorded, asked))
    )]
    Mismatch {
        /// The stream.
        stream: String,
        /// Which one.
        sequence: u64,
        /// The recorded request.
        recorded: String,
        /// The request.
        asked: String,
    },
    /// A value without canonical form.
    #[error("stream {stream}: {problem}")]
    Form {
        /// The stream.
        stream: String,
        /// What is wrong.
        problem: String,
    },
    /// The provider does not answer, or not this user. Nothing was recorded; whoever continues asks again.
    #[error(transparent)]
    Outage(ChatError),
    /// A budget above the conversation's own is spent. Nothing was recorded; with a larger one it can be continued.
    #[error(transparent)]
    Budget(BudgetExceeded),
    /// Another implementation's own trouble.
    #[error("{0}")]
    Other(String),
}

/// Characters of a request in a message.
const SHOWN_CHARS_MAX: usize = 400;
/// Characters before the place where two requests part.
const BEFORE_CHARS: usize = 40;

/// Where two texts part, in characters, and a bit before.
fn parting(one: &str, other: &str) -> usize {
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    same.saturating_sub(BEFORE_CHARS)
}

/// A piece of a text from this character on; what is left out is marked.
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
        assert!(missing.to_string().ends_with("asked was: short"), "{missing}");
    }
}
