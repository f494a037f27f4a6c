//! The two provider APIs as pure functions from requests to bodies and from bodies to answers, without a network.

mod anthropic;
mod arguments;
mod openai;

use serde_json::Value;

use crate::config::{Api, SystemRole};
use crate::fault::AttemptResult;
use crate::registry::Model;
use crate::types::{ChatRequest, Message};

/// The supported version of Anthropic's API.
pub(crate) const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Returns the path of the operation below the base address.
pub(crate) fn path(api: Api) -> &'static str {
    match api {
        Api::Openai => "/chat/completions",
        Api::Anthropic => "/messages",
    }
}

/// Builds the body of a request to `model`.
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

/// Parses the body of a successful response to `request`.
pub(crate) fn parse(model: &Model, request: &ChatRequest, body: &Value) -> AttemptResult {
    match model.api {
        Api::Openai => openai::parse(model, request, body),
        Api::Anthropic => anthropic::parse(request, body),
    }
}

/// Extracts the provider's message from the body of a refusal.
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

/// Adapts messages to the provider: the role of system messages, and consecutive messages of one role.
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

#[cfg(test)]
mod tests;
