//! Responses of the stub server in the form of each API.

use serde_json::{Value, json};

use super::dialect::{self, Dialect};
use super::form::{AnswerTemplate, CallTemplate, ScriptedFault, ScriptedFinish};
use super::request::StubRequest;
use super::rules::RuleMatch;
use super::streamed;
use crate::config::Api;
use crate::types::estimated_tokens;

/// A response before it is sent.
#[derive(Debug, Clone, Default)]
pub(super) struct StubResponse {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) fault: Option<ScriptedFault>,
    pub(super) delay_ms: u64,
    /// Tokens of the request as stated in the body.
    pub(super) input_tokens: u64,
    /// Tokens of the answer as stated in the body.
    pub(super) output_tokens: u64,
}

const JSON: &str = "application/json";

impl StubResponse {
    /// Creates a response with this body.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self { status, content_type: JSON, body: body.to_string().into_bytes(), ..Self::default() }
    }
}

/// Builds an error in the form of an API.
pub(super) fn refusal(api: Api, status: u16, kind: &str, message: &str) -> StubResponse {
    let body = match api {
        Api::Openai | Api::Responses => {
            json!({"error": {"message": message, "type": kind, "param": null, "code": kind}})
        }
        Api::Anthropic => json!({"type": "error", "error": {"type": kind, "message": message}}),
    };
    StubResponse::json(status, &body)
}

/// Builds the refusal of a conversation that is too long.
pub(super) fn overflow(request: &StubRequest, window: u64) -> StubResponse {
    let tokens = request.tokens;
    match request.api {
        Api::Openai | Api::Responses => {
            let message = format!(
                "This model's maximum context length is {window} tokens, but the messages are {tokens} tokens."
            );
            refusal(request.api, 400, "context_length_exceeded", &message)
        }
        Api::Anthropic => {
            let message = format!("prompt is too long: {tokens} tokens > {window} maximum");
            refusal(request.api, 400, "invalid_request_error", &message)
        }
    }
}

/// Builds the response of a matched rule.
pub(super) fn build(
    request: &StubRequest,
    matched: &RuleMatch<'_>,
    dialect: Option<Dialect>,
) -> StubResponse {
    let template = matched.answer;
    let headers: Vec<_> =
        template.headers.iter().map(|(name, value)| (name.clone(), matched.fill(value))).collect();
    let mut sent = match (&template.body, template.status, template.fault) {
        (Some(body), status, _) => StubResponse {
            status: status.unwrap_or(200),
            content_type: JSON,
            body: matched.fill(body).into_bytes(),
            ..StubResponse::default()
        },
        (None, Some(status), _) if status >= 400 => {
            let text = template.error.as_deref().map(|text| matched.fill(text));
            refusal(
                request.api,
                status,
                kind(status),
                &text.unwrap_or_else(|| format!("scripted status {status}")),
            )
        }
        (None, _, Some(ScriptedFault::ContextOverflow)) => {
            overflow(request, request.tokens.saturating_sub(1))
        }
        (None, _, Some(ScriptedFault::MalformedJson)) => StubResponse {
            status: 200,
            content_type: JSON,
            body: b"{\"id\": \"stub\", \"choices\": [{\"message\": {\"content\": \"cut".to_vec(),
            ..StubResponse::default()
        },
        (None, _, Some(ScriptedFault::WrongContentType)) => StubResponse {
            status: 200,
            content_type: "text/html; charset=utf-8",
            body: b"<html><body>It works!</body></html>".to_vec(),
            ..StubResponse::default()
        },
        (None, status, fault) => {
            message(request, matched, MessageForm { status: status.unwrap_or(200), fault, dialect })
        }
    };
    sent.headers = headers;
    sent.fault = template.fault;
    sent.delay_ms = template.delay_ms;
    sent
}

/// Returns the error type of a status.
fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

/// A tool call with its templates expanded.
struct ExpandedCall {
    id: String,
    name: String,
    text: String,
    value: Value,
}

fn calls(request: &StubRequest, matched: &RuleMatch<'_>, forms: &[CallTemplate]) -> Vec<ExpandedCall> {
    let call = |(number, form): (usize, &CallTemplate)| {
        let value = serde_json::to_value(&form.arguments).unwrap_or_default();
        let value = matched.fill_value(&value);
        let (text, value) = match form.arguments_text.as_deref().map(|text| matched.fill(text)) {
            Some(text) => (text.clone(), serde_json::from_str(&text).unwrap_or(Value::String(text))),
            None => (value.to_string(), value),
        };
        ExpandedCall {
            id: format!("call_{}_{number}", request.turn),
            name: matched.fill(&form.name),
            text,
            value,
        }
    };
    forms.iter().enumerate().map(call).collect()
}

/// The form of a message.
#[derive(Debug, Clone, Copy)]
struct MessageForm {
    status: u16,
    fault: Option<ScriptedFault>,
    dialect: Option<Dialect>,
}

/// Builds a message of the model, or one that lacks a required part if the fault says so.
fn message(request: &StubRequest, matched: &RuleMatch<'_>, form: MessageForm) -> StubResponse {
    let MessageForm { status, fault, dialect } = form;
    let template = matched.answer;
    let text = template.text.as_deref().map(|text| matched.fill(text));
    let calls = calls(request, matched, &template.calls);
    let bytes =
        text.as_ref().map_or(0, String::len) + calls.iter().map(|call| call.text.len()).sum::<usize>();
    let wanted = template.output_tokens.unwrap_or_else(|| estimated_tokens(bytes));
    let output = wanted.min(request.max_tokens.unwrap_or(u64::MAX));
    let input = template.input_tokens.unwrap_or(request.tokens);
    let finish = match template.finish {
        Some(finish) => finish,
        None if output < wanted => ScriptedFinish::Length,
        None if !calls.is_empty() => ScriptedFinish::ToolCalls,
        None => ScriptedFinish::Stop,
    };
    let empty = fault == Some(ScriptedFault::EmptyChoices);
    let thinking = template.thinking.as_deref().map(|text| matched.fill(text));
    let mut body = match request.api {
        Api::Openai => openai(request, template, text.as_deref(), &calls, finish, thinking.as_deref()),
        Api::Anthropic => anthropic(request, text.as_deref(), &calls, finish, thinking.as_deref()),
        Api::Responses => responses(request, text.as_deref(), &calls, finish),
    };
    if let Some(dialect) = dialect {
        dialect::dress(dialect, &mut body);
    }
    match request.api {
        Api::Responses if empty => drop(body.as_object_mut().map(|fields| fields.remove("output"))),
        Api::Openai if empty => body["choices"] = json!([]),
        Api::Anthropic if empty => {
            body["content"] = json!([]);
            body["stop_reason"] = Value::Null;
        }
        _ => {}
    }
    let counted = fault != Some(ScriptedFault::NoUsage);
    if counted {
        body["usage"] = match request.api {
            Api::Openai => json!({"prompt_tokens": input, "completion_tokens": output,
                "total_tokens": input + output}),
            Api::Anthropic | Api::Responses => json!({"input_tokens": input, "output_tokens": output}),
        };
        if let Some(dialect) = dialect {
            dialect::count(dialect, &mut body["usage"]);
        }
    }
    let streams = request.stream && status == 200;
    let (content_type, text) = match (streams, dialect) {
        (true, _) => ("text/event-stream", streamed::events(request.api, &body)),
        (false, Some(Dialect::Openrouter)) => (JSON, format!("\n         \n{body}")),
        (false, _) => (JSON, body.to_string()),
    };
    StubResponse {
        status,
        content_type,
        body: text.into_bytes(),
        input_tokens: if counted { input } else { 0 },
        output_tokens: if counted { output } else { 0 },
        ..StubResponse::default()
    }
}

fn openai(
    request: &StubRequest,
    template: &AnswerTemplate,
    text: Option<&str>,
    calls: &[ExpandedCall],
    finish: ScriptedFinish,
    thinking: Option<&str>,
) -> Value {
    let mut message = json!({"role": "assistant", "content": text});
    if !template.calls.is_empty() {
        let form = |call: &ExpandedCall| json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.text}});
        message["tool_calls"] = calls.iter().map(form).collect();
    }
    if let Some(thinking) = thinking {
        message["reasoning_content"] = json!(thinking);
    }
    let finish = match finish {
        ScriptedFinish::Stop => "stop",
        ScriptedFinish::Length => "length",
        ScriptedFinish::ToolCalls => "tool_calls",
        ScriptedFinish::ContentFilter => "content_filter",
    };
    json!({
        "id": format!("chatcmpl-stub-{}", request.turn),
        "object": "chat.completion",
        "created": 0,
        "model": request.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    })
}

fn responses(
    request: &StubRequest,
    text: Option<&str>,
    calls: &[ExpandedCall],
    finish: ScriptedFinish,
) -> Value {
    let text = text.map(|text| json!({"type": "message", "id": format!("msg_{}", request.turn), "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}]}));
    let calls = calls.iter().map(|call| {
        json!({"type": "function_call", "id": format!("fc_{}", call.id), "call_id": call.id,
        "name": call.name, "arguments": call.text, "status": "completed"})
    });
    let output: Vec<Value> = text.into_iter().chain(calls).collect();
    let incomplete = match finish {
        ScriptedFinish::Length => Some("max_output_tokens"),
        ScriptedFinish::ContentFilter => Some("content_filter"),
        ScriptedFinish::Stop | ScriptedFinish::ToolCalls => None,
    };
    json!({
        "id": format!("resp_stub_{}", request.turn),
        "object": "response",
        "model": request.model,
        "status": if incomplete.is_some() { "incomplete" } else { "completed" },
        "error": null,
        "incomplete_details": incomplete.map(|reason| json!({ "reason": reason })),
        "output": output,
    })
}

fn anthropic(
    request: &StubRequest,
    text: Option<&str>,
    calls: &[ExpandedCall],
    finish: ScriptedFinish,
    thinking: Option<&str>,
) -> Value {
    let thinking = thinking.map(|text| json!({"type": "thinking", "thinking": text, "signature": ""}));
    let text = text.map(|text| json!({"type": "text", "text": text}));
    let calls = calls
        .iter()
        .map(|call| json!({"type": "tool_use", "id": call.id, "name": call.name, "input": call.value}));
    let content: Vec<Value> = thinking.into_iter().chain(text).chain(calls).collect();
    let finish = match finish {
        ScriptedFinish::Stop => "end_turn",
        ScriptedFinish::Length => "max_tokens",
        ScriptedFinish::ToolCalls => "tool_use",
        ScriptedFinish::ContentFilter => "refusal",
    };
    json!({
        "id": format!("msg_stub_{}", request.turn),
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": content,
        "stop_reason": finish,
        "stop_sequence": null,
    })
}
