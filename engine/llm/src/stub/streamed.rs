//! An answer as a stream of events.

use serde_json::{Value, json};

use crate::config::Api;

/// Returns the events of an answer.
pub(super) fn events(api: Api, body: &Value) -> String {
    let event = |value: Value| format!("data: {value}\n\n");
    let named =
        |value: Value| format!("event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap_or_default());
    match api {
        Api::Openai => chunks(body).into_iter().map(event).collect::<String>() + "data: [DONE]\n\n",
        Api::Anthropic => blocks(body).into_iter().map(named).collect(),
        Api::Responses => [
            json!({"type": "response.created", "response": {"id": body["id"]}}),
            json!({"type": "response.completed", "response": body}),
        ]
        .into_iter()
        .map(named)
        .collect(),
    }
}

/// Splits a text into two pieces.
fn pieces(text: &str) -> [String; 2] {
    let middle = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    [text[..middle].to_owned(), text[middle..].to_owned()]
}

fn chunks(body: &Value) -> Vec<Value> {
    let mut head = body.clone();
    if let Some(fields) = head.as_object_mut() {
        fields.remove("usage");
    }
    let chunk = |delta: Value, finish: Value| {
        let mut chunk = head.clone();
        chunk["choices"] = json!([{"index": 0, "delta": delta, "finish_reason": finish}]);
        chunk
    };
    let message = &body["choices"][0]["message"];
    let mut chunks = vec![chunk(json!({"role": "assistant"}), Value::Null)];
    for (name, value) in message.as_object().into_iter().flatten().filter(|(name, _)| *name != "role") {
        match (name.as_str(), value) {
            ("tool_calls", Value::Array(calls)) => {
                for (index, call) in calls.iter().enumerate() {
                    let [first, second] = pieces(call["function"]["arguments"].as_str().unwrap_or_default());
                    let mut begin = call.clone();
                    begin["index"] = json!(index);
                    if call["function"]["arguments"].is_string() {
                        begin["function"]["arguments"] = json!(first);
                        let end = json!({"index": index, "function": {"arguments": second}});
                        chunks.push(chunk(json!({"tool_calls": [begin]}), Value::Null));
                        chunks.push(chunk(json!({"tool_calls": [end]}), Value::Null));
                    } else {
                        chunks.push(chunk(json!({"tool_calls": [begin]}), Value::Null));
                    }
                }
            }
            (name, Value::String(text)) => {
                chunks.extend(pieces(text).map(|piece| chunk(json!({ name: piece }), Value::Null)));
            }
            (name, value) => chunks.push(chunk(json!({ name: value }), Value::Null)),
        }
    }
    chunks.push(chunk(json!({}), body["choices"][0]["finish_reason"].clone()));
    chunks.push(json!({"choices": [], "usage": body["usage"]}));
    chunks
}

fn blocks(body: &Value) -> Vec<Value> {
    let mut start = body.clone();
    (start["content"], start["stop_reason"]) = (json!([]), Value::Null);
    let mut events = vec![json!({"type": "message_start", "message": start})];
    for (index, block) in body["content"].as_array().into_iter().flatten().enumerate() {
        let mut begin = block.clone();
        let mut deltas = Vec::new();
        match block["type"].as_str() {
            Some("text") => {
                deltas.extend(
                    pieces(block["text"].as_str().unwrap_or_default())
                        .map(|text| json!({"type": "text_delta", "text": text})),
                );
                begin["text"] = json!("");
            }
            Some("tool_use") => {
                deltas.extend(
                    pieces(&block["input"].to_string())
                        .map(|text| json!({"type": "input_json_delta", "partial_json": text})),
                );
                begin["input"] = json!({});
            }
            Some("thinking") => {
                deltas.push(json!({"type": "thinking_delta", "thinking": block["thinking"]}));
                deltas.push(json!({"type": "signature_delta", "signature": block["signature"]}));
                (begin["thinking"], begin["signature"]) = (json!(""), json!(""));
            }
            _ => {}
        }
        events.push(json!({"type": "content_block_start", "index": index, "content_block": begin}));
        events.extend(
            deltas
                .into_iter()
                .map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta})),
        );
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": body["stop_reason"]}, "usage": body["usage"]}));
    events.push(json!({"type": "message_stop"}));
    events
}
