//! Both wire forms, as recorded: a change here is a change of what providers receive.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::fault::FaultKind;
use crate::registry::{ModelEnvironment, Registry};
use crate::repair::Repair;
use crate::types::{Arguments, FinishReason, Message, ToolCall, Usage};

pub(super) fn model(settings: &str) -> Model {
    let section =
        toml::from_str(&format!("base-url = \"http://h/v1\"\nmodel = \"sent\"\n{settings}")).unwrap();
    let registry = Registry::new(BTreeMap::from([("m".to_owned(), section)]));
    registry.model("m", &ModelEnvironment::default()).unwrap()
}

fn body(model: &Model, request: &ChatRequest, max_tokens: u64) -> Value {
    super::body(OutgoingRequest { model, request, recall: &Recall::default(), max_tokens })
}

fn request() -> ChatRequest {
    serde_json::from_value(json!({
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "List."},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "name": "bash", "arguments": {"command": "ls"}},
                {"id": "c2", "name": "bash", "malformed": {"raw": "{\"command"}},
            ]},
            {"role": "tool", "content": "a\nb", "tool_call_id": "c1"},
            {"role": "tool", "content": "Error: no JSON", "tool_call_id": "c2"},
            {"role": "user", "content": "Go on."},
        ],
        "tools": [{"name": "bash", "description": "Runs.", "parameters": {"type": "object"}}],
        "temperature": 0.0,
        "max_tokens": null,
    }))
    .unwrap()
}

#[test]
fn chat_completions_get_this() {
    let expected = json!({
        "model": "sent",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "List."},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "bash", "arguments": "{\"command\":\"ls\"}"}},
                {"id": "c2", "type": "function",
                    "function": {"name": "bash", "arguments": "{\"malformed\":\"{\\\"command\"}"}},
            ]},
            {"role": "tool", "tool_call_id": "c1", "content": "a\nb"},
            {"role": "tool", "tool_call_id": "c2", "content": "Error: no JSON"},
            {"role": "user", "content": "Go on."},
        ],
        "max_tokens": 50,
        "temperature": 0.0,
        "tools": [{"type": "function",
            "function": {"name": "bash", "description": "Runs.", "parameters": {"type": "object"}}}],
        "tool_choice": "auto",
    });
    assert_eq!(body(&model(""), &request(), 50), expected);
}

#[test]
fn anthropic_gets_this() {
    let expected = json!({
        "model": "sent",
        "max_tokens": 50,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "List."}]},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "c1", "name": "bash", "input": {"command": "ls"}},
                {"type": "tool_use", "id": "c2", "name": "bash", "input": {"malformed": "{\"command"}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "a\nb"},
                {"type": "tool_result", "tool_use_id": "c2", "content": "Error: no JSON"},
                {"type": "text", "text": "Go on."},
            ]},
        ],
        "temperature": 0.0,
        "tools": [{"name": "bash", "description": "Runs.", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "auto"},
    });
    assert_eq!(body(&model("api = \"anthropic\""), &request(), 50), expected);
}

#[test]
fn quirks_change_the_body() {
    let settings = "[quirks]\nmax-tokens-field = \"max_completion_tokens\"\nsystem-role = \"user\"\n\
        tool-choice = false\nparallel-tool-calls = true\ntemperature = false\nnull-content = false\n\
        body = { reasoning_effort = \"low\" }";
    let body = body(&model(settings), &request(), 50);
    assert_eq!(body["max_completion_tokens"], 50);
    assert_eq!(body["messages"][0], json!({"role": "user", "content": "Be brief.\n\nList."}));
    assert_eq!(body["messages"][1]["content"], "");
    assert_eq!(body["parallel_tool_calls"], true);
    assert_eq!(body["reasoning_effort"], "low");
    for absent in ["tool_choice", "temperature", "max_tokens"] {
        assert_eq!(body.get(absent), None, "{absent}");
    }
    let body = self::body(&model("[quirks]\nsystem-role = \"developer\""), &request(), 50);
    assert_eq!(body["messages"][0]["role"], "developer");
}

fn call(id: &str, arguments: Arguments) -> ToolCall {
    ToolCall { id: id.to_owned(), name: "bash".to_owned(), arguments }
}

fn object(value: Value) -> Arguments {
    Arguments::Object(value.as_object().unwrap().clone())
}

#[test]
fn all_calls_of_an_answer_are_read() {
    let wire = |id: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": "bash", "arguments": arguments}});
    let calls = [wire("x", "{\"command\": \"ls\"}"), wire("", "not json"), wire("x", "[1]"), wire("c1", "")];
    let answer = json!({
        "choices": [{"finish_reason": "stop", "message": {"content": "", "tool_calls": calls, "reasoning_content": "hm"}}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
    });
    let attempt = parse(&model(""), &request(), &answer);
    assert_eq!(attempt.usage, Some(Usage { input_tokens: 12, output_tokens: 3, ..Usage::default() }));
    let said = attempt.answer.unwrap();
    let expected = vec![
        call("x", object(json!({"command": "ls"}))),
        call("call_6_1", Arguments::Malformed("not json".to_owned())),
        call("call_6_2", Arguments::Malformed("[1]".to_owned())),
        call("call_6_3", object(json!({}))),
    ];
    assert_eq!(said.message, Message::Assistant { content: None, tool_calls: expected });
    assert_eq!((said.finish, said.thinking.as_deref()), (FinishReason::ToolCalls, Some("hm")));

    let answer = json!({
        "content": [
            {"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "I list."},
            {"type": "tool_use", "id": "t1", "name": "bash", "input": {"command": "ls"}},
            {"type": "tool_use", "id": "t2", "name": "bash", "input": {"command": "pwd"}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 10, "cache_read_input_tokens": 2, "output_tokens": 3},
    });
    let attempt = parse(&model("api = \"anthropic\""), &request(), &answer);
    assert_eq!(
        attempt.usage,
        Some(Usage { input_tokens: 12, output_tokens: 3, cached_tokens: 2, ..Usage::default() })
    );
    let said = attempt.answer.unwrap();
    let tool_calls = ["t1", "t2"].iter().zip(["ls", "pwd"]);
    let tool_calls = tool_calls.map(|(id, command)| call(id, object(json!({"command": command})))).collect();
    assert_eq!(said.message, Message::Assistant { content: Some("I list.".to_owned()), tool_calls });
    assert_eq!((said.finish, said.thinking.as_deref()), (FinishReason::ToolCalls, Some("hm")));
}

#[test]
fn an_assigned_id_is_unique() {
    let wire = |id: &str| json!({"id": id, "function": {"name": "bash", "arguments": ""}});
    let ids = |given: &[&str]| {
        let calls: Vec<Value> = given.iter().map(|id| wire(id)).collect();
        let answer = json!({"choices": [{"message": {"tool_calls": calls}}]});
        match parse(&model(""), &request(), &answer).answer.unwrap().message {
            Message::Assistant { tool_calls, .. } => {
                tool_calls.into_iter().map(|call| call.id).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(ids(&["call_6_1", ""]), ["call_6_1", "call_6_2"]);
    assert_eq!(ids(&["", "call_6_0", "c2", ""]), ["call_6_0", "call_6_1", "call_6_2", "call_6_3"]);
}

#[test]
fn finish_reasons_are_neutral() {
    let openai = |reason: &str| json!({"choices": [{"finish_reason": reason, "message": {"content": "a"}}]});
    let anthropic = |reason: &str| json!({"content": [{"type": "text", "text": "a"}], "stop_reason": reason});
    let finish =
        |settings: &str, body: Value| parse(&model(settings), &request(), &body).answer.unwrap().finish;
    for (reason, expected) in [
        ("stop", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
        ("odd", FinishReason::Other),
    ] {
        assert_eq!(finish("", openai(reason)), expected, "{reason}");
    }
    for (reason, expected) in [
        ("end_turn", FinishReason::Stop),
        ("max_tokens", FinishReason::Length),
        ("refusal", FinishReason::ContentFilter),
        ("odd", FinishReason::Other),
    ] {
        assert_eq!(finish("api = \"anthropic\"", anthropic(reason)), expected, "{reason}");
    }
}

#[test]
fn a_call_in_the_text_is_one_unless_the_settings_say_no() {
    let text = "{\"name\": \"bash\", \"parameters\": {\"command\": \"ls\"}}";
    let answer = |text: &str| json!({"choices": [{"message": {"content": text}}]});
    let calls =
        |settings: &str, text: &str| match parse(&model(settings), &request(), &answer(text)).answer.unwrap()
        {
            crate::fault::ProviderAnswer { message: Message::Assistant { content, tool_calls }, .. } => {
                (content.is_some(), tool_calls.len())
            }
            other => panic!("{other:?}"),
        };
    let off = "[quirks]\ntool-calls-in-content = false";
    assert_eq!(calls("", text), (false, 1));
    assert_eq!(calls(off, text), (true, 0));
    assert_eq!(calls("", &text.replace("bash", "rm")), (true, 0));
}

#[test]
fn answers_without_a_message_are_faults_and_their_tokens_count() {
    let usage = json!({"prompt_tokens": 7, "completion_tokens": 0});
    for body in [
        json!({"choices": [], "usage": usage}),
        json!({"usage": usage}),
        json!({"choices": [{}], "usage": usage}),
    ] {
        let attempt = parse(&model(""), &request(), &body);
        assert_eq!(attempt.answer.unwrap_err().kind, FaultKind::NoMessage);
        assert_eq!(attempt.usage.unwrap().input_tokens, 7);
    }
    let attempt = parse(&model("api = \"anthropic\""), &request(), &json!({"content": []}));
    assert_eq!(attempt.answer.unwrap_err().kind, FaultKind::NoMessage);
}

#[test]
fn refusals_are_read_in_every_shape() {
    for (body, text) in [
        (json!({"error": {"message": "No.", "code": "c", "type": "t"}}), "No. (c)"),
        (
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}),
            "Busy (overloaded_error)",
        ),
        (json!({"error": "plain"}), "plain"),
        (json!({"detail": "Not Found"}), "Not Found"),
        (
            json!([{"error": {"code": 400, "message": "No.", "status": "INVALID_ARGUMENT"}}]),
            "No. (INVALID_ARGUMENT)",
        ),
        (json!({"detail": [{"loc": ["body", "x"], "msg": "Field required"}]}), "body.x: Field required"),
        (
            json!({"error": {"message": "Provider returned error", "metadata": {"raw": "bad"}}}),
            "Provider returned error: bad",
        ),
    ] {
        assert_eq!(error_content(&body).map(|content| content.message).as_deref(), Some(text));
    }
    assert_eq!(error_content(&json!([1])), None);
}

/// The next request of a conversation whose last answer was `answer`.
fn repeated(model: &Model, answer: &Value) -> Value {
    let asked = ChatRequest { messages: request().messages[..2].to_vec(), ..request() };
    let answered = parse(model, &asked, answer).answer.unwrap();
    let mut answer =
        crate::types::ChatAnswer::new(answered.message.clone(), answered.finish, Usage::default());
    answer.attachment = answered.attachment;
    let mut recall = Recall::default();
    recall.add("m", &answer);
    let Message::Assistant { content, tool_calls } = answered.message else { panic!() };
    let mut next = asked;
    // As a guest repeats it: with a text where there was none.
    next.messages.push(Message::Assistant {
        content: Some(content.unwrap_or_default()),
        tool_calls: tool_calls.clone(),
    });
    next.messages.extend(tool_calls.iter().map(|call| Message::tool(call.id.clone(), "out")));
    super::body(OutgoingRequest { model, request: &next, recall: &recall, max_tokens: 50 })
}

#[test]
fn what_an_answer_carries_goes_back_as_it_came() {
    let call = json!({"id": "functions.bash:0", "type": "function", "function": {"name": "bash", "arguments": "{\"command\":\"ls\"}"},
        "extra_content": {"google": {"thought_signature": "SIG"}}});
    let message = json!({"role": "assistant", "content": null, "refusal": null, "annotations": [], "reasoning_content": "I look.",
        "reasoning_details": [{"type": "reasoning.encrypted", "data": "ENC", "id": "rs_1"}], "tool_calls": [call]});
    let sent =
        repeated(&model(""), &json!({"choices": [{"finish_reason": "tool_calls", "message": message}]}));
    assert_eq!(sent["messages"][2], message);
    let stripped = repeated(
        &model("[quirks]\nnot-echoed = [\"annotations\"]"),
        &json!({"choices": [{"message": message}]}),
    );
    assert_eq!(stripped["messages"][2].get("annotations"), None);

    let blocks = json!([
        {"type": "thinking", "thinking": "look", "signature": "SIG"}, {"type": "redacted_thinking", "data": "ENC"},
        {"type": "text", "text": "I look."}, {"type": "tool_use", "id": "toolu_1", "name": "bash", "input": {"command": "ls"}},
    ]);
    let sent =
        repeated(&model("api = \"anthropic\""), &json!({"content": blocks, "stop_reason": "tool_use"}));
    assert_eq!(sent["messages"][1]["content"], blocks);

    let items = json!([
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "ENC"},
        {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "I look.", "annotations": []}]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "bash", "arguments": "{\"command\":\"ls\"}"},
    ]);
    let sent = repeated(&model("api = \"responses\""), &json!({"output": items, "status": "completed"}));
    assert_eq!(sent["input"].as_array().unwrap()[2..5], items.as_array().unwrap()[..]);
    assert_eq!(
        sent["input"][5],
        json!({"type": "function_call_output", "call_id": "call_1", "output": "out"})
    );
}

#[test]
fn what_a_provider_would_refuse_is_made_acceptable() {
    let mut odd = request();
    odd.messages = serde_json::from_value(json!([
        {"role": "assistant", "content": " \n", "tool_calls": [{"id": "functions.bash:0", "name": "functions.bash:0 <|x|>", "arguments": {}}]},
        {"role": "tool", "content": "", "tool_call_id": "functions.bash:0"},
        {"role": "assistant", "content": "\n"},
        {"role": "system", "content": " "},
        {"role": "user", "content": "\n"},
        {"role": "user", "content": "Go on."},
    ]))
    .unwrap();
    let sent = body(&model(""), &odd, 50);
    let call = &sent["messages"][0]["tool_calls"][0];
    assert_eq!(call["function"]["name"], "functions_bash_0___x__");
    let id = call["id"].as_str().unwrap();
    assert!(id.starts_with("call_") && sent["messages"][1]["tool_call_id"] == id, "{sent}");
    assert_eq!(sent["messages"].as_array().unwrap().len(), 4);
    let texts: Vec<&Value> = sent["messages"].as_array().unwrap().iter().map(|one| &one["content"]).collect();
    assert_eq!(texts, ["", "(no text)", "(no text)", "Go on."]);
    let alone = ChatRequest::new("m", vec![Message::system("Be brief.")]);
    assert_eq!(body(&model(""), &alone, 50)["messages"][1], json!({"role": "user", "content": "(no text)"}));
    let sent = body(&model("api = \"anthropic\""), &odd, 50);
    let messages = sent["messages"].as_array().unwrap();
    assert_eq!((messages.len(), sent.get("system")), (3, None));
    assert_eq!(messages[0]["role"], "user");
    assert!(
        !sent.to_string().contains("\"text\":\" \\n\"") && !sent.to_string().contains("\"text\":\"\\n\""),
        "{sent}"
    );
    let sent = body(&model("[quirks]\ncall-ids = \"nine\""), &odd, 50);
    assert_eq!(sent["messages"][0]["tool_calls"][0]["id"].as_str().unwrap().len(), 9);
}

#[test]
fn a_call_that_was_cut_off_is_told_to_the_model() {
    let call = json!({"id": "c", "type": "function", "function": {"name": "bash", "arguments": "{\"command\": \"l"}});
    let answer =
        json!({"choices": [{"finish_reason": "length", "message": {"content": null, "tool_calls": [call]}}]});
    let sent = repeated(&model(""), &answer);
    let told = sent["messages"][3]["content"].as_str().unwrap();
    assert!(told.starts_with("[The call was cut off") && told.ends_with("out"), "{told}");
}

#[test]
fn tools_can_be_described_in_the_text() {
    let sent = body(&model("[quirks]\ntools-in-text = true"), &request(), 50);
    assert_eq!((sent.get("tools"), sent.get("tool_choice")), (None, None));
    let messages = sent["messages"].to_string();
    assert!(
        messages.contains("<tool_call>")
            && messages.contains("<tool_response>")
            && !messages.contains("tool_call_id")
    );
}

#[test]
fn plain_words_are_the_argument_of_a_tool_that_takes_one_text() {
    let read = |parameters: Value, arguments: Value, finish: &str| {
        let mut request = request();
        request.tools[0].parameters = parameters.as_object().unwrap().clone();
        let calls =
            json!([{"id": "x", "type": "function", "function": {"name": "bash", "arguments": arguments}}]);
        let answer = json!({
            "choices": [{"finish_reason": finish, "message": {"content": null, "tool_calls": calls}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        });
        let said = parse(&model(""), &request, &answer).answer.unwrap();
        let Message::Assistant { tool_calls, .. } = said.message else { panic!("no answer") };
        (tool_calls[0].arguments.clone(), said.repairs.contains(&Repair::ArgumentsSyntax))
    };
    let one = || json!({"type": "object", "properties": {"command": {"type": "string"}}});
    for words in [json!("ls -la /repo"), json!("\"ls -la /repo\""), json!("\"\\\"ls -la /repo\\\"\"")] {
        assert_eq!(read(one(), words, "tool_calls"), (object(json!({"command": "ls -la /repo"})), true));
    }
    let malformed = |parameters: Value, words: &str, finish: &str| {
        let (arguments, _) = read(parameters, json!(words), finish);
        assert!(matches!(arguments, Arguments::Malformed(_)), "{words}: {arguments:?}");
    };
    // Cut off at an unknown place; begun as something else; for a tool that takes more, or no text.
    malformed(one(), "ls -la /re", "length");
    malformed(one(), "{\"command\": \"ls", "tool_calls");
    malformed(one(), "[1, 2]", "tool_calls");
    malformed(one(), "42", "tool_calls");
    malformed(
        json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}),
        "ls",
        "tool_calls",
    );
    malformed(json!({"type": "object", "properties": {"n": {"type": "integer"}}}), "ls", "tool_calls");
    malformed(json!({"type": "object"}), "ls", "tool_calls");
}

#[test]
fn many_calls_and_heavy_arguments_are_bounded() {
    let answer = |count: usize, arguments: &str| {
        let call =
            json!({"id": "", "type": "function", "function": {"name": "bash", "arguments": arguments}});
        let message = json!({"content": null, "tool_calls": vec![call; count]});
        parse(&model(""), &request(), &json!({"choices": [{"message": message}]})).answer
    };
    let fault = answer(40_000, "{}").unwrap_err();
    assert!(fault.message.contains("40000 tool calls"), "{}", fault.message);
    let Message::Assistant { tool_calls, .. } = answer(128, "{}").unwrap().message else { panic!() };
    let ids: std::collections::BTreeSet<&str> = tool_calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids.len(), 128);
    let forest = format!("{{\"x\":[{}]}}", vec!["{\"\":0}"; 10_000].join(","));
    let Message::Assistant { tool_calls, .. } = answer(1, &forest).unwrap().message else { panic!() };
    assert_eq!(tool_calls[0].arguments, Arguments::Malformed(forest));
}
