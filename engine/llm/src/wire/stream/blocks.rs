//! Events of messages, whose content is in blocks.

use std::collections::BTreeMap;

use hyperspace_core::json_weight;
use serde_json::{Value, json};

use super::super::usage;
use super::super::weights::ARGUMENTS_WEIGHT_MAX;
use super::event::{StreamEvent, error_of, is_end};
use super::merge::append;
use super::weighing::{WeighingClock, weight_of_all};

/// Assembles blocks. Returns the answer, and whether it is complete; `None` if it weighs too much.
pub(super) fn blocks(events: &mut dyn Iterator<Item = StreamEvent>) -> Option<(Value, bool)> {
    let mut clock = WeighingClock::default();
    let mut body = json!({"content": []});
    let (mut complete, mut blocks): (bool, Vec<Value>) = (false, Vec::new());
    // The blocks by their `index`, which need not begin at the same number on every server.
    let mut places: BTreeMap<u64, usize> = BTreeMap::new();
    let mut inputs: Vec<String> = Vec::new();
    for StreamEvent { value: event, bytes } in events {
        if !clock.goes_on(bytes, || json_weight::of(&body) + weight_of_all(&blocks)) {
            return None;
        }
        if let Some(error) = error_of(&event) {
            body["error"] = error.get("error").cloned().unwrap_or(error);
            complete = true;
        }
        let index = event["index"].as_u64();
        match event["type"].as_str() {
            Some("message_start") if event["message"].is_object() => body = event["message"].clone(),
            Some("content_block_start") => {
                places.extend(index.map(|index| (index, blocks.len())));
                blocks.push(event["content_block"].clone());
                inputs.push(String::new());
            }
            Some("content_block_delta") => {
                let place =
                    index.and_then(|index| places.get(&index).copied()).or(blocks.len().checked_sub(1));
                let Some(index) = place else { continue };
                delta(&mut blocks[index], &mut inputs[index], &event["delta"]);
            }
            Some("message_delta") => {
                for (name, value) in event["delta"].as_object().into_iter().flatten() {
                    body[name.as_str()] = value.clone();
                }
                // Some servers end with only the reason.
                complete |= is_end(&event["delta"]["stop_reason"]);
                if !body["usage"].is_object() {
                    body["usage"] = json!({});
                }
                if let (Some(counts), Some(later)) =
                    (body["usage"].as_object_mut(), event["usage"].as_object())
                {
                    usage::take_later(counts, later);
                }
            }
            Some("message_stop") => complete = true,
            // A complete answer as an event.
            Some("message") => {
                return Some((event, true));
            }
            _ => {}
        }
    }
    for (block, input) in blocks.iter_mut().zip(inputs) {
        if !input.is_empty() {
            block["input"] = tool_input(input);
        }
    }
    if !blocks.is_empty() && body.is_object() {
        body["content"] = Value::Array(blocks);
    }
    Some((body, complete))
}

/// Returns the arguments of a call, or their text if they are not JSON or weigh too much.
fn tool_input(text: String) -> Value {
    let light = json_weight::is_within(text.as_bytes(), ARGUMENTS_WEIGHT_MAX);
    let value = if light { serde_json::from_str(&text).ok() } else { None };
    value.unwrap_or(Value::String(text))
}

/// Adds a piece to a block, or to the text of its input.
fn delta(block: &mut Value, input: &mut String, delta: &Value) {
    let Some(block) = block.as_object_mut() else { return };
    for (name, value) in delta.as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            ("type", _) => {}
            ("partial_json", Value::String(piece)) => input.push_str(piece),
            ("citation", citation) => {
                let list = block.entry("citations").or_insert(json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(citation.clone());
                }
            }
            (name, value) => append(block.entry(name).or_insert(Value::Null), value),
        }
    }
}
