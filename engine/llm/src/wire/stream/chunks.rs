//! Chunks of chat completions.

use serde_json::{Map, Value, json};

use super::super::refusal::says_something;
use super::super::usage;
use super::event::{StreamEvent, error_of, is_end};
use super::merge::{append, merge_choice, merge_other_calls};
use super::weighing::{WeighingClock, weight_of};

/// Assembles chunks. Returns the answer, and whether it is complete; `None` if it weighs too much.
pub(super) fn chunks(events: &mut dyn Iterator<Item = StreamEvent>) -> Option<(Value, bool)> {
    let mut clock = WeighingClock::default();
    let mut body = Map::new();
    let mut message = Map::new();
    let (mut finish, mut error, mut count, mut wholes) = (Value::Null, None, 0_usize, 0_usize);
    for StreamEvent { value: event, bytes } in events {
        if !clock.goes_on(bytes, || weight_of(&body) + weight_of(&message)) {
            return None;
        }
        count += 1;
        error = error_of(&event).or(error);
        let Value::Object(fields) = as_chunk(event) else { continue };
        for (name, value) in fields {
            match name.as_str() {
                "choices" => {
                    let Some(choice) = value.as_array().and_then(|choices| choices.first()) else { continue };
                    if is_end(&choice["finish_reason"]) {
                        finish = choice["finish_reason"].clone();
                    }
                    error = choice.get("error").filter(|error| says_something(error)).cloned().or(error);
                    wholes += usize::from(choice["message"].is_object());
                    // One provider reports counts in the choice.
                    if let Some(usage) = choice.get("usage").filter(|usage| usage.is_object()) {
                        usage::take(&mut body, "usage", usage.clone());
                    }
                    merge_choice(&mut message, choice);
                    merge_other_calls(&mut message, &value);
                    if let Some(text) = choice.get("text").and_then(Value::as_str) {
                        append(message.entry("content").or_insert(Value::Null), &json!(text));
                    }
                }
                "error" => {}
                _ if value.is_null() => {}
                "usage" => usage::take(&mut body, &name, value),
                _ => {
                    body.insert(name, value);
                }
            }
        }
    }
    // A complete answer as the only event needs no end.
    let complete = !finish.is_null() || error.is_some() || (wholes, count) == (1, 1);
    if let Some(calls) = message.get_mut("tool_calls").and_then(Value::as_array_mut) {
        for call in calls.iter_mut().filter_map(Value::as_object_mut) {
            call.remove("index");
        }
    }
    if !message.is_empty() || !finish.is_null() {
        body.insert("choices".to_owned(), json!([{"index": 0, "message": message, "finish_reason": finish}]));
    }
    if let Some(error) = error {
        body.insert("error".to_owned(), error);
    }
    Some((Value::Object(body), complete))
}

/// Returns an event as a chunk. One server's own API has the message and the end beside each other.
fn as_chunk(event: Value) -> Value {
    let Value::Object(mut fields) = event else { return event };
    let Some(done) = fields.get("done").and_then(Value::as_bool) else { return Value::Object(fields) };
    if !fields.get("message").is_some_and(Value::is_object) {
        return Value::Object(fields);
    }
    let message = fields.remove("message");
    let reason = fields.get("done_reason").filter(|reason| reason.is_string()).cloned();
    let finish = if done { reason.unwrap_or_else(|| json!("stop")) } else { Value::Null };
    fields.insert("choices".to_owned(), json!([{"index": 0, "delta": message, "finish_reason": finish}]));
    Value::Object(fields)
}
