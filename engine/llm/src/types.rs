//! The neutral request and answer: what guests and hosts exchange, whatever provider is behind it.
//!
//! The serialised form is the contract of the operation `llm.chat`. Unknown and missing fields are refused.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatRequest {
    /// Name of the model, as the configuration knows it.
    pub model: String,
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// What the model may call; may be empty.
    pub tools: Vec<Tool>,
    /// Sampling temperature, 0 to 2; null leaves it to the provider.
    #[serde(deserialize_with = "present")]
    pub temperature: Option<f64>,
    /// Longest answer in tokens; null means the model's own limit.
    #[serde(deserialize_with = "present")]
    pub max_tokens: Option<u64>,
}

/// A field that may be null and may not be absent: a derived `Option` would take an absent one for null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "lowercase", deny_unknown_fields)]
pub enum Message {
    /// Instructions above the conversation.
    System {
        /// Its text.
        content: String,
    },
    /// What the user says.
    User {
        /// Its text.
        content: String,
    },
    /// What the model said.
    Assistant {
        /// Its text; null when it only calls tools.
        #[serde(deserialize_with = "present")]
        content: Option<String>,
        /// Its calls, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCall>,
    },
    /// What a tool answered.
    Tool {
        /// Its text.
        content: String,
        /// The call that it answers.
        tool_call_id: String,
    },
}

impl Message {
    /// Its text, if it has one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::System { content } | Self::User { content } | Self::Tool { content, .. } => Some(content),
            Self::Assistant { content, .. } => content.as_deref(),
        }
    }

    /// A message of the user.
    #[must_use]
    pub fn user(text: impl Into<String>) -> Self {
        Self::User { content: text.into() }
    }
}

/// A tool that a model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// JSON schema of its arguments, an object.
    pub parameters: Map<String, Value>,
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "CallForm", into = "CallForm")]
pub struct ToolCall {
    /// Names the call within its conversation.
    pub id: String,
    /// The tool.
    pub name: String,
    /// What it is called with.
    pub arguments: Arguments,
}

/// Arguments of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Arguments {
    /// A JSON object.
    Object(Map<String, Value>),
    /// The model's text, which is no JSON object.
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

/// What a model answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatAnswer {
    /// A [`Message::Assistant`].
    pub message: Message,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// What it took.
    pub usage: Usage,
    /// Messages of the request that the model did not get, because the conversation was too long for it.
    pub trimmed_messages: u64,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// It waits for answers of tools.
    ToolCalls,
    /// The limit of tokens was reached.
    Length,
    /// The provider held it back.
    ContentFilter,
    /// Anything else.
    Other,
}

/// Tokens of one call, as the provider counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Tokens of the request, cached ones included.
    pub input_tokens: u64,
    /// Tokens of the answer, hidden reasoning included.
    pub output_tokens: u64,
    /// Whether the provider did not count and these are estimates.
    pub estimated: bool,
}

impl Usage {
    /// The sum of two, estimated if one of them is.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            estimated: self.estimated || other.estimated,
        }
    }
}

/// Tokens that this many bytes of text are taken for where nobody counted: four bytes each, rounded up.
#[must_use]
pub(crate) fn estimated_tokens(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(4)
}

#[cfg(test)]
mod tests;
