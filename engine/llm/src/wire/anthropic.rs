//! Anthropic's messages API.

use serde_json::{Map, Value, json};

use super::arguments::{ARGUMENTS_DEPTH_MAX, arguments, arguments_object, assign_ids, depth};
use crate::fault::{AttemptResult, FaultKind, ProviderAnswer, ProviderFault};
use crate::registry::Model;
use crate::types::{Arguments, ChatRequest, FinishReason, Message, ToolCall, Usage};

pub(super) fn body(
    model: &Model,
    request: &ChatRequest,
    messages: &[Message],
    max_tokens: u64,
) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(model.sent_as));
    body.insert("max_tokens".to_owned(), json!(max_tokens));
    let system: Vec<&str> = messages
        .iter()
        .filter_map(|message| match message {
            Message::System { content } => Some(content.as_str()),
            _ => None,
        })
        .collect();
    if !system.is_empty() {
        body.insert("system".to_owned(), json!(system.join("\n\n")));
    }
    body.insert("messages".to_owned(), Value::Array(turns(messages)));
    if let Some(temperature) = request.temperature.filter(|_| model.quirks.temperature) {
        // The API's range ends at 1.
        body.insert("temperature".to_owned(), json!(temperature.min(1.0)));
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| {
            json!({"name": tool.name, "description": tool.description, "input_schema": tool.parameters})
        });
        body.insert("tools".to_owned(), tools.collect());
        if model.quirks.tool_choice {
            body.insert("tool_choice".to_owned(), json!({"type": "auto"}));
        }
    }
    body
}

/// Joins consecutive messages of a role into one turn: turns must alternate, and all tool results belong into one.
fn turns(messages: &[Message]) -> Vec<Value> {
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in messages {
        let (role, blocks) = match message {
            Message::System { .. } => continue,
            Message::User { content } => ("user", text_block(content)),
            Message::Tool { content, tool_call_id } => (
                "user",
                vec![json!({"type": "tool_result", "tool_use_id": tool_call_id, "content": content})],
            ),
            Message::Assistant { content, tool_calls } => {
                let mut blocks = text_block(content.as_deref().unwrap_or_default());
                blocks.extend(tool_calls.iter().map(|call| {
                    json!({"type": "tool_use", "id": call.id, "name": call.name, "input": arguments_object(call)})
                }));
                ("assistant", blocks)
            }
        };
        match turns.last_mut() {
            Some((last, before)) if *last == role => before.extend(blocks),
            _ => turns.push((role, blocks)),
        }
    }
    let said = turns.into_iter().filter(|(_, blocks)| !blocks.is_empty());
    said.map(|(role, blocks)| json!({"role": role, "content": blocks})).collect()
}

/// Returns a text block, or nothing for empty text, which the API refuses.
fn text_block(text: &str) -> Vec<Value> {
    if text.is_empty() { vec![] } else { vec![json!({"type": "text", "text": text})] }
}

pub(super) fn parse(request: &ChatRequest, body: &Value) -> AttemptResult {
    let tokens = |name: &str| body.pointer(&format!("/usage/{name}")).and_then(Value::as_u64);
    let cached = ["cache_creation_input_tokens", "cache_read_input_tokens"];
    let cached: u64 = cached.iter().filter_map(|name| tokens(name)).fold(0, u64::saturating_add);
    let usage = match (tokens("input_tokens"), tokens("output_tokens")) {
        (Some(input), Some(output_tokens)) => {
            let input_tokens = input.saturating_add(cached);
            Some(Usage { input_tokens, output_tokens, estimated: false })
        }
        _ => None,
    };
    AttemptResult { usage, answer: answer(request, body) }
}

fn answer(request: &ChatRequest, body: &Value) -> Result<ProviderAnswer, ProviderFault> {
    let nothing = || ProviderFault::new(FaultKind::NoMessage, "the answer has no `content`");
    let blocks = body.get("content").and_then(Value::as_array).ok_or_else(nothing)?;
    let stop = body.get("stop_reason").and_then(Value::as_str);
    if blocks.is_empty() && stop.is_none() {
        return Err(nothing());
    }
    let of_kind = |kind: &'static str, field: &'static str| {
        let texts = blocks.iter().filter(move |block| block["type"] == kind);
        texts.filter_map(move |block| block[field].as_str()).collect::<Vec<_>>().join("")
    };
    let calls = blocks.iter().filter(|block| block["type"] == "tool_use");
    let mut tool_calls: Vec<ToolCall> = calls.map(read_call).collect();
    assign_ids(request, &mut tool_calls);
    let finish = match stop {
        Some("tool_use") => FinishReason::ToolCalls,
        _ if !tool_calls.is_empty() => FinishReason::ToolCalls,
        Some("end_turn" | "stop_sequence") | None => FinishReason::Stop,
        Some("max_tokens" | "model_context_window_exceeded") => FinishReason::Length,
        Some("refusal") => FinishReason::ContentFilter,
        Some(_) => FinishReason::Other,
    };
    let text = of_kind("text", "text");
    let content = if text.is_empty() && !tool_calls.is_empty() { None } else { Some(text) };
    let thinking = Some(of_kind("thinking", "thinking")).filter(|text| !text.is_empty());
    Ok(ProviderAnswer { message: Message::Assistant { content, tool_calls }, finish, thinking })
}

fn read_call(block: &Value) -> ToolCall {
    let text = |name: &str| block[name].as_str().unwrap_or_default().to_owned();
    let arguments = match &block["input"] {
        Value::Object(fields) if depth(fields) <= ARGUMENTS_DEPTH_MAX => Arguments::Object(fields.clone()),
        Value::Null => Arguments::Object(Map::new()),
        Value::String(text) => arguments(text),
        other => Arguments::Malformed(other.to_string()),
    };
    ToolCall { id: text("id"), name: text("name"), arguments }
}
