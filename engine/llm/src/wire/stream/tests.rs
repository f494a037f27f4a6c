use serde_json::{Value, json};

use super::super::refusal::says_something;
use super::event::StreamEvent;

fn events(values: Vec<Value>) -> impl Iterator<Item = StreamEvent> {
    values.into_iter().map(|value| StreamEvent { bytes: value.to_string().len(), value })
}

fn chunks(values: Vec<Value>) -> (Value, bool) {
    super::chunks::chunks(&mut events(values)).unwrap()
}

fn blocks(values: Vec<Value>) -> (Value, bool) {
    super::blocks::blocks(&mut events(values)).unwrap()
}

#[test]
fn chunks_make_a_message() {
    let chunk =
        |delta: Value| json!({"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
    let call = |piece: Value| chunk(json!({"tool_calls": [piece]}));
    let (body, complete) = chunks(vec![
        chunk(json!({"role": "assistant", "content": "", "reasoning_content": "I "})),
        chunk(json!({"reasoning_content": "look."})),
        chunk(json!({"content": "a"})),
        call(
            json!({"index": 0, "id": "c", "type": "function", "function": {"name": "bash", "arguments": ""},
            "extra_content": {"google": {"thought_signature": "SIG"}}}),
        ),
        call(json!({"index": 0, "function": {"arguments": "{\"a\":"}})),
        call(json!({"index": 0, "function": {"arguments": "1}"}})),
        call(json!({"index": 1, "id": "d", "function": {"name": "bash", "arguments": "{}"}})),
        json!({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}),
        json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}),
    ]);
    assert!(complete);
    let message = &body["choices"][0]["message"];
    assert_eq!((&message["content"], &message["reasoning_content"]), (&json!("a"), &json!("I look.")));
    assert_eq!(message["tool_calls"][0]["function"], json!({"name": "bash", "arguments": "{\"a\":1}"}));
    assert_eq!(message["tool_calls"][0]["extra_content"]["google"]["thought_signature"], "SIG");
    assert_eq!(message["tool_calls"][1]["id"], "d");
    assert_eq!(
        (&body["choices"][0]["finish_reason"], &body["usage"]["completion_tokens"]),
        (&json!("tool_calls"), &json!(2))
    );
    let (_, complete) = chunks(vec![chunk(json!({"content": "a"}))]);
    assert!(!complete, "a stream without its end");
    let (body, _) =
        chunks(vec![chunk(json!({"content": "a"})), json!({"error": {"message": "gone", "code": 502}})]);
    assert_eq!(body["error"]["code"], 502);
}

fn calls(pieces: Vec<Value>) -> Vec<(String, String)> {
    let chunk =
        |piece: Value| json!({"choices": [{"delta": {"tool_calls": [piece]}, "finish_reason": null}]});
    let (body, _) = chunks(pieces.into_iter().map(chunk).collect());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let calls = body["choices"][0]["message"]["tool_calls"].as_array().unwrap();
    calls.iter().map(|call| (text(&call["function"]["name"]), text(&call["function"]["arguments"]))).collect()
}

#[test]
fn parallel_calls_are_told_apart_whatever_their_index() {
    let bash = |arguments: &str| ("bash".to_owned(), arguments.to_owned());
    let begin = |id: Value, index: Value, arguments: &str| json!({"id": id, "index": index, "function": {"name": "bash", "arguments": arguments}});
    let two = vec![bash("{\"a\":1}"), bash("{\"b\":2}")];
    let one_index = vec![begin(json!("c"), json!(0), "{\"a\":1}"), begin(json!("d"), json!(0), "{\"b\":2}")];
    assert_eq!(calls(one_index), two);
    let no_index = vec![
        begin(json!("c"), Value::Null, ""),
        json!({"function": {"arguments": "{\"a\":"}}),
        json!({"function": {"arguments": "1}"}}),
        begin(json!("d"), Value::Null, "{\"b\":"),
        json!({"id": "", "function": {"arguments": "2}"}}),
    ];
    assert_eq!(calls(no_index), two);
    let whole =
        vec![begin(Value::Null, Value::Null, "{\"a\":1}"), begin(Value::Null, Value::Null, "{\"b\":2}")];
    assert_eq!(calls(whole), two);
    let text_index = vec![
        begin(json!("c"), json!("0"), "{\"a\":"),
        json!({"index": "0", "function": {"arguments": "1}"}}),
        begin(json!("d"), json!("1"), "{\"b\":2}"),
    ];
    assert_eq!(calls(text_index), two);
    let name_in_pieces = vec![
        json!({"index": 0, "id": "c", "function": {"name": "ba", "arguments": ""}}),
        json!({"index": 0, "function": {"name": "sh"}}),
        json!({"index": 0, "function": {"arguments": "{\"a\":1}"}}),
    ];
    assert_eq!(calls(name_in_pieces), vec![bash("{\"a\":1}")]);
    let repeated = vec![begin(json!("c"), json!(0), "{\"a\":"), begin(json!("c"), json!(0), "1}")];
    assert_eq!(calls(repeated), vec![bash("{\"a\":1}")]);
    let old = |call: Value| json!({"choices": [{"delta": {"function_call": call}}]});
    let (body, _) = chunks(vec![
        old(json!({"name": "bash", "arguments": ""})),
        old(json!({"arguments": "{\"a\":"})),
        old(json!({"arguments": "1}"})),
    ]);
    assert_eq!(
        body["choices"][0]["message"]["function_call"],
        json!({"name": "bash", "arguments": "{\"a\":1}"})
    );
}

#[test]
fn an_error_within_a_stream_is_one() {
    let said = json!({"choices": [{"delta": {"content": "part"}, "finish_reason": null}]});
    for error in [
        json!({"object": "error", "message": "EngineDeadError", "code": 500}),
        json!({"message": "overloaded", "code": 503}),
        json!({"error": {"message": "gone"}}),
        json!({"type": "error", "message": "gone"}),
        json!({"detail": "gone"}),
    ] {
        let (body, _) = chunks(vec![said.clone(), error.clone()]);
        assert!(says_something(&body["error"]), "{error}: {body}");
    }
    assert!(!chunks(vec![said]).1);
}

#[test]
fn an_empty_reason_is_no_end() {
    let piece = |text: &str, reason: Value| json!({"choices": [{"delta": {"content": text}, "finish_reason": reason}]});
    for none in [json!(""), json!("null"), Value::Null] {
        let cut = vec![piece("he", none.clone()), piece("llo", none.clone())];
        assert!(!chunks(cut.clone()).1, "{none}");
        let (body, complete) = chunks([cut, vec![piece("", json!("stop"))]].concat());
        assert_eq!((&body["choices"][0]["message"]["content"], complete), (&json!("hello"), true));
    }
}

#[test]
fn a_message_so_far_is_taken_once() {
    let so_far = |piece: Option<&str>, text: &str, reason: Value| {
        let mut choice = json!({"message": {"role": "assistant", "content": text}, "finish_reason": reason});
        if let Some(piece) = piece {
            choice["delta"] = json!({"content": piece});
        }
        json!({"choices": [choice]})
    };
    let stop = || json!("stop");
    for events in [
        vec![so_far(Some("he"), "he", Value::Null), so_far(Some("llo"), "hello", stop())],
        vec![so_far(None, "he", Value::Null), so_far(None, "hello", stop())],
        vec![so_far(None, "he", Value::Null), so_far(None, "llo", stop())],
        vec![so_far(None, "hello", Value::Null)],
    ] {
        let (body, complete) = chunks(events.clone());
        assert_eq!(
            (&body["choices"][0]["message"]["content"], complete),
            (&json!("hello"), true),
            "{events:?}"
        );
    }
    let cut = vec![so_far(Some("he"), "he", Value::Null), so_far(Some("ll"), "hell", Value::Null)];
    assert!(!chunks(cut).1);
}

#[test]
fn events_of_other_types_are_no_ones() {
    for odd in [json!("x"), json!(1), json!([1]), Value::Null] {
        let (body, complete) = blocks(vec![
            json!({"type": "message_start", "message": odd}),
            json!({"type": "message_start", "message": {"content": odd, "usage": odd}}),
            json!({"type": "content_block_start", "index": 0, "content_block": odd}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"partial_json": "{}"}}),
            json!({"type": "error", "error": {"message": "gone"}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}}),
        ]);
        assert_eq!((&body["usage"]["output_tokens"], complete), (&json!(9), true), "{odd}: {body}");
    }
}

#[test]
fn items_of_a_stream_are_those_that_were_done() {
    let done = json!({"type": "response.output_item.done", "item": {"type": "message", "content": "a"}});
    let completed = json!({"type": "response.completed", "response": {"status": "completed", "output": []}});
    let (body, complete) = super::items::items(&mut events(vec![done.clone(), completed])).unwrap();
    assert_eq!((&body["output"][0]["content"], complete), (&json!("a"), true));
    assert!(!super::items::items(&mut events(vec![done])).unwrap().1);
}

#[test]
fn blocks_may_be_counted_from_one() {
    let (body, _) = blocks(vec![
        json!({"type": "message_start", "message": {"content": []}}),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "hello"}}),
        json!({"type": "message_stop"}),
    ]);
    assert_eq!(body["content"][0]["text"], "hello");
}

#[test]
fn events_make_a_message() {
    let (body, complete) = blocks(vec![
        json!({"type": "message_start", "message": {"id": "m", "content": [], "usage": {"input_tokens": 3, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "SIG"}}),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t", "name": "bash", "input": {}}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{\"a\":"}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "1}"}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]);
    assert!(complete);
    assert_eq!(body["content"][0], json!({"type": "thinking", "thinking": "hm", "signature": "SIG"}));
    assert_eq!(body["content"][1]["input"], json!({"a": 1}));
    assert_eq!(
        (&body["stop_reason"], &body["usage"]),
        (&json!("tool_use"), &json!({"input_tokens": 3, "output_tokens": 9}))
    );
    let failed = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    assert_eq!(blocks(vec![failed]).0["error"]["type"], "overloaded_error");
}
