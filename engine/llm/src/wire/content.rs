//! The content of a message: texts, lists of parts, and thinking in either.

use serde_json::Value;

/// Marks of thinking in a text.
const MARKS: [(&str, &str); 4] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("[THINK]", "[/THINK]"),
];

/// The content of a message, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ContentParts {
    pub(super) text: String,
    pub(super) thinking: String,
    /// True if thinking was written in the text.
    pub(super) split: bool,
    /// True if the parts cannot be put together again from text alone.
    pub(super) structured: bool,
}

/// Takes content apart.
pub(super) fn parts(content: &Value) -> ContentParts {
    let mut parts = ContentParts::default();
    add(content, &mut parts);
    if let Some((thinking, text)) = split_thinking(&parts.text) {
        parts.thinking.push_str(&thinking);
        (parts.text, parts.split) = (text, true);
    }
    parts
}

fn add(content: &Value, parts: &mut ContentParts) {
    match content {
        Value::String(text) => parts.text.push_str(text),
        Value::Array(items) => items.iter().for_each(|item| add(item, parts)),
        Value::Object(fields) => {
            let field = |name: &str| fields.get(name).map(words).unwrap_or_default();
            match fields.get("type").and_then(Value::as_str) {
                Some("thinking" | "reasoning" | "redacted_thinking") => {
                    let fields = ["thinking", "reasoning", "text", "summary"];
                    parts.thinking.push_str(
                        &fields
                            .iter()
                            .map(|name| field(name))
                            .find(|text| !text.is_empty())
                            .unwrap_or_default(),
                    );
                    parts.structured = true;
                }
                Some("text" | "output_text" | "refusal") | None => {
                    let text = ["text", "refusal", "content"]
                        .iter()
                        .map(|name| field(name))
                        .find(|text| !text.is_empty());
                    parts.text.push_str(&text.unwrap_or_default());
                }
                Some(_) => {
                    parts.text.push_str(&field("text"));
                    parts.structured = true;
                }
            }
        }
        _ => {}
    }
}

/// Returns the text of a value: of a string, or of the parts of a list.
fn words(value: &Value) -> String {
    let mut text = String::new();
    add_words(value, &mut text);
    text
}

fn add_words(value: &Value, text: &mut String) {
    match value {
        Value::String(more) => text.push_str(more),
        Value::Array(items) => items.iter().for_each(|item| add_words(item, text)),
        Value::Object(fields) => {
            fields
                .get("text")
                .or_else(|| fields.get("value"))
                .into_iter()
                .for_each(|value| add_words(value, text));
        }
        _ => {}
    }
}

/// Splits thinking off the beginning of a text.
fn split_thinking(text: &str) -> Option<(String, String)> {
    let trimmed = text.trim_start();
    if trimmed.starts_with("<|channel|>") || trimmed.starts_with("<|start|>") {
        return channels(trimmed);
    }
    for (begin, end) in MARKS {
        if let Some(rest) = trimmed.strip_prefix(begin) {
            let (thinking, after) = rest.split_once(end).unwrap_or((rest, ""));
            return Some((thinking.trim().to_owned(), after.trim_start().to_owned()));
        }
        // Chat templates that write the first mark themselves leave it out of the answer.
        if let Some((thinking, after)) = trimmed.split_once(end)
            && !thinking.contains(begin)
            && !end.starts_with('[')
        {
            return Some((thinking.trim().to_owned(), after.trim_start().to_owned()));
        }
    }
    None
}

/// Splits the channels of a model that writes them: `final` is the text, anything else is thinking. A call is left as it is.
fn channels(text: &str) -> Option<(String, String)> {
    if text.contains("to=functions.") {
        return None;
    }
    let (mut thinking, mut said) = (String::new(), String::new());
    for part in text.split("<|channel|>").skip(1) {
        let (channel, rest) = part.split_once("<|message|>")?;
        let words = rest.split("<|").next().unwrap_or_default();
        if channel.trim().starts_with("final") { said.push_str(words) } else { thinking.push_str(words) }
    }
    Some((thinking, said))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(content: &Value) -> (String, String) {
        let parts = parts(content);
        (parts.text, parts.thinking)
    }

    #[test]
    fn text_and_thinking_are_told_apart() {
        for (content, text, thinking) in [
            (json!("a"), "a", ""),
            (json!(null), "", ""),
            (json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), "ab", ""),
            (
                json!([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "a"}]),
                "a",
                "hm",
            ),
            (json!(["a", "b"]), "ab", ""),
            (json!("<think>hm</think>\na"), "a", "hm"),
            (json!("hm\n</think>\n\na"), "a", "hm"),
            (json!("<think>hm"), "", "hm"),
            (json!("a <think>b</think>"), "a <think>b</think>", ""),
            (
                json!(
                    "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>a<|return|>"
                ),
                "a",
                "hm",
            ),
        ] {
            assert_eq!(of(&content), (text.to_owned(), thinking.to_owned()), "{content}");
        }
    }
}
