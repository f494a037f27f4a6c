//! Dialects of real servers: what each refuses of a request, in its own words, and what each adds to an answer.
//!
//! A dialect is modelled on the documented behaviour of its server: enough of it that a client which works with the dialect has the
//! server's demands right.

use serde::Deserialize;
use serde_json::{Value, json};

use super::response::StubResponse;
use crate::config::Api;

/// A dialect of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Dialect {
    /// OpenAI's chat completions with a reasoning model: no temperature, `max_completion_tokens`.
    Openai,
    /// OpenAI's responses: items of reasoning must come back.
    Responses,
    /// Azure: an address with deployment and version, and a header of its own for the key.
    Azure,
    /// Anthropic's messages with thinking.
    Anthropic,
    /// Gemini's compatible endpoint: signatures of thoughts must come back.
    Gemini,
    /// DeepSeek with thinking and tools: reasoning must come back.
    Deepseek,
    /// Kimi with thinking: as DeepSeek, in other words.
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
}

impl Dialect {
    /// All dialects, in the order of documentation.
    pub const ALL: [Self; 12] = [
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
        }
    }

    /// Returns the API that it speaks.
    #[must_use]
    pub fn api(self) -> Api {
        match self {
            Self::Responses => Api::Responses,
            Self::Anthropic => Api::Anthropic,
            _ => Api::Openai,
        }
    }

    /// Returns the settings that a model of this dialect needs beside its address, as lines of its section.
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

/// Window of the dialects that keep one, unless the script has another.
const WINDOW: u64 = 8_192;

/// Returns the refusal of a request in a dialect. `tokens` are the estimated tokens of its texts.
pub(super) fn refusal(
    dialect: Dialect,
    body: &Value,
    tokens: u64,
    window: Option<u64>,
) -> Option<StubResponse> {
    let said = match dialect {
        Dialect::Openai | Dialect::Azure => openai(body),
        Dialect::Responses => responses(body),
        Dialect::Anthropic => anthropic(body),
        Dialect::Gemini => gemini(body),
        Dialect::Deepseek => deepseek(body),
        Dialect::Kimi => missing_reasoning(body),
        Dialect::Mistral => mistral(body),
        Dialect::Vllm => vllm(body, tokens, window.unwrap_or(WINDOW)),
        Dialect::LlamaCpp => llama_cpp(body),
        Dialect::Ollama | Dialect::Openrouter => None,
    };
    said.map(|(status, body)| StubResponse::json(status, &body))
}

type DialectRefusal = Option<(u16, Value)>;

fn refused(message: &str, param: Option<&str>, code: &str) -> DialectRefusal {
    Some((
        400,
        json!({"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}),
    ))
}

fn messages(body: &Value) -> impl Iterator<Item = (usize, &Value)> {
    body["messages"].as_array().into_iter().flatten().enumerate()
}

fn calls(message: &Value) -> impl Iterator<Item = &Value> {
    message["tool_calls"].as_array().into_iter().flatten()
}

fn is_plain(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn openai(body: &Value) -> DialectRefusal {
    if body.get("max_tokens").is_some() {
        let text = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
        return refused(text, Some("max_tokens"), "unsupported_parameter");
    }
    if body["temperature"].as_f64().is_some_and(|temperature| temperature != 1.0) {
        let text = "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.";
        return refused(text, Some("temperature"), "unsupported_value");
    }
    for (at, message) in messages(body) {
        for call in calls(message) {
            let name = call["function"]["name"].as_str().unwrap_or_default();
            if !is_plain(name) {
                let text = format!(
                    "Invalid 'messages[{at}].tool_calls[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
                );
                return refused(&text, Some("messages"), "invalid_value");
            }
        }
    }
    None
}

fn responses(body: &Value) -> DialectRefusal {
    if body.get("temperature").is_some() {
        let text = "Unsupported parameter: 'temperature' is not supported with this model.";
        return refused(text, Some("temperature"), "unsupported_parameter");
    }
    let items: Vec<&Value> = body["input"].as_array().into_iter().flatten().collect();
    let reasoned = |at: usize| {
        items[..at]
            .iter()
            .rev()
            .find(|item| item["type"] != "function_call")
            .is_some_and(|item| item["type"] == "reasoning")
    };
    for (at, item) in items.iter().enumerate().filter(|(_, item)| item["type"] == "function_call") {
        if !reasoned(at) {
            let text = format!(
                "Item '{}' of type 'function_call' was provided without its required 'reasoning' item.",
                item["id"].as_str().unwrap_or("fc")
            );
            return refused(&text, Some("input"), "invalid_value");
        }
    }
    let stale = items.iter().any(|item| item["type"] == "reasoning" && item["encrypted_content"] != "ENC");
    if stale {
        refused("The encrypted content could not be verified.", Some("input"), "invalid_encrypted_content")
    } else {
        None
    }
}

fn anthropic(body: &Value) -> DialectRefusal {
    let refused = |text: String| {
        Some((400, json!({"type": "error", "error": {"type": "invalid_request_error", "message": text}})))
    };
    if body.get("temperature").is_some() {
        return refused("`temperature` is deprecated for this model.".to_owned());
    }
    if let Some(tokens) = body["max_tokens"].as_u64().filter(|tokens| *tokens > WINDOW) {
        return refused(format!(
            "max_tokens: {tokens} > {WINDOW}, which is the maximum allowed number of output tokens for stub"
        ));
    }
    for (at, message) in messages(body) {
        let blocks: Vec<&Value> = message["content"].as_array().into_iter().flatten().collect();
        if blocks.is_empty() && !message["content"].is_string() {
            return refused(format!(
                "messages.{at}: all messages must have non-empty content except for the optional final assistant message"
            ));
        }
        if blocks.iter().any(|block| {
            block["type"] == "text" && block["text"].as_str().is_none_or(|text| text.trim().is_empty())
        }) {
            return refused("messages: text content blocks must contain non-whitespace text".to_owned());
        }
        let thinks = |block: &Value| matches!(block["type"].as_str(), Some("thinking" | "redacted_thinking"));
        let first = blocks.first().filter(|_| message["role"] == "assistant");
        if let Some(first) = first.filter(|_| blocks.iter().any(|block| block["type"] == "tool_use")) {
            if !thinks(first) {
                return refused(format!(
                    "messages.{at}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{}`. When `thinking` is enabled, a final `assistant` message must start with a thinking block.",
                    first["type"].as_str().unwrap_or_default()
                ));
            }
            if first["signature"] != "SIG" {
                return refused(format!("messages.{at}.content.0: Invalid `signature` in `thinking` block"));
            }
        }
    }
    None
}

fn gemini(body: &Value) -> DialectRefusal {
    for (at, message) in messages(body) {
        let Some(first) = calls(message).next() else { continue };
        let signature = first.pointer("/extra_content/google/thought_signature").and_then(Value::as_str);
        if !matches!(signature, Some("SIG" | "skip_thought_signature_validator")) {
            let text = format!(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly. Additional data, function call `default_api:{}`, position {at}.",
                first["function"]["name"].as_str().unwrap_or_default()
            );
            return Some((
                400,
                json!([{"error": {"code": 400, "message": text, "status": "INVALID_ARGUMENT"}}]),
            ));
        }
    }
    None
}

fn deepseek(body: &Value) -> DialectRefusal {
    if body["max_tokens"].as_u64().is_some_and(|tokens| tokens > WINDOW) {
        let text = format!("Invalid max_tokens value, the valid range of max_tokens is [1, {WINDOW}]");
        return refused(&text, None, "invalid_request_error");
    }
    missing_reasoning(body)
}

fn missing_reasoning(body: &Value) -> DialectRefusal {
    let missing = |message: &Value| {
        calls(message).next().is_some() && message["reasoning_content"].as_str().is_none_or(str::is_empty)
    };
    let (at, _) = messages(body).find(|(_, message)| missing(message))?;
    let text = format!(
        "thinking is enabled but reasoning_content is missing in assistant tool call message at index {at}"
    );
    refused(&text, None, "invalid_request_error")
}

fn mistral(body: &Value) -> DialectRefusal {
    const KNOWN: [&str; 6] = ["role", "content", "tool_calls", "tool_call_id", "name", "prefix"];
    for (at, message) in messages(body) {
        let fields = message.as_object().into_iter().flatten();
        if let Some((name, _)) = fields.into_iter().find(|(name, _)| !KNOWN.contains(&name.as_str())) {
            let detail = json!([{"type": "extra_forbidden", "loc": ["body", "messages", at, name], "msg": "Extra inputs are not permitted"}]);
            return Some((422, json!({ "detail": detail })));
        }
        let nine = |id: &Value| {
            id.as_str().is_some_and(|id| id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        };
        if let Some(call) = calls(message).find(|call| !nine(&call["id"])) {
            let text = format!(
                "Tool call id was {} but must be a-z, A-Z, 0-9, with a length of 9.",
                call["id"].as_str().unwrap_or_default()
            );
            return Some((
                400,
                json!({"object": "error", "message": text, "type": "invalid_request_error", "code": 3280}),
            ));
        }
    }
    None
}

fn vllm(body: &Value, tokens: u64, window: u64) -> DialectRefusal {
    let wanted = body["max_tokens"].as_u64().or(body["max_completion_tokens"].as_u64()).unwrap_or(0);
    let total = tokens + wanted;
    (total > window).then(|| {
        let text = format!("This model's maximum context length is {window} tokens. However, you requested {total} tokens ({tokens} in the messages, {wanted} in the completion). Please reduce the length of the messages or completion.");
        (400, json!({"object": "error", "message": text, "type": "BadRequestError", "param": null, "code": 400}))
    })
}

fn llama_cpp(body: &Value) -> DialectRefusal {
    let roles: Vec<&str> = messages(body).filter_map(|(_, message)| message["role"].as_str()).collect();
    let failed = |code: u16, text: &str| {
        Some((code, json!({"error": {"code": code, "message": text, "type": "server_error"}})))
    };
    if roles.iter().skip(1).any(|role| *role == "system") {
        return failed(500, "System message must be at the beginning.");
    }
    if roles.windows(2).any(|pair| pair[0] == "user" && pair[1] == "user") {
        return failed(500, "Conversation roles must alternate user/assistant/user/assistant/...");
    }
    None
}

/// Changes an answer as the server of a dialect forms it.
pub(super) fn dress(dialect: Dialect, body: &mut Value) {
    if dialect == Dialect::Responses {
        let reasoning = json!({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "I look."}], "encrypted_content": "ENC"});
        if let Some(items) = body["output"]
            .as_array_mut()
            .filter(|items| !items.iter().any(|item| item["type"] == "reasoning"))
        {
            items.insert(0, reasoning);
        }
        return;
    }
    if dialect == Dialect::Anthropic {
        let thinking = json!({"type": "thinking", "thinking": "I look.", "signature": "SIG"});
        if let Some(blocks) = body["content"].as_array_mut() {
            blocks.retain(|block| block["type"] != "thinking");
            blocks.insert(0, thinking);
        }
        return;
    }
    let Some(message) = body.pointer_mut("/choices/0/message") else { return };
    match dialect {
        Dialect::Gemini => {
            if let Some(call) = message["tool_calls"].as_array_mut().and_then(|calls| calls.first_mut()) {
                call["extra_content"] = json!({"google": {"thought_signature": "SIG"}});
            }
        }
        Dialect::Deepseek | Dialect::Kimi => message["reasoning_content"] = json!("I look."),
        Dialect::Openrouter => {
            message["reasoning_details"] =
                json!([{"type": "reasoning.encrypted", "data": "ENC", "id": "rs_1"}]);
        }
        Dialect::Azure => message["annotations"] = json!([]),
        Dialect::Mistral => parts(message),
        Dialect::Vllm => {
            for name in ["refusal", "annotations", "audio", "function_call", "reasoning_content"] {
                message[name] = Value::Null;
            }
        }
        Dialect::LlamaCpp => calls_in_text(message),
        Dialect::Ollama => {
            for call in message["tool_calls"].as_array_mut().into_iter().flatten() {
                if let Some(fields) = call.as_object_mut() {
                    fields.remove("id");
                }
                let arguments =
                    call["function"]["arguments"].as_str().and_then(|text| serde_json::from_str(text).ok());
                call["function"]["arguments"] =
                    arguments.unwrap_or_else(|| call["function"]["arguments"].clone());
            }
        }
        _ => {}
    }
}

/// Content in parts, and identifiers of nine characters.
fn parts(message: &mut Value) {
    if let Some(text) = message["content"].as_str() {
        message["content"] = json!([
            {"type": "thinking", "thinking": [{"type": "text", "text": "I look."}]},
            {"type": "text", "text": text},
        ]);
    }
    for (at, call) in message["tool_calls"].as_array_mut().into_iter().flatten().enumerate() {
        let tail: String =
            call["id"].as_str().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
        call["id"] =
            json!(format!("{:0>8}{at}", tail.get(tail.len().saturating_sub(8)..).unwrap_or_default()));
    }
}

fn calls_in_text(message: &mut Value) {
    let calls = calls(message).map(|call| {
        let arguments = call["function"]["arguments"].as_str().unwrap_or("{}");
        format!(
            "<tool_call>\n{{\"name\": {}, \"arguments\": {arguments}}}\n</tool_call>",
            call["function"]["name"]
        )
    });
    let calls: Vec<String> = calls.collect();
    if calls.is_empty() {
        return;
    }
    let text = message["content"].as_str().unwrap_or_default().to_owned();
    message["content"] = json!(format!("{text}{}", calls.join("\n")));
    if let Some(fields) = message.as_object_mut() {
        fields.remove("tool_calls");
    }
}
