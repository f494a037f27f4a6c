//! Good answers in odd wrappings.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn sixteen(text: &str, of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(of).collect()
}

/// The text of the events of a stream, as it is usual.
fn usual(events: &[Value]) -> String {
    events.iter().map(|event| format!("data: {event}\n\n")).collect::<String>() + "data: [DONE]\n\n"
}

#[tokio::test]
async fn good_answers_are_taken_at_once_whatever_is_around_them() {
    let body = chat(json!({"content": OK}), json!("stop"));
    let text = body.to_string();
    let events = usual(&pieces("stop"));
    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        body
    };
    let finished = |reason: &str| RawAnswer::json(&chat(json!({"content": OK}), json!(reason)));
    let so_far = |delta: &str, text: &str, finish: Value| {
        json!({"choices": [{"index": 0, "delta": {"content": delta}, "message": {"role": "assistant", "content": text},
            "finish_reason": finish}]})
    };
    let native = |text: &str, done: bool| {
        json!({"model": "m", "message": {"role": "assistant", "content": text}, "done": done,
            "prompt_eval_count": 10, "eval_count": 5})
        .to_string()
    };
    let filtered = json!([{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": false, "severity": "safe"}}}]);
    let azure = [vec![json!({"choices": [], "prompt_filter_results": filtered})], pieces("stop")].concat();
    let long = format!("{}{}", " ".repeat(3 << 20), with("padding", json!("x".repeat(3 << 20))));
    for (name, answer) in [
        ("a stream with carriage returns", events_of(events.replace('\n', "\r\n"))),
        ("a stream with carriage returns alone", events_of(events.replace('\n', "\r"))),
        (
            "a stream with comments and other fields",
            events_of(format!(
                ": PROCESSING\n\nretry: 10\nid: 1\n\n{}",
                events.replace("data: ", ": ping\nevent: message\nid: 7\ndata:")
            )),
        ),
        ("a stream without empty lines", events_of(events.replace("\n\n", "\n"))),
        ("a stream that says that it is JSON", RawAnswer::new(events.clone())),
        ("a stream with keep-alives", events_of(events.replace("data: {", "data:\n\ndata: ping\n\ndata: {"))),
        ("a stream with a mark", events_of(format!("\u{feff}{events}"))),
        ("a stream that is packed", events_of(gzip(events.as_bytes())).header("content-encoding", "gzip")),
        ("a stream without its last event", events_of(events.replace("data: [DONE]\n\n", ""))),
        (
            "a stream that ends in counts cut off",
            events_of(format!("{}data: {{\"usage\": {{\"pro", events.replace("data: [DONE]\n\n", ""))),
        ),
        ("a stream of one whole answer", events_of(format!("data: {text}\n\n"))),
        (
            "a stream of messages so far",
            stream(&[so_far(&OK[..9], &OK[..9], Value::Null), so_far(&OK[9..], OK, json!("stop"))]),
        ),
        ("a stream of a filtering provider", stream(&azure)),
        (
            "objects one a line",
            RawAnswer::new(format!(
                "{}\n{}\n{}\n",
                native(&OK[..9], false),
                native(&OK[9..], false),
                native("", true)
            ))
            .header("content-type", "application/x-ndjson"),
        ),
        ("packed although nobody asked", RawAnswer::new(gzip(text.as_bytes()))),
        ("a mark", RawAnswer::new(format!("\u{feff}{text}"))),
        ("UTF-16 with a mark", RawAnswer::new([vec![0xff, 0xfe], sixteen(&text, u16::to_le_bytes)].concat())),
        ("UTF-16 without one", RawAnswer::new(sixteen(&text, u16::to_be_bytes))),
        (
            "another content type",
            RawAnswer::new(text.clone()).header("content-type", "text/html; charset=utf-8"),
        ),
        (
            "NaN and Infinity",
            RawAnswer::new(
                with("x", json!("NUMBER")).to_string().replace("\"NUMBER\"", "[NaN, -Infinity, Infinity]"),
            ),
        ),
        ("a long single line", RawAnswer::new(long)),
        ("the field of a gateway", RawAnswer::json(&json!({"result": body, "success": true, "errors": []}))),
        ("text in a field of a gateway", RawAnswer::json(&json!({"statusCode": 200, "body": text}))),
        ("text that is JSON again", RawAnswer::json(&json!(text))),
        ("a list of one", RawAnswer::json(&json!([body]))),
        ("a list of pieces", RawAnswer::json(&json!(pieces("stop")))),
        ("an error that says nothing", RawAnswer::json(&with("error", json!({"code": null, "message": ""})))),
        ("no reason", finished("")),
        ("a reason of another API", finished("end_turn")),
        ("a reason in capitals", finished("STOP")),
        ("a reason that nobody knows", finished("eos_token")),
        ("counts as null", RawAnswer::json(&with("usage", Value::Null))),
        (
            "counts as texts",
            RawAnswer::json(&with("usage", json!({"prompt_tokens": "10", "completion_tokens": "5.0"}))),
        ),
        (
            "counts with fractions",
            RawAnswer::json(&with("usage", json!({"prompt_tokens": 10.0, "completion_tokens": 5.0}))),
        ),
        ("counts that are none", RawAnswer::json(&with("usage", json!([1, "x"])))),
        (
            "content in parts",
            RawAnswer::json(&chat(
                json!({"content": [{"type": "text", "text": &OK[..9]}, {"type": "text", "text": &OK[9..]}]}),
                json!("stop"),
            )),
        ),
    ] {
        let odd = hold(openai(vec![answer])).await;
        assert_eq!((&*odd.text(), odd.asked().len()), (OK, 1), "{name}");
        let usage = odd.answers[0].usage;
        assert!(usage.estimated || (usage.input_tokens, usage.output_tokens) == (10, 5), "{name}: {usage:?}");
    }
}

#[tokio::test]
async fn characters_are_whole_or_told() {
    let latin: Vec<u8> = chat(json!({"content": "caf\u{e9}"}), json!("stop"))
        .to_string()
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let half = chat(json!({"content": "caf\u{e9}"}), json!("stop")).to_string().replace('\u{e9}', "\\ud83d");
    let in_two = |first: &[u8], second: &[u8]| {
        let event = |bytes: &[u8], finish: &str| {
            let text = piece(json!({"content": "caf*"}), json!("F")).to_string().replace("\"F\"", finish);
            let (before, after) = text.split_once("caf*").unwrap();
            [b"data: ", before.as_bytes(), bytes, after.as_bytes(), b"\n\n"].concat()
        };
        events_of([event(&[b"caf", first].concat(), "null"), event(second, "\"stop\"")].concat())
    };
    let accent = "\u{e9}".as_bytes();
    for (answer, text, repaired) in [
        (
            RawAnswer::new(latin.clone()).header("content-type", "application/json; charset=ISO-8859-1"),
            "caf\u{e9}",
            false,
        ),
        (RawAnswer::new(latin), "caf\u{fffd}", true),
        (RawAnswer::new(half), "caf\u{fffd}", true),
        (in_two(&accent[..1], &accent[1..]), "caf\u{e9}", false),
        (in_two(b"\\ud83d", b"\\ude00"), "caf\u{1f600}", false),
        (in_two(b"\\ud83d", b"!"), "caf\u{fffd}!", true),
    ] {
        let odd = hold(openai(vec![answer])).await;
        assert_eq!((&*odd.text(), odd.answers[0].repairs.is_empty()), (text, !repaired));
    }
}

#[tokio::test]
async fn streams_of_other_apis_may_lack_what_theirs_have() {
    let text = |text: &str| json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}});
    let start = json!({"type": "message_start", "message": {"id": "x", "content": [], "usage": {"input_tokens": 10, "output_tokens": 1}}});
    let open =
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
    let end =
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}});
    let named = |events: &[Value]| {
        let one = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
        events_of(events.iter().map(one).collect::<String>())
    };
    let odd_start = json!({"type": "message_start", "message": "hello"});
    for events in [
        vec![start.clone(), open.clone(), text(OK), end.clone(), json!({"type": "message_stop"})],
        vec![start.clone(), json!({"type": "ping"}), open.clone(), text(OK), end.clone()],
        vec![odd_start, start, open, text(OK), end],
    ] {
        let odd = hold(anthropic(vec![named(&events)])).await;
        assert_eq!(
            (&*odd.text(), odd.asked().len(), odd.answers[0].usage.output_tokens),
            (OK, 1, 5),
            "{events:?}"
        );
    }
    let done = json!({"type": "response.output_item.done", "output_index": 0, "item": message_item(OK)});
    for whole in [response(&[message_item(OK)]), response(&[])] {
        let completed = json!({"type": "response.completed", "response": whole});
        let odd = hold(responses(vec![named(&[done.clone(), completed])])).await;
        assert_eq!((&*odd.text(), odd.asked().len()), (OK, 1));
    }
    // Nothing but pieces, and the text beside the items.
    let piece = |text: &str| json!({"type": "response.output_text.delta", "output_index": 0, "delta": text});
    let completed = json!({"type": "response.completed", "response": response(&[])});
    let mut beside = response(&[]);
    beside["output_text"] = json!(OK);
    for answer in [named(&[piece(&OK[..9]), piece(&OK[9..]), completed]), RawAnswer::json(&beside)] {
        let odd = hold(responses(vec![answer])).await;
        assert_eq!((&*odd.text(), odd.asked().len()), (OK, 1));
    }
}
