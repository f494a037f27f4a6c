//! Validation of requests before they are sent.

use std::collections::BTreeSet;

use hyperspace_core::canon;
use serde_json::{Value, json};

use crate::types::{ChatRequest, Message};

const MESSAGES_MAX: usize = 10_000;
const TOOLS_MAX: usize = 128;
const NAME_BYTES_MAX: usize = 256;
const TEMPERATURE_MAX: f64 = 2.0;

/// Checks a request. The error says what was found and what was expected.
pub(crate) fn check(request: &ChatRequest) -> Result<(), String> {
    let name = |what: &str, text: &str| match text.len() {
        1..=NAME_BYTES_MAX => Ok(()),
        _ => Err(format!("{what} is {} bytes long; expected 1 to {NAME_BYTES_MAX}", text.len())),
    };
    name("model", &request.model)?;
    if request.messages.is_empty() || request.messages.len() > MESSAGES_MAX {
        return Err(format!("{} messages; expected 1 to {MESSAGES_MAX}", request.messages.len()));
    }
    if request.tools.len() > TOOLS_MAX {
        return Err(format!("{} tools; expected at most {TOOLS_MAX}", request.tools.len()));
    }
    let mut names = BTreeSet::new();
    for tool in &request.tools {
        name("the name of a tool", &tool.name)?;
        if !names.insert(tool.name.as_str()) {
            return Err(format!("tool {:?} is there twice", tool.name));
        }
    }
    if let Some(temperature) = request.temperature
        && !(0.0..=TEMPERATURE_MAX).contains(&temperature)
    {
        return Err(format!("temperature {temperature}; expected 0 to {TEMPERATURE_MAX}"));
    }
    if request.max_tokens == Some(0) {
        return Err("max_tokens 0; expected at least 1, or null".to_owned());
    }
    pairs(&request.messages)?;
    let value: Value = canon::to_value(request).map_err(|error| error.to_string())?;
    // Nested as deeply as in the record of its exchange, so that a request that cannot be recorded is not sent.
    canon::encode(&json!({ "body": { "request": value } })).map(drop).map_err(|error| error.to_string())
}

/// Checks that every tool call is answered exactly once, right after the message that makes it. Providers refuse anything else.
fn pairs(messages: &[Message]) -> Result<(), String> {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for (number, message) in messages.iter().enumerate() {
        match message {
            Message::Tool { tool_call_id, .. } => {
                let was_open = open.remove(tool_call_id.as_str());
                if !was_open {
                    let text = format!("message {number} answers call {tool_call_id:?}, which is not open");
                    return Err(text);
                }
            }
            _ if !open.is_empty() => {
                return Err(format!("message {number} comes before an answer to call {:?}", open.first()));
            }
            Message::Assistant { tool_calls, .. } => {
                for call in tool_calls {
                    if !open.insert(&call.id) {
                        return Err(format!("message {number} has two calls {:?}", call.id));
                    }
                }
            }
            _ => {}
        }
    }
    match open.first() {
        None => Ok(()),
        Some(call) => Err(format!("call {call:?} has no answer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(change: impl FnOnce(&mut Value)) -> Result<(), String> {
        let mut value = json!({"model": "m", "messages": [{"role": "user", "content": "u"}],
            "tools": [], "temperature": null, "max_tokens": null});
        change(&mut value);
        check(&serde_json::from_value(value).unwrap())
    }

    #[test]
    fn defects_are_reported() {
        checked(|_| {}).unwrap();
        let tool = json!({"name": "t", "description": "", "parameters": {}});
        let call = |id: &str| json!({"id": id, "name": "t", "arguments": {}});
        let says = |calls: &[Value]| json!({"role": "assistant", "content": null, "tool_calls": calls});
        let answers = |id: &str| json!({"role": "tool", "content": "", "tool_call_id": id});
        let deep = (0..70).fold(json!(0), |inner, _| json!({"a": inner}));
        let cases: [(&str, Value, &str); 10] = [
            ("model", json!(""), "model is 0 bytes"),
            ("messages", json!([]), "0 messages"),
            ("tools", json!([tool, tool]), "twice"),
            ("tools", json!([{"name": "t", "description": "", "parameters": deep}]), "nested"),
            ("temperature", json!(2.5), "expected 0 to 2"),
            ("max_tokens", json!(0), "max_tokens 0"),
            ("messages", json!([answers("1")]), "not open"),
            ("messages", json!([says(&[call("1")]), {"role": "user", "content": "u"}]), "before an answer"),
            ("messages", json!([says(&[call("1"), call("1")])]), "two calls"),
            ("messages", json!([says(&[call("1"), call("2")]), answers("2")]), "\"1\" has no answer"),
        ];
        // The deepest that can be recorded, and one more.
        let nested = |levels| {
            let inner = (0..levels).fold(json!(0), |inner, _| json!({"a": inner}));
            json!([{"name": "t", "description": "", "parameters": inner}])
        };
        let deepest =
            (1..70).rev().find(|levels| checked(|request| request["tools"] = nested(*levels)).is_ok());
        assert_eq!(deepest, Some(59));
        for (field, value, words) in cases {
            let error = checked(|request| request[field] = value).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
