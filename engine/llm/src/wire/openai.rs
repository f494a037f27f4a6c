//! OpenAI's chat completions API, and the dialects of servers that speak it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::arguments::{
    ARGUMENTS_DEPTH_MAX, CallReader, arguments_object, assign_ids, depth_of, sendable_name,
};
use super::arranged::Turn;
use super::settings::put_settings;
use super::stream::is_end;
use super::textcalls::{self, Said};
use super::{OutgoingRequest, content, usage};
use crate::attachment::Attachment;
use crate::fault::{AttemptResult, FaultKind, ProviderAnswer, ProviderFault};
use crate::registry::Model;
use crate::repair::Repair;
use crate::types::{ChatRequest, FinishReason, Message, ToolCall};

/// Fields of a message that are interpreted; all others are kept unchanged.
const MESSAGE_FIELDS: [&str; 4] = ["role", "content", "tool_calls", "function_call"];
/// Fields of a call that are interpreted.
const CALL_FIELDS: [&str; 4] = ["id", "type", "index", "function"];

pub(super) fn body(outgoing: OutgoingRequest<'_>, turns: &[Turn<'_>]) -> Map<String, Value> {
    let OutgoingRequest { model, request, max_tokens, .. } = outgoing;
    let quirks = &model.quirks;
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(model.sent_as));
    body.insert("messages".to_owned(), turns.iter().map(|turn| message(model, turn)).collect());
    body.insert(quirks.max_tokens_field.clone(), json!(max_tokens));
    put_settings(&mut body, quirks, request, |tool| {
        json!({"type": "function", "function": {"name": sendable_name(&tool.name),
            "description": tool.description, "parameters": tool.parameters}})
    });
    body
}

fn message(model: &Model, turn: &Turn<'_>) -> Value {
    match &*turn.message {
        Message::System { content } => {
            json!({"role": model.quirks.system_role.name(), "content": content})
        }
        Message::User { content } => json!({"role": "user", "content": content}),
        Message::Tool { content, tool_call_id } => {
            json!({"role": "tool", "tool_call_id": tool_call_id, "content": content})
        }
        Message::Assistant { content, tool_calls } => {
            let null = model.quirks.null_content && !tool_calls.is_empty();
            let content = match content.as_deref() {
                None if null => Value::Null,
                Some("") if null && turn.without_text => Value::Null,
                // Some providers refuse white space beside calls.
                Some(text) if !tool_calls.is_empty() && text.trim().is_empty() => json!(""),
                content => json!(content.unwrap_or_default()),
            };
            let mut value = json!({"role": "assistant", "content": content});
            if !tool_calls.is_empty() {
                value["tool_calls"] = tool_calls.iter().map(call).collect();
            }
            attach(model, turn.attachment, &mut value);
            value
        }
    }
}

fn call(call: &ToolCall) -> Value {
    let arguments = Value::Object(arguments_object(call)).to_string();
    let function = json!({"name": sendable_name(&call.name), "arguments": arguments});
    json!({"id": call.id, "type": "function", "function": function})
}

/// Restores the fields that an answer had besides text and calls, or what the provider accepts instead.
fn attach(model: &Model, attachment: Option<&Attachment>, message: &mut Value) {
    let fields = |name: &str| attachment.and_then(|attachment| attachment.fields.get(name));
    for (name, value) in fields("message").and_then(Value::as_object).into_iter().flatten() {
        if !model.quirks.not_echoed.contains(name) {
            message[name.as_str()] = value.clone();
        }
    }
    if let Some(content) = fields("content") {
        message["content"] = content.clone();
    }
    let given = fields("calls").and_then(Value::as_array);
    let has_calls = message.get("tool_calls").is_some();
    for (at, call) in
        message.get_mut("tool_calls").and_then(Value::as_array_mut).into_iter().flatten().enumerate()
    {
        for (name, value) in given.and_then(|given| given.get(at)?.as_object()).into_iter().flatten() {
            match (name.as_str(), value.as_object()) {
                ("function", Some(inner)) => {
                    for (name, value) in inner {
                        call["function"][name.as_str()] = value.clone();
                    }
                }
                _ if !model.quirks.not_echoed.contains(name) => call[name.as_str()] = value.clone(),
                _ => {}
            }
        }
    }
    let quirks = &model.quirks;
    if has_calls
        && let Some(placeholder) = quirks.signature_placeholder.as_deref().filter(|_| given.is_none())
    {
        message["tool_calls"][0]["extra_content"] = json!({"google": {"thought_signature": placeholder}});
    }
    if let Some(field) = quirks.required_reasoning.as_deref().filter(|_| has_calls)
        && message.get(field).and_then(Value::as_str).is_none_or(str::is_empty)
    {
        message[field] = json!("(not recorded)");
    }
}

pub(super) fn parse(model: &Model, request: &ChatRequest, body: &Value) -> AttemptResult {
    let answer = answer(model, request, body);
    AttemptResult { usage: usage::of_chat(body, &answer), answer }
}

fn nothing(what: &str) -> ProviderFault {
    ProviderFault::new(FaultKind::NoMessage, format!("the answer has no {what}"))
}

/// Returns the choice of an answer with its message: the first choice that has one.
fn choice(body: &Value) -> Result<(&Value, Value), ProviderFault> {
    let choices: Vec<&Value> = match body.get("choices") {
        Some(Value::Array(choices)) if choices.is_empty() => return Err(nothing("entry in `choices`")),
        Some(Value::Array(choices)) => choices.iter().collect(),
        Some(Value::Object(choices)) => choices.values().collect(),
        _ if body.get("message").is_some_and(Value::is_object) => vec![body],
        _ => return Err(nothing("`choices`")),
    };
    let mut with_message = choices.into_iter().filter_map(|choice| Some((choice, message_of(choice)?)));
    let (choice, mut message) = with_message.next().ok_or_else(|| nothing("`message`"))?;
    // One server puts the text and the calls of an answer into two choices.
    let has_calls = |message: &Value| message["tool_calls"].as_array().is_some_and(|calls| !calls.is_empty());
    if !has_calls(&message)
        && let Some((_, other)) = with_message.find(|(_, other)| has_calls(other))
        && choice["finish_reason"].as_str().is_none_or(ends_with_calls)
    {
        message["tool_calls"] = other["tool_calls"].clone();
    }
    Ok((choice, message))
}

/// Returns the message of a choice, which may be given as text only.
fn message_of(choice: &Value) -> Option<Value> {
    let message =
        ["message", "delta"].iter().find_map(|name| choice.get(*name).filter(|message| message.is_object()));
    let text =
        || ["text", "message"].iter().find_map(|name| choice.get(*name).filter(|text| text.is_string()));
    message.cloned().or_else(|| text().map(|text| json!({"content": text})))
}

/// Returns the fault of a request that a filter blocked: there is neither an answer nor an error.
fn blocked(body: &Value) -> Option<ProviderFault> {
    let reasons = ["/promptFeedback/blockReason", "/prompt_feedback/block_reason"];
    let named = reasons.iter().find_map(|place| body.pointer(place)?.as_str());
    let mut results = body.get("prompt_filter_results").and_then(Value::as_array).into_iter().flatten();
    let found = results.find_map(|result| {
        let kinds = result.get("content_filter_results")?.as_object()?;
        kinds.iter().find(|(_, one)| one["filtered"] == true).map(|(kind, _)| kind.as_str())
    });
    let reason = named.or(found)?;
    Some(ProviderFault::new(FaultKind::Filtered, format!("the prompt was blocked: {reason}")))
}

fn answer(model: &Model, request: &ChatRequest, body: &Value) -> Result<ProviderAnswer, ProviderFault> {
    let (choice, message) = choice(body).map_err(|fault| blocked(body).unwrap_or(fault))?;
    let text = |name: &str| message.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let parts = content::parts(message.get("content").unwrap_or(&Value::Null), model.quirks.opened_thinking);
    let reason = ["finish_reason", "done_reason"].iter().find_map(|name| choice.get(*name));
    let reason = reason.filter(|reason| is_end(reason)).and_then(Value::as_str).unwrap_or_default();
    let reason = &*reason.trim().to_ascii_lowercase();
    if let Some(problem) = broken_off(choice, reason, &parts, &message) {
        return Err(ProviderFault { status: 502, ..ProviderFault::new(FaultKind::Server, problem) });
    }
    let cut = is_length(reason);
    let mut reader = CallReader::new(request);
    let mut content = Some(parts.text.clone()).filter(|text| !text.is_empty());
    let thinking = ["reasoning_content", "reasoning", "thinking"].into_iter().find_map(text);
    let thinking = thinking.map_or(parts.thinking, str::to_owned);
    let (mut tool_calls, given) = structured(&mut reader, &message);
    if tool_calls.is_empty() {
        let said = Said { text: content, thinking: &thinking, cut };
        (tool_calls, content) = textcalls::of_answer(&mut reader, model, request, said);
    }
    reader.cut_off(&mut tool_calls, cut);
    assign_ids(request, &mut tool_calls)?;
    let mut repairs: BTreeSet<Repair> = reader.repairs;
    if parts.split {
        repairs.insert(Repair::ThinkingInText);
    }
    let finish = finish(reason, !tool_calls.is_empty(), content.is_some());
    let thinking = Some(thinking).filter(|text| !text.is_empty());
    let attachment = attachment(model, &message, &given, parts.structured || parts.split);
    let refusal = text("refusal").map(str::to_owned);
    if content.is_none() && tool_calls.is_empty() {
        content = Some(refusal.unwrap_or_default());
    }
    let message = Message::Assistant { content, tool_calls };
    let answer = ProviderAnswer { message, finish, thinking, attachment, repairs, paused: false };
    answer.checked(announces(reason))
}

/// Returns the calls of a message, and the values from which they were read.
fn structured(reader: &mut CallReader<'_>, message: &Value) -> (Vec<ToolCall>, Vec<Value>) {
    let mut given: Vec<Value> = match message.get("tool_calls") {
        Some(Value::Array(calls)) => calls.clone(),
        Some(single @ Value::Object(_)) => {
            reader.repairs.insert(Repair::CallForm);
            vec![single.clone()]
        }
        Some(Value::String(text)) => {
            let read = super::lenient::whole(text, super::weights::ARGUMENTS_WEIGHT_MAX);
            let calls = read.and_then(|read| read.value.as_array().cloned()).unwrap_or_default();
            reader.repairs.extend((!calls.is_empty()).then_some(Repair::CallForm));
            calls
        }
        _ => Vec::new(),
    };
    given.retain(Value::is_object);
    let count = given.len();
    given = with_arguments_beside(given);
    if given.len() < count {
        reader.repairs.insert(Repair::CallForm);
    }
    if given.is_empty()
        && let Some(call) = message.get("function_call").filter(|call| call.is_object())
    {
        reader.repairs.insert(Repair::CallForm);
        given = vec![json!({"function": call})];
    }
    if given.is_empty() {
        given = call_parts(message);
        reader.repairs.extend((!given.is_empty()).then_some(Repair::CallForm));
    }
    let calls = given.iter().map(|value| {
        let own =
            ["function", "custom"].iter().find_map(|name| value.get(*name).filter(|own| own.is_object()));
        let function = own.unwrap_or(value);
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let arguments = ["arguments", "parameters", "input"].iter().find_map(|name| function.get(*name));
        reader.call(&text(&value["id"]), &text(&function["name"]), arguments)
    });
    (calls.collect(), given)
}

/// Returns calls with the arguments that are beside them: some servers send the name and the arguments of a call as two calls.
fn with_arguments_beside(given: Vec<Value>) -> Vec<Value> {
    let text = |call: &Value, field: &str| {
        let value = call.pointer(field).filter(|value| !value.is_null());
        value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default()
    };
    let mut calls: Vec<Value> = Vec::with_capacity(given.len());
    for call in given {
        let nameless = call["function"].is_object() && text(&call, "/function/name").is_empty();
        let open = calls.last_mut().filter(|last| {
            nameless
                && !text(last, "/function/name").is_empty()
                && matches!(text(last, "/function/arguments").trim(), "" | "{}")
        });
        match open {
            Some(last) => last["function"]["arguments"] = call["function"]["arguments"].clone(),
            None => calls.push(call),
        }
    }
    calls
}

/// Returns the calls among the parts of the content, where another API has them.
fn call_parts(message: &Value) -> Vec<Value> {
    let parts = message.get("content").and_then(Value::as_array).into_iter().flatten();
    let calls = parts.filter(|part| is_call_part(part)).map(|part| {
        let arguments =
            ["input", "arguments"].iter().find_map(|name| part.get(*name)).unwrap_or(&Value::Null);
        let id = ["call_id", "id"].iter().find_map(|name| part.get(*name)).unwrap_or(&Value::Null);
        json!({"id": id, "function": {"name": part["name"], "arguments": arguments}})
    });
    calls.collect()
}

fn is_call_part(part: &Value) -> bool {
    matches!(part["type"].as_str(), Some("tool_use" | "function_call" | "tool_call"))
        && part["name"].is_string()
}

/// Returns the reason why a received answer is not one: the server gave up, or nothing says that the answer ended.
fn broken_off(
    choice: &Value,
    reason: &str,
    parts: &content::ContentParts,
    message: &Value,
) -> Option<String> {
    const GAVE_UP: [&str; 14] = [
        "insufficient_system_resource",
        "abort",
        "aborted",
        "cancelled",
        "canceled",
        "network_error",
        "server_error",
        "internal_error",
        "engine_error",
        "error",
        "timeout",
        "interrupted",
        "overloaded",
        "failed",
    ];
    if GAVE_UP.contains(&reason) {
        return Some(format!("the answer ended with {reason:?}: the server gave up"));
    }
    let given = |name: &str| {
        message
            .get(name)
            .is_some_and(|value| !value.is_null() && *value != "" && *value != Value::Array(vec![]))
    };
    let empty = parts.text.trim().is_empty()
        && !given("tool_calls")
        && !given("function_call")
        && !given("refusal")
        && call_parts(message).is_empty();
    let open =
        reason.is_empty() && choice.get("finish_reason").is_some_and(Value::is_null) || reason == "unknown";
    (empty && open).then(|| format!("the answer is empty and has no end (finish_reason {reason:?})"))
}

/// Returns whether an answer ended at its limit. Reasons are in lower case.
fn is_length(reason: &str) -> bool {
    const LENGTH: [&str; 7] = [
        "length",
        "max_tokens",
        "max_output_tokens",
        "max_completion_tokens",
        "max_length",
        "model_length",
        "token_limit",
    ];
    LENGTH.contains(&reason)
}

/// Returns whether a filter ended an answer.
fn is_filter(reason: &str) -> bool {
    const FILTERS: [&str; 14] = [
        "content_filter",
        "content-filter",
        "content_filtered",
        "content_moderation",
        "guardrail_intervened",
        "safety",
        "image_safety",
        "recitation",
        "prohibited_content",
        "blocklist",
        "blocked",
        "spii",
        "refusal",
        "sensitive",
    ];
    // One provider has the filter's own reason after it.
    reason.split([':', ' ']).any(|part| FILTERS.contains(&part))
}

/// Returns whether an answer says that it ends with calls.
fn ends_with_calls(reason: &str) -> bool {
    matches!(reason, "tool_calls" | "tool_call" | "tool_use" | "function_call")
}

/// Returns whether an answer says that it ends with calls, or that its call was useless.
fn announces(reason: &str) -> bool {
    ends_with_calls(reason)
        || ["malformed_function_call", "unexpected_tool_call"].iter().any(|one| reason.contains(one))
}

fn finish(reason: &str, calls: bool, text: bool) -> FinishReason {
    const STOP: [&str; 10] = [
        "",
        "stop",
        "eos",
        "eos_token",
        "end_turn",
        "stop_sequence",
        "end",
        "complete",
        "completed",
        "finished",
    ];
    match reason {
        _ if is_length(reason) => FinishReason::Length,
        _ if calls => FinishReason::ToolCalls,
        _ if STOP.contains(&reason) => FinishReason::Stop,
        _ if text && ends_with_calls(reason) => FinishReason::Stop,
        _ if is_filter(reason) => FinishReason::ContentFilter,
        _ => FinishReason::Other,
    }
}

/// Collects the fields of a message and of its calls that are not interpreted.
fn attachment(model: &Model, message: &Value, calls: &[Value], structured: bool) -> Option<Attachment> {
    let kept = |value: &Value| depth_of(value) <= ARGUMENTS_DEPTH_MAX;
    let mut fields = Map::new();
    let others = message.as_object().into_iter().flatten();
    let others = others.filter(|(name, value)| !MESSAGE_FIELDS.contains(&name.as_str()) && kept(value));
    let others: Map<String, Value> = others.map(|(name, value)| (name.clone(), value.clone())).collect();
    if !others.is_empty() {
        fields.insert("message".to_owned(), Value::Object(others));
    }
    let extra = |call: &Value| {
        let own = call.as_object().into_iter().flatten();
        let own = own.filter(|(name, value)| !CALL_FIELDS.contains(&name.as_str()) && kept(value));
        let mut own: Map<String, Value> = own.map(|(name, value)| (name.clone(), value.clone())).collect();
        let inner = call.get("function").and_then(Value::as_object).into_iter().flatten();
        let inner = inner.filter(|(name, value)| {
            !matches!(name.as_str(), "name" | "arguments" | "parameters") && kept(value)
        });
        let inner: Map<String, Value> = inner.map(|(name, value)| (name.clone(), value.clone())).collect();
        if !inner.is_empty() {
            own.insert("function".to_owned(), Value::Object(inner));
        }
        // A call without `function` has the fields directly.
        if call.get("function").is_none() {
            own.retain(|name, _| !matches!(name.as_str(), "name" | "arguments" | "parameters"));
        }
        Value::Object(own)
    };
    let extras: Vec<Value> = calls.iter().map(extra).collect();
    if extras.iter().any(|extra| extra.as_object().is_some_and(|fields| !fields.is_empty())) {
        fields.insert("calls".to_owned(), Value::Array(extras));
    }
    if structured && let Some(content) = message.get("content").filter(|content| kept(content)) {
        let mut content = content.clone();
        // Calls are put back in their places.
        if let Some(parts) = content.as_array_mut() {
            parts.retain(|part| !is_call_part(part));
        }
        fields.insert("content".to_owned(), content);
    }
    Attachment::new(model.origin.clone(), fields)
}
