//! OpenAI's chat completions API.

use serde_json::{Map, Value, json};

use super::arguments::{arguments, arguments_object, assign_ids};
use crate::config::SystemRole;
use crate::fault::{AttemptResult, FaultKind, ProviderAnswer, ProviderFault};
use crate::registry::Model;
use crate::types::{ChatRequest, FinishReason, Message, ToolCall, Usage};

pub(super) fn body(
    model: &Model,
    request: &ChatRequest,
    messages: &[Message],
    max_tokens: u64,
) -> Map<String, Value> {
    let quirks = &model.quirks;
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(model.sent_as));
    body.insert("messages".to_owned(), messages.iter().map(|each| message(model, each)).collect());
    body.insert(quirks.max_tokens_field.clone(), json!(max_tokens));
    if let Some(temperature) = request.temperature.filter(|_| quirks.temperature) {
        body.insert("temperature".to_owned(), json!(temperature));
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| json!({"type": "function", "function": tool}));
        body.insert("tools".to_owned(), tools.collect());
        if quirks.tool_choice {
            body.insert("tool_choice".to_owned(), json!("auto"));
        }
        if quirks.parallel_tool_calls {
            body.insert("parallel_tool_calls".to_owned(), json!(true));
        }
    }
    body
}

fn message(model: &Model, message: &Message) -> Value {
    match message {
        Message::System { content } => {
            let developer = model.quirks.system_role == SystemRole::Developer;
            json!({"role": if developer { "developer" } else { "system" }, "content": content})
        }
        Message::User { content } => json!({"role": "user", "content": content}),
        Message::Tool { content, tool_call_id } => {
            json!({"role": "tool", "tool_call_id": tool_call_id, "content": content})
        }
        Message::Assistant { content, tool_calls } => {
            let null = model.quirks.null_content && !tool_calls.is_empty();
            let content = match content {
                None if null => Value::Null,
                content => json!(content.as_deref().unwrap_or_default()),
            };
            let mut value = json!({"role": "assistant", "content": content});
            if !tool_calls.is_empty() {
                value["tool_calls"] = tool_calls.iter().map(call).collect();
            }
            value
        }
    }
}

fn call(call: &ToolCall) -> Value {
    let arguments = Value::Object(arguments_object(call)).to_string();
    json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}})
}

pub(super) fn parse(model: &Model, request: &ChatRequest, body: &Value) -> AttemptResult {
    let tokens = |name: &str| body.pointer(&format!("/usage/{name}")).and_then(Value::as_u64);
    let usage = match (tokens("prompt_tokens"), tokens("completion_tokens")) {
        (Some(input_tokens), Some(output_tokens)) => {
            Some(Usage { input_tokens, output_tokens, estimated: false })
        }
        _ => None,
    };
    AttemptResult { usage, answer: answer(model, request, body) }
}

fn answer(model: &Model, request: &ChatRequest, body: &Value) -> Result<ProviderAnswer, ProviderFault> {
    let nothing = |what: &str| ProviderFault::new(FaultKind::NoMessage, format!("the answer has no {what}"));
    let choices = body.get("choices").and_then(Value::as_array).ok_or_else(|| nothing("`choices`"))?;
    let choice = choices.first().ok_or_else(|| nothing("entry in `choices`"))?;
    let message = choice.get("message").filter(|m| m.is_object()).ok_or_else(|| nothing("`message`"))?;
    let text = |name: &str| message.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut content = text("content").map(str::to_owned);
    let calls = message.get("tool_calls").and_then(Value::as_array);
    let mut tool_calls: Vec<ToolCall> = calls.into_iter().flatten().filter_map(read_call).collect();
    if tool_calls.is_empty()
        && model.quirks.tool_calls_in_content
        && let Some(call) = content.as_deref().and_then(|content| call_in_text(request, content))
    {
        tool_calls.push(call);
        content = None;
    }
    assign_ids(request, &mut tool_calls);
    let finish = match choice.get("finish_reason").and_then(Value::as_str) {
        _ if !tool_calls.is_empty() => FinishReason::ToolCalls,
        Some("stop" | "eos" | "end_turn") | None => FinishReason::Stop,
        Some("length" | "max_tokens") => FinishReason::Length,
        Some("content_filter") => FinishReason::ContentFilter,
        Some(_) => FinishReason::Other,
    };
    let refusal = text("refusal").map(str::to_owned);
    if content.is_none() && tool_calls.is_empty() {
        content = Some(refusal.unwrap_or_default());
    }
    let thinking = text("reasoning_content").or_else(|| text("reasoning")).map(str::to_owned);
    Ok(ProviderAnswer { message: Message::Assistant { content, tool_calls }, finish, thinking })
}

fn read_call(value: &Value) -> Option<ToolCall> {
    let function = value.get("function")?;
    let arguments = match function.get("arguments") {
        Some(Value::String(text)) => arguments(text),
        None | Some(Value::Null) => arguments(""),
        Some(other) => arguments(&other.to_string()),
    };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(ToolCall { id: text(value.get("id")), name: text(function.get("name")), arguments })
}

/// Parses a call that the model wrote as text, `{"name": …, "arguments": …}`, if it names an offered tool.
fn call_in_text(request: &ChatRequest, text: &str) -> Option<ToolCall> {
    let value: Value = serde_json::from_str(text.trim()).ok()?;
    let name = value.get("name")?.as_str()?;
    request.tools.iter().find(|tool| tool.name == name)?;
    let given = ["arguments", "parameters", "input"].iter().find_map(|field| value.get(*field));
    let arguments = match given {
        Some(Value::String(text)) => arguments(text),
        Some(other) => arguments(&other.to_string()),
        None => arguments(""),
    };
    Some(ToolCall { id: String::new(), name: name.to_owned(), arguments })
}
