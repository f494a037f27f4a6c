use serde_json::json;

use super::*;

fn refused(value: Value, words: &str) {
    let error = serde_json::from_value::<ChatRequest>(value.clone()).unwrap_err().to_string();
    assert!(error.contains(words), "{value}: {error}");
}

fn request() -> Value {
    json!({
        "model": "m",
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "u"},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "1", "name": "bash", "arguments": {"command": "ls"}},
                {"id": "2", "name": "bash", "malformed": {"raw": "{"}},
            ]},
            {"role": "tool", "content": "out", "tool_call_id": "1"},
            {"role": "tool", "content": "Error: no JSON", "tool_call_id": "2"},
            {"role": "assistant", "content": "done"},
        ],
        "tools": [{"name": "bash", "description": "d", "parameters": {"type": "object"}}],
        "temperature": 0.0,
        "max_tokens": null,
    })
}

#[test]
fn the_serialised_form_is_the_contract() {
    let typed: ChatRequest = serde_json::from_value(request()).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), request());
    let answer = json!({
        "message": {"role": "assistant", "content": "hi"},
        "finish_reason": "tool_calls",
        "usage": {"input_tokens": 1, "output_tokens": 2, "estimated": false},
        "trimmed_messages": 0,
    });
    let typed: ChatAnswer = serde_json::from_value(answer.clone()).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), answer);
}

#[test]
fn missing_and_unknown_fields_are_refused() {
    for field in ["model", "messages", "tools", "temperature", "max_tokens"] {
        let mut value = request();
        value.as_object_mut().unwrap().remove(field);
        refused(value, field);
        let mut value = request();
        value["more"] = json!(1);
        refused(value, "more");
    }
    for (message, words) in [
        (json!({"role": "user", "content": "a", "name": "n"}), "name"),
        (json!({"role": "user", "content": null}), "null"),
        (json!({"role": "assistant"}), "content"),
        (json!({"role": "critic", "content": "a"}), "critic"),
        (json!({"role": "tool", "content": "a"}), "tool_call_id"),
        (json!({"role": "user", "content": "a", "tool_calls": []}), "tool_calls"),
        (json!({"role": "assistant", "content": null, "tool_calls": [{"id": "1", "name": "n"}]}), "either"),
    ] {
        let mut value = request();
        value["messages"] = json!([message]);
        refused(value, words);
    }
}
