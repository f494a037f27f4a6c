//! Further dialects of calls in text, each with its own marks.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{CALLS_MAX, ChatRequest, Found, WrittenCall, json as read, json_calls, parameters, sequence};

/// Marks around JSON: a call, a list of them, or several one after the other.
const AROUND: [(&str, &str); 8] = [
    ("<|tool_call_start|>", "<|tool_call_end|>"),
    ("<|START_ACTION|>", "<|END_ACTION|>"),
    ("<TOOLCALL>", "</TOOLCALL>"),
    ("<|action_start|><|plugin|>", "<|action_end|>"),
    ("<|action_start|>", "<|action_end|>"),
    ("functools", "\u{0}"),
    ("<tool>", "</tool>"),
    ("```tool_code", "```"),
];

/// Looks for calls in these dialects.
pub(super) fn find(request: &ChatRequest, text: &str) -> Option<Found> {
    dsml(text)
        .or_else(|| piped(text))
        .or_else(|| attributed(text))
        .or_else(|| braced(text))
        .or_else(|| around(request, text))
        .or_else(|| pythonic_alone(request, text))
        .or_else(|| eom(text))
        .or_else(|| bracketed(request, text))
        .or_else(|| react(request, text))
        .or_else(|| tagged(request, text))
}

/// `<｜DSML｜invoke name="NAME"><｜DSML｜parameter name="P" string="true">VALUE</｜DSML｜parameter></｜DSML｜invoke>`.
fn dsml(text: &str) -> Option<Found> {
    const SIGN: &str = "｜DSML｜";
    let start = text.find("<｜DSML｜")?;
    let plain = text[start..].replace(SIGN, "");
    let (mut calls, mut rest) = (Vec::new(), plain.as_str());
    while let Some(at) = rest.find("<invoke").filter(|_| calls.len() <= CALLS_MAX) {
        let head = rest[at..].find('>')? + at;
        let name = rest[at..head].split('"').nth(1)?;
        let inside = &rest[head + 1..];
        let length = inside.find("</invoke>").unwrap_or(inside.len());
        let closed = length < inside.len();
        let mut fields = parameters(&inside[..length]).unwrap_or_else(|| json!({}));
        typed(&inside[..length], &mut fields);
        calls.push(WrittenCall { closed, ..WrittenCall::new(name, fields) });
        rest = &inside[length..];
    }
    (!calls.is_empty()).then(|| (calls, text[..start].to_owned()))
}

/// Reads values that are marked as not being strings.
fn typed(text: &str, fields: &mut Value) {
    let marked = text.split_inclusive("\" string=\"false\"");
    let marked = marked.filter_map(|part| part.strip_suffix("\" string=\"false\""));
    let marked: BTreeSet<&str> = marked.filter_map(|part| Some(part.rsplit_once("name=\"")?.1)).collect();
    for (name, value) in fields.as_object_mut().into_iter().flatten() {
        let other = marked.contains(name.as_str());
        if let Some(read) = value.as_str().filter(|_| other).and_then(|text| read(text.trim())) {
            *value = read;
        }
    }
}

/// `<tool_call name="NAME">{…}</tool_call>`.
fn attributed(text: &str) -> Option<Found> {
    let start = text.find("<tool_call name=")?;
    let (head, inside) = text[start..].split_once('>')?;
    let name = head.split_once('=')?.1.split(' ').next()?.trim_matches(['"', '\'']);
    let length = inside.find("</tool_call>").unwrap_or(inside.len());
    let arguments = read(inside[..length].trim()).or_else(|| parameters(&inside[..length]))?;
    let rest = inside[length..].strip_prefix("</tool_call>").unwrap_or_default();
    Some((vec![WrittenCall::new(name, arguments)], format!("{}{rest}", &text[..start])))
}

/// `<function=NAME{…}</function>`, with or without a `>` before the end.
fn braced(text: &str) -> Option<Found> {
    let (mut calls, mut around, mut rest) = (Vec::new(), String::new(), text);
    while let Some(start) = rest.find("<function=").filter(|_| calls.len() <= CALLS_MAX) {
        around.push_str(&rest[..start]);
        let inside = &rest[start + "<function=".len()..];
        let brace = inside.find('{')?;
        let length = inside.find("</function>").unwrap_or(inside.len());
        let arguments = read(inside.get(brace..length)?.trim().trim_end_matches('>').trim())?;
        calls.push(WrittenCall::new(inside[..brace].trim_matches(['>', ' ', '\n', '(', ',']), arguments));
        rest = inside[length..].strip_prefix("</function>").unwrap_or_default();
    }
    around.push_str(rest);
    (!calls.is_empty()).then_some((calls, around))
}

/// JSON or Python between marks.
fn around(request: &ChatRequest, text: &str) -> Option<Found> {
    let (begin, end) = AROUND.into_iter().find(|(begin, _)| text.contains(begin))?;
    let start = text.find(begin)?;
    let inside = &text[start + begin.len()..];
    let length = inside.find(end).unwrap_or(inside.len());
    let part = inside[..length].trim();
    let calls = json_calls(part).or_else(|| sequence(part)).or_else(|| pythonic(request, part))?;
    let rest = inside[length..].strip_prefix(end).unwrap_or_default();
    Some((calls, format!("{}{rest}", &text[..start])))
}

/// A text that is `[NAME(P="VALUE"), …]`.
fn pythonic_alone(request: &ChatRequest, text: &str) -> Option<Found> {
    let trimmed = text.trim();
    let trimmed = trimmed.strip_prefix("<|python_start|>").unwrap_or(trimmed);
    let trimmed = trimmed.trim_end_matches("<|python_end|>").trim_end_matches("<|eot|>").trim();
    let listed = trimmed.starts_with('[') && trimmed.ends_with(']');
    listed.then(|| pythonic(request, trimmed)).flatten().map(|calls| (calls, String::new()))
}

/// `NAME(P="VALUE", Q=1)`, one or a list of them, for tools that are offered.
fn pythonic(request: &ChatRequest, text: &str) -> Option<Vec<WrittenCall>> {
    let text = text.trim();
    let mut rest = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).trim();
    rest = rest.strip_prefix("print(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest);
    let mut calls = Vec::new();
    while !rest.is_empty() && calls.len() <= CALLS_MAX {
        let (name, after) = rest.split_once('(')?;
        let bare = name.trim().rsplit('.').next()?;
        request.tools.iter().find(|tool| tool.name == bare)?;
        let (fields, left) = keywords(after)?;
        calls.push(WrittenCall::new(bare, Value::Object(fields)));
        rest = left.trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == ';');
    }
    (!calls.is_empty()).then_some(calls)
}

/// Reads `P=VALUE, …)`. Returns the fields, and the text after the bracket.
fn keywords(text: &str) -> Option<(Map<String, Value>, &str)> {
    let (mut fields, mut rest) = (Map::new(), text.trim_start());
    loop {
        if let Some(after) = rest.strip_prefix(')') {
            return Some((fields, after));
        }
        let (name, after) = rest.split_once('=')?;
        let plain =
            !name.trim().is_empty() && name.trim().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let value = super::lenient::prefix(after, super::ARGUMENTS_WEIGHT_MAX).filter(|_| plain)?;
        fields.insert(name.trim().to_owned(), value.value);
        rest = after[value.end..].trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
}

/// `<NAME><P>VALUE</P></NAME>` on separate lines, for an offered tool and with nothing inside but its parameters.
fn tagged(request: &ChatRequest, text: &str) -> Option<Found> {
    let (start, tool) = request.tools.iter().find_map(|tool| {
        let start = text.find(&format!("<{}>", tool.name))?;
        (start == 0 || text[..start].ends_with('\n')).then_some((start, tool))
    })?;
    let known = tool.parameters.get("properties")?.as_object()?;
    let inside = &text[start + tool.name.len() + 2..];
    let (mut inside, rest) = inside.split_once(&format!("</{}>", tool.name))?;
    let mut fields = Map::new();
    while !inside.trim().is_empty() {
        let (name, after) = inside.trim_start().strip_prefix('<')?.split_once('>')?;
        let (value, after) = after.split_once(&format!("</{name}>"))?;
        known.contains_key(name).then_some(())?;
        fields.insert(name.to_owned(), json!(super::without_frame(value)));
        inside = after;
    }
    Some((vec![WrittenCall::new(&tool.name, Value::Object(fields))], format!("{}{rest}", &text[..start])))
}

/// `<|tool_call>call:NAME{P:<|"|>VALUE<|"|>,Q:1}<tool_call|>`: field names are unquoted, and texts have marks instead of quotes.
fn piped(text: &str) -> Option<Found> {
    const BEGIN: &str = "<|tool_call>";
    const END: &str = "<tool_call|>";
    let (mut calls, mut around, mut rest) = (Vec::new(), String::new(), text);
    while let Some(start) = rest.find(BEGIN).filter(|_| calls.len() <= CALLS_MAX) {
        around.push_str(&rest[..start]);
        let inside = &rest[start + BEGIN.len()..];
        let length = inside.find(END).unwrap_or(inside.len());
        let call = inside[..length].trim();
        let call = call.strip_prefix("call:").unwrap_or(call);
        let at = call.find(['{', '('])?;
        let (name, given) = call.split_at(at);
        // Brackets may be round, with the same content between them.
        let inner = given.strip_prefix('(').map(|inner| inner.strip_suffix(')').unwrap_or(inner).trim());
        let given = match inner {
            Some(inner) if !inner.starts_with('{') => format!("{{{inner}}}"),
            inner => inner.unwrap_or(given).to_owned(),
        };
        let arguments = read(&quoted(&given));
        let closed = length < inside.len() || arguments.is_some();
        calls.push(WrittenCall {
            closed,
            ..WrittenCall::new(name, arguments.unwrap_or_else(|| json!(given)))
        });
        rest = inside[length..].strip_prefix(END).unwrap_or_default();
    }
    around.push_str(rest);
    (!calls.is_empty()).then_some((calls, around))
}

/// Returns a text with quotes instead of the marks around texts, whose content is escaped.
fn quoted(text: &str) -> String {
    const QUOTE: &str = "<|\"|>";
    let mut whole = String::with_capacity(text.len());
    for (number, part) in text.split(QUOTE).enumerate() {
        match number % 2 {
            0 => whole.push_str(part),
            _ => whole.push_str(&json!(part).to_string()),
        }
    }
    whole
}

/// `NAME[ARGS]{…}` at the end of a text, without the mark before it, for tools that are offered.
fn bracketed(request: &ChatRequest, text: &str) -> Option<Found> {
    const MARK: &str = "[ARGS]";
    let start = text.find(MARK)?;
    let before = text[..start].char_indices().rev().find(|(_, c)| c.is_whitespace() || *c == ']');
    let begin = before.map_or(0, |(at, c)| at + c.len_utf8());
    let (mut calls, mut rest) = (Vec::new(), &text[begin..]);
    while !rest.is_empty() && calls.len() <= CALLS_MAX {
        let (name, given) = rest.split_once(MARK)?;
        request.tools.iter().find(|tool| tool.name == name.trim())?;
        let read = super::lenient::prefix(given, super::ARGUMENTS_WEIGHT_MAX)
            .filter(|read| read.value.is_object())?;
        calls.push(WrittenCall::new(name, read.value));
        rest = given[read.end..].trim();
    }
    Some((calls, text[..begin].to_owned()))
}

/// JSON before an end mark: `{…}<|eom_id|>`.
fn eom(text: &str) -> Option<Found> {
    let ends = ["<|eom_id|>", "<|eot_id|>", "<|im_end|>", "</s>", "</tool_call>"];
    let before = ends.iter().find_map(|end| text.trim().strip_suffix(end))?.trim();
    let calls =
        before.starts_with(['{', '[']).then(|| json_calls(before).or_else(|| sequence(before))).flatten()?;
    Some((calls, String::new()))
}

/// `Action: NAME` and `Action Input: {…}` on lines at the end of a text.
fn react(request: &ChatRequest, text: &str) -> Option<Found> {
    let start = text.rfind("Action:").filter(|at| *at == 0 || text[..*at].ends_with('\n'))?;
    let (name, input) = text[start + "Action:".len()..].split_once("Action Input:")?;
    request.tools.iter().find(|tool| tool.name == name.trim())?;
    let input = input.split("\nObservation").next()?.trim();
    let input = input.trim_start_matches("```json").trim_matches('`').trim();
    let arguments = read(input).filter(Value::is_object)?;
    Some((vec![WrittenCall::new(name, arguments)], text[..start].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_in_further_dialects() {
        let request: ChatRequest =
            serde_json::from_value(json!({"model": "m", "messages": [], "temperature": null,
            "max_tokens": null, "tools": [{"name": "bash", "description": "",
            "parameters": {"type": "object", "properties": {"command": {"type": "string"}}}}]}))
            .unwrap();
        let object = "{\"name\": \"bash\", \"arguments\": {\"command\": \"echo hi\"}}";
        let arguments = "{\"command\": \"echo hi\"}";
        for (text, count) in [
            ("<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"bash\">\n<｜DSML｜parameter name=\"command\" string=\"true\">echo hi</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>".to_owned(), 1),
            (format!("[TOOL_CALLS]bash{arguments}[TOOL_CALLS]bash{arguments}"), 2),
            (format!("[TOOL_CALLS]bash[CALL_ID]abcdefghi[ARGS]{arguments}"), 1),
            (format!("{}<|eom_id|>", object.replace("arguments", "parameters")), 1),
            ("[bash(command=\"echo hi\")]".to_owned(), 1),
            ("[bash(command='echo hi'), bash(command=\"echo hi\")]".to_owned(), 2),
            ("<|python_start|>[bash(command=\"echo hi\")]<|python_end|>".to_owned(), 1),
            ("<|tool_call_start|>[bash(command=\"echo hi\")]<|tool_call_end|>".to_owned(), 1),
            ("```tool_code\nbash(command=\"echo hi\")\n```".to_owned(), 1),
            ("```tool_code\nprint(default_api.bash(command=\"echo hi\"))\n```".to_owned(), 1),
            (format!("<function=bash{arguments}</function>"), 1),
            (format!("<function=bash>{arguments}</function>"), 1),
            (format!("<|START_ACTION|>[{{\"tool_call_id\": \"0\", \"tool_name\": \"bash\", \"parameters\": {arguments}}}]<|END_ACTION|>"), 1),
            (format!("<TOOLCALL>[{object}]</TOOLCALL>"), 1),
            (format!("<|action_start|><|plugin|>\n{}<|action_end|>", object.replace("arguments", "parameters")), 1),
            (format!("functools[{object}]"), 1),
            ("<invoke name=\"bash\">\n<parameter name=\"command\">echo hi</parameter>\n</invoke>".to_owned(), 1),
            (format!("<tool>{object}</tool>"), 1),
            (format!("<tool_call name=\"bash\">{arguments}</tool_call>"), 1),
            (format!("Action: bash\nAction Input: {arguments}"), 1),
            (format!("<tool_call>{}</tool_call>", &object[..object.len() - 1]), 1),
            (format!("<tool_call>{object}}}</tool_call>"), 1),
            ("<bash>\n<command>echo hi</command>\n</bash>".to_owned(), 1),
            ("<|tool_call>call:bash{command:<|\"|>echo hi<|\"|>}<tool_call|>".to_owned(), 1),
            ("<|tool_call>call:bash(command: \"echo hi\")<tool_call|><|tool_call>call:bash({command:<|\"|>echo hi<|\"|>})".to_owned(), 2),
            (format!("<tool_call>bash({arguments})</tool_call>"), 1),
            (format!("bash[ARGS]{arguments}"), 1),
            (format!("bash[ARGS]{arguments}\nbash[ARGS]{arguments}"), 2),
            (format!("{object}\n</tool_call>"), 1),
            (format!("<tool_use>\n<name>bash</name>\n<arguments>{arguments}</arguments>\n</tool_use>"), 1),
            (format!("<|tool_call|>[{object}]"), 1),
            ("<bash><command>\necho hi\n</command></bash>".to_owned(), 1),
        ] {
            let mut reader = super::super::CallReader::new(&request);
            let found = super::super::find(&mut reader, &request, &text, false).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.calls.len(), found.rest), (count, None), "{text}");
            for call in found.calls {
                let crate::types::Arguments::Object(fields) = call.arguments else { panic!("{text}") };
                assert_eq!((call.name.as_str(), &fields["command"]), ("bash", &json!("echo hi")), "{text}");
            }
        }
    }

    #[test]
    fn values_that_are_marked_as_no_strings_are_read() {
        let text = "<｜DSML｜invoke name=\"bash\"><｜DSML｜parameter name=\"a\" string=\"true\">1</｜DSML｜parameter>\
            <｜DSML｜parameter name=\"b\" string=\"false\">[1]</｜DSML｜parameter>\
            <｜DSML｜parameter name=\"c\">2</｜DSML｜parameter></｜DSML｜invoke>";
        let (calls, _) = dsml(text).unwrap();
        assert_eq!(calls[0].arguments, Some(json!({"a": "1", "b": [1], "c": "2"})));
    }

    #[test]
    fn marks_of_texts_keep_what_stands_between_them() {
        let request: ChatRequest =
            serde_json::from_value(json!({"model": "m", "messages": [], "temperature": null,
            "max_tokens": null, "tools": [{"name": "editor", "description": "", "parameters": {}}]}))
            .unwrap();
        let text = "I write it.\n<|tool_call>call:editor{path:<|\"|>/a.py<|\"|>,lines:[1,2],file_text:<|\"|>x = {\"a\": 'b'}\n<|\"|>}<tool_call|>";
        let mut reader = super::super::CallReader::new(&request);
        let found = super::super::find(&mut reader, &request, text, false).unwrap();
        let right = json!({"path": "/a.py", "lines": [1, 2], "file_text": "x = {\"a\": 'b'}\n"});
        let right = crate::types::Arguments::Object(right.as_object().unwrap().clone());
        assert_eq!((&found.calls[0].arguments, found.rest.as_deref()), (&right, Some("I write it.")));
        for (text, cut) in [
            ("<|tool_call>call:editor{path:<|\"|>/a.py<|\"|>,file_text:<|\"|>half of", true),
            ("<|tool_call>call:editor{path:<|\"|>/a.py}<tool_call|>", false),
        ] {
            let found = super::super::find(&mut reader, &request, text, cut).unwrap();
            assert!(matches!(found.calls[0].arguments, crate::types::Arguments::Malformed(_)), "{text}");
        }
        for text in [
            "A call is `<|tool_call>`.",
            "`editor[ARGS]{\"path\": 1}` is how",
            "rm[ARGS]{\"path\": 1}",
            "editor[ARGS] takes {}",
        ] {
            assert!(super::super::find(&mut reader, &request, text, false).is_none(), "{text}");
        }
    }
}
