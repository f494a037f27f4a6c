//! Arguments and identifiers of tool calls, for both APIs.

use serde_json::{Map, Value};

use crate::types::{Arguments, ChatRequest, Message, ToolCall};

/// Maximum nesting of arguments that are kept as an object; deeper ones are kept as text.
pub(super) const ARGUMENTS_DEPTH_MAX: usize = 32;
/// Field in which malformed arguments are sent back to the model.
const MALFORMED: &str = "malformed";

/// Parses arguments from the model's text.
pub(super) fn arguments(text: &str) -> Arguments {
    if text.trim().is_empty() {
        return Arguments::Object(Map::new());
    }
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(fields)) if depth(&fields) <= ARGUMENTS_DEPTH_MAX => Arguments::Object(fields),
        _ => Arguments::Malformed(text.to_owned()),
    }
}

/// Returns the nesting depth of an object.
pub(super) fn depth(fields: &Map<String, Value>) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().map(of).max().unwrap_or(0),
            Value::Object(fields) => depth(fields),
            _ => 0,
        }
    }
    1 + fields.values().map(of).max().unwrap_or(0)
}

/// Returns the arguments as the object that is sent back to the model.
pub(super) fn arguments_object(call: &ToolCall) -> Map<String, Value> {
    match &call.arguments {
        Arguments::Object(fields) => fields.clone(),
        Arguments::Malformed(raw) => Map::from_iter([(MALFORMED.to_owned(), Value::from(raw.as_str()))]),
    }
}

/// Assigns identifiers to calls that have none or a duplicate one, so that each result can be matched to its call.
pub(super) fn assign_ids(request: &ChatRequest, calls: &mut [ToolCall]) {
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
