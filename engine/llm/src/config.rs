//! The settings `[models.NAME]`, and the provider table, which uses the same fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::price::Price;

/// The API of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Api {
    /// OpenAI's chat completions.
    Openai,
    /// Anthropic's messages.
    Anthropic,
}

/// The section `[models.NAME]` of the settings. All fields are optional; absent values come from the provider.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ModelConfig {
    /// The provider [default: the one that the model's name belongs to; none if `base-url` is set].
    pub provider: Option<String>,
    /// The API, for a model without a provider [default: openai].
    pub api: Option<Api>,
    /// The address, without `/chat/completions` or `/messages`.
    pub base_url: Option<String>,
    /// The provider's name of the model [default: NAME].
    pub model: Option<String>,
    /// The environment variable with the key.
    pub api_key_env: Option<String>,
    /// The file with the key; takes precedence over the variable.
    pub api_key_file: Option<String>,
    /// Dollars per million tokens of requests.
    pub input_price: Option<Price>,
    /// Dollars per million tokens of answers.
    pub output_price: Option<Price>,
    /// Maximum tokens of a request and its answer together; the target of trimming when the provider refuses a conversation as
    /// too long.
    pub context_window: Option<u64>,
    /// Maximum tokens of an answer [default: 16384].
    pub max_output_tokens: Option<u64>,
    /// Maximum requests in any 60 seconds.
    pub requests_per_minute: Option<u64>,
    /// Maximum tokens of requests and answers in any 60 seconds.
    pub tokens_per_minute: Option<u64>,
    /// Maximum concurrent requests [default: 32].
    pub concurrency: Option<u32>,
    /// Timeout of one attempt in milliseconds [default: 300000].
    pub timeout_ms: Option<u64>,
    /// Overrides of the provider's quirks.
    pub quirks: toml::Table,
}

/// An entry of the provider table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Provider {
    pub(crate) name: String,
    pub(crate) api: Api,
    pub(crate) base_url: String,
    pub(crate) base_url_env: Option<String>,
    pub(crate) api_key_env: Option<String>,
    #[serde(default)]
    pub(crate) prefixes: Vec<String>,
    #[serde(default)]
    pub(crate) strip_prefix: bool,
    #[serde(default)]
    pub(crate) fallback: bool,
    #[serde(default)]
    pub(crate) quirks: toml::Table,
}

/// Deviations of a provider from its API.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Quirks {
    /// Name of the field that limits the tokens of the answer.
    pub(crate) max_tokens_field: String,
    /// Role of system messages: `system`, `developer`, or `user` if the API has no such role.
    pub(crate) system_role: SystemRole,
    /// Sends `tool_choice: "auto"` with tools.
    pub(crate) tool_choice: bool,
    /// Sends `parallel_tool_calls: true` with tools.
    pub(crate) parallel_tool_calls: bool,
    /// Sends the temperature.
    pub(crate) temperature: bool,
    /// Sends null rather than an empty string as the text of a message that only calls tools.
    pub(crate) null_content: bool,
    /// Reads text that consists of a tool call in JSON as a tool call.
    pub(crate) tool_calls_in_content: bool,
    /// Sends consecutive messages of the same role separately; otherwise they are joined.
    pub(crate) repeated_roles: bool,
    /// Header of the key: `bearer`, or the name of a header.
    pub(crate) key_header: String,
    /// Additional headers; not for secrets.
    pub(crate) headers: BTreeMap<String, String>,
    /// Additional fields of every request.
    pub(crate) body: toml::Table,
    /// Texts, in lower case, that identify a refusal because the conversation is too long.
    pub(crate) overflow_texts: Vec<String>,
    /// Texts, in lower case, that identify a rate limit that waiting does not resolve.
    pub(crate) final_texts: Vec<String>,
}

/// The role under which system messages are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SystemRole {
    System,
    Developer,
    User,
}

impl Default for Quirks {
    fn default() -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            max_tokens_field: "max_tokens".to_owned(),
            system_role: SystemRole::System,
            tool_choice: true,
            parallel_tool_calls: false,
            temperature: true,
            null_content: true,
            tool_calls_in_content: false,
            repeated_roles: true,
            key_header: String::new(),
            headers: BTreeMap::new(),
            body: toml::Table::new(),
            overflow_texts: texts(&[
                "context_length_exceeded",
                "maximum context length",
                "model maximum context",
                "context window",
                "context length",
                "context size",
                "prompt is too long",
                "input is too long",
                "exceeds the maximum number of tokens",
                "input token count",
                "too many tokens",
                "reduce the length of the messages",
            ]),
            final_texts: texts(&["insufficient_quota", "exceeded your current quota", "billing"]),
        }
    }
}
