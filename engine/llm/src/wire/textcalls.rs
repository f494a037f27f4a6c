//! Tool calls that a model wrote as text, in the dialects of models and chat templates.
//!
//! A call counts only if its tool is offered. Calls between marks count wherever they are. A call in a fence or without marks
//! counts only if it is the whole text or its end, because a text may also discuss a call.
//!
//! Attacks that end here: T-PROV-10, T-PROV-11.

use serde_json::{Map, Value, json};

use super::arguments::{CALLS_MAX, CallReader};
use super::lenient;
use super::weights::ARGUMENTS_WEIGHT_MAX;
use crate::repair::Repair;
use crate::types::{ChatRequest, ToolCall};

mod answers;
mod dialects;
mod unread;

pub(super) use self::answers::{Said, of_answer};

/// Bytes of a text in which calls are looked for. Answers of models are far shorter.
const TEXT_BYTES_MAX: usize = 2 << 20;
/// The end mark of marks that have none.
const NO_END: &str = "\u{0}";
/// Marks around calls: the beginning, and the end, which the end of the text may replace.
const MARKS: [(&str, &str); 10] = [
    ("<tool_call>", "</tool_call>"),
    ("<tool_use>", "</tool_use>"),
    ("<tool_calls>", "</tool_calls>"),
    ("<function_calls>", "</function_calls>"),
    ("<minimax:tool_call>", "</minimax:tool_call>"),
    ("<|tool_call|>", "<|/tool_call|>"),
    ("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"),
    ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"),
    ("[TOOL_CALLS]", NO_END),
    ("<|python_tag|>", "<|eom_id|>"),
];

/// A call before its tool and arguments are checked.
struct WrittenCall {
    name: String,
    arguments: Option<Value>,
    /// False if an end mark of the call is missing.
    closed: bool,
}

impl WrittenCall {
    fn new(name: &str, arguments: Value) -> Self {
        Self { name: name.trim().to_owned(), arguments: Some(arguments), closed: true }
    }
}

/// Text of a model, split into calls and the rest.
pub(super) struct TextCalls {
    pub(super) calls: Vec<ToolCall>,
    /// The text around the calls; `None` if it is empty.
    pub(super) rest: Option<String>,
}

/// Looks for calls in the first 2 MiB of a text. Returns `None` if there are none. `cut` is true if the text ended at its limit: a
/// call without its end was then cut off, and is returned with malformed arguments.
pub(super) fn find(
    reader: &mut CallReader<'_>,
    request: &ChatRequest,
    text: &str,
    cut: bool,
) -> Option<TextCalls> {
    if request.tools.is_empty() {
        return None;
    }
    let head = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    let (text, is_shortened) = (head, head.len() < text.len());
    let found = marked(text)
        .or_else(|| invoked(text))
        .or_else(|| functions(text))
        .or_else(|| harmony(text))
        .or_else(|| dialects::find(request, text))
        .or_else(|| fenced(text))
        .or_else(|| bare(text));
    let Some((mut written, rest)) = found.filter(|(written, _)| !written.is_empty()) else {
        return unread::find(reader, request, text, cut);
    };
    written.truncate(CALLS_MAX + 1);
    // If one tool is known, the others are calls as well, of tools that do not exist.
    if !written.iter().any(|one| reader.tool(&one.name).is_some()) {
        return unread::find(reader, request, text, cut);
    }
    reader.repairs.insert(Repair::CallInText);
    let mut calls = Vec::with_capacity(written.len());
    for one in &written {
        if (cut || is_shortened) && !one.closed {
            reader.repairs.insert(Repair::CallCutOff);
            let given = one.arguments.as_ref().map(Value::to_string).unwrap_or_default();
            calls.push(reader.malformed(&one.name, &given));
        } else {
            calls.push(reader.call("", &one.name, one.arguments.as_ref()));
        }
    }
    let rest = Some(rest.trim().to_owned()).filter(|rest| !rest.is_empty());
    Some(TextCalls { calls, rest })
}

type Found = (Vec<WrittenCall>, String);

/// Reads a JSON value, if it is no heavier than the calls of an answer may be. One closing bracket may be missing or surplus.
fn json(text: &str) -> Option<Value> {
    let whole = |text: &str| lenient::whole(text, ARGUMENTS_WEIGHT_MAX).map(|read| read.value);
    whole(text).or_else(|| {
        let read = lenient::prefix(text, ARGUMENTS_WEIGHT_MAX);
        match read {
            Some(read) => (text[read.end..].trim() == "}").then_some(read.value),
            None if text.trim_end().ends_with('}') => whole(&format!("{text}}}")),
            None => None,
        }
    })
}

/// Calls between marks.
fn marked(text: &str) -> Option<Found> {
    let (begin, end) = MARKS.into_iter().find(|(begin, _)| text.contains(begin))?;
    let (mut calls, mut around, mut rest) = (Vec::new(), String::new(), text);
    // One call too many is enough to refuse the answer.
    while let Some(start) = rest.find(begin).filter(|_| calls.len() <= CALLS_MAX) {
        around.push_str(&rest[..start]);
        let inside = &rest[start + begin.len()..];
        // A mark without an end mark of its own ends where the next one begins.
        let next = if end == NO_END { inside.find(begin) } else { None };
        let length = inside.find(end).or(next).unwrap_or(inside.len());
        calls.extend(inner(&inside[..length])?);
        rest = &inside[length..];
        rest = rest.strip_prefix(end).unwrap_or(if next.is_some() { rest } else { "" });
    }
    around.push_str(rest);
    Some((calls, around))
}

/// Reads the text between marks.
fn inner(text: &str) -> Option<Vec<WrittenCall>> {
    let text = text.trim();
    json_calls(text)
        .or_else(|| sequence(text))
        .or_else(|| functions(text).map(|(calls, _)| calls))
        .or_else(|| invocations(text))
        .or_else(|| sections(text))
        .or_else(|| pairs(text))
        .or_else(|| named_json(text))
        .or_else(|| elements(text))
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
    Some(WrittenCall { name: name.to_owned(), arguments: given.cloned(), closed: true })
}

/// `<function=NAME>…</function>` and `<function name="NAME">…</function>`.
fn functions(text: &str) -> Option<Found> {
    let (mut calls, mut around, mut rest) = (Vec::new(), String::new(), text);
    while let Some(start) = function_at(rest).filter(|_| calls.len() <= CALLS_MAX) {
        around.push_str(&rest[..start]);
        let head = rest[start..].find('>')? + start;
        let name = rest[start..head].split_once('=')?.1.trim().trim_matches(['"', '\'', '/']).trim();
        if name.contains('{') {
            // The dialect without a bracket after the name.
            return None;
        }
        let inside = &rest[head + 1..];
        let length = inside.find("</function>").unwrap_or(inside.len());
        let arguments = body(&inside[..length])?;
        // Complete JSON needs no end mark.
        let closed = length < inside.len() || arguments.is_object() && inside.trim_end().ends_with('}');
        calls.push(WrittenCall { closed, ..WrittenCall::new(name, arguments) });
        rest = inside[length..].strip_prefix("</function>").unwrap_or_default();
    }
    around.push_str(rest);
    (!calls.is_empty()).then_some((calls, around))
}

/// Returns the place where the next function begins.
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

/// Returns a value without the line breaks directly inside its marks.
fn without_frame(text: &str) -> &str {
    let text = text.strip_prefix('\n').unwrap_or(text);
    text.strip_suffix('\n').unwrap_or(text)
}

/// `<invoke name="NAME"><parameter name="P">VALUE</parameter></invoke>`.
fn invocations(text: &str) -> Option<Vec<WrittenCall>> {
    let (mut calls, mut rest) = (Vec::new(), text);
    while let Some(start) = rest.find("<invoke").filter(|_| calls.len() <= CALLS_MAX) {
        let head = rest[start..].find('>')? + start;
        let name = rest[start..head].split_once('=')?.1.trim().trim_matches(['"', '\'']);
        let inside = &rest[head + 1..];
        let length = inside.find("</invoke>").unwrap_or(inside.len());
        let arguments = parameters(&inside[..length]).or_else(|| json(inside[..length].trim()));
        let closed = length < inside.len();
        calls.push(WrittenCall { closed, ..WrittenCall::new(name, arguments.unwrap_or_else(|| json!({}))) });
        rest = &inside[length..];
    }
    (!calls.is_empty()).then_some(calls)
}

/// Invocations without marks around them, on separate lines.
fn invoked(text: &str) -> Option<Found> {
    let start = text.find("<invoke name=")?;
    let own = text[..start].is_empty() || text[..start].ends_with('\n');
    let end = text.rfind("</invoke>").map_or(text.len(), |at| at + "</invoke>".len());
    let calls = invocations(&text[start..]).filter(|_| own)?;
    Some((calls, format!("{}{}", &text[..start], &text[end.max(start)..])))
}

/// `<|tool_call_begin|>NAME<|tool_call_argument_begin|>JSON<|tool_call_end|>`, and variants with other signs.
fn sections(text: &str) -> Option<Vec<WrittenCall>> {
    const FORMS: [(&str, &str, &str); 2] = [
        ("<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>"),
        ("<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"),
    ];
    let (begin, between, end) = FORMS.into_iter().find(|(begin, ..)| text.contains(begin))?;
    let mut calls = Vec::new();
    for part in text.split(begin).skip(1) {
        let closed = part.contains(end);
        let part = part.split(end).next()?;
        let (name, arguments) = part.split_once(between)?;
        // One template has the kind first, followed by the name and a fence.
        let (name, arguments) = match (name.trim(), arguments.split_once('\n')) {
            ("function", Some((name, rest))) => (name, rest),
            _ => (name, arguments),
        };
        let arguments = arguments.trim().trim_start_matches("```json").trim_matches('`').trim();
        let closed = closed || json(arguments).is_some();
        calls.push(WrittenCall { closed, ..WrittenCall::new(name, json!(arguments)) });
    }
    (!calls.is_empty()).then_some(calls)
}

/// `NAME` and pairs of `<arg_key>KEY</arg_key>` and `<arg_value>VALUE</arg_value>`.
fn pairs(text: &str) -> Option<Vec<WrittenCall>> {
    let (name, mut rest) = text.split_once("<arg_key>")?;
    let mut fields = Map::new();
    let mut closed;
    loop {
        let (key, after) = rest.split_once("</arg_key>")?;
        let (_, value) = after.split_once("<arg_value>")?;
        closed = value.contains("</arg_value>");
        let (value, after) = value.split_once("</arg_value>").unwrap_or((value, ""));
        fields.insert(key.trim().to_owned(), json!(value));
        match after.split_once("<arg_key>") {
            Some((_, next)) => rest = next,
            None => break,
        }
    }
    Some(vec![WrittenCall { closed, ..WrittenCall::new(name, Value::Object(fields)) }])
}

/// `NAME{…}`, `NAME({…})`, `NAME[ARGS]{…}` and `NAME[CALL_ID]ID[ARGS]{…}`.
fn named_json(text: &str) -> Option<Vec<WrittenCall>> {
    let start = text.find('{')?;
    let name = text[..start].trim().trim_end_matches("[ARGS]").trim();
    let (name, text) = match (name.strip_suffix('('), text.trim_end().strip_suffix(')')) {
        (Some(name), Some(text)) => (name.trim_end(), text),
        _ => (name, text),
    };
    let name = name.split_once("[CALL_ID]").map_or(name, |(name, _)| name).trim();
    let plain =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let arguments = json(&text[start..])?;
    plain.then(|| vec![WrittenCall::new(name, arguments)])
}

/// `<name>NAME</name><arguments>JSON</arguments>`.
fn elements(text: &str) -> Option<Vec<WrittenCall>> {
    let within = |name: &str| {
        let (_, inside) = text.split_once(&format!("<{name}>"))?;
        Some(inside.split_once(&format!("</{name}>"))?.0.trim())
    };
    let given = ["arguments", "parameters", "args"].into_iter().find_map(within)?;
    Some(vec![WrittenCall::new(within("name")?, json(given)?)])
}

/// `<|channel|>commentary to=functions.NAME …<|message|>{…}<|call|>`, one after the other.
fn harmony(text: &str) -> Option<Found> {
    const BEGIN: &str = "to=functions.";
    let mut rest = Some(text).filter(|text| text.contains("<|message|>"))?;
    let mut calls = Vec::new();
    while let Some(start) = rest.find(BEGIN).filter(|_| calls.len() <= CALLS_MAX) {
        let (name, after) =
            rest[start + BEGIN.len()..].split_once(|c: char| c.is_whitespace() || c == '<')?;
        let (_, arguments) = after.split_once("<|message|>")?;
        let end = arguments.find("<|").unwrap_or(arguments.len());
        let given = arguments[..end].trim();
        // Valid JSON is complete, whatever follows.
        let closed = end < arguments.len() || json(given).is_some();
        calls.push(WrittenCall { closed, ..WrittenCall::new(name, json!(given)) });
        rest = &arguments[end..];
    }
    (!calls.is_empty()).then_some((calls, String::new()))
}

/// A call in a fence at the end of the text.
fn fenced(text: &str) -> Option<Found> {
    let trimmed = text.trim_end().strip_suffix("```")?;
    let start = trimmed.rfind("```")?;
    let inside = &trimmed[start + 3..];
    let inside = inside.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    Some((json_calls(inside.trim()).or_else(|| sequence(inside))?, trimmed[..start].to_owned()))
}

/// A text that consists of a call.
fn bare(text: &str) -> Option<Found> {
    let trimmed = text.trim();
    if trimmed.starts_with('{') || trimmed.starts_with('[') {
        return Some((json_calls(trimmed).or_else(|| sequence(trimmed))?, String::new()));
    }
    // After a sentence, on separate lines.
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
        let found = find(&mut reader, &request, text, false)?;
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
            format!("<tool_call>\n<name>bash</name>\n<arguments>{arguments}</arguments>\n</tool_call>"),
        ] {
            assert_eq!(found(&text), Some((1, None)), "{text}");
        }
        let two = format!("I look.\n<tool_call>{object}</tool_call>\n<tool_call>{object}</tool_call>");
        assert_eq!(found(&two), Some((2, Some("I look.".to_owned()))));
        let channel = format!(
            "<|channel|>commentary to=functions.bash <|constrain|>json<|message|>{arguments}<|call|>"
        );
        let two = format!(
            "<|channel|>analysis<|message|>hm<|end|><|start|>assistant{channel}<|start|>assistant{channel}"
        );
        assert_eq!(found(&two), Some((2, None)));
        assert_eq!(found(&format!("I look.\n```json\n{object}\n```")), Some((1, Some("I look.".to_owned()))));
    }

    #[test]
    fn a_call_that_the_limit_cut_off_is_not_run() {
        for text in [
            "<tool_call>\n<function=bash>\n<parameter=command>\necho half of",
            "<tool_call>\n<function=bash>\n<parameter=command>\necho hi\n</parameter>\n",
            "<tool_call>bash\n<arg_key>command</arg_key>\n<arg_value>echo half of",
            "<function_calls>\n<invoke name=\"bash\">\n<parameter name=\"command\">echo half of",
            "<tool_call>\n{\"name\": \"bash\", \"arguments\": {\"command\": \"echo half",
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.bash:0<|tool_call_argument_begin|>{\"command\": \"echo half",
            "<function=bash>{\"command\": \"echo half",
            "I look.\n```json\n{\"name\": \"bash\", \"arguments\": {\"command\": \"echo half",
            "{\"name\": \"bash\", \"arguments\": {\"command\": \"echo half",
            "[TOOL_CALLS]bash{\"command\": \"echo half",
            "[TOOL_CALLS][{\"name\": \"bash\", \"arguments\": {\"command\": \"echo half",
            "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"bash\">\n<｜DSML｜parameter name=\"command\" string=\"true\">echo half",
        ] {
            let request = request();
            let mut reader = CallReader::new(&request);
            let found = find(&mut reader, &request, text, true).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found.calls.len(), 1, "{text}");
            let Arguments::Malformed(raw) = &found.calls[0].arguments else { panic!("{text}") };
            assert_eq!(json(raw), None, "{raw} is no object again");
            assert_eq!(found.calls[0].name, "bash", "{text}");
            assert!(reader.repairs.contains(&Repair::CallCutOff), "{text}");
        }
        // Complete calls, and text that merely ends.
        let request = request();
        let whole =
            "<tool_call>{\"name\": \"bash\", \"arguments\": {\"command\": \"echo hi\"}}</tool_call> And";
        let found = find(&mut CallReader::new(&request), &request, whole, true).unwrap();
        assert!(matches!(found.calls[0].arguments, Arguments::Object(_)));
        assert!(find(&mut CallReader::new(&request), &request, "I think that bash", true).is_none());
    }

    #[test]
    fn a_good_call_is_not_lost_beside_a_bad_one() {
        let request = request();
        let text = "<tool_call>{\"name\": \"bash\", \"arguments\": {}}</tool_call><tool_call>{\"name\": \"rm\", \"arguments\": {}}</tool_call>";
        let found = find(&mut CallReader::new(&request), &request, text, false).unwrap();
        assert_eq!(found.calls.iter().map(|call| call.name.as_str()).collect::<Vec<_>>(), ["bash", "rm"]);
        let mut reader = CallReader::new(&request);
        let unread =
            find(&mut reader, &request, "<tool_call>\n{\"name\": \"bash\", oh no}\n</tool_call>", false)
                .unwrap();
        assert!(matches!(unread.calls[0].arguments, Arguments::Malformed(_)));
        assert!(reader.repairs.contains(&Repair::CallUnread));
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
