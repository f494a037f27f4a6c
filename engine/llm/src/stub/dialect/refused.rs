//! Refusals of requests, each in the words of its server.

use hyper::header::RETRY_AFTER;
use serde_json::{Value, json};

use super::Dialect;
use super::dressed::calls;
use crate::config::Api;
use crate::stub::response::{self, StubResponse};

/// Default window of the dialects that have one, unless the script sets another.
const WINDOW: u64 = 8_192;

/// Returns the refusal of a request in a dialect. `tokens` are the estimated tokens of its texts.
pub(in crate::stub) fn refusal(
    dialect: Dialect,
    body: &Value,
    tokens: u64,
    window: Option<u64>,
) -> Option<StubResponse> {
    let said = match dialect {
        Dialect::Openai | Dialect::Azure => openai(body),
        Dialect::Responses => responses(body),
        Dialect::Anthropic => anthropic(body),
        Dialect::Gemini | Dialect::Vertex => gemini(body),
        Dialect::Deepseek => deepseek(body),
        Dialect::Kimi => missing_reasoning(body),
        Dialect::Mistral => mistral(body),
        Dialect::Vllm => vllm(body, tokens, window.unwrap_or(WINDOW)),
        Dialect::LlamaCpp => llama_cpp(body),
        Dialect::Qwen => qwen(body),
        Dialect::Glm => glm(body),
        Dialect::Minimax => minimax(body),
        Dialect::Sglang => sglang(body, tokens, window.unwrap_or(WINDOW)),
        Dialect::Litellm => litellm(body),
        Dialect::Bedrock => bedrock(body),
        Dialect::Ollama | Dialect::Openrouter | Dialect::Grok | Dialect::GptOss | Dialect::LmStudio => None,
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

fn qwen(body: &Value) -> DialectRefusal {
    let text =
        "This model only support stream mode, please enable the stream parameter to access the model. ";
    if body["stream"] == true { None } else { refused(text, None, "invalid_parameter_error") }
}

fn glm(body: &Value) -> DialectRefusal {
    let text = format!("max_tokens参数非法。取值范围：[1,{WINDOW}]");
    let long = body["max_tokens"].as_u64().is_some_and(|tokens| tokens > WINDOW);
    long.then(|| (400, json!({"error": {"code": "1210", "message": text}})))
}

/// Returns an error in the form used in answers with status 200.
fn base_resp(code: u16, text: &str) -> Value {
    json!({"id": "", "choices": null, "base_resp": {"status_code": code, "status_msg": text}})
}

fn minimax(body: &Value) -> DialectRefusal {
    let cold = body["temperature"].as_f64().is_some_and(|temperature| temperature <= 0.0);
    cold.then(|| (200, base_resp(2013, "invalid params, temperature must be in (0, 1]")))
}

fn sglang(body: &Value, tokens: u64, window: u64) -> DialectRefusal {
    let wanted = body["max_tokens"].as_u64().or(body["max_completion_tokens"].as_u64()).unwrap_or(0);
    let total = tokens + wanted;
    (total > window).then(|| {
        let text = format!("Requested token count exceeds the model's maximum context length of {window} tokens. You requested a total of {total} tokens: {tokens} tokens from the input messages and {wanted} tokens for the completion.");
        (400, json!({"object": "error", "message": text, "type": "BadRequest", "param": null, "code": 400}))
    })
}

fn litellm(body: &Value) -> DialectRefusal {
    body.get("temperature")?;
    let text = "litellm.UnsupportedParamsError: this model doesn't support temperature=0.0. To drop unsupported params set `litellm.drop_params = True`";
    Some((400, json!({"error": {"message": text, "type": "None", "param": "None", "code": "400"}})))
}

fn bedrock(body: &Value) -> DialectRefusal {
    body.get("tool_choice")?;
    let text = "Malformed input request: extraneous key [tool_choice] is not permitted, please reformat your input and try again.";
    Some((400, json!({ "message": text })))
}

/// Returns the refusal of a request beyond the rate limit, in the words of a dialect's server.
pub(in crate::stub) fn too_many(api: Api, dialect: Option<Dialect>) -> StubResponse {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let plain = || response::refusal(api, 429, "rate_limit_error", "too many requests");
    match dialect {
        Some(Dialect::Gemini) => StubResponse::json(
            429,
            &json!([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED",
            "message": "You exceeded your current quota, please check your plan and billing details.\nPlease retry in 1s.",
            "details": [
                {"@type": "type.googleapis.com/google.rpc.QuotaFailure",
                    "violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"},
            ]}}]),
        ),
        Some(Dialect::Openai | Dialect::Responses | Dialect::Azure) => StubResponse {
            headers: vec![
                header("retry-after-ms", "1000"),
                header("x-ratelimit-remaining-requests", "0"),
                header("x-ratelimit-reset-requests", "1s"),
            ],
            ..plain()
        },
        Some(Dialect::Openrouter) => StubResponse::json(
            200,
            &json!({"error": {"code": 429, "message": "Provider returned error", "metadata": {"raw": "slow down",
                "headers": {"X-RateLimit-Reset": "1"}}}}),
        ),
        Some(Dialect::Kimi | Dialect::Deepseek) => response::refusal(
            api,
            429,
            "rate_limit_reached_error",
            "max RPM: 10, please try again after 1 seconds",
        ),
        Some(Dialect::Qwen) => response::refusal(
            api,
            429,
            "limit_requests",
            "Requests rate limit exceeded, please try again in 1 second.",
        ),
        Some(Dialect::Minimax) => StubResponse::json(
            200,
            &base_resp(1002, "rate limit exceeded(RPM), please try again after 1 seconds"),
        ),
        Some(Dialect::LmStudio) => StubResponse {
            headers: vec![header(RETRY_AFTER.as_str(), "1")],
            ..StubResponse::json(429, &json!({"error": "Too many requests"}))
        },
        _ => StubResponse { headers: vec![header(RETRY_AFTER.as_str(), "1")], ..plain() },
    }
}
