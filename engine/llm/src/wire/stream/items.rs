//! Events of responses, whose content is in items: the last event has the complete answer.

use serde_json::{Value, json};

use super::event::{StreamEvent, error_of};
use super::open_items::OpenItems;
use super::weighing::{WeighingClock, weight_of_all};

/// Assembles items. Returns the answer, and whether it is complete; `None` if it weighs too much.
pub(super) fn items(events: &mut dyn Iterator<Item = StreamEvent>) -> Option<(Value, bool)> {
    let mut clock = WeighingClock::default();
    let (mut items, mut open) = (Vec::new(), OpenItems::default());
    for StreamEvent { value: event, bytes } in events {
        if !clock.goes_on(bytes, || weight_of_all(&items) + open.weight()) {
            return None;
        }
        if let Some(whole) = event.get("response").filter(|_| {
            matches!(
                event["type"].as_str(),
                Some("response.completed" | "response.incomplete" | "response.failed" | "response.done")
            )
        }) {
            let mut whole = whole.clone();
            // Some servers omit the items from the last event, and some send only their pieces.
            if whole.is_object() && whole["output"].as_array().is_none_or(Vec::is_empty) {
                let items = if items.is_empty() { open.into_items() } else { items };
                whole["output"] = Value::Array(items);
            }
            return Some((whole, true));
        }
        if let Some(error) = error_of(&event) {
            return Some((json!({"error": error}), true));
        }
        open.take(&event);
        if event["type"] == "response.output_item.done" {
            items.push(event["item"].clone());
        }
        if event["object"] == "response" {
            return Some((event, true));
        }
    }
    Some((json!({"object": "response", "output": items}), false))
}
