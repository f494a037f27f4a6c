//! Makes the bytes of an answer, as each API has them.

use serde_json::{Value, json};

use super::asked::Asked;
use super::rules::Chosen;
use super::script::{CallForm, Fault, Finish, Reply};
use crate::config::Api;
use crate::types::estimated_tokens;

/// An answer before it is sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) fault: Option<Fault>,
    pub(super) delay_ms: u64,
    /// Tokens of request and answer that the body tells.
    pub(super) tokens: (u64, u64),
}

const JSON: &str = "application/json";

/// An error in the shape of an API.
pub(super) fn refusal(api: Api, status: u16, kind: &str, message: &str) -> Sent {
    let body = match api {
        Api::Openai => json!({"error": {"message": message, "type": kind, "param": null, "code": kind}}),
        Api::Anthropic => json!({"type": "error", "error": {"type": kind, "message": message}}),
    };
    Sent { status, content_type: JSON, body: body.to_string().into_bytes(), ..Sent::default() }
}

/// The refusal of a conversation that is too long.
pub(super) fn overflow(asked: &Asked, window: u64) -> Sent {
    let tokens = asked.tokens;
    match asked.api {
        Api::Openai => {
            let message = format!(
                "This model's maximum context length is {window} tokens, but the messages are {tokens} tokens."
            );
            refusal(asked.api, 400, "context_length_exceeded", &message)
        }
        Api::Anthropic => {
            let message = format!("prompt is too long: {tokens} tokens > {window} maximum");
            refusal(asked.api, 400, "invalid_request_error", &message)
        }
    }
}

/// The answer of a rule.
pub(super) fn make(asked: &Asked, chosen: &Chosen<'_>) -> Sent {
    let reply = chosen.reply;
    let headers: Vec<_> =
        reply.headers.iter().map(|(name, value)| (name.clone(), chosen.fill(value))).collect();
    let mut sent = match (&reply.body, reply.status, reply.fault) {
        (Some(body), status, _) => Sent {
            status: status.unwrap_or(200),
            content_type: JSON,
            body: chosen.fill(body).into_bytes(),
            ..Sent::default()
        },
        (None, Some(status), _) if status >= 400 => {
            let text = reply.error.as_deref().map(|text| chosen.fill(text));
            refusal(
                asked.api,
                status,
                kind(status),
                &text.unwrap_or_else(|| format!("scripted status {status}")),
            )
        }
        (None, _, Some(Fault::ContextOverflow)) => overflow(asked, asked.tokens.saturating_sub(1)),
        (None, _, Some(Fault::MalformedJson)) => Sent {
            status: 200,
            content_type: JSON,
            body: b"{\"id\": \"stub\", \"choices\": [{\"message\": {\"content\": \"cut".to_vec(),
            ..Sent::default()
        },
        (None, _, Some(Fault::WrongContentType)) => Sent {
            status: 200,
            content_type: "text/html; charset=utf-8",
            body: b"<html><body>It works!</body></html>".to_vec(),
            ..Sent::default()
        },
        (None, status, fault) => said(asked, chosen, status.unwrap_or(200), fault),
    };
    sent.headers = headers;
    sent.fault = reply.fault;
    sent.delay_ms = reply.delay_ms;
    sent
}

/// What a status is called.
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

/// A call with its templates filled in: name, arguments as text, arguments as a value.
struct Call {
    id: String,
    name: String,
    text: String,
    value: Value,
}

fn calls(asked: &Asked, chosen: &Chosen<'_>, forms: &[CallForm]) -> Vec<Call> {
    let call = |(number, form): (usize, &CallForm)| {
        let value = serde_json::to_value(&form.arguments).unwrap_or_default();
        let value = chosen.fill_value(&value);
        let (text, value) = match form.arguments_text.as_deref().map(|text| chosen.fill(text)) {
            Some(text) => (text.clone(), serde_json::from_str(&text).unwrap_or(Value::String(text))),
            None => (value.to_string(), value),
        };
        Call { id: format!("call_{}_{number}", asked.turn), name: chosen.fill(&form.name), text, value }
    };
    forms.iter().enumerate().map(call).collect()
}

/// A message of the model, or one without what makes it one.
fn said(asked: &Asked, chosen: &Chosen<'_>, status: u16, fault: Option<Fault>) -> Sent {
    let reply = chosen.reply;
    let text = reply.text.as_deref().map(|text| chosen.fill(text));
    let calls = calls(asked, chosen, &reply.calls);
    let bytes =
        text.as_ref().map_or(0, String::len) + calls.iter().map(|call| call.text.len()).sum::<usize>();
    let wanted = reply.output_tokens.unwrap_or_else(|| estimated_tokens(bytes));
    let output = wanted.min(asked.max_tokens.unwrap_or(u64::MAX));
    let tokens = (reply.input_tokens.unwrap_or(asked.tokens), output);
    let finish = match reply.finish {
        Some(finish) => finish,
        None if output < wanted => Finish::Length,
        None if !calls.is_empty() => Finish::ToolCalls,
        None => Finish::Stop,
    };
    let empty = fault == Some(Fault::EmptyChoices);
    let thinking = reply.thinking.as_deref().map(|text| chosen.fill(text));
    let mut body = match asked.api {
        Api::Openai => openai(asked, reply, text.as_deref(), &calls, finish, thinking.as_deref()),
        Api::Anthropic => anthropic(asked, text.as_deref(), &calls, finish, thinking.as_deref()),
    };
    match asked.api {
        Api::Openai if empty => body["choices"] = json!([]),
        Api::Anthropic if empty => {
            body["content"] = json!([]);
            body["stop_reason"] = Value::Null;
        }
        _ => {}
    }
    let told = fault != Some(Fault::NoUsage);
    if told {
        body["usage"] = match asked.api {
            Api::Openai => json!({"prompt_tokens": tokens.0, "completion_tokens": tokens.1,
                "total_tokens": tokens.0 + tokens.1}),
            Api::Anthropic => json!({"input_tokens": tokens.0, "output_tokens": tokens.1}),
        };
    }
    Sent {
        status,
        content_type: JSON,
        body: body.to_string().into_bytes(),
        tokens: if told { tokens } else { (0, 0) },
        ..Sent::default()
    }
}

fn openai(
    asked: &Asked,
    reply: &Reply,
    text: Option<&str>,
    calls: &[Call],
    finish: Finish,
    thinking: Option<&str>,
) -> Value {
    let mut message = json!({"role": "assistant", "content": text});
    if !reply.calls.is_empty() {
        let form = |call: &Call| json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.text}});
        message["tool_calls"] = calls.iter().map(form).collect();
    }
    if let Some(thinking) = thinking {
        message["reasoning_content"] = json!(thinking);
    }
    let finish = match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
    };
    json!({
        "id": format!("chatcmpl-stub-{}", asked.turn),
        "object": "chat.completion",
        "created": 0,
        "model": asked.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    })
}

fn anthropic(
    asked: &Asked,
    text: Option<&str>,
    calls: &[Call],
    finish: Finish,
    thinking: Option<&str>,
) -> Value {
    let thinking = thinking.map(|text| json!({"type": "thinking", "thinking": text, "signature": ""}));
    let text = text.map(|text| json!({"type": "text", "text": text}));
    let calls = calls
        .iter()
        .map(|call| json!({"type": "tool_use", "id": call.id, "name": call.name, "input": call.value}));
    let content: Vec<Value> = thinking.into_iter().chain(text).chain(calls).collect();
    let finish = match finish {
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter => "refusal",
    };
    json!({
        "id": format!("msg_stub_{}", asked.turn),
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": content,
        "stop_reason": finish,
        "stop_sequence": null,
    })
}
