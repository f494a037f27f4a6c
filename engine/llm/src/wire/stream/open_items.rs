//! Items of a stream of responses that were begun and filled, from servers that send no item as a whole.

use std::collections::BTreeMap;

use hyperspace_core::json_weight;
use serde_json::{Value, json};

/// Items by their place in the answer.
#[derive(Default)]
pub(super) struct OpenItems(BTreeMap<u64, Value>);

impl OpenItems {
    /// Adds what an event says about an item.
    pub(super) fn take(&mut self, event: &Value) {
        let place = event["output_index"].as_u64().unwrap_or_default();
        let piece = event["delta"].as_str();
        match (event["type"].as_str(), piece) {
            (Some("response.output_item.added"), _) if event["item"].is_object() => {
                self.0.insert(place, event["item"].clone());
            }
            (Some("response.output_text.delta"), Some(piece)) => {
                let message = || json!({"type": "message", "role": "assistant", "content": []});
                let item = self.0.entry(place).or_insert_with(message);
                if !item["content"][0].is_object() {
                    item["content"] = json!([{"type": "output_text", "text": ""}]);
                }
                append(&mut item["content"][0]["text"], piece);
            }
            (Some("response.function_call_arguments.delta"), Some(piece)) => {
                if let Some(item) = self.0.get_mut(&place) {
                    append(&mut item["arguments"], piece);
                }
            }
            _ => {}
        }
    }

    /// Returns the weight of the items.
    pub(super) fn weight(&self) -> u64 {
        self.0.values().map(json_weight::of).sum()
    }

    /// Returns the items in their order.
    pub(super) fn into_items(self) -> Vec<Value> {
        self.0.into_values().collect()
    }
}

fn append(text: &mut Value, piece: &str) {
    match text {
        Value::String(text) => text.push_str(piece),
        other => *other = json!(piece),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_of_another_type_is_replaced() {
        for content in [json!(null), json!("x"), json!([]), json!(["x"]), json!([1, 2]), json!({"a": 1})] {
            let mut items = OpenItems::default();
            let item = json!({"type": "message", "content": content});
            items.take(&json!({"type": "response.output_item.added", "item": item}));
            items.take(&json!({"type": "response.output_text.delta", "delta": "hello"}));
            assert_eq!(items.into_items()[0]["content"][0]["text"], "hello", "{content}");
        }
    }

    #[test]
    fn items_are_made_of_their_pieces() {
        let mut items = OpenItems::default();
        for event in [
            json!({"type": "response.output_text.delta", "output_index": 1, "delta": "I "}),
            json!({"type": "response.output_item.added", "output_index": 2,
                "item": {"type": "function_call", "call_id": "c", "name": "bash", "arguments": ""}}),
            json!({"type": "response.output_text.delta", "output_index": 1, "delta": "look."}),
            json!({"type": "response.function_call_arguments.delta", "output_index": 2, "delta": "{\"a\":"}),
            json!({"type": "response.function_call_arguments.delta", "output_index": 2, "delta": "1}"}),
            json!({"type": "response.function_call_arguments.delta", "output_index": 7, "delta": "lost"}),
        ] {
            items.take(&event);
        }
        assert!(items.weight() > 0);
        assert_eq!(
            items.into_items(),
            [
                json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I look."}]}),
                json!({"type": "function_call", "call_id": "c", "name": "bash", "arguments": "{\"a\":1}"}),
            ]
        );
    }
}
