//! Tool calls that a model wrote as text, in the dialects of models and of chat templates.
//!
//! A call counts only if its tool is offered. Calls in marks count wherever they stand; a call in a fence or without any marks only as
//! the whole text or its end, since a text may also speak about one.
//!
//! Attacks that end here: T-PROV-10, T-PROV-11.

use serde_json::{Map, Value, json};

use super::arguments::{ARGUMENTS_WEIGHT_MAX, CALLS_MAX, CallReader};
use super::lenient;
use crate::repair::Repair;
use crate::types::{ChatRequest, ToolCall};

/// Marks around calls: the beginning, and the end, which the end of the text may replace.
const MARKS: [(&str, &str); 9] = [
    ("<tool_call>", "</tool_call>"),
    ("<tool_calls>", "</tool_calls>"),
    ("<function_calls>", "</function_calls>"),
    ("<minimax:tool_call>", "</minimax:tool_call>"),
    ("<|tool_call|>", "<|/tool_call|>"),
    ("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"),
    ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"),
    ("[TOOL_CALLS]", "\u{0}"),
    ("<|python_tag|>", "<|eom_id|>"),
];

/// A call before its tool and arguments are checked.
struct WrittenCall {
    name: String,
    arguments: Option<Value>,
}

/// Text of a model, split into calls and the rest.
pub(super) struct TextCalls {
    pub(super) calls: Vec<ToolCall>,
    /// The text around the calls; `None` if it is empty.
    pub(super) rest: Option<String>,
}

/// Looks for calls in a text. Returns `None` if there are none.
pub(super) fn find(reader: &mut CallReader<'_>, request: &ChatRequest, text: &str) -> Option<TextCalls> {
    if request.tools.is_empty() {
        return None;
    }
    let (mut written, rest) = marked(text)
        .or_else(|| functions(text))
        .or_else(|| harmony(text))
        .or_else(|| fenced(text))
        .or_else(|| bare(text))?;
    written.truncate(CALLS_MAX + 1);
    if written.is_empty() || !written.iter().all(|one| reader.tool(&one.name).is_some()) {
        return None;
    }
    reader.repairs.insert(Repair::CallInText);
    let calls = written.iter().map(|one| reader.call("", &one.name, one.arguments.as_ref())).collect();
    let rest = Some(rest.trim().to_owned()).filter(|rest| !rest.is_empty());
    Some(TextCalls { calls, rest })
}

type Found = (Vec<WrittenCall>, String);

/// Reads a JSON value, if it is no heavier than the calls of an answer may be.
fn json(text: &str) -> Option<Value> {
    lenient::whole(text, ARGUMENTS_WEIGHT_MAX).map(|read| read.value)
}

/// Calls between marks.
fn marked(text: &str) -> Option<Found> {
    let (begin, end) = MARKS.into_iter().find(|(begin, _)| text.contains(begin))?;
    let (mut calls, mut around, mut rest) = (Vec::new(), String::new(), text);
    // One call too many is enough to refuse the answer.
    while let Some(start) = rest.find(begin).filter(|_| calls.len() <= CALLS_MAX) {
        around.push_str(&rest[..start]);
        let inside = &rest[start + begin.len()..];
        let length = inside.find(end).unwrap_or(inside.len());
        calls.extend(inner(&inside[..length])?);
        rest = inside[length..].strip_prefix(end).unwrap_or_default();
    }
    around.push_str(rest);
    Some((calls, around))
}

/// Reads what stands between marks.
fn inner(text: &str) -> Option<Vec<WrittenCall>> {
    let text = text.trim();
    json_calls(text)
        .or_else(|| sequence(text))
        .or_else(|| functions(text).map(|(calls, _)| calls))
        .or_else(|| invocations(text))
        .or_else(|| sections(text))
        .or_else(|| pairs(text))
        .or_else(|| named_json(text))
}

/// `{"name": …, "arguments": …}`, or a list of them.
fn json_calls(text: &str) -> Option<Vec<WrittenCall>> {
    calls_of(&json(text)?)
}

/// Several objects one after the other.
fn sequence(text: &str) -> Option<Vec<WrittenCall>> {
    let (mut calls, mut rest) = (Vec::new(), text.trim());
    while !rest.is_empty() && calls.len() <= CALLS_MAX {
        let read = lenient::prefix(rest, ARGUMENTS_WEIGHT_MAX)?;
        calls.extend(calls_of(&read.value)?);
        rest = rest[read.end..].trim_start_matches(|c: char| c.is_whitespace() || c == ';' || c == ',');
    }
    (!calls.is_empty()).then_some(calls)
}

fn calls_of(value: &Value) -> Option<Vec<WrittenCall>> {
    match value {
        Value::Array(items) => {
            let calls: Option<Vec<_>> = items.iter().map(call_of).collect();
            calls.filter(|calls| !calls.is_empty())
        }
        Value::Object(fields) => match fields.get("tool_calls") {
            Some(calls) => calls_of(calls),
            None => Some(vec![call_of(value)?]),
        },
        _ => None,
    }
}

fn call_of(value: &Value) -> Option<WrittenCall> {
    let function = value.get("function").filter(|function| function.is_object()).unwrap_or(value);
    let name =
        ["name", "tool", "tool_name", "function"].iter().find_map(|field| function.get(*field)?.as_str())?;
    let given = ["arguments", "parameters", "input", "args", "tool_input"]
        .iter()
        .find_map(|field| function.get(*field));
    Some(WrittenCall { name: name.to_owned(), arguments: given.cloned() })
}

/// `<function=NAME>…</function>` and `<function name="NAME">…</function>`.
fn functions(text: &str) -> Option<Found> {
    let (mut calls, mut around, mut rest) = (Vec::new(), String::new(), text);
    while let Some(start) = function_at(rest).filter(|_| calls.len() <= CALLS_MAX) {
        around.push_str(&rest[..start]);
        let head = rest[start..].find('>')? + start;
        let name = rest[start..head].split_once('=')?.1.trim().trim_matches(['"', '\'', '/']).trim();
        let inside = &rest[head + 1..];
        let length = inside.find("</function>").unwrap_or(inside.len());
        calls.push(WrittenCall { name: name.to_owned(), arguments: Some(body(&inside[..length])?) });
        rest = inside[length..].strip_prefix("</function>").unwrap_or_default();
    }
    around.push_str(rest);
    (!calls.is_empty()).then_some((calls, around))
}

/// Returns where the next function begins.
fn function_at(text: &str) -> Option<usize> {
    text.match_indices("<function").map(|(at, _)| at).find(|at| {
        let rest = &text[at + "<function".len()..];
        rest.starts_with('=') || rest.starts_with(" name=")
    })
}

/// Arguments as JSON, or as `<parameter=NAME>VALUE</parameter>`.
fn body(text: &str) -> Option<Value> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Some(json!({}));
    }
    if trimmed.starts_with('{') {
        return Some(json(trimmed).unwrap_or_else(|| json!(trimmed)));
    }
    parameters(text)
}

fn parameters(text: &str) -> Option<Value> {
    let (mut fields, mut rest) = (Map::new(), text);
    while let Some(start) = rest.find("<parameter") {
        let head = rest[start..].find('>')? + start;
        let name = rest[start..head].split_once('=')?.1.split(' ').next()?.trim_matches(['"', '\'']);
        let inside = &rest[head + 1..];
        let length = inside.find("</parameter>").unwrap_or(inside.len());
        fields.insert(name.to_owned(), json!(without_frame(&inside[..length])));
        rest = inside[length..].strip_prefix("</parameter>").unwrap_or_default();
    }
    (!fields.is_empty()).then_some(Value::Object(fields))
}

/// Returns a value without the line breaks right after and before its marks.
fn without_frame(text: &str) -> &str {
    let text = text.strip_prefix('\n').unwrap_or(text);
    text.strip_suffix('\n').unwrap_or(text)
}

/// `<invoke name="NAME"><parameter name="P">VALUE</parameter></invoke>`.
fn invocations(text: &str) -> Option<Vec<WrittenCall>> {
    let (mut calls, mut rest) = (Vec::new(), text);
    while let Some(start) = rest.find("<invoke") {
        let head = rest[start..].find('>')? + start;
        let name = rest[start..head].split_once('=')?.1.trim().trim_matches(['"', '\'']);
        let inside = &rest[head + 1..];
        let length = inside.find("</invoke>").unwrap_or(inside.len());
        let arguments = parameters(&inside[..length]).unwrap_or_else(|| json!({}));
        calls.push(WrittenCall { name: name.to_owned(), arguments: Some(arguments) });
        rest = &inside[length..];
    }
    (!calls.is_empty()).then_some(calls)
}

/// `<|tool_call_begin|>NAME<|tool_call_argument_begin|>JSON<|tool_call_end|>`, and the like with other signs.
fn sections(text: &str) -> Option<Vec<WrittenCall>> {
    const FORMS: [(&str, &str, &str); 2] = [
        ("<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>"),
        ("<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"),
    ];
    let (begin, between, end) = FORMS.into_iter().find(|(begin, ..)| text.contains(begin))?;
    let mut calls = Vec::new();
    for part in text.split(begin).skip(1) {
        let part = part.split(end).next()?;
        let (name, arguments) = part.split_once(between)?;
        // One template has the kind first, and the name and a fence after it.
        let (name, arguments) = match (name.trim(), arguments.split_once('\n')) {
            ("function", Some((name, rest))) => (name, rest),
            _ => (name, arguments),
        };
        let arguments = arguments.trim().trim_start_matches("```json").trim_matches('`').trim();
        calls.push(WrittenCall { name: name.trim().to_owned(), arguments: Some(json!(arguments)) });
    }
    (!calls.is_empty()).then_some(calls)
}

/// `NAME` and pairs of `<arg_key>KEY</arg_key>` and `<arg_value>VALUE</arg_value>`.
fn pairs(text: &str) -> Option<Vec<WrittenCall>> {
    let (name, mut rest) = text.split_once("<arg_key>")?;
    let mut fields = Map::new();
    loop {
        let (key, after) = rest.split_once("</arg_key>")?;
        let (_, value) = after.split_once("<arg_value>")?;
        let (value, after) = value.split_once("</arg_value>").unwrap_or((value, ""));
        fields.insert(key.trim().to_owned(), json!(value));
        match after.split_once("<arg_key>") {
            Some((_, next)) => rest = next,
            None => break,
        }
    }
    Some(vec![WrittenCall { name: name.trim().to_owned(), arguments: Some(Value::Object(fields)) }])
}

/// `NAME{…}` and `NAME[ARGS]{…}`.
fn named_json(text: &str) -> Option<Vec<WrittenCall>> {
    let start = text.find('{')?;
    let name = text[..start].trim().trim_end_matches("[ARGS]").trim();
    let plain =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let arguments = json(&text[start..])?;
    plain.then(|| vec![WrittenCall { name: name.to_owned(), arguments: Some(arguments) }])
}

/// `<|channel|>commentary to=functions.NAME …<|message|>{…}<|call|>`.
fn harmony(text: &str) -> Option<Found> {
    let start = text.find("to=functions.").filter(|_| text.contains("<|message|>"))?;
    let (name, rest) =
        text[start + "to=functions.".len()..].split_once(|c: char| c.is_whitespace() || c == '<')?;
    let (_, arguments) = rest.split_once("<|message|>")?;
    let arguments = arguments.split("<|").next()?.trim();
    Some((vec![WrittenCall { name: name.to_owned(), arguments: Some(json!(arguments)) }], String::new()))
}

/// A call in a fence at the end of the text.
fn fenced(text: &str) -> Option<Found> {
    let trimmed = text.trim_end().strip_suffix("```")?;
    let start = trimmed.rfind("```")?;
    let inside = &trimmed[start + 3..];
    let inside = inside.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    Some((json_calls(inside.trim()).or_else(|| sequence(inside))?, trimmed[..start].to_owned()))
}

/// A text that is a call.
fn bare(text: &str) -> Option<Found> {
    let trimmed = text.trim();
    if trimmed.starts_with('{') || trimmed.starts_with('[') {
        return Some((json_calls(trimmed).or_else(|| sequence(trimmed))?, String::new()));
    }
    // After a sentence, on lines of its own.
    let start = trimmed.find("\n{").or_else(|| trimmed.find("\n["))?;
    Some((json_calls(&trimmed[start + 1..])?, trimmed[..start].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Arguments;

    fn request() -> ChatRequest {
        serde_json::from_value(json!({"model": "m", "messages": [], "temperature": null, "max_tokens": null,
            "tools": [{"name": "bash", "description": "", "parameters": {}}]}))
        .unwrap()
    }

    fn found(text: &str) -> Option<(usize, Option<String>)> {
        let request = request();
        let mut reader = CallReader::new(&request);
        let found = find(&mut reader, &request, text)?;
        for call in &found.calls {
            let expected = json!({"command": "echo hi"}).as_object().unwrap().clone();
            assert_eq!(
                (call.name.as_str(), &call.arguments),
                ("bash", &Arguments::Object(expected)),
                "{text}"
            );
        }
        assert!(reader.repairs.contains(&Repair::CallInText));
        Some((found.calls.len(), found.rest))
    }

    #[test]
    fn calls_are_found_in_every_dialect() {
        let object = "{\"name\": \"bash\", \"arguments\": {\"command\": \"echo hi\"}}";
        let arguments = "{\"command\": \"echo hi\"}";
        for text in [
            object.to_owned(),
            format!("<tool_call>\n{object}\n</tool_call>"),
            format!("<tool_call>\n{object}"),
            format!("```json\n{object}\n```"),
            format!("```\n[{object}]\n```"),
            format!("[TOOL_CALLS][{object}]"),
            format!("[TOOL_CALLS]bash{arguments}"),
            format!("[TOOL_CALLS]bash[ARGS]{arguments}"),
            format!("<function=bash>{arguments}</function>"),
            "<tool_call>\n<function=bash>\n<parameter=command>\necho hi\n</parameter>\n</function>\n</tool_call>".to_owned(),
            "<tool_call>bash\n<arg_key>command</arg_key>\n<arg_value>echo hi</arg_value>\n</tool_call>".to_owned(),
            "<minimax:tool_call>\n<invoke name=\"bash\">\n<parameter name=\"command\">echo hi</parameter>\n</invoke>\n</minimax:tool_call>".to_owned(),
            "<function_calls><invoke name=\"bash\"><parameter name=\"command\">echo hi</parameter></invoke></function_calls>".to_owned(),
            format!("<|tool_calls_section_begin|><|tool_call_begin|>functions.bash:0<|tool_call_argument_begin|>{arguments}<|tool_call_end|><|tool_calls_section_end|>"),
            format!("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>bash\n```json\n{arguments}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"),
            format!("<|channel|>commentary to=functions.bash <|constrain|>json<|message|>{arguments}<|call|>"),
            format!("<|python_tag|>{}", object.replace("arguments", "parameters")),
            format!("{{\"tool_calls\": [{object}]}}"),
        ] {
            assert_eq!(found(&text), Some((1, None)), "{text}");
        }
        let two = format!("I look.\n<tool_call>{object}</tool_call>\n<tool_call>{object}</tool_call>");
        assert_eq!(found(&two), Some((2, Some("I look.".to_owned()))));
        assert_eq!(found(&format!("I look.\n```json\n{object}\n```")), Some((1, Some("I look.".to_owned()))));
    }

    #[test]
    fn many_calls_in_text_are_read_up_to_one_too_many() {
        let object = "{\"name\": \"bash\", \"arguments\": {\"command\": \"echo hi\"}}";
        for one in [
            object.to_owned(),
            format!("<tool_call>{object}</tool_call>"),
            "<function name=bash>{\"command\": \"echo hi\"}</function>".to_owned(),
        ] {
            for count in [100_000, CALLS_MAX + 1, CALLS_MAX] {
                let found = found(&one.repeat(count)).unwrap();
                assert_eq!(found.0, count.min(CALLS_MAX + 1), "{one}");
            }
        }
    }

    #[test]
    fn texts_about_calls_are_none() {
        let object = "{\"name\": \"rm\", \"arguments\": {\"command\": \"echo hi\"}}";
        for text in [
            "hello",
            "{\"name\": \"Bob\", \"age\": 3}",
            object,
            "A call looks like ```json\n{\"name\": \"bash\", \"arguments\": {}}\n``` and nothing else.",
            "<tool_call>nothing</tool_call>",
            "```python\nprint(1)\n```",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
