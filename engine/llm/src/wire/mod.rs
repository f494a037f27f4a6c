//! The two APIs as pure functions: a neutral request to a body, a body to an answer. No network here.

mod anthropic;
mod openai;

use serde_json::{Map, Value};

use crate::config::{Api, SystemRole};
use crate::fault::Attempt;
use crate::registry::Model;
use crate::types::{Arguments, ChatRequest, Message, ToolCall};

/// Version of Anthropic's API that this is written for.
pub(crate) const ANTHROPIC_VERSION: &str = "2023-06-01";
/// Deepest nesting of arguments that are kept as an object; deeper ones stay text.
const ARGUMENTS_DEPTH_MAX: usize = 32;
/// Field that carries arguments of a model that were no JSON object back to it.
const MALFORMED: &str = "malformed";

/// Path of the operation below the base address.
pub(crate) fn path(api: Api) -> &'static str {
    match api {
        Api::Openai => "/chat/completions",
        Api::Anthropic => "/messages",
    }
}

/// The body that asks `model` this.
pub(crate) fn body(model: &Model, request: &ChatRequest, max_tokens: u64) -> Value {
    let messages = arranged(model, &request.messages);
    let mut body = match model.api {
        Api::Openai => openai::body(model, request, &messages, max_tokens),
        Api::Anthropic => anthropic::body(model, request, &messages, max_tokens),
    };
    for (name, value) in &model.quirks.body {
        if let Ok(value) = serde_json::to_value(value) {
            body.insert(name.clone(), value);
        }
    }
    Value::Object(body)
}

/// What a body of a successful answer says. `request` is what was asked.
pub(crate) fn parse(model: &Model, request: &ChatRequest, body: &Value) -> Attempt {
    match model.api {
        Api::Openai => openai::parse(model, request, body),
        Api::Anthropic => anthropic::parse(request, body),
    }
}

/// What a provider says about a refusal.
pub(crate) fn error_text(body: &Value) -> Option<String> {
    let error = body.get("error").unwrap_or(body);
    let text = |name: &str| error.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let message = error.as_str().or_else(|| text("message")).or_else(|| text("detail"))?;
    let code = text("code").or_else(|| text("type"));
    Some(match code {
        Some(code) if !message.contains(code) => format!("{message} ({code})"),
        _ => message.to_owned(),
    })
}

/// Messages as the provider wants them: system messages by another role, no two of a role in a row.
fn arranged(model: &Model, messages: &[Message]) -> Vec<Message> {
    let mut arranged: Vec<Message> = Vec::with_capacity(messages.len());
    for message in messages {
        let message = match message {
            Message::System { content } if model.quirks.system_role == SystemRole::User => {
                Message::User { content: content.clone() }
            }
            other => other.clone(),
        };
        let joined = !model.quirks.repeated_roles || model.quirks.system_role == SystemRole::User;
        match (arranged.last_mut(), &message) {
            (Some(Message::User { content }), Message::User { content: more }) if joined => {
                content.push_str("\n\n");
                content.push_str(more);
            }
            _ => arranged.push(message),
        }
    }
    arranged
}

/// Arguments from a model's text.
fn arguments(text: &str) -> Arguments {
    if text.trim().is_empty() {
        return Arguments::Object(Map::new());
    }
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(fields)) if depth(&fields) <= ARGUMENTS_DEPTH_MAX => Arguments::Object(fields),
        _ => Arguments::Malformed(text.to_owned()),
    }
}

fn depth(fields: &Map<String, Value>) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().map(of).max().unwrap_or(0),
            Value::Object(fields) => depth(fields),
            _ => 0,
        }
    }
    1 + fields.values().map(of).max().unwrap_or(0)
}

/// Arguments as the object that goes back to a model.
fn arguments_object(call: &ToolCall) -> Map<String, Value> {
    match &call.arguments {
        Arguments::Object(fields) => fields.clone(),
        Arguments::Malformed(raw) => Map::from_iter([(MALFORMED.to_owned(), Value::from(raw.as_str()))]),
    }
}

/// Gives calls names of their own where a provider gave none, or one twice: answers could not be told apart.
fn name_calls(request: &ChatRequest, calls: &mut [ToolCall]) {
    let known = |id: &str, before: &[ToolCall]| {
        before.iter().any(|call| call.id == id)
            || request.messages.iter().any(|message| match message {
                Message::Assistant { tool_calls, .. } => tool_calls.iter().any(|call| call.id == id),
                _ => false,
            })
    };
    for at in 0..calls.len() {
        let (before, rest) = calls.split_at_mut(at);
        let call = &mut rest[0];
        let mut number = at;
        while call.id.is_empty() || known(&call.id, before) {
            call.id = format!("call_{}_{number}", request.messages.len());
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests;
