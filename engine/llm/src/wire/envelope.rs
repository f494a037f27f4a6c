//! Bytes of a response to a value, whatever surrounds it: white space, a byte order mark, a stream of events that nobody asked for.

use std::borrow::Cow;

use serde_json::Value;

use super::lenient;
use super::stream;
use crate::config::Api;

/// The content of a response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ResponseContent {
    /// The answer, in the form that it has outside of a stream.
    pub(crate) value: Value,
    /// True if characters had to be replaced.
    pub(crate) replaced: bool,
    /// True if it is a stream that ended before its end.
    pub(crate) broken: bool,
}

/// Reads the bytes of a response. Returns `None` if there is no value in them.
pub(crate) fn read(api: Api, bytes: &[u8]) -> Option<ResponseContent> {
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Some(ResponseContent { value, replaced: false, broken: false });
    }
    let decoded = String::from_utf8_lossy(bytes);
    let replaced = matches!(decoded, Cow::Owned(_));
    let text = decoded.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
    if is_event_stream(text) {
        let events = events(text);
        let broken = !events.ended;
        if let Some((value, complete)) = stream::assembled(api, events.values) {
            return Some(ResponseContent { value, replaced, broken: broken && !complete });
        }
        // Comments before an answer that is no stream.
        let start = text.find("\n{")? + 1;
        return plain(&text[start..], replaced);
    }
    plain(text, replaced)
}

/// Reads one value. The end of a stream may follow it, or further values: pieces of a stream, one a line.
fn plain(text: &str, replaced: bool) -> Option<ResponseContent> {
    let read = lenient::prefix(text)?;
    if !read.value.is_object() && !read.value.is_array() {
        return None;
    }
    let rest = text[read.end..].trim();
    let tail = rest.is_empty() || rest.starts_with("data:") || rest == "[DONE]";
    tail.then_some(ResponseContent { value: read.value, replaced: replaced || read.replaced, broken: false })
}

fn is_event_stream(text: &str) -> bool {
    ["data:", "event:", "id:", "retry:", ":"].iter().any(|field| text.starts_with(field))
}

#[derive(Default)]
struct StreamEvents {
    values: Vec<Value>,
    /// True if the stream says that it ends.
    ended: bool,
}

/// Returns the data of a stream's events.
fn events(text: &str) -> StreamEvents {
    let mut events = StreamEvents::default();
    let mut data = String::new();
    let flush = |data: &mut String, events: &mut StreamEvents| {
        match data.trim() {
            "" => {}
            "[DONE]" => events.ended = true,
            text => events.values.extend(lenient::whole(text).map(|read| read.value)),
        }
        data.clear();
    };
    for line in text.lines() {
        if line.trim().is_empty() {
            flush(&mut data, &mut events);
        } else if let Some(part) = line.strip_prefix("data:") {
            // Some servers leave out the empty line between two events.
            if lenient::whole(data.trim()).is_some() || data.trim() == "[DONE]" {
                flush(&mut data, &mut events);
            }
            data.push_str(part);
            data.push('\n');
        }
    }
    flush(&mut data, &mut events);
    events
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
        for text in ["", "<html>", "hello", "{\"a\": 1", "{\"a\": 1} x", "data: \n\n"] {
            assert_eq!(read(Api::Openai, text.as_bytes()), None, "{text}");
        }
    }
}
