//! Parses the bytes of a response into a value, whatever surrounds it: white space, a byte order mark, a stream of events that
//! was not requested.
//!
//! Attacks that end here: T-PROV-03, T-PROV-04, T-PROV-05, T-PROV-06.

use std::borrow::Cow;
use std::str::Lines;

use hyperspace_core::json_weight;
use serde_json::{Map, Value};

use super::stream::{self, StreamEvent};
use super::weights::ANSWER_WEIGHT_MAX;
use super::{halves, lenient};
use crate::config::Api;

/// Maximum number of event bytes that are read in vain, to find the ends of events without an empty line after them.
const REREAD_BYTES_MAX: usize = 1 << 20;

/// The content of a response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ResponseContent {
    /// The answer in its form outside of a stream.
    pub(crate) value: Value,
    /// True if characters had to be replaced.
    pub(crate) replaced: bool,
    /// True if it is a stream that was cut off before its end.
    pub(crate) broken: bool,
}

/// Returns whether an answer has more values than are read.
pub(crate) fn is_too_heavy(bytes: &[u8]) -> bool {
    !json_weight::is_within(bytes, ANSWER_WEIGHT_MAX)
}

/// Reads the bytes of a response. Returns `None` if they contain no value, or more values than are read.
pub(crate) fn read(api: Api, bytes: &[u8]) -> Option<ResponseContent> {
    if is_too_heavy(bytes) {
        return None;
    }
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        if is_list_of_pieces(&value) {
            return listed(api, value);
        }
        // The first piece of a stream, which says that it is not the last one.
        let broken = value["done"] == false && value["message"].is_object();
        return Some(ResponseContent { value: unwrapped(value), replaced: false, broken });
    }
    let decoded = decoded(bytes);
    // Bytes that had to be decoded may contain halves of characters.
    let lossy = matches!(decoded, Cow::Owned(_));
    let text = bare(&decoded);
    if is_event_stream(text) {
        // Some servers end lines with only a carriage return.
        let lines =
            if text.contains('\n') { Cow::Borrowed(text) } else { Cow::Owned(text.replace('\r', "\n")) };
        let mut events = Events::new(&lines);
        if let Some((value, complete)) = stream::assembled(api, &mut events) {
            // The end of a stream is not the end of an answer.
            let halves = events.halves || lossy;
            return Some(content(value, !complete || events.lost, halves));
        }
        // Comments before an answer that is not a stream.
        let start = text.find("\n{")? + 1;
        return plain(&text[start..], lossy);
    }
    plain(text, lossy).or_else(|| lines(api, text, lossy))
}

/// Returns whether a value is a list of the pieces of a stream.
fn is_list_of_pieces(value: &Value) -> bool {
    let pieces = value.as_array().filter(|pieces| pieces.len() > 1);
    pieces.is_some_and(|pieces| pieces.iter().all(|piece| piece["choices"].is_array()))
}

/// Assembles the pieces of a list.
fn listed(api: Api, pieces: Value) -> Option<ResponseContent> {
    let Value::Array(pieces) = pieces else { return None };
    let mut events = pieces.into_iter().map(|value| StreamEvent { bytes: value.to_string().len(), value });
    let (value, complete) = stream::assembled(api, &mut events)?;
    Some(content(value, !complete, false))
}

/// Returns an assembled answer. `halves` is true if it may contain halves of characters.
fn content(mut value: Value, broken: bool, halves: bool) -> ResponseContent {
    let replaced = halves && halves::join(&mut value);
    ResponseContent { value: unwrapped(value), replaced, broken }
}

/// Decodes bytes as text: UTF-8, or UTF-16 if a byte order mark or the first bracket indicates it. Anything that is neither is
/// represented by stand-ins until [`halves::join`].
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let pairs = |bytes: &[u8], of: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| of([pair[0], pair[1]]));
        Cow::Owned(String::from_utf16_lossy(&units.collect::<Vec<u16>>()))
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => pairs(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => pairs(rest, u16::from_be_bytes),
        [b'{', 0, ..] => pairs(bytes, u16::from_le_bytes),
        [0, b'{', ..] => pairs(bytes, u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).map_or_else(|_| Cow::Owned(halves::text(bytes)), Cow::Borrowed),
    }
}

/// Returns a text without what may surround a value: white space, a byte order mark, a fence, a guard against scripts.
fn bare(text: &str) -> &str {
    const GUARDS: [&str; 3] = ["while(1);", "for(;;);", ")]}'"];
    let trim = |text: &str| {
        text.len() - text.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace()).len()
    };
    let text = &text[trim(text)..];
    if let Some(fenced) = text.strip_prefix("```").and_then(|text| text.trim_end().strip_suffix("```")) {
        return fenced.strip_prefix("json").unwrap_or(fenced).trim();
    }
    let guarded = GUARDS.iter().find_map(|guard| text.strip_prefix(guard));
    guarded.map_or(text, |text| &text[trim(text)..])
}

/// Reads the pieces of a stream, given as one object after the other with nothing around them.
fn lines(api: Api, text: &str, lossy: bool) -> Option<ResponseContent> {
    let (mut rest, mut halves) = (text, lossy);
    let mut pieces = std::iter::from_fn(|| {
        let piece = lenient::prefix_with_halves(rest, ANSWER_WEIGHT_MAX);
        let piece = piece.filter(|piece| piece.value.is_object())?;
        rest = rest[piece.end..].trim_start();
        halves |= piece.replaced;
        Some(StreamEvent { value: piece.value, bytes: piece.end })
    });
    let (value, complete) = stream::assembled(api, &mut pieces)?;
    // Anything that is not an object was not sent as a piece.
    let broken = !complete || !rest.is_empty() && rest.starts_with('{');
    (rest.is_empty() || rest.starts_with('{')).then(|| content(value, broken, halves))
}

/// Reads one value. It may be followed by the end of a stream, or by further values: pieces of a stream, one per line.
fn plain(text: &str, lossy: bool) -> Option<ResponseContent> {
    let read = lenient::prefix_with_halves(text, ANSWER_WEIGHT_MAX)?;
    if !read.value.is_object() && !read.value.is_array() {
        return None;
    }
    let rest = text[read.end..].trim();
    let tail = rest.is_empty() || rest.starts_with("data:") || rest == "[DONE]";
    tail.then(|| content(read.value, false, lossy || read.replaced))
}

/// Extracts an answer from a list of one, from the field of a gateway, or from a text that is itself JSON.
fn unwrapped(value: Value) -> Value {
    match value {
        Value::Array(mut items) if items.len() == 1 && is_answer(&items[0]) => items.remove(0),
        Value::Object(fields) => out_of_field(fields),
        Value::String(text) => match decoded_answer(&text) {
            Some(answer) => answer,
            None => Value::String(text),
        },
        other => other,
    }
}

fn is_answer(value: &Value) -> bool {
    ["choices", "content", "output"].iter().any(|name| value[*name].is_array())
}

/// Parses a text that is an answer in JSON.
fn decoded_answer(text: &str) -> Option<Value> {
    let read = lenient::whole(text, ANSWER_WEIGHT_MAX)?;
    Some(read.value).filter(is_answer)
}

/// Extracts an answer from the field in which gateways send it, together with the token counts beside it.
fn out_of_field(mut fields: Map<String, Value>) -> Value {
    const FIELDS: [&str; 5] = ["data", "result", "response", "output", "body"];
    let within = |name: &&str| match fields.get(*name)? {
        Value::String(text) => decoded_answer(text),
        inner => Some(inner).filter(|inner| is_answer(inner)).cloned(),
    };
    let own = fields.contains_key("choices") || fields.contains_key("content");
    let Some(mut answer) = (!own).then(|| FIELDS.iter().find_map(within)).flatten() else {
        return Value::Object(fields);
    };
    if let Some(usage) = fields.remove("usage").filter(|_| answer["usage"].is_null()) {
        answer["usage"] = usage;
    }
    answer
}

fn is_event_stream(text: &str) -> bool {
    ["data:", "event:", "id:", "retry:", ":"].iter().any(|field| text.starts_with(field))
}

/// Reads the data of a stream's events, one after the other.
struct Events<'a> {
    lines: Lines<'a>,
    /// The data of the current event.
    data: String,
    /// Number of bytes that may still be read in vain.
    rereads: usize,
    /// True if the current event is called an error.
    is_error: bool,
    /// True if the last event was the beginning of an object that cannot be read.
    unread: bool,
    /// True if another event follows one that cannot be read, so that a piece of the answer is missing.
    lost: bool,
    /// True if there are halves of surrogate pairs.
    halves: bool,
}

impl<'a> Events<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            lines: text.lines(),
            data: String::new(),
            rereads: REREAD_BYTES_MAX,
            is_error: false,
            unread: false,
            lost: false,
            halves: false,
        }
    }

    /// Ends an event. Returns its value, if it has one.
    fn flush(&mut self) -> Option<StreamEvent> {
        let data = std::mem::take(&mut self.data);
        let is_error = std::mem::take(&mut self.is_error);
        if data.trim() == "[DONE]" {
            return None;
        }
        let read = lenient::whole_with_halves(data.trim(), ANSWER_WEIGHT_MAX);
        self.halves |= read.as_ref().is_some_and(|read| read.replaced);
        self.lost |= self.unread && !data.trim().is_empty();
        self.unread |= read.is_none() && data.trim_start().starts_with('{');
        if is_error && read.as_ref().is_none_or(|read| read.value.get("error").is_none()) {
            let said = read.map_or_else(|| Value::from(data.trim()), |read| read.value);
            return Some(StreamEvent { value: serde_json::json!({ "error": said }), bytes: data.len() });
        }
        Some(StreamEvent { value: read?.value, bytes: data.len() })
    }

    /// Returns whether the data is already a complete event. Some servers omit the empty line between two events.
    fn is_whole(&mut self) -> bool {
        let data = self.data.trim();
        if data.is_empty() || data == "[DONE]" {
            return !data.is_empty();
        }
        // An object or list ends with its bracket, so most lines of a longer one are recognised without parsing.
        let bracket = match data.as_bytes()[0] {
            b'{' => Some('}'),
            b'[' => Some(']'),
            _ => None,
        };
        if bracket.is_some_and(|bracket| !data.ends_with(bracket)) {
            return false;
        }
        let Some(left) = self.rereads.checked_sub(data.len()) else { return false };
        let whole = lenient::whole(data, ANSWER_WEIGHT_MAX).is_some();
        self.rereads = if whole { self.rereads } else { left };
        whole
    }
}

impl Iterator for Events<'_> {
    type Item = StreamEvent;

    fn next(&mut self) -> Option<StreamEvent> {
        while let Some(line) = self.lines.next() {
            let part = line.strip_prefix("data:");
            let ends = if part.is_some() { self.is_whole() } else { line.trim().is_empty() };
            let event = ends.then(|| self.flush()).flatten();
            let named = line.strip_prefix("event:").map(str::trim);
            self.is_error |= named == Some("error");
            if let Some(part) = part {
                self.data.push_str(part);
                self.data.push('\n');
            }
            if event.is_some() {
                return event;
            }
        }
        self.flush()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wrapping_is_taken_off() {
        let body = "{\"choices\": [{\"message\": {\"content\": \"a\"}}]}";
        let value: Value = serde_json::from_str(body).unwrap();
        for text in [
            body.to_owned(),
            format!("\u{feff}{body}"),
            format!("\n\n  \n{body}\n"),
            format!("{body}\n\ndata: [DONE]\n\n"),
            format!(": PROCESSING\n\n{body}"),
            body.replace("\"a\"}", "\"a\", \"x\": NaN}").replace(", \"x\": NaN", ""),
        ] {
            let read = read(Api::Openai, text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((read.value, read.broken), (value.clone(), false), "{text}");
        }
        let odd = read(Api::Openai, b"{\"a\": \"\\ud83d\", \"t\": NaN}").unwrap();
        assert_eq!((odd.value, odd.replaced), (json!({"a": "\u{fffd}", "t": null}), true));
        let sixteen: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(body.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(read(Api::Openai, &sixteen).unwrap().value, value);
        for text in [format!("while(1);{body}"), format!("```json\n{body}\n```")] {
            assert_eq!(read(Api::Openai, text.as_bytes()).unwrap().value, value, "{text}");
        }
        let pieces = "data: {\"a\":\ndata: 1}\ndata: {\"choices\": [{\"message\": {}, \"finish_reason\": \"stop\"}]}\n";
        let read = read(Api::Openai, pieces.as_bytes()).unwrap();
        assert_eq!(
            (&read.value["a"], &read.value["choices"][0]["finish_reason"]),
            (&json!(1), &json!("stop"))
        );
        let sixteen: Vec<u8> = body.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(super::read(Api::Openai, &sixteen).unwrap().value, value, "without a mark");
        for text in ["", "<html>", "hello", "{\"a\": 1", "{\"a\": 1} x", "data: \n\n"] {
            assert_eq!(super::read(Api::Openai, text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn an_answer_needs_an_end_of_its_own() {
        let said = "data: {\"choices\": [{\"delta\": {\"content\": \"part\"}, \"finish_reason\": null}]}\n\n";
        assert!(read(Api::Openai, format!("{said}data: [DONE]\n\n").as_bytes()).unwrap().broken);
        let error = format!("{said}event: error\ndata: {{\"message\": \"gone\"}}\n\ndata: [DONE]\n\n");
        assert_eq!(read(Api::Openai, error.as_bytes()).unwrap().value["error"]["message"], "gone");
        let whole =
            format!("{said}data: {{\"choices\": [{{\"delta\": {{}}, \"finish_reason\": \"stop\"}}]}}\n\n");
        assert!(!read(Api::Openai, whole.as_bytes()).unwrap().broken);
        let carriage = whole.replace('\n', "\r");
        assert_eq!(read(Api::Openai, carriage.as_bytes()), read(Api::Openai, whole.as_bytes()));
    }

    #[test]
    fn an_answer_is_taken_out_of_what_gateways_send() {
        let answer = json!({"choices": [{"message": {"content": "a"}}]});
        for wrapped in [
            json!([answer]),
            json!({"code": 0, "data": answer}),
            json!({"success": true, "errors": [], "result": answer}),
            json!({"statusCode": 200, "body": answer.to_string()}),
            json!(answer.to_string()),
        ] {
            assert_eq!(read(Api::Openai, wrapped.to_string().as_bytes()).unwrap().value, answer, "{wrapped}");
        }
        let counted = json!({"output": answer, "usage": {"input_tokens": 1}});
        let read = |value: &Value| super::read(Api::Openai, value.to_string().as_bytes()).unwrap().value;
        assert_eq!(read(&counted)["usage"]["input_tokens"], 1);
        for other in [json!({"output": [answer]}), json!({"choices": [], "data": answer}), json!("hello")] {
            assert_eq!(read(&other), other);
        }
    }

    #[test]
    fn a_piece_that_is_lost_is_no_part_of_an_answer() {
        let piece = |text: &str, end: &str| {
            format!(
                "data: {{\"choices\": [{{\"delta\": {{\"content\": \"{text}\"}}, \"finish_reason\": {end}}}]}}\n\n"
            )
        };
        let (first, cut, last) =
            (piece("a", "null"), "data: {\"choices\": [{\"delta\": {\"con\n\n", piece("c", "\"stop\""));
        let broken = |text: String| read(Api::Openai, text.as_bytes()).unwrap().broken;
        assert!(broken(format!("{first}{cut}{last}data: [DONE]\n\n")));
        assert!(!broken(format!("{first}data: ping\n\n: ping\n\ndata:\n\n{last}data: [DONE]\n\n")));
        // Incomplete data after the end is not part of the answer either.
        assert!(!broken(format!("{first}{last}data: {{\"usage\": {{\"prom")));
    }

    #[test]
    fn characters_in_two_pieces_are_whole() {
        let piece = |text: &[u8], end: &str| {
            let head = b"data: {\"choices\": [{\"delta\": {\"content\": \"".to_vec();
            [head, text.to_vec(), format!("\"}}, \"finish_reason\": {end}}}]}}\n\n").into_bytes()].concat()
        };
        let emoji = "\u{1f600}".as_bytes();
        for (one, other) in [(&emoji[..1], &emoji[1..]), (&emoji[..3], &emoji[3..]), (b"\\ud83d", b"\\ude00")]
        {
            let whole = read(Api::Openai, &[piece(one, "null"), piece(other, "\"stop\"")].concat()).unwrap();
            assert_eq!(
                (&whole.value["choices"][0]["message"]["content"], whole.replaced),
                (&json!("\u{1f600}"), false)
            );
            let half = read(Api::Openai, &piece(one, "\"stop\"")).unwrap();
            assert!(half.replaced && half.value.to_string().contains('\u{fffd}'), "{half:?}");
        }
    }

    #[test]
    fn pieces_without_events_are_a_stream() {
        let said = |text: &str, end: &str| {
            format!("{{\"choices\": [{{\"delta\": {{\"content\": \"{text}\"}}, \"finish_reason\": {end}}}]}}")
        };
        let two = format!("{}\n{}\n", said("he", "null"), said("llo", "\"stop\""));
        let answer = read(Api::Openai, two.as_bytes()).unwrap();
        assert_eq!(
            (&answer.value["choices"][0]["message"]["content"], answer.broken),
            (&json!("hello"), false)
        );
        for cut in [format!("{}\n", said("he", "null")).repeat(2), two[..two.len() - 9].to_owned()] {
            assert!(read(Api::Openai, cut.as_bytes()).unwrap().broken, "{cut}");
        }
        let native = |text: &str, more: &str| {
            format!("{{\"model\": \"m\", \"message\": {{\"role\": \"assistant\", {text}}}, {more}}}\n")
        };
        let answer = [
            native("\"content\": \"he\"", "\"done\": false"),
            native("\"content\": \"llo\"", "\"done\": false"),
            native(
                "\"content\": \"\", \"tool_calls\": [{\"function\": {\"name\": \"bash\", \"arguments\": {\"a\": 1}}}]",
                "\"done\": false",
            ),
            native(
                "\"content\": \"\", \"tool_calls\": [{\"function\": {\"name\": \"bash\", \"arguments\": {\"b\": 2}}}]",
                "\"done\": false",
            ),
            native(
                "\"content\": \"\"",
                "\"done\": true, \"done_reason\": \"stop\", \"prompt_eval_count\": 9, \"eval_count\": 2",
            ),
        ];
        let whole = read(Api::Openai, answer.concat().as_bytes()).unwrap();
        let choice = &whole.value["choices"][0];
        assert_eq!(
            (&choice["message"]["content"], &choice["finish_reason"], whole.broken),
            (&json!("hello"), &json!("stop"), false)
        );
        assert_eq!(
            (&whole.value["eval_count"], choice["message"]["tool_calls"].as_array().unwrap().len()),
            (&json!(2), 2)
        );
        assert!(read(Api::Openai, answer[..3].concat().as_bytes()).unwrap().broken);
        // A single piece, which says that it is not the last one.
        assert!(read(Api::Openai, answer[0].as_bytes()).unwrap().broken);
    }

    /// No input takes time or memory that grows faster than its size.
    #[test]
    fn hostile_bytes_are_read_in_bounded_time_and_memory() {
        let forest = |count: usize| format!("{{\"x\": [{}]}}", vec!["[]"; count].join(","));
        assert!(read(Api::Openai, forest(100_000).as_bytes()).is_some());
        assert_eq!(read(Api::Openai, forest(200_000).as_bytes()), None);
        assert_eq!(read(Api::Openai, forest(200_000).replace("]]", "],]").as_bytes()), None);
        // One event with many lines, none of which completes it.
        let open = format!("data: {{\"a\": [\n{}", "data: 1,\n".repeat(1 << 20));
        assert_eq!(read(Api::Openai, open.as_bytes()), None);
        // The same, but every line might be the last one.
        let closed = format!("data: {{\"a\": [\n{}", "data: 1}\n".repeat(1 << 20));
        assert_eq!(read(Api::Openai, closed.as_bytes()), None);
        // Many events, each of which leaves something behind.
        let names = |n: usize| format!("data: {{\"choices\": [{{\"delta\": {{\"f{n}\": []}}}}]}}\n\n");
        let calls = |n: usize| {
            format!("data: {{\"choices\": [{{\"delta\": {{\"tool_calls\": [{{\"index\": {n}}}]}}}}]}}\n\n")
        };
        let blocks =
            |_: usize| "data: {\"type\": \"content_block_start\", \"content_block\": {}}\n\n".to_owned();
        let items = |_: usize| "data: {\"type\": \"response.output_item.done\", \"item\": {}}\n\n".to_owned();
        let kinds: [(Api, &dyn Fn(usize) -> String); 4] = [
            (Api::Openai, &names),
            (Api::Openai, &calls),
            (Api::Anthropic, &blocks),
            (Api::Responses, &items),
        ];
        for (api, event) in kinds {
            assert_eq!(
                read(api, (0..100_000).map(event).collect::<String>().as_bytes()),
                None,
                "{}",
                event(0)
            );
            assert!(read(api, (0..100).map(event).collect::<String>().as_bytes()).is_some(), "{}", event(0));
        }
    }
}
