//! Requests to the stub server in a common form for both APIs.

use serde_json::{Value, json};

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
    /// True if a stream is requested.
    pub(super) stream: bool,
    /// Role and text of every message.
    messages: Vec<(String, String)>,
}

impl StubRequest {
    /// Parses a body. An error describes the defect.
    pub(super) fn parse(api: Api, client: String, body: &Value) -> Result<Self, String> {
        let model = body["model"].as_str().ok_or("`model` is missing or not a string")?.to_owned();
        let items = conversation(api, body);
        let given = items.as_array().ok_or("`messages` is missing or not a list")?;
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
        let limit = body["max_tokens"]
            .as_u64()
            .or(body["max_completion_tokens"].as_u64())
            .or(body["max_output_tokens"].as_u64());
        Ok(Self {
            api,
            model,
            client,
            turn: 1 + messages.iter().filter(|(role, _)| role == "assistant").count() as u64,
            tools: tools.filter_map(name).collect(),
            max_tokens: limit,
            tokens: estimated_tokens(messages.iter().map(|(_, text)| text.len()).sum()),
            messages,
            stream: body["stream"] == true,
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

/// Returns the messages of a request. Items of responses become messages, and the items of one answer become a single message.
fn conversation(api: Api, body: &Value) -> Value {
    if api != Api::Responses {
        return body["messages"].clone();
    }
    let Some(items) = body["input"].as_array() else {
        return body["input"].as_str().map_or(Value::Null, |text| json!([{"role": "user", "content": text}]));
    };
    let mut messages: Vec<Value> = Vec::new();
    for item in items {
        let (role, said) = match item["type"].as_str() {
            Some("function_call_output") => ("tool", item["output"].clone()),
            Some("function_call") => ("assistant", item["arguments"].clone()),
            Some("reasoning") => ("assistant", json!("")),
            Some("message") | None => (item["role"].as_str().unwrap_or("assistant"), item["content"].clone()),
            Some(_) => continue,
        };
        match messages.last_mut().filter(|last| role == "assistant" && last["role"] == "assistant") {
            Some(last) => {
                let both = format!("{}{}", text(&last["content"]), text(&said));
                last["content"] = json!(both);
            }
            None => messages.push(json!({"role": role, "content": said})),
        }
    }
    Value::Array(messages)
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
