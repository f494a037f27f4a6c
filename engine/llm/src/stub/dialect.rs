//! Dialects of real servers: the requests that each refuses, in its own words, and what each adds to an answer.
//!
//! A dialect is modelled on the documented behaviour of its server, closely enough that a client that works with the dialect
//! meets the server's requirements.

mod dressed;
mod refused;

use serde::Deserialize;

use crate::config::Api;

pub(super) use self::dressed::{count, dress};
pub(super) use self::refused::{refusal, too_many};

/// A dialect of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Dialect {
    /// OpenAI's chat completions with a reasoning model: no temperature, `max_completion_tokens`.
    Openai,
    /// OpenAI's responses: items of reasoning must come back.
    Responses,
    /// Azure: an address with deployment and version, and a special header for the key.
    Azure,
    /// Anthropic's messages with thinking.
    Anthropic,
    /// Gemini's compatible endpoint: signatures of thoughts must come back.
    Gemini,
    /// DeepSeek with thinking and tools: reasoning must come back.
    Deepseek,
    /// Kimi with thinking: like DeepSeek, in other words.
    Kimi,
    /// Mistral: identifiers of nine characters, no unknown fields, content in parts.
    Mistral,
    /// `OpenRouter`: errors within answers of status 200, white space before them.
    Openrouter,
    /// vLLM: a window that request and answer must keep.
    Vllm,
    /// llama.cpp: strict roles; calls in the text.
    LlamaCpp,
    /// Ollama: calls without identifiers, arguments as objects; no tools for some models.
    Ollama,
    /// Qwen with thinking: answers only in streams.
    Qwen,
    /// GLM: limits of the answer in Chinese, errors with numbers.
    Glm,
    /// `MiniMax`: errors within answers of status 200, thinking in the text.
    Minimax,
    /// Grok: tokens of thinking are only part of the total.
    Grok,
    /// A server that leaves the channels of gpt-oss in the text.
    GptOss,
    /// `SGLang`: a window that request and answer must keep, described in other words than vLLM's.
    Sglang,
    /// LM Studio: errors that are texts, identifiers that are numbers.
    LmStudio,
    /// `LiteLLM`: parameters refused in its own words, fields of its own.
    Litellm,
    /// Bedrock's compatible endpoint: no fields that its models do not know.
    Bedrock,
    /// Vertex' compatible endpoint: like Gemini, with names that include a publisher.
    Vertex,
}

impl Dialect {
    /// All dialects, in the order of documentation.
    pub const ALL: [Self; 22] = [
        Self::Openai,
        Self::Responses,
        Self::Azure,
        Self::Anthropic,
        Self::Gemini,
        Self::Deepseek,
        Self::Kimi,
        Self::Mistral,
        Self::Openrouter,
        Self::Vllm,
        Self::LlamaCpp,
        Self::Ollama,
        Self::Qwen,
        Self::Glm,
        Self::Minimax,
        Self::Grok,
        Self::GptOss,
        Self::Sglang,
        Self::LmStudio,
        Self::Litellm,
        Self::Bedrock,
        Self::Vertex,
    ];

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Responses => "responses",
            Self::Azure => "azure",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Deepseek => "deepseek",
            Self::Kimi => "kimi",
            Self::Mistral => "mistral",
            Self::Openrouter => "openrouter",
            Self::Vllm => "vllm",
            Self::LlamaCpp => "llama-cpp",
            Self::Ollama => "ollama",
            Self::Qwen => "qwen",
            Self::Glm => "glm",
            Self::Minimax => "minimax",
            Self::Grok => "grok",
            Self::GptOss => "gpt-oss",
            Self::Sglang => "sglang",
            Self::LmStudio => "lm-studio",
            Self::Litellm => "litellm",
            Self::Bedrock => "bedrock",
            Self::Vertex => "vertex",
        }
    }

    /// Returns the API of the dialect.
    #[must_use]
    pub fn api(self) -> Api {
        match self {
            Self::Responses => Api::Responses,
            Self::Anthropic => Api::Anthropic,
            _ => Api::Openai,
        }
    }

    /// Returns the settings that a model of this dialect needs besides its address, as lines of its section.
    #[must_use]
    pub fn settings(self) -> &'static str {
        match self {
            Self::Responses => "api = \"responses\"\n",
            Self::Anthropic => "api = \"anthropic\"\n",
            Self::Azure => "quirks.key-header = \"api-key\"\n",
            _ => "",
        }
    }

    /// Returns what follows the base address of the server in this dialect: path and query.
    #[must_use]
    pub fn address(self) -> &'static str {
        match self {
            Self::Azure => "/openai/deployments/stub?api-version=2025-04-01-preview",
            _ => "/v1",
        }
    }
}

impl std::str::FromStr for Dialect {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|one| one.name() == name)
            .ok_or_else(|| format!("{name:?} is not one of {}", names()))
    }
}
