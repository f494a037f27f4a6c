//! The shape of the settings: `[models.NAME]`, and the table of providers, which has the same fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::price::Price;

/// Which API a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Api {
    /// Chat completions as OpenAI defined them.
    Openai,
    /// Messages of Anthropic.
    Anthropic,
}

/// The section `[models.NAME]` of the settings. Everything is optional; what is absent comes from the provider.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ModelConfig {
    /// A provider of the table [default: the one that the name of the model belongs to, or none with `base-url`].
    pub provider: Option<String>,
    /// The API, where no provider says it [default: openai].
    pub api: Option<Api>,
    /// Address before `/chat/completions` or `/messages`.
    pub base_url: Option<String>,
    /// The name that the provider knows the model by [default: NAME].
    pub model: Option<String>,
    /// Variable with the key.
    pub api_key_env: Option<String>,
    /// File with the key; goes before the variable.
    pub api_key_file: Option<String>,
    /// Dollars per million tokens of requests.
    pub input_price: Option<Price>,
    /// Dollars per million tokens of answers.
    pub output_price: Option<Price>,
    /// Tokens that a request and its answer may have together; trims to it when the provider refuses a conversation.
    pub context_window: Option<u64>,
    /// Longest answer in tokens [default: 16384].
    pub max_output_tokens: Option<u64>,
    /// Requests in any 60 seconds.
    pub requests_per_minute: Option<u64>,
    /// Tokens in any 60 seconds, of requests and answers.
    pub tokens_per_minute: Option<u64>,
    /// Requests at the same time [default: 32].
    pub concurrency: Option<u32>,
    /// Milliseconds that one attempt may take [default: 300000].
    pub timeout_ms: Option<u64>,
    /// Differences from the provider's quirks.
    pub quirks: toml::Table,
}

/// A provider of the table.
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

/// Where a provider departs from what its API says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Quirks {
    /// Name of the field with the longest answer.
    pub(crate) max_tokens_field: String,
    /// Role of system messages: `system`, `developer`, or `user` where there is none.
    pub(crate) system_role: SystemRole,
    /// Whether `tool_choice: "auto"` is sent with tools.
    pub(crate) tool_choice: bool,
    /// Whether `parallel_tool_calls: true` is sent with tools.
    pub(crate) parallel_tool_calls: bool,
    /// Whether a temperature may be sent.
    pub(crate) temperature: bool,
    /// Whether the text of a message with calls may be null; otherwise it is empty.
    pub(crate) null_content: bool,
    /// Whether text that is nothing but a call in JSON is taken for one.
    pub(crate) tool_calls_in_content: bool,
    /// Whether two messages of the same role may follow each other; otherwise they are joined.
    pub(crate) repeated_roles: bool,
    /// Header of the key: `bearer`, or the header's name.
    pub(crate) key_header: String,
    /// Further headers, none of them secret.
    pub(crate) headers: BTreeMap<String, String>,
    /// Further fields of every request.
    pub(crate) body: toml::Table,
    /// What the text of a refusal contains when a conversation is too long, in lower case.
    pub(crate) overflow_texts: Vec<String>,
    /// What the text of a rate limit contains when waiting does not help, in lower case.
    pub(crate) final_texts: Vec<String>,
}

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
