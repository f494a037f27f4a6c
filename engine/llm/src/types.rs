//! Requests and answers in a provider-neutral form.
//!
//! The serialised form is the contract of the guest operation `llm.chat`. Unknown and missing fields are rejected.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::attachment::Attachment;
use crate::repair::Repair;

/// A request to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ChatRequest {
    /// The name of the model in the configuration.
    pub model: String,
    /// The conversation, oldest message first.
    pub messages: Vec<Message>,
    /// Tools that the model may call; may be empty.
    pub tools: Vec<Tool>,
    /// Sampling temperature, 0 to 2; null leaves it to the provider.
    #[serde(deserialize_with = "present")]
    pub temperature: Option<f64>,
    /// Maximum length of the answer in tokens; null means the model's own limit.
    #[serde(deserialize_with = "present")]
    pub max_tokens: Option<u64>,
}

impl ChatRequest {
    /// Creates a request without tools, with the provider's temperature and the model's own limit of tokens.
    #[must_use]
    pub fn new(model: impl Into<String>, messages: Vec<Message>) -> Self {
        Self { model: model.into(), messages, tools: Vec::new(), temperature: None, max_tokens: None }
    }

    /// Sets the tools that the model may call.
    #[must_use]
    pub fn tools(mut self, tools: Vec<Tool>) -> Self {
        self.tools = tools;
        self
    }

    /// Sets the sampling temperature, 0 to 2.
    #[must_use]
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.temperature = Some(temperature);
        self
    }

    /// Limits the answer to this many tokens, at least 1.
    #[must_use]
    pub fn max_tokens(mut self, tokens: u64) -> Self {
        self.max_tokens = Some(tokens);
        self
    }
}

/// Reads a field that may be null but not absent; a derived `Option` would read an absent field as null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Message {
    /// Instructions that precede the conversation.
    System {
        /// The text.
        content: String,
    },
    /// A message of the user.
    User {
        /// The text.
        content: String,
    },
    /// A message of the model.
    Assistant {
        /// The text; null when the message only calls tools.
        #[serde(deserialize_with = "present")]
        content: Option<String>,
        /// The calls, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCall>,
    },
    /// The result of a tool call.
    Tool {
        /// The text.
        content: String,
        /// The call that it answers.
        tool_call_id: String,
    },
}

impl Message {
    /// Returns the text, if the message has one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::System { content } | Self::User { content } | Self::Tool { content, .. } => Some(content),
            Self::Assistant { content, .. } => content.as_deref(),
        }
    }

    /// Creates a system message.
    #[must_use]
    pub fn system(text: impl Into<String>) -> Self {
        Self::System { content: text.into() }
    }

    /// Creates a message of the user.
    #[must_use]
    pub fn user(text: impl Into<String>) -> Self {
        Self::User { content: text.into() }
    }

    /// Creates a message of the model.
    #[must_use]
    pub fn assistant(content: Option<String>, tool_calls: Vec<ToolCall>) -> Self {
        Self::Assistant { content, tool_calls }
    }

    /// Creates the result of the tool call `tool_call_id`.
    #[must_use]
    pub fn tool(tool_call_id: impl Into<String>, content: impl Into<String>) -> Self {
        Self::Tool { content: content.into(), tool_call_id: tool_call_id.into() }
    }
}

/// A tool that a model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Tool {
    /// The name.
    pub name: String,
    /// The description that the model reads.
    pub description: String,
    /// The JSON schema of the arguments, an object.
    pub parameters: Map<String, Value>,
}

impl Tool {
    /// Creates a tool; `parameters` is the JSON schema of its arguments.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        description: impl Into<String>,
        parameters: Map<String, Value>,
    ) -> Self {
        Self { name: name.into(), description: description.into(), parameters }
    }
}

/// A tool call made by a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "CallForm", into = "CallForm")]
#[non_exhaustive]
pub struct ToolCall {
    /// Identifies the call within its conversation.
    pub id: String,
    /// The name of the tool.
    pub name: String,
    /// The arguments.
    pub arguments: Arguments,
}

impl ToolCall {
    /// Creates a call of the tool `name`; `id` must be unique within the conversation.
    #[must_use]
    pub fn new(id: impl Into<String>, name: impl Into<String>, arguments: Arguments) -> Self {
        Self { id: id.into(), name: name.into(), arguments }
    }
}

/// The arguments of a tool call.
#[derive(Debug, Clone, PartialEq)]
pub enum Arguments {
    /// A JSON object.
    Object(Map<String, Value>),
    /// Text of the model that is not a JSON object.
    Malformed(String),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallForm {
    id: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    arguments: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    malformed: Option<Malformed>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Malformed {
    raw: String,
}

impl TryFrom<CallForm> for ToolCall {
    type Error = String;

    fn try_from(form: CallForm) -> Result<Self, String> {
        let arguments = match (form.arguments, form.malformed) {
            (Some(object), None) => Arguments::Object(object),
            (None, Some(malformed)) => Arguments::Malformed(malformed.raw),
            _ => return Err(format!("call {:?}: expected either `arguments` or `malformed`", form.id)),
        };
        Ok(Self { id: form.id, name: form.name, arguments })
    }
}

impl From<ToolCall> for CallForm {
    fn from(call: ToolCall) -> Self {
        let (arguments, malformed) = match call.arguments {
            Arguments::Object(object) => (Some(object), None),
            Arguments::Malformed(raw) => (None, Some(Malformed { raw })),
        };
        Self { id: call.id, name: call.name, arguments, malformed }
    }
}

/// An answer of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ChatAnswer {
    /// A [`Message::Assistant`].
    pub message: Message,
    /// The reason why the answer ended.
    pub finish_reason: FinishReason,
    /// The tokens used.
    pub usage: Usage,
    /// Number of messages left out of the request because the conversation was too long for the model.
    pub trimmed_messages: u64,
    /// The model that answered, if the requested name stands for several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// Fields that only the provider understands. Guests do not see them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Attachment>,
    /// Deviations of the answer that were repaired. Guests do not see them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub repairs: BTreeSet<Repair>,
}

impl ChatAnswer {
    /// Creates an answer to an untrimmed request; `message` is a [`Message::Assistant`].
    #[must_use]
    pub fn new(message: Message, finish_reason: FinishReason, usage: Usage) -> Self {
        Self {
            message,
            finish_reason,
            usage,
            trimmed_messages: 0,
            answered_by: None,
            attachment: None,
            repairs: BTreeSet::new(),
        }
    }

    /// Returns the name of the model that answered a request for `requested`, which may stand for several models.
    #[must_use]
    pub fn model<'a>(&'a self, requested: &'a str) -> &'a str {
        self.answered_by.as_deref().unwrap_or(requested)
    }

    /// Returns whether the answer has neither text nor calls.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Message::Assistant { content, tool_calls } = &self.message else { return false };
        tool_calls.is_empty() && content.as_deref().is_none_or(|text| text.trim().is_empty())
    }

    /// Returns the reason for an empty answer in words, or `None` if there is a text or a call.
    #[must_use]
    pub fn why_empty(&self) -> Option<&'static str> {
        self.is_empty().then_some(match self.finish_reason {
            FinishReason::Length => "length limit reached while thinking",
            FinishReason::ContentFilter => "filtered by the provider",
            FinishReason::Stop if self.usage.reasoning_tokens > 0 || self.attachment.is_some() => {
                "all that the model said is thinking; its server may not know where that ends"
            }
            FinishReason::Stop => "the model said nothing",
            FinishReason::ToolCalls | FinishReason::Other => "the model made no valid call",
        })
    }

    /// Returns whether the answer has content and ended at its limit.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.finish_reason == FinishReason::Length && !self.is_empty()
    }

    /// Returns the answer as guests see it.
    pub(crate) fn for_guest(mut self) -> Self {
        self.attachment = None;
        self.repairs.clear();
        self.answered_by = None;
        (self.usage.cached_tokens, self.usage.cache_write_tokens, self.usage.reasoning_tokens) = (0, 0, 0);
        self
    }
}

/// The reason why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FinishReason {
    /// The model completed its answer.
    Stop,
    /// The model waits for the results of its tool calls.
    ToolCalls,
    /// The token limit was reached.
    Length,
    /// The provider filtered the answer.
    ContentFilter,
    /// Anything else.
    Other,
}

/// Token counts of one call, as reported by the provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Tokens of the request, including cached ones.
    pub input_tokens: u64,
    /// Tokens of the answer, including hidden reasoning.
    pub output_tokens: u64,
    /// True if the provider reported no counts and these are estimates.
    pub estimated: bool,
    /// Tokens of the request that the provider had cached, which are part of `input_tokens`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached_tokens: u64,
    /// Tokens of the request that the provider wrote to its cache, which are part of `input_tokens`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_tokens: u64,
    /// Tokens of hidden reasoning, which are part of `output_tokens`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reasoning_tokens: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
pub(crate) fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Usage {
    /// Returns the counts, with zeros replaced by the counts of `other`.
    pub(crate) fn or_where_zero(self, other: Self) -> Self {
        let or = |own: u64, other: u64| if own == 0 { other } else { own };
        let zero = self.input_tokens == 0 || self.output_tokens == 0;
        Self {
            input_tokens: or(self.input_tokens, other.input_tokens),
            output_tokens: or(self.output_tokens, other.output_tokens),
            estimated: self.estimated || zero && other.estimated,
            ..self
        }
    }

    /// Adds two counts; the sum is estimated if either is.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            estimated: self.estimated || other.estimated,
            cached_tokens: self.cached_tokens.saturating_add(other.cached_tokens),
            cache_write_tokens: self.cache_write_tokens.saturating_add(other.cache_write_tokens),
            reasoning_tokens: self.reasoning_tokens.saturating_add(other.reasoning_tokens),
        }
    }
}

/// Estimates the number of tokens in `bytes` bytes of text: four bytes each, rounded up.
#[must_use]
pub(crate) fn estimated_tokens(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(4)
}

#[cfg(test)]
mod tests;
