//! Requests to the stub server in a common form for both APIs.

use serde_json::Value;

use super::form::TextScope;
use crate::config::Api;
use crate::types::estimated_tokens;

/// A request in the form that rules match.
#[derive(Debug, Clone)]
pub(super) struct StubRequest {
    pub(super) api: Api,
    pub(super) model: String,
    /// The API key.
    pub(super) client: String,
    /// 1 + the number of messages of the model.
    pub(super) turn: u64,
    pub(super) tools: Vec<String>,
    pub(super) max_tokens: Option<u64>,
    /// Estimated tokens of all texts.
    pub(super) tokens: u64,
    /// Role and text of every message.
    messages: Vec<(String, String)>,
}

impl StubRequest {
    /// Parses a body. An error describes the defect.
    pub(super) fn parse(api: Api, client: String, body: &Value) -> Result<Self, String> {
        let model = body["model"].as_str().ok_or("`model` is missing or not a string")?.to_owned();
        let given = body["messages"].as_array().ok_or("`messages` is missing or not a list")?;
        if given.is_empty() {
            return Err("`messages` is empty".to_owned());
        }
        let mut messages = Vec::new();
        if api == Api::Anthropic {
            if body["max_tokens"].as_u64().is_none() {
                return Err("`max_tokens` is missing".to_owned());
            }
            if !body["system"].is_null() {
                messages.push(("system".to_owned(), text(&body["system"])));
            }
        }
        for message in given {
            let role = message["role"].as_str().ok_or("a message has no `role`")?;
            let role = if role == "developer" { "system" } else { role };
            let mut said = text(&message["content"]);
            for call in message["tool_calls"].as_array().into_iter().flatten() {
                said.push_str(call["function"]["arguments"].as_str().unwrap_or_default());
            }
            messages.push((role.to_owned(), said));
        }
        let tools = body["tools"].as_array().into_iter().flatten();
        let name =
            |tool: &Value| tool["name"].as_str().or(tool["function"]["name"].as_str()).map(str::to_owned);
        let limit = body["max_tokens"].as_u64().or(body["max_completion_tokens"].as_u64());
        Ok(Self {
            api,
            model,
            client,
            turn: 1 + messages.iter().filter(|(role, _)| role == "assistant").count() as u64,
            tools: tools.filter_map(name).collect(),
            max_tokens: limit,
            tokens: estimated_tokens(messages.iter().map(|(_, text)| text.len()).sum()),
            messages,
        })
    }

    /// Returns the text of a part of the conversation.
    pub(super) fn text(&self, scope: TextScope) -> String {
        let of_role = |wanted: &str| {
            let texts = self.messages.iter().filter(|(role, _)| role == wanted);
            texts.map(|(_, text)| text.as_str()).collect::<Vec<_>>()
        };
        match scope {
            TextScope::Last => self.messages.last().map(|(_, text)| text.clone()).unwrap_or_default(),
            TextScope::First => of_role("user").first().map(|text| (*text).to_owned()).unwrap_or_default(),
            TextScope::System => of_role("system").join("\n"),
            TextScope::All => {
                self.messages.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n")
            }
        }
    }
}

/// Returns all text of a message's content, including results of tools.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts = blocks.iter().map(|block| match block["type"].as_str() {
                Some("tool_result") => text(&block["content"]),
                Some("tool_use") => block["input"].to_string(),
                _ => block["text"].as_str().unwrap_or_default().to_owned(),
            });
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}
