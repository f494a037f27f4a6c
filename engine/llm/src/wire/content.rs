//! The content of a message: texts, lists of parts, and thinking in either of them.

use serde_json::Value;

/// Marks around thinking in a text.
const MARKS: [(&str, &str); 9] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<seed:think>", "</seed:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|channel>thought", "<channel|>"),
];
/// Marks around the answer after thinking.
const ANSWERS: [(&str, &str); 2] =
    [("<|START_RESPONSE|>", "<|END_RESPONSE|>"), ("<|begin_of_solution|>", "<|end_of_solution|>")];
/// Maximum number of times that thinking is split off the beginning of a text.
const SPLITS_MAX: usize = 16;

/// The content of a message, split into its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ContentParts {
    pub(super) text: String,
    pub(super) thinking: String,
    /// True if thinking was written in the text.
    pub(super) split: bool,
    /// True if the content cannot be rebuilt from text alone.
    pub(super) structured: bool,
}

/// Splits content into its parts. `opened` is true if the model's chat template writes the first mark of thinking, so that an
/// answer has only the last one.
pub(super) fn parts(content: &Value, opened: bool) -> ContentParts {
    let mut parts = ContentParts::default();
    add(content, &mut parts);
    for count in 0..SPLITS_MAX {
        let Some((thinking, text)) = split_thinking(&parts.text, opened && count == 0) else { break };
        parts.thinking.push_str(&thinking);
        (parts.text, parts.split) = (text, true);
    }
    if parts.split
        && let Some(answer) = unmarked(&parts.text)
    {
        parts.text = answer;
    }
    parts
}

/// Returns an answer without the marks around it.
fn unmarked(text: &str) -> Option<String> {
    let (begin, end) = ANSWERS.iter().find(|(begin, _)| text.starts_with(begin))?;
    let text = text[begin.len()..].trim();
    Some(text.strip_suffix(end).unwrap_or(text).trim().to_owned())
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

/// Returns the text of a value, which is a string or a list of parts.
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

/// Splits thinking off the beginning of a text. A mark that is quoted or in code does not count.
fn split_thinking(text: &str, opened: bool) -> Option<(String, String)> {
    let trimmed = text.trim_start();
    if trimmed.starts_with("<|channel|>") || trimmed.starts_with("<|start|>") {
        return channels(trimmed);
    }
    if let Some(split) = bare_channels(trimmed) {
        return Some(split);
    }
    for (begin, end) in MARKS {
        let apart = |text: &str, at: usize| {
            (text[..at].trim().to_owned(), text[at + end.len()..].trim_start().to_owned())
        };
        if let Some(rest) = trimmed.strip_prefix(begin) {
            let at = plain_mark(rest, end).or_else(|| rest.find(end));
            return Some(at.map_or_else(|| (rest.trim().to_owned(), String::new()), |at| apart(rest, at)));
        }
        // Nothing precedes an end mark at the beginning.
        let at = if opened { plain_mark(trimmed, end) } else { trimmed.starts_with(end).then_some(0) };
        if let Some(at) = at.filter(|at| !trimmed[..*at].contains(begin)) {
            return Some(apart(trimmed, at));
        }
    }
    None
}

/// Returns the place of a mark that is neither in a fence nor in quotes or backticks.
fn plain_mark(text: &str, mark: &str) -> Option<usize> {
    const QUOTES: [char; 8] = ['"', '\'', '`', '“', '”', '‘', '’', '«'];
    text.match_indices(mark).map(|(at, _)| at).find(|at| {
        let (before, after) = (&text[..*at], &text[*at + mark.len()..]);
        let line = before.rsplit('\n').next().unwrap_or_default();
        let in_fence = before.matches("```").count() % 2 == 1;
        let in_code = line.replace("```", "").matches('`').count() % 2 == 1;
        !in_fence && !in_code && !before.ends_with(QUOTES) && !after.starts_with(QUOTES)
    })
}

/// Splits the channels of a model that writes them: `final` is the text, anything else is thinking. A call is left unchanged.
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

/// Splits channels whose marks the server removed, so that their names directly precede the words: `analysisI
/// think.assistantfinalYes.`
fn bare_channels(text: &str) -> Option<(String, String)> {
    let rest = text.strip_prefix("analysis").filter(|rest| rest.starts_with(|c: char| c.is_uppercase()))?;
    let (thinking, said) = rest.split_once("assistantfinal")?;
    Some((thinking.trim().to_owned(), said.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(content: &Value) -> (String, String) {
        let parts = parts(content, false);
        (parts.text, parts.thinking)
    }

    #[test]
    fn a_text_about_marks_of_thinking_is_whole() {
        for text in [
            "I use `</think>` as a mark. <json>{}</json>",
            "answer.split(\"</think>\")[-1] takes the rest",
            "```python\nanswer = text.split('</thinking>')\n```\nDone.",
            "The tag </think> ends it. The rest follows.",
            "First\n</thought>\nthen",
            "a [/THINK] b",
        ] {
            assert_eq!(of(&json!(text)), (text.to_owned(), String::new()));
        }
        // From a model that writes no first mark.
        for (text, rest, thinking) in [
            ("hm `</think>` is a mark\n</think>\n\na", "a", "hm `</think>` is a mark"),
            ("x.split(\"</think>\")[-1]\n</think>a", "a", "x.split(\"</think>\")[-1]"),
            ("```\n</think>\n```\n</think>a `</think>`", "a `</think>`", "```\n</think>\n```"),
            ("no mark at all", "no mark at all", ""),
            ("only `</think>` quoted", "only `</think>` quoted", ""),
        ] {
            let parts = parts(&json!(text), true);
            assert_eq!((&*parts.text, &*parts.thinking), (rest, thinking), "{text}");
        }
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
            (json!("</think>\n\na"), "a", ""),
            (json!("<think>I write `</think>`.</think>a"), "a", "I write `</think>`."),
            (json!("<think>hm"), "", "hm"),
            (json!("<think>h</think>\n<think>m</think>\n\na <think>b</think>"), "a <think>b</think>", "hm"),
            (json!("◁think▷hm◁/think▷a"), "a", "hm"),
            (json!("<|channel>thought\nhm\n<channel|>a"), "a", "hm"),
            (json!("analysisWe look.assistantfinala"), "a", "We look."),
            (json!("analysis of a: assistantfinal"), "analysis of a: assistantfinal", ""),
            (json!("<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>a<|END_RESPONSE|>"), "a", "hm"),
            (json!("<|START_RESPONSE|>a"), "<|START_RESPONSE|>a", ""),
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
