//! Both wire forms, as recorded: a change of these is a change of what providers get.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::fault::FaultKind;
use crate::registry::{ModelEnvironment, Registry};
use crate::types::{Arguments, FinishReason, ToolCall, Usage};

fn model(settings: &str) -> Model {
    let section =
        toml::from_str(&format!("base-url = \"http://h/v1\"\nmodel = \"sent\"\n{settings}")).unwrap();
    let registry = Registry::new(BTreeMap::from([("m".to_owned(), section)]));
    registry.model("m", &ModelEnvironment::default()).unwrap()
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
    let body = super::body(&model("[quirks]\nsystem-role = \"developer\""), &request(), 50);
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
    assert_eq!(attempt.usage, Some(Usage { input_tokens: 12, output_tokens: 3, estimated: false }));
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
    assert_eq!(attempt.usage, Some(Usage { input_tokens: 12, output_tokens: 3, estimated: false }));
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
fn a_call_in_the_text_is_one_only_where_the_table_says_so() {
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
    let on = "[quirks]\ntool-calls-in-content = true";
    assert_eq!(calls(on, text), (false, 1));
    assert_eq!(calls("", text), (true, 0));
    assert_eq!(calls(on, &text.replace("bash", "rm")), (true, 0));
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
    ] {
        assert_eq!(error_text(&body).as_deref(), Some(text));
    }
    assert_eq!(error_text(&json!([1])), None);
}
