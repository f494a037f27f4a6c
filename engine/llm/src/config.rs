//! The settings `[models.NAME]`, and the provider table, which uses the same fields.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

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
    /// OpenAI's responses.
    Responses,
}

/// The section `[models.NAME]` of the settings. All fields are optional; absent values come from the provider.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ModelConfig {
    /// The provider [default: the one that the model's name belongs to; none if `base-url` is set].
    pub provider: Option<String>,
    /// The API, for a model without a provider [default: openai].
    pub api: Option<Api>,
    /// The address, without `/chat/completions`, `/messages` or `/responses`. A query is kept.
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
    /// Dollars per million tokens of requests that the provider had cached [default: `input-price`].
    pub cached_input_price: Option<Price>,
    /// Dollars per million tokens of requests that the provider writes to its cache [default: `input-price`].
    pub cache_write_price: Option<Price>,
    /// Maximum tokens of a request and its answer together: answers are limited to what the request leaves, and a conversation
    /// that the provider refuses as too long is trimmed to it.
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
    #[serde(deserialize_with = "quirks_table")]
    pub quirks: toml::Table,
}

/// Reads and checks a table of quirks, so that the position of an error is reported.
fn quirks_table<'de, D: Deserializer<'de>>(deserializer: D) -> Result<toml::Table, D::Error> {
    let table = toml::Table::deserialize(deserializer)?;
    match table.clone().try_into::<Quirks>() {
        Ok(_) => Ok(table),
        Err(error) => Err(D::Error::custom(error.message())),
    }
}

/// An entry of the provider table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Provider {
    pub(crate) name: String,
    pub(crate) api: Api,
    pub(crate) base_url: Option<String>,
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
    /// Sends null instead of an empty string as the text of a message that only calls tools.
    pub(crate) null_content: bool,
    /// Reads tool calls that the model wrote as text.
    pub(crate) tool_calls_in_content: bool,
    /// Accepts an end of thinking without a beginning, for models whose chat template writes the beginning.
    pub(crate) opened_thinking: bool,
    /// Describes tools in the instructions, for servers that do not accept tools.
    pub(crate) tools_in_text: bool,
    /// Sends consecutive messages of the same role separately; otherwise they are joined.
    pub(crate) repeated_roles: bool,
    /// Sends the calls of an answer as one message; otherwise each is followed by its result.
    pub(crate) calls_together: bool,
    /// Sends all system messages as one at the beginning.
    pub(crate) system_first: bool,
    /// Asks for a stream.
    pub(crate) stream: bool,
    /// Marks long prefixes for the provider's cache, where the API has marks.
    pub(crate) prompt_cache: bool,
    /// Form of identifiers of tool calls that do not come from the provider.
    pub(crate) call_ids: CallIdForm,
    /// Fields of a request that are not sent.
    pub(crate) left_out: BTreeSet<String>,
    /// Fields of an answer that are not sent back.
    pub(crate) not_echoed: BTreeSet<String>,
    /// The signature sent for calls that have none, to providers that require one.
    pub(crate) signature_placeholder: Option<String>,
    /// The field of reasoning that messages with calls must have.
    pub(crate) required_reasoning: Option<String>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SystemRole {
    System,
    Developer,
    User,
}

impl SystemRole {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Developer => "developer",
            Self::User => "user",
        }
    }
}

/// The form of an identifier of a tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CallIdForm {
    /// Up to 40 letters, digits, `_` and `-`.
    Plain,
    /// Nine letters and digits.
    Nine,
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
            tool_calls_in_content: true,
            opened_thinking: false,
            tools_in_text: false,
            repeated_roles: true,
            calls_together: true,
            system_first: false,
            stream: false,
            prompt_cache: true,
            call_ids: CallIdForm::Plain,
            left_out: BTreeSet::new(),
            not_echoed: BTreeSet::new(),
            signature_placeholder: None,
            required_reasoning: None,
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
                "prompt is too large",
                "prompt contains",
                "exceed context limit",
                "exceeds the limit of",
                "maximum prompt length",
                "available context",
                "max_total_tokens",
                "input length",
                "exceeded model token limit",
                "reduce your message size",
                "`max_new_tokens` must be",
                "max size:",
                "tokens_limit_reached",
                "while limit is",
                "context the overflows",
                "must be at least 1, got -",
                "exceeds max length",
                "max_seq_len",
            ]),
            final_texts: texts(&[
                "insufficient_quota",
                "exceeded your current quota",
                "exceeded_current_quota",
                "billing",
                "available credits",
                "spending limit",
                "spend limit",
                "out of credits",
                "credits exhausted",
                "allocated quota exceeded",
                "in arrears",
                "recharge",
                "insufficient credit",
                "insufficient fund",
                "insufficient account balance",
                "quota exhausted",
                "monthly quota",
                "monthly limit",
                "余额不足",
                "欠费",
            ]),
        }
    }
}
