//! Anthropic's messages API.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::arguments::{
    ARGUMENTS_DEPTH_MAX, CallReader, arguments_object, assign_ids, depth_of, sendable_name,
};
use super::arranged::{NO_TEXT, Turn};
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
    body.insert("max_tokens".to_owned(), json!(max_tokens));
    let system: Vec<&str> = turns
        .iter()
        .filter_map(|turn| match &*turn.message {
            Message::System { content } => Some(content.as_str()),
            _ => None,
        })
        .collect();
    if !system.is_empty() {
        body.insert("system".to_owned(), json!(system.join("\n\n")));
    }
    body.insert("messages".to_owned(), Value::Array(alternating(turns)));
    if let Some(temperature) = request.temperature.filter(|_| model.quirks.temperature) {
        // The API's range ends at 1.
        body.insert("temperature".to_owned(), json!(temperature.min(1.0)));
    }
    if !request.tools.is_empty() && !model.quirks.tools_in_text {
        let tools = request.tools.iter().map(|tool| {
            json!({"name": sendable_name(&tool.name), "description": tool.description,
                "input_schema": tool.parameters})
        });
        body.insert("tools".to_owned(), tools.collect());
        if model.quirks.tool_choice {
            body.insert("tool_choice".to_owned(), json!({"type": "auto"}));
        }
    }
    body
}

/// Joins consecutive messages of a role into one turn: turns must alternate, and all tool results have to be in one.
fn alternating(turns: &[Turn<'_>]) -> Vec<Value> {
    let mut sent: Vec<(&str, Vec<Value>)> = Vec::new();
    for turn in turns {
        let (role, blocks) = match &*turn.message {
            Message::System { .. } => continue,
            Message::User { content } => ("user", text_block(content)),
            Message::Tool { content, tool_call_id } => (
                "user",
                vec![json!({"type": "tool_result", "tool_use_id": tool_call_id, "content": content})],
            ),
            Message::Assistant { content, tool_calls } => (
                "assistant",
                answer_blocks(content.as_deref().unwrap_or_default(), tool_calls, turn.attachment),
            ),
        };
        match sent.last_mut() {
            Some((last, before)) if *last == role => before.extend(blocks),
            _ if blocks.is_empty() => {}
            // The first turn must be the user's.
            None if role == "assistant" => sent.extend([("user", text_block(NO_TEXT)), (role, blocks)]),
            _ => sent.push((role, blocks)),
        }
    }
    if sent.is_empty() {
        sent.push(("user", text_block(NO_TEXT)));
    }
    sent.into_iter().map(|(role, blocks)| json!({"role": role, "content": blocks})).collect()
}

/// Returns a text block, or nothing for text without any letter, which the API refuses.
fn text_block(text: &str) -> Vec<Value> {
    if text.trim().is_empty() { vec![] } else { vec![json!({"type": "text", "text": text})] }
}

fn call_block(call: &ToolCall) -> Value {
    json!({"type": "tool_use", "id": call.id, "name": sendable_name(&call.name), "input": arguments_object(call)})
}

/// Returns the blocks of an answer: its original ones, as far as they are known, with text and calls in their places.
fn answer_blocks(text: &str, calls: &[ToolCall], attachment: Option<&Attachment>) -> Vec<Value> {
    let mut calls = calls.iter();
    let mut blocks = Vec::new();
    let mut text = Some(text);
    let given = attachment.and_then(|attachment| attachment.fields.get("blocks")?.as_array());
    for block in given.into_iter().flatten() {
        let mut block = block.clone();
        match block["type"].as_str() {
            Some("text") if block.get("text").is_none() => {
                let Some(text) = text.take().filter(|text| !text.trim().is_empty()) else { continue };
                block["text"] = json!(text);
            }
            Some("text") => text = None,
            Some("tool_use") => {
                let Some(call) = calls.next() else { continue };
                for (name, value) in call_block(call).as_object().into_iter().flatten() {
                    block[name.as_str()] = value.clone();
                }
            }
            _ => {}
        }
        blocks.push(block);
    }
    let before = blocks.iter().position(|block| block["type"] == "tool_use").unwrap_or(blocks.len());
    blocks.splice(before..before, text.into_iter().flat_map(text_block));
    blocks.extend(calls.map(call_block));
    blocks
}

pub(super) fn parse(model: &Model, request: &ChatRequest, body: &Value) -> AttemptResult {
    AttemptResult { usage: usage(body), answer: answer(model, request, body) }
}

fn usage(body: &Value) -> Option<Usage> {
    let tokens = |name: &str| count(body.pointer(&format!("/usage/{name}")));
    let (read, written) =
        (tokens("cache_read_input_tokens").unwrap_or(0), tokens("cache_creation_input_tokens").unwrap_or(0));
    Some(Usage {
        input_tokens: tokens("input_tokens")?.saturating_add(read).saturating_add(written),
        output_tokens: tokens("output_tokens")?,
        cached_tokens: read,
        cache_write_tokens: written,
        ..Usage::default()
    })
}

fn answer(model: &Model, request: &ChatRequest, body: &Value) -> Result<ProviderAnswer, ProviderFault> {
    let nothing = || ProviderFault::new(FaultKind::NoMessage, "the answer has no `content`");
    let text_alone =
        body.get("content").and_then(Value::as_str).map(|text| vec![json!({"type": "text", "text": text})]);
    let stop = body.get("stop_reason").and_then(Value::as_str);
    // The answer ended without any block.
    let none = || stop.filter(|_| body.get("content").is_some_and(Value::is_null)).map(|_| Vec::new());
    let blocks = body.get("content").and_then(Value::as_array).cloned().or(text_alone).or_else(none);
    let blocks = blocks.ok_or_else(nothing)?;
    if blocks.is_empty() && stop.is_none() {
        return Err(nothing());
    }
    let of_kind = |kind: &'static str, field: &'static str| {
        let texts = blocks.iter().filter(move |block| block["type"] == kind);
        texts.filter_map(move |block| block[field].as_str()).collect::<Vec<_>>().join("")
    };
    let mut reader = CallReader::new(request);
    let calls = blocks.iter().filter(|block| block["type"] == "tool_use");
    let calls = calls.map(|block| {
        let text = |name: &str| block[name].as_str().unwrap_or_default();
        reader.call(text("id"), text("name"), block.get("input"))
    });
    let mut tool_calls: Vec<ToolCall> = calls.collect();
    let cut = matches!(stop, Some("max_tokens" | "model_context_window_exceeded"));
    // The limit cut off the last block, whatever its arguments look like.
    let last_is_call = blocks.last().is_some_and(|block| block["type"] == "tool_use");
    if let Some(last) = tool_calls.last_mut().filter(|_| cut && last_is_call) {
        reader.cut(last);
    }
    let parts = content::parts(&json!(of_kind("text", "text")), model.quirks.opened_thinking);
    let thinking = of_kind("thinking", "thinking") + &parts.thinking;
    let mut content = Some(parts.text).filter(|text| !text.is_empty());
    if tool_calls.is_empty() {
        let said = Said { text: content, thinking: &thinking, cut };
        (tool_calls, content) = textcalls::of_answer(&mut reader, model, request, said);
    }
    assign_ids(request, &mut tool_calls)?;
    let mut repairs: BTreeSet<Repair> = reader.repairs;
    if parts.split {
        repairs.insert(Repair::ThinkingInText);
    }
    let finish = match stop {
        Some("max_tokens" | "model_context_window_exceeded") => FinishReason::Length,
        _ if !tool_calls.is_empty() => FinishReason::ToolCalls,
        Some("end_turn" | "stop_sequence") | None => FinishReason::Stop,
        Some("tool_use") if content.is_some() => FinishReason::Stop,
        Some("refusal") => FinishReason::ContentFilter,
        Some(_) => FinishReason::Other,
    };
    let content = if content.is_none() && tool_calls.is_empty() { Some(String::new()) } else { content };
    let thinking = Some(thinking).filter(|text| !text.is_empty());
    let attachment = Attachment::new(model.origin.clone(), kept_blocks(&blocks));
    let message = Message::Assistant { content, tool_calls };
    let paused = stop == Some("pause_turn");
    let answer = ProviderAnswer { message, finish, thinking, attachment, repairs, paused };
    answer.checked(stop == Some("tool_use"))
}

/// Returns the blocks of an answer without the content that the message has: the text, if there is a single one, and the calls.
fn kept_blocks(blocks: &[Value]) -> Map<String, Value> {
    let white = |block: &Value| block["text"].as_str().is_none_or(|text| text.trim().is_empty());
    let blocks: Vec<&Value> =
        blocks.iter().filter(|block| block["type"] != "text" || !white(block)).collect();
    let texts = blocks.iter().filter(|block| block["type"] == "text").count();
    let kept: Vec<Value> = blocks
        .into_iter()
        .filter(|block| depth_of(block) <= ARGUMENTS_DEPTH_MAX || block["type"] == "tool_use")
        .map(|block| {
            let mut block = block.clone();
            let Some(fields) = block.as_object_mut() else { return block };
            match fields.get("type").and_then(Value::as_str) {
                Some("text") if texts == 1 => drop(fields.remove("text")),
                Some("tool_use") => {
                    fields.retain(|name, _| !matches!(name.as_str(), "id" | "name" | "input"))
                }
                _ => {}
            }
            block
        })
        .collect();
    let plain = |block: &Value| {
        let fields = block.as_object().map_or(0, Map::len);
        (block["type"] == "text" && texts == 1 || block["type"] == "tool_use") && fields == 1
    };
    match kept.iter().all(plain) {
        true => Map::new(),
        false => Map::from_iter([("blocks".to_owned(), Value::Array(kept))]),
    }
}
