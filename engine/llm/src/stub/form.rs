//! The TOML form of a script.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::dialect::Dialect;
use crate::config::Api;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScriptForm {
    #[serde(default)]
    pub(super) server: ServerSettings,
    #[serde(default)]
    pub(super) rule: Vec<Spanned<RuleForm>>,
}

/// Settings that apply to all requests.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct ServerSettings {
    /// Models that exist; empty means all.
    pub(super) models: Vec<String>,
    /// Accepted keys. If empty, any key or none is accepted.
    pub(super) api_keys: Vec<String>,
    /// Maximum requests in any second; further ones are answered with 429 and `Retry-After`.
    pub(super) requests_per_second: Option<u32>,
    /// Maximum estimated tokens of a request; a larger one is a context overflow.
    pub(super) context_window: Option<u64>,
    /// The server to imitate.
    pub(super) dialect: Option<Dialect>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RuleForm {
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) when: ConditionForm,
    #[serde(default)]
    pub(super) per: CountBy,
    pub(super) times: Option<u64>,
    #[serde(default)]
    pub(super) cycle: bool,
    #[serde(default)]
    pub(super) answer: Vec<Spanned<AnswerTemplate>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct ConditionForm {
    pub(super) model: Option<String>,
    pub(super) api: Option<Api>,
    pub(super) turn: Option<u64>,
    pub(super) tool: Option<String>,
    pub(super) r#in: TextScope,
    pub(super) contains: Vec<String>,
    pub(super) lacks: Vec<String>,
    pub(super) matches: Option<Spanned<String>>,
}

/// The part of a conversation that a rule searches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TextScope {
    /// The newest message.
    #[default]
    Last,
    /// The first message of the user.
    First,
    /// The system messages.
    System,
    /// The whole conversation.
    All,
}

/// The key by which uses of a rule are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CountBy {
    /// One count for all requests.
    #[default]
    Script,
    /// One count per model.
    Model,
    /// One count per API key.
    Client,
    /// One count per model and first message of the user.
    Conversation,
}

/// One answer of a rule.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct AnswerTemplate {
    pub(super) text: Option<String>,
    pub(super) calls: Vec<CallTemplate>,
    pub(super) thinking: Option<String>,
    pub(super) finish: Option<ScriptedFinish>,
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) delay_ms: u64,
    pub(super) status: Option<u16>,
    pub(super) error: Option<String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) fault: Option<ScriptedFault>,
    pub(super) body: Option<String>,
}

/// A tool call in an answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CallTemplate {
    pub(super) name: String,
    #[serde(default)]
    pub(super) arguments: toml::Table,
    /// Text to send instead of arguments; it need not be JSON.
    pub(super) arguments_text: Option<String>,
}

/// The finish reason of an answer, if it is not the one that its content implies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ScriptedFinish {
    Stop,
    Length,
    ToolCalls,
    ContentFilter,
}

/// A fault of the server. The names of the variants appear in its statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ScriptedFault {
    /// No answer.
    Hang,
    /// The connection is reset.
    Reset,
    /// The body ends before its announced length.
    Truncated,
    /// A complete body of incomplete JSON.
    MalformedJson,
    /// An HTML page with status 200.
    WrongContentType,
    /// An answer without choices, or without content.
    EmptyChoices,
    /// A refusal because the conversation is too long.
    ContextOverflow,
    /// A valid answer without usage.
    NoUsage,
}
