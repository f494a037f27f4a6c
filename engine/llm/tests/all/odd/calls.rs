//! Calls of tools in odd spellings.

use serde_json::{Value, json};

use super::*;

fn command(text: &str) -> Value {
    json!({ "command": text })
}

fn bash(arguments: Value) -> (String, Value) {
    ("bash".to_owned(), arguments)
}

#[tokio::test]
async fn calls_have_one_reading() {
    let hi = command("echo hi").to_string();
    let legacy = json!({"content": null, "function_call": {"name": "bash", "arguments": hi}});
    let text = |text: &str| RawAnswer::json(&chat(json!({ "content": text }), json!("stop")));
    let tagged = format!("<tool_call>\n{{\"name\": \"bash\", \"arguments\": {hi}}}\n</tool_call>");
    for (name, answer) in [
        ("an object", calling(&[call("a", "bash", command("echo hi"))])),
        ("text twice encoded", calling(&[call("a", "bash", json!(hi).to_string())])),
        ("text three times encoded", calling(&[call("a", "bash", json!(json!(hi).to_string()).to_string())])),
        (
            "another field",
            calling(&[json!({"id": "a", "function": {"name": "bash", "parameters": command("echo hi")}})]),
        ),
        ("no function", calling(&[json!({"id": "a", "name": "bash", "arguments": hi})])),
        (
            "a number as identifier",
            calling(&[json!({"id": 7, "function": {"name": "bash", "arguments": hi}})]),
        ),
        ("junk beside it", calling(&[Value::Null, call("a", "bash", hi.clone())])),
        ("a namespace", calling(&[call("a", "functions.bash", hi.clone())])),
        ("white space", calling(&[call("a", " bash ", hi.clone())])),
        ("capitals", calling(&[call("a", "Bash", hi.clone())])),
        (
            "a wrong reason",
            RawAnswer::json(&chat(
                json!({"content": null, "tool_calls": [call("a", "bash", hi.clone())]}),
                json!("STOP"),
            )),
        ),
        ("the older field", RawAnswer::json(&chat(legacy, json!("function_call")))),
        (
            "one call for a list",
            RawAnswer::json(&chat(
                json!({"content": "", "tool_calls": call("a", "bash", hi.clone())}),
                json!("tool_calls"),
            )),
        ),
        (
            "calls as text",
            RawAnswer::json(&chat(
                json!({"content": "", "tool_calls": json!([call("a", "bash", hi.clone())]).to_string()}),
                json!("tool_calls"),
            )),
        ),
        ("in the text", text(&tagged)),
        ("in the text after thinking", text(&format!("<think>I look.</think>\n{tagged}"))),
        ("in the text as Python", text("[bash(command='echo hi')]")),
        ("a trailing comma", calling(&[call("a", "bash", "{\"command\": \"echo hi\",}")])),
        ("a fence", calling(&[call("a", "bash", format!("```json\n{hi}\n```"))])),
        ("a list of one", calling(&[call("a", "bash", format!("[{hi}]"))])),
        (
            "all of the call",
            calling(&[call(
                "a",
                "bash",
                json!({"name": "bash", "arguments": command("echo hi")}).to_string(),
            )]),
        ),
        (
            "its schema",
            calling(&[call(
                "a",
                "bash",
                json!({"type": "object", "properties": command("echo hi")}).to_string(),
            )]),
        ),
        ("twice", calling(&[call("a", "bash", format!("{hi}{hi}"))])),
        ("a bracket too many", calling(&[call("a", "bash", format!("{{{hi}"))])),
        ("begun again", calling(&[call("a", "bash", format!("{}{hi}", &hi[..hi.len() - 3]))])),
        (
            "name and arguments apart",
            calling(&[
                call("a", "bash", ""),
                json!({"id": null, "function": {"name": null, "arguments": hi}}),
            ]),
        ),
        (
            "in another choice",
            RawAnswer::json(&json!({"choices": [
                {"index": 0, "message": {"role": "assistant", "content": "I look."}, "finish_reason": "tool_calls"},
                {"index": 0, "message": {"role": "assistant", "tool_calls": [call("a", "bash", hi.clone())]}, "finish_reason": "tool_calls"}]})),
        ),
        (
            "in another choice of a piece",
            stream(&[
                json!({"choices": [{"index": 0, "delta": {"content": "I look."}},
                    {"index": 1, "delta": {"tool_calls": [call("a", "bash", hi.clone())]}}]}),
                json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}),
            ]),
        ),
        (
            "in the text with other quotes",
            text("<|tool_call>call:bash{command:<|\"|>echo hi<|\"|>}<tool_call|>"),
        ),
        ("in the text without the first mark", text(&tagged.replace("<tool_call>", ""))),
        ("in the text with a mark within", text(&format!("bash[ARGS]{hi}"))),
        ("a wrapper", calling(&[call("a", "bash", format!("{{\"arguments\": {hi}}}"))])),
    ] {
        let odd = hold(openai(vec![answer, fine()])).await;
        assert_eq!(
            (odd.calls(), &*odd.text(), odd.asked().len()),
            (vec![bash(command("echo hi"))], OK, 2),
            "{name}"
        );
        // The result belongs to the call that is sent back.
        let sent = odd.asked().pop().unwrap();
        let (call, result) = (&sent["messages"][1]["tool_calls"][0], &sent["messages"][2]);
        assert!(call["id"].is_string() && call["id"] == result["tool_call_id"], "{name}: {sent}");
        assert_eq!(call["function"]["arguments"], hi.replace(": ", ":"), "{name}");
    }
}

#[tokio::test]
async fn pieces_of_a_call_are_put_together_at_any_byte() {
    let emoji = command("echo \u{1f600}").to_string();
    let open = |arguments: &str| {
        piece(
            json!({"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {"name": "bash", "arguments": arguments}}]}),
            Value::Null,
        )
    };
    let more = |arguments: &str| {
        piece(json!({"tool_calls": [{"index": 0, "function": {"arguments": arguments}}]}), Value::Null)
    };
    let end = piece(json!({}), json!("tool_calls"));
    let event = |value: &Value| format!("data: {value}\n\n").into_bytes();
    let place = emoji.find('\u{1f600}').unwrap();
    for at in place..=place + 4 {
        // Bytes of a character in two events, each of which alone is no text.
        let cut = |value: Value, bytes: &[u8]| {
            let text = String::from_utf8(event(&value)).unwrap();
            let (before, after) = text.split_once("HERE").unwrap();
            let bytes: Vec<u8> = bytes
                .iter()
                .flat_map(|byte| if *byte == b'"' { vec![b'\\', b'"'] } else { vec![*byte] })
                .collect();
            [before.as_bytes(), &bytes, after.as_bytes()].concat()
        };
        let (first, second) = emoji.as_bytes().split_at(at);
        let body = [cut(open("HERE"), first), cut(more("HERE"), second), event(&end)].concat();
        let odd = hold(openai(vec![events_of(body), fine()])).await;
        assert_eq!(
            (odd.calls(), odd.answers[0].repairs.len()),
            (vec![bash(command("echo \u{1f600}"))], 0),
            "{at}"
        );
    }
    let halves = [
        format!(
            "data: {}\n\n",
            open("H").to_string().replace("\"H\"", "\"{\\\"command\\\": \\\"echo \\ud83d\"")
        ),
        format!("data: {}\n\n", more("H").to_string().replace("\"H\"", "\"\\ude00\\\"}\"")),
        format!("data: {end}\n\n"),
    ];
    let odd = hold(openai(vec![events_of(halves.concat()), fine()])).await;
    assert_eq!(odd.calls(), [bash(command("echo \u{1f600}"))]);
    let old = |call: Value| piece(json!({ "function_call": call }), Value::Null);
    let older = [
        old(json!({"name": "bash", "arguments": ""})),
        old(json!({"arguments": "{\"command\":"})),
        old(json!({"arguments": "\"echo hi\"}"})),
        piece(json!({}), json!("function_call")),
    ];
    let odd = hold(openai(vec![stream(&older), fine()])).await;
    assert_eq!(odd.calls(), [bash(command("echo hi"))]);
}

#[tokio::test]
async fn parallel_calls_stay_apart() {
    let hi = command("echo hi").to_string();
    for (name, first, second) in [
        ("one identifier for both", call("a", "bash", hi.clone()), call("a", "bash", command("echo two"))),
        (
            "no identifiers",
            json!({"function": {"name": "bash", "arguments": hi}}),
            json!({"function": {"name": "bash", "arguments": command("echo two")}}),
        ),
        ("empty identifiers", call("", "bash", hi.clone()), call("", "bash", command("echo two"))),
    ] {
        let odd = hold(openai(vec![calling(&[first, second]), fine()])).await;
        assert_eq!(odd.calls(), [bash(command("echo hi")), bash(command("echo two"))], "{name}");
        let sent = odd.asked().pop().unwrap();
        let ids: Vec<&Value> =
            sent["messages"][1]["tool_calls"].as_array().unwrap().iter().map(|call| &call["id"]).collect();
        let results: Vec<&Value> = (2..4).map(|at| &sent["messages"][at]["tool_call_id"]).collect();
        assert!(ids[0] != ids[1] && ids == results, "{name}: {sent}");
    }
    // Whole calls of a stream, all of one index and without identifiers.
    let whole = |text: &str| {
        let own = json!({"name": "bash", "arguments": command(text).to_string()});
        json!({"index": 0, "id": "", "type": "function", "function": own})
    };
    let end = || piece(json!({}), json!("tool_calls"));
    for events in [
        vec![piece(json!({"tool_calls": [whole("echo hi"), whole("echo two")]}), Value::Null), end()],
        vec![
            piece(json!({"tool_calls": [whole("echo hi")]}), Value::Null),
            piece(json!({"tool_calls": [whole("echo two")]}), Value::Null),
            end(),
        ],
    ] {
        let odd = hold(openai(vec![stream(&events), fine()])).await;
        assert_eq!(odd.calls(), [bash(command("echo hi")), bash(command("echo two"))], "{events:?}");
    }
    let bad = "{\"command\": \"echo";
    let odd = hold(openai(vec![
        calling(&[call("a", "bash", hi), call("b", "bash", bad), call("c", "rm -rf.x", "{}")]),
        fine(),
    ]))
    .await;
    let calls = odd.calls();
    assert_eq!((&calls[0], &calls[1]), (&bash(command("echo hi")), &bash(json!(bad))));
    assert_eq!(calls[2].0, "rm -rf.x", "a tool that is not there keeps its name for the agent");
    let sent = &odd.asked().pop().unwrap()["messages"][1]["tool_calls"];
    let plain =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    assert!(
        sent.as_array().unwrap().iter().all(|call| plain(call["function"]["name"].as_str().unwrap())),
        "{sent}"
    );
}

/// A chat template that knows one call in a message.
#[tokio::test]
async fn calls_are_sent_one_after_the_other_where_a_message_may_have_only_one() {
    let refusal = json!({"error": {"code": 500, "message": "This model only supports single tool-calls at once! at row 97", "type": "server_error"}});
    let two = calling(&[
        call("a", "bash", command("echo hi").to_string()),
        call("b", "bash", command("echo two").to_string()),
    ]);
    let odd = hold(openai(vec![two, RawAnswer::json(&refusal).status(500), fine()])).await;
    assert_eq!((&*odd.text(), odd.asked().len()), (OK, 3));
    let sent = odd.asked().pop().unwrap()["messages"].clone();
    let roles: Vec<&Value> = sent.as_array().unwrap().iter().map(|message| &message["role"]).collect();
    assert_eq!(roles, ["user", "assistant", "tool", "assistant", "tool"]);
    for (at, id) in [(1, "a"), (3, "b")] {
        assert_eq!(
            (&sent[at]["tool_calls"][0]["id"], &sent[at]["tool_calls"][1]),
            (&json!(id), &Value::Null)
        );
        assert_eq!(sent[at + 1]["tool_call_id"], id);
    }
    assert_eq!(odd.models.learned_of("m").unwrap().lines(), ["quirks.calls-together = false"]);
}

#[tokio::test]
async fn values_of_another_type_with_one_reading_are_read() {
    for (given, right) in [
        (json!({"view_range": "[1, 5]"}), json!({"view_range": [1, 5]})),
        (json!({"view_range": ["1", 5.0]}), json!({"view_range": [1, 5]})),
        (json!({"line": "5"}), json!({"line": 5})),
        (json!({"line": 5.0}), json!({"line": 5})),
        (json!({"line": "five"}), json!({"line": "five"})),
        (json!({"path": 5}), json!({"path": "5"})),
    ] {
        let odd = hold(openai(vec![calling(&[call("a", "editor", given.to_string())]), fine()])).await;
        assert_eq!(odd.calls(), [("editor".to_owned(), right)]);
    }
}

#[tokio::test]
async fn a_call_of_the_messages_api_may_be_text() {
    let used = |input: Value| json!({"type": "tool_use", "id": "toolu_1", "name": "bash", "input": input});
    for input in
        [command("echo hi"), json!(command("echo hi").to_string()), json!("{\"command\": \"echo hi\",}")]
    {
        let odd = hold(anthropic(vec![
            said(&[used(input)], "tool_use"),
            said(&[json!({"type": "text", "text": OK})], "end_turn"),
        ]))
        .await;
        assert_eq!((odd.calls(), &*odd.text()), (vec![bash(command("echo hi"))], OK));
        assert_eq!(odd.asked()[1]["messages"][1]["content"][0]["input"], command("echo hi"));
    }
}

/// Agents that were changed offer tools of their own, with names that providers do not take.
#[tokio::test]
async fn tools_with_odd_names_are_offered_under_names_that_providers_take() {
    let tools = json!([{"name": "my.tool \u{e9}", "description": "", "parameters": {"type": "object", "properties": {}}}]);
    let chosen = calling(&[call("a", "my_tool__", "{}")]);
    let odd = hold_with(openai(vec![chosen, fine()]), tools, 2).await;
    assert_eq!(
        (odd.calls(), odd.answers[0].repairs.len()),
        (vec![("my.tool \u{e9}".to_owned(), json!({}))], 0)
    );
    for asked in odd.asked() {
        assert_eq!(asked["tools"][0]["function"]["name"], "my_tool__");
    }
    assert_eq!(odd.asked()[1]["messages"][1]["tool_calls"][0]["function"]["name"], "my_tool__");
}

/// A candidate that defines a tool wrongly is told so; it does not end the run of all others.
#[tokio::test]
async fn a_tool_that_is_refused_is_the_work_of_the_agent() {
    let refusal = |message: &str| {
        RawAnswer::json(
            &json!({"error": {"message": message, "type": "invalid_request_error", "param": null}}),
        )
        .status(400)
    };
    for words in [
        "Invalid schema for function 'x': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'.",
        "tools.0.custom.input_schema: JSON schema is invalid",
        "* GenerateContentRequest.tools[0].function_declarations[0].parameters: should be non-empty",
    ] {
        let odd = hold(openai(vec![calling(&[call("a", "bash", "{}")]), refusal(words)])).await;
        assert!(
            odd.failure().contains("refuses a tool") && odd.failure().contains(words),
            "{}",
            odd.failure()
        );
        assert_eq!(odd.models.stats().refused, 1);
        // A model that never answered may take no tools of ours.
        let odd = hold(openai(vec![refusal(words)])).await;
        assert!(odd.outage().contains(words), "{}", odd.outage());
    }
}
