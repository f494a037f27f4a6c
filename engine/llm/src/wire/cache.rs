//! Marks for the prefix of a conversation that the provider may cache for the next request.

use serde_json::{Value, json};

/// Minimum size in bytes of a prefix for which a mark is worth its price: providers cache nothing shorter.
const PREFIX_BYTES_MIN: usize = 6_000;

/// Marks tools, system text, and the conversation so far.
pub(super) fn mark(body: &mut Value) {
    let size = |value: &Value| value.to_string().len();
    let stable = size(&body["tools"]) + size(&body["system"]);
    let whole = stable + size(&body["messages"]);
    if whole < PREFIX_BYTES_MIN {
        return;
    }
    let kept = json!({"type": "ephemeral"});
    if stable >= PREFIX_BYTES_MIN {
        if let Some(text) = body["system"].as_str() {
            body["system"] = json!([{"type": "text", "text": text, "cache_control": kept}]);
        } else if let Some(Value::Object(last)) =
            body["tools"].as_array_mut().and_then(|tools| tools.last_mut())
        {
            last.insert("cache_control".to_owned(), kept.clone());
        }
    }
    let last = body["messages"].as_array_mut().and_then(|messages| messages.last_mut());
    let block =
        last.and_then(|message| message["content"].as_array_mut()).and_then(|blocks| blocks.last_mut());
    if let Some(Value::Object(block)) = block
        && matches!(block.get("type").and_then(Value::as_str), Some("text" | "tool_result" | "tool_use"))
    {
        block.insert("cache_control".to_owned(), kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_prefixes_are_marked_and_short_ones_are_not() {
        let body = |bytes: usize| {
            let mut body = json!({"system": "s".repeat(bytes), "messages": [
                {"role": "user", "content": [{"type": "text", "text": "u"}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "c"}]}]});
            mark(&mut body);
            body.to_string().matches("cache_control").count()
        };
        assert_eq!((body(100), body(10_000)), (0, 2));
    }
}
