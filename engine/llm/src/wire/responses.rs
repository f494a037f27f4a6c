//! OpenAI's responses API, without state at the provider: items of reasoning are sent back as they came.

use serde_json::{Map, Value, json};

use super::arguments::{
    ARGUMENTS_DEPTH_MAX, CallReader, arguments_object, assign_ids, depth_of, sendable_name,
};
use super::arranged::Turn;
use super::settings::put_settings;
use super::textcalls::{self, Said};
use super::usage::count;
use super::{OutgoingRequest, content};
use crate::attachment::Attachment;
use crate::fault::{AttemptResult, FaultKind, ProviderAnswer, ProviderFault};
use crate::registry::Model;
use crate::repair::Repair;
use crate::types::{ChatRequest, FinishReason, Message, ToolCall, Usage};

pub(super) fn body(outgoing: OutgoingRequest<'_>, turns: &[Turn<'_>]) -> Map<String, Value> {
    let OutgoingRequest { model, request, max_tokens, .. } = outgoing;
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(model.sent_as));
    body.insert("input".to_owned(), turns.iter().flat_map(|turn| items(model, turn)).collect());
    body.insert("max_output_tokens".to_owned(), json!(max_tokens));
    body.insert("store".to_owned(), json!(false));
    body.insert("include".to_owned(), json!(["reasoning.encrypted_content"]));
    put_settings(&mut body, &model.quirks, request, |tool| {
        json!({"type": "function", "name": sendable_name(&tool.name), "description": tool.description,
            "parameters": tool.parameters, "strict": false})
    });
    body
}

fn items(model: &Model, turn: &Turn<'_>) -> Vec<Value> {
    let said = |role: &str, content: &str| vec![json!({"role": role, "content": content})];
    match &*turn.message {
        Message::System { content } => said(model.quirks.system_role.name(), content),
        Message::User { content } => said("user", content),
        Message::Tool { content, tool_call_id } => {
            vec![json!({"type": "function_call_output", "call_id": tool_call_id, "output": content})]
        }
        Message::Assistant { content, tool_calls } => {
            answer_items(model, content.as_deref().unwrap_or_default(), tool_calls, turn.attachment)
        }
    }
}

fn call_item(call: &ToolCall) -> Value {
    let arguments = Value::Object(arguments_object(call)).to_string();
    json!({"type": "function_call", "call_id": call.id, "name": sendable_name(&call.name), "arguments": arguments})
}

/// Returns the items of an answer: its original ones, with calls in their places. Reasoning without the item to which it led
/// would be refused.
fn answer_items(
    model: &Model,
    text: &str,
    calls: &[ToolCall],
    attachment: Option<&Attachment>,
) -> Vec<Value> {
    let mut calls = calls.iter();
    let mut items = Vec::new();
    let given = attachment.and_then(|attachment| attachment.fields.get("items")?.as_array());
    let mut text = Some(text).filter(|text| !text.trim().is_empty());
    for item in given.into_iter().flatten() {
        let mut item = item.clone();
        if let Some(fields) = item.as_object_mut() {
            fields.retain(|name, _| !model.quirks.not_echoed.contains(name));
        }
        match item["type"].as_str() {
            // Without an identifier and encrypted content, it is useless.
            Some("reasoning") if item.get("id").is_none() && !item["encrypted_content"].is_string() => {
                continue;
            }
            Some("function_call") => {
                let Some(call) = calls.next() else { continue };
                for (name, value) in call_item(call).as_object().into_iter().flatten() {
                    item[name.as_str()] = value.clone();
                }
            }
            Some("message") => text = None,
            _ => {}
        }
        items.push(item);
    }
    items.extend(text.map(|text| json!({"role": "assistant", "content": text})));
    items.extend(calls.map(call_item));
    while items.last().is_some_and(|item| item["type"] == "reasoning") {
        items.pop();
    }
    items
}

pub(super) fn parse(model: &Model, request: &ChatRequest, body: &Value) -> AttemptResult {
    let tokens = |path: &str| count(body.pointer(path));
    let usage = match (tokens("/usage/input_tokens"), tokens("/usage/output_tokens")) {
        (Some(input_tokens), Some(output_tokens)) => Some(Usage {
            input_tokens,
            output_tokens,
            cached_tokens: tokens("/usage/input_tokens_details/cached_tokens").unwrap_or(0).min(input_tokens),
            reasoning_tokens: tokens("/usage/output_tokens_details/reasoning_tokens")
                .unwrap_or(0)
                .min(output_tokens),
            ..Usage::default()
        }),
        _ => None,
    };
    AttemptResult { usage, answer: answer(model, request, body) }
}

fn answer(model: &Model, request: &ChatRequest, body: &Value) -> Result<ProviderAnswer, ProviderFault> {
    let nothing = || ProviderFault::new(FaultKind::NoMessage, "the answer has no `output`");
    let status = body.get("status").and_then(Value::as_str).unwrap_or("completed");
    let reason = body.pointer("/incomplete_details/reason").and_then(Value::as_str);
    let known = matches!(reason, Some("max_output_tokens" | "content_filter"));
    if status != "completed" && !(status == "incomplete" && known) {
        let text = format!("the answer has the status {status:?}, not \"completed\"");
        return Err(ProviderFault { status: 502, ..ProviderFault::new(FaultKind::Server, text) });
    }
    let items = body.get("output").and_then(Value::as_array).ok_or_else(nothing)?;
    let of_kind = |kind: &'static str| items.iter().filter(move |item| item["type"] == kind);
    let cut = reason == Some("max_output_tokens");
    let mut reader = CallReader::new(request);
    let calls = of_kind("function_call").map(|item| {
        let text = |name: &str| item[name].as_str().unwrap_or_default();
        reader.call(text("call_id"), text("name"), item.get("arguments"))
    });
    let mut tool_calls: Vec<ToolCall> = calls.collect();
    let mut said: Vec<Value> = of_kind("message").map(|item| item["content"].clone()).collect();
    // Some servers have the text only beside the items.
    if items.is_empty() {
        said.extend(body.get("output_text").cloned());
    }
    let parts = content::parts(&Value::Array(said), model.quirks.opened_thinking);
    let mut text = Some(parts.text).filter(|text| !text.is_empty());
    let thinking: Vec<Value> =
        of_kind("reasoning").map(|item| json!([item["summary"], item["content"]])).collect();
    let thinking = content::parts(&Value::Array(thinking), false).text + &parts.thinking;
    if tool_calls.is_empty() {
        let said = Said { text, thinking: &thinking, cut };
        (tool_calls, text) = textcalls::of_answer(&mut reader, model, request, said);
    }
    reader.cut_off(&mut tool_calls, cut);
    assign_ids(request, &mut tool_calls)?;
    let mut repairs = reader.repairs;
    if parts.split {
        repairs.insert(Repair::ThinkingInText);
    }
    let incomplete = body.pointer("/incomplete_details/reason").and_then(Value::as_str);
    let finish = match incomplete {
        Some("max_output_tokens") => FinishReason::Length,
        Some("content_filter") => FinishReason::ContentFilter,
        _ if !tool_calls.is_empty() => FinishReason::ToolCalls,
        Some(_) => FinishReason::Other,
        None => FinishReason::Stop,
    };
    let attachment = Attachment::new(model.origin.clone(), kept_items(items));
    let content = if text.is_none() && tool_calls.is_empty() { Some(String::new()) } else { text };
    let message = Message::Assistant { content, tool_calls };
    let thinking = Some(thinking).filter(|text| !text.is_empty());
    let answer = ProviderAnswer { message, finish, thinking, attachment, repairs, paused: false };
    answer.checked(false)
}

/// Returns the items of an answer without the calls that the message has.
fn kept_items(items: &[Value]) -> Map<String, Value> {
    let kept = items.iter().filter(|item| depth_of(item) <= ARGUMENTS_DEPTH_MAX).map(|item| {
        let mut item = item.clone();
        if let Some(fields) = item
            .as_object_mut()
            .filter(|fields| fields.get("type").is_some_and(|kind| kind == "function_call"))
        {
            fields.retain(|name, _| !matches!(name.as_str(), "call_id" | "name" | "arguments"));
        }
        item
    });
    let kept: Vec<Value> = kept.collect();
    if kept.is_empty() { Map::new() } else { Map::from_iter([("items".to_owned(), Value::Array(kept))]) }
}
