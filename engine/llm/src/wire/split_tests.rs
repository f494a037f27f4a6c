//! Streams of chat completions, split at arbitrary places: the content is reassembled, and a cut-off stream is reported.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::read;
use crate::config::Api;

/// Texts without the code points that represent halves.
const TEXT: &str = "[^\u{10f700}-\u{10ffff}]{0,20}";

/// A piece of a text in an event: bytes of UTF-8, or units of UTF-16 as escapes.
#[derive(Debug, Clone, Copy)]
enum Units {
    Bytes,
    Escapes,
}

/// Returns the pieces of a text as the contents of JSON strings, cut at these places, which may be within a character.
fn pieces(text: &str, cuts: &[prop::sample::Index], units: Units) -> Vec<Vec<u8>> {
    let escaped: Vec<Vec<u8>> = match units {
        Units::Bytes => text
            .bytes()
            .map(|byte| match byte {
                b'"' | b'\\' | 0..0x20 => format!("\\u{byte:04x}").into_bytes(),
                _ => vec![byte],
            })
            .collect(),
        Units::Escapes => text.encode_utf16().map(|unit| format!("\\u{unit:04x}").into_bytes()).collect(),
    };
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(escaped.len() + 1)).collect();
    places.extend([0, escaped.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| escaped[pair[0]..pair[1]].concat()).collect()
}

/// Returns an event whose delta has `HERE` replaced by bytes.
fn event(delta: &Value, finish: &Value, bytes: &[u8]) -> Vec<u8> {
    let text = json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).to_string();
    let (before, after) = text.split_once("HERE").unwrap_or((&text, ""));
    [before.as_bytes(), bytes, after.as_bytes()].concat()
}

/// The events of an answer, the last of which has the finish reason.
fn events(
    said: &str,
    thought: &str,
    arguments: &str,
    cuts: &[prop::sample::Index],
    units: Units,
) -> Vec<Vec<u8>> {
    let none = Value::Null;
    let mut events = vec![event(&json!({"role": "assistant", "content": null}), &none, b"")];
    let each = |text: &str, delta: &Value| -> Vec<Vec<u8>> {
        pieces(text, cuts, units).iter().map(|piece| event(delta, &none, piece)).collect()
    };
    events.extend(each(thought, &json!({"reasoning_content": "HERE"})));
    events.extend(each(said, &json!({"content": "HERE"})));
    let begin =
        json!({"index": 0, "id": "a", "type": "function", "function": {"name": "bash", "arguments": ""}});
    events.push(event(&json!({"tool_calls": [begin]}), &none, b""));
    events.extend(each(arguments, &json!({"tool_calls": [{"index": 0, "function": {"arguments": "HERE"}}]})));
    events.push(event(&json!({}), &json!("tool_calls"), b""));
    events
}

/// Joins events like servers do: `end` ends a line, and `between` precedes each event.
fn joined(events: &[Vec<u8>], end: &str, between: &str) -> Vec<u8> {
    let one =
        |event: &Vec<u8>| [between.as_bytes(), b"data: ", event, end.as_bytes(), end.as_bytes()].concat();
    events.iter().map(one).collect::<Vec<_>>().concat()
}

fn units() -> impl Strategy<Value = Units> {
    prop_oneof![Just(Units::Bytes), Just(Units::Escapes)]
}

proptest! {
    #[test]
    fn whatever_the_pieces_the_answer_is_whole(
        (said, thought, arguments) in (TEXT, TEXT, TEXT),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        (end, kind, mark) in (prop::sample::select(vec!["\n", "\r\n", "\r"]), units(), any::<bool>()),
        between in prop::sample::select(vec!["", ": ping", "event: message", "id: 7"]),
    ) {
        let between = if between.is_empty() { String::new() } else { format!("{between}{end}") };
        let events = events(&said, &thought, &arguments, &cuts, kind);
        let mut bytes = if mark { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
        bytes.extend(joined(&events, end, &between));
        let answer = read(Api::Openai, &bytes).expect("it is an answer");
        let message = &answer.value["choices"][0]["message"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        prop_assert_eq!(text(&message["content"]), said);
        prop_assert_eq!(text(&message["reasoning_content"]), thought);
        prop_assert_eq!(text(&message["tool_calls"][0]["function"]["arguments"]), arguments);
        prop_assert!(!answer.broken && !answer.replaced);
    }

    #[test]
    fn what_is_cut_before_its_end_is_no_answer(
        (said, thought) in (TEXT, TEXT),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        (kind, place) in (units(), any::<prop::sample::Index>()),
    ) {
        let events = events(&said, &thought, "{}", &cuts, kind);
        let whole = joined(&events[..events.len() - 1], "\n", "");
        let cut = &whole[..place.index(whole.len() + 1)];
        let read = read(Api::Openai, cut);
        prop_assert!(read.as_ref().is_none_or(|answer| answer.broken), "{:?}: {:?}", String::from_utf8_lossy(cut), read);
    }

    #[test]
    fn an_event_that_is_lost_is_told(
        said in TEXT,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        (which, place) in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let mut events = events(&said, "", "{}", &cuts, Units::Bytes);
        let which = which.index(events.len() - 1);
        let most = events[which].len() - 1;
        events[which].truncate(1 + place.index(most));
        let answer = read(Api::Openai, &joined(&events, "\n", ""));
        prop_assert!(answer.is_none_or(|answer| answer.broken));
    }
}
