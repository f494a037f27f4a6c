//! Fields that answers carry beside text and calls, thinking in the text, and the reasons of their ends.

use hyperspace_llm::{FinishReason, Learned, Route};
use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn what_a_provider_attaches_goes_back_as_it_came() {
    let run = || call("a", "bash", "{\"command\":\"ls\"}");
    let with = |name: &str, value: Value| {
        let mut call = run();
        call[name] = value;
        call
    };
    let signature = json!({"google": {"thought_signature": "c2lnbmF0dXJl"}});
    let details = json!([{"type": "reasoning.encrypted", "data": "ENC", "id": "rs_1", "index": 0}, {"type": "reasoning.text", "text": "hm", "signature": null}]);
    // The signature is on the second call, after junk.
    let answer = calling(&[json!("junk"), run(), with("extra_content", signature.clone())]);
    let odd = hold(openai(vec![answer, fine()])).await;
    let sent = odd.asked()[1]["messages"][1]["tool_calls"].clone();
    assert_eq!((&sent[0]["extra_content"], &sent[1]["extra_content"]), (&Value::Null, &signature));
    let opened = json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "bash", "arguments": ""}, "extra_content": signature}]});
    let filled = json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"command\":\"ls\"}"}}]});
    let events =
        [piece(opened, Value::Null), piece(filled, Value::Null), piece(json!({}), json!("tool_calls"))];
    let odd = hold(openai(vec![stream(&events), fine()])).await;
    assert_eq!(odd.asked()[1]["messages"][1]["tool_calls"][0]["extra_content"], signature);
    for (name, value) in
        [("reasoning_content", json!("I look.")), ("reasoning_details", details), ("annotations", json!([]))]
    {
        let mut message = json!({"content": null, "tool_calls": [run()]});
        message[name] = value.clone();
        let odd = hold(openai(vec![RawAnswer::json(&chat(message, json!("tool_calls"))), fine()])).await;
        assert_eq!(odd.asked()[1]["messages"][1][name], value, "{name}");
        assert_eq!(odd.asked()[1]["messages"][1]["content"], Value::Null, "{name}: null stays null");
    }
    let blocks = [
        json!({"type": "redacted_thinking", "data": "RED"}),
        json!({"type": "thinking", "thinking": "look", "signature": "SIG"}),
        json!({"type": "text", "text": "I look."}),
        json!({"type": "tool_use", "id": "toolu_1", "name": "bash", "input": {"command": "ls"}}),
    ];
    let odd = hold(anthropic(vec![
        said(&blocks, "tool_use"),
        said(&[json!({"type": "text", "text": OK})], "end_turn"),
    ]))
    .await;
    assert_eq!(odd.asked()[1]["messages"][1]["content"], json!(blocks));
    let items = [
        json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "ENC"}),
        json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "bash", "arguments": "{\"command\":\"ls\"}"}),
    ];
    let odd = hold(responses(vec![
        RawAnswer::json(&response(&items)),
        RawAnswer::json(&response(&[message_item(OK)])),
    ]))
    .await;
    assert_eq!(odd.asked()[1]["input"].as_array().unwrap()[1..3], items);
}

/// A provider that keeps nothing may look for what an item is named after, and refuses reasoning that led to nothing.
#[tokio::test]
async fn items_go_back_without_what_their_provider_does_not_find() {
    let gone = json!({"error": {"message": "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.", "type": "invalid_request_error", "param": "input"}});
    let items = [
        json!({"type": "reasoning", "id": "rs_0", "summary": []}),
        json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "ENC"}),
        json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "bash", "arguments": "{\"command\":\"ls\"}"}),
        json!({"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "MORE"}),
    ];
    let odd = hold(responses(vec![
        RawAnswer::json(&response(&items)),
        RawAnswer::json(&gone).status(404),
        RawAnswer::json(&response(&[message_item(OK)])),
    ]))
    .await;
    let asked = odd.asked();
    assert_eq!(asked[1]["input"].as_array().unwrap()[1..4], items[..3]);
    let right = [
        json!({"type": "reasoning", "summary": [], "encrypted_content": "ENC"}),
        json!({"type": "function_call", "call_id": "call_1", "name": "bash", "arguments": "{\"command\":\"ls\"}"}),
    ];
    assert_eq!(asked[2]["input"].as_array().unwrap()[1..3], right);
    assert_eq!((&*odd.text(), asked[2]["store"] == false), (OK, true));
    assert_eq!(odd.models.learned_of("m").unwrap().lines(), ["quirks.not-echoed = [\"id\"]"]);
}

/// A conversation that goes on with another model: what only the first one understands stays away from it, and all else is there.
#[tokio::test]
async fn what_a_provider_attaches_is_for_no_other() {
    let signed = json!({"id": "functions.bash:0", "function": {"name": "bash", "arguments": "{\"command\":\"ls\"}"},
        "extra_content": {"google": {"thought_signature": "SIG"}}});
    let message = json!({"content": null, "reasoning_content": "I look.", "tool_calls": [signed]});
    let busy = RawAnswer::json(&json!({"error": {"message": "busy"}})).status(503);
    let first = RawProvider::start(vec![RawAnswer::json(&chat(message, json!("tool_calls"))), busy]);
    let second = RawProvider::start(vec![fine()]);
    let section =
        |name: &str, provider: &RawProvider| format!("[{name}]\nbase-url = {:?}\n", provider.base_url());
    let registry = Registry::new(toml::from_str(&(section("a", &first) + &section("b", &second))).unwrap());
    let model =
        |name: &str| (registry.model(name, &ModelEnvironment::default()).unwrap(), Learned::default());
    let options = CallOptions::default().retry(RetryPolicy::default().attempts_max(2));
    let route = Route::parse("a > b").unwrap().unwrap();
    let clock = Arc::new(VirtualClock::default());
    let models = Models::with_routes(vec![model("a"), model("b")], vec![route], options, clock).unwrap();
    let account = Account::new("run", BudgetLimits::default());
    let options = SessionOptions::new("s", ["a > b".to_owned()].into(), account);
    let mut session = Session::live(&models, options, Arc::new(MemoryCassette::default())).unwrap();
    let mut messages = vec![json!({"role": "user", "content": "Change the code."})];
    let mut request = json!({"model": "a > b", "tools": tools(), "temperature": 0.0, "max_tokens": 100, "messages": messages});
    let answer = session.chat_json(&request).await.unwrap();
    messages.push(answer["message"].clone());
    messages.push(json!({"role": "tool", "content": "out", "tool_call_id": "functions.bash:0"}));
    request["messages"] = json!(messages);
    let answer = session.chat_json(&request).await.unwrap();
    assert_eq!(answer["message"]["content"], OK);
    let back = first.requests()[1].body["messages"][1].clone();
    assert_eq!(
        (&back["reasoning_content"], &back["tool_calls"][0]["id"]),
        (&json!("I look."), &json!("functions.bash:0"))
    );
    assert_eq!(back["tool_calls"][0]["extra_content"]["google"]["thought_signature"], "SIG");
    let other = &second.requests()[0].body["messages"];
    let told = other.to_string();
    assert!(!told.contains("SIG") && !told.contains("I look.") && !told.contains("functions.bash"), "{told}");
    assert_eq!(other[1]["tool_calls"][0]["function"]["arguments"], "{\"command\":\"ls\"}");
    assert_eq!(other[1]["tool_calls"][0]["id"], other[2]["tool_call_id"]);
}

#[tokio::test]
async fn thinking_in_the_text_is_no_part_of_it() {
    for text in [
        format!("<think>maybe no</think>\n{OK}"),
        format!("<think>\n\n</think>\n\n{OK}"),
        format!("<think>one</think>\n<think>two</think>\n{OK}"),
        format!("</think>\n\n{OK}"),
        format!("\u{25c1}think\u{25b7}no\u{25c1}/think\u{25b7}{OK}"),
        format!("[THINK]no[/THINK]{OK}"),
        format!("<seed:think>no</seed:think>{OK}"),
        format!("<|START_THINKING|>no<|END_THINKING|><|START_RESPONSE|>{OK}<|END_RESPONSE|>"),
        format!("<|channel|>analysis<|message|>no<|end|><|start|>assistant<|channel|>final<|message|>{OK}"),
    ] {
        let odd = hold(openai(vec![RawAnswer::json(&chat(json!({ "content": text }), json!("stop")))])).await;
        assert_eq!((odd.text().trim(), odd.asked().len()), (OK, 1), "{text}");
        assert_eq!(odd.answers[0].repairs.len(), 1, "{text}");
    }
    let thoughts = json!({"content": OK, "reasoning_content": "<json>{\"response\": \"no\"}</json>"});
    let odd = hold(openai(vec![RawAnswer::json(&chat(thoughts, json!("stop")))])).await;
    assert_eq!(odd.text(), OK);
}

#[tokio::test]
async fn an_answer_says_why_it_ended() {
    let chats = |reason: &str, content: Value| {
        openai(vec![RawAnswer::json(&chat(json!({ "content": content }), json!(reason)))])
    };
    for reason in ["length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "Length"] {
        let odd = hold(chats(reason, json!("part"))).await;
        assert_eq!((&*odd.text(), odd.answers[0].finish_reason), ("part", FinishReason::Length), "{reason}");
        assert_eq!(odd.models.stats().cut, 1);
        let odd = hold(chats(reason, Value::Null)).await;
        assert_eq!(odd.answers[0].why_empty(), Some("length limit reached while thinking"), "{reason}");
    }
    for reason in [
        "content_filter",
        "CONTENT_FILTER",
        "SAFETY",
        "RECITATION",
        "PROHIBITED_CONTENT",
        "BLOCKLIST",
        "refusal",
        "guardrail_intervened",
    ] {
        let odd = hold(chats(reason, Value::Null)).await;
        assert_eq!(
            (odd.answers[0].why_empty(), odd.asked().len()),
            (Some("filtered by the provider"), 1),
            "{reason}"
        );
        assert_eq!(odd.models.stats().empty, 1);
    }
    let odd = hold(anthropic(vec![said(&[json!({"type": "text", "text": "I will not."})], "refusal")])).await;
    assert_eq!((&*odd.text(), odd.answers[0].finish_reason), ("I will not.", FinishReason::ContentFilter));
    let odd = hold(anthropic(vec![said(
        &[json!({"type": "text", "text": "part"})],
        "model_context_window_exceeded",
    )]))
    .await;
    assert_eq!(odd.answers[0].finish_reason, FinishReason::Length);
    let incomplete = |reason: &str| {
        let mut body = response(&[message_item("part")]);
        (body["status"], body["incomplete_details"]) = (json!("incomplete"), json!({ "reason": reason }));
        body
    };
    for (reason, finish) in
        [("max_output_tokens", FinishReason::Length), ("content_filter", FinishReason::ContentFilter)]
    {
        let odd = hold(responses(vec![RawAnswer::json(&incomplete(reason))])).await;
        assert_eq!((&*odd.text(), odd.answers[0].finish_reason), ("part", finish));
    }
    let odd = hold(responses(vec![RawAnswer::json(&incomplete("interrupted"))])).await;
    assert!(odd.outage().contains("incomplete"), "{}", odd.outage());
}

/// One provider has its own reason after the kind of filter, and no count of an answer without a token.
#[tokio::test]
async fn a_filter_may_say_more_of_itself() {
    let mut body = chat(json!({"content": null}), json!("content_filter: RECITATION"));
    body["usage"] = json!({"prompt_tokens": 10, "total_tokens": 10});
    let odd = hold(openai(vec![RawAnswer::json(&body)])).await;
    let answer = &odd.answers[0];
    assert_eq!((answer.finish_reason, odd.asked().len()), (FinishReason::ContentFilter, 1));
    let usage = answer.usage;
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.estimated), (10, 0, false));
}

#[tokio::test]
async fn a_paused_answer_goes_on() {
    let (first, second) = OK.split_at(9);
    let text = |text: &str| json!({"type": "text", "text": text});
    let odd =
        hold(anthropic(vec![said(&[text(first)], "pause_turn"), said(&[text(second)], "end_turn")])).await;
    assert_eq!((&*odd.text(), odd.asked().len(), odd.answers.len()), (OK, 2, 1));
    assert_eq!((odd.answers[0].usage.input_tokens, odd.answers[0].usage.output_tokens), (20, 10));
    assert_eq!(odd.asked()[1]["messages"][1], json!({"role": "assistant", "content": [text(first)]}));
    // One that never ends is taken as it is.
    let odd = hold(anthropic(vec![said(&[text("a")], "pause_turn")])).await;
    assert_eq!(
        (&*odd.text(), odd.asked().len(), odd.answers[0].finish_reason),
        ("aaaaa", 5, FinishReason::Other)
    );
}

#[tokio::test]
async fn an_empty_answer_is_asked_for_again() {
    let empty = |message: Value, reason: Value| RawAnswer::json(&chat(message, reason));
    for (name, answer) in [
        ("nothing", empty(json!({"content": ""}), json!("stop"))),
        ("white space", empty(json!({"content": " \n"}), json!("stop"))),
        (
            "null beside thinking",
            empty(json!({"content": null, "reasoning_content": "I look."}), json!("stop")),
        ),
        ("thinking alone", empty(json!({"content": "<think>I look.</think>"}), json!("stop"))),
        ("a reason that nobody knows", empty(json!({"content": ""}), json!("eos_token"))),
        ("calls that are not there", empty(json!({"content": null}), json!("tool_use"))),
        (
            "calls that are not there, in capitals",
            empty(json!({"content": null, "tool_calls": []}), json!("TOOL_CALLS")),
        ),
    ] {
        let odd = hold(openai(vec![answer.clone(), fine()])).await;
        assert_eq!((&*odd.text(), odd.asked().len()), (OK, 2), "{name}");
        // It is taken as it is in the end, and counted.
        let odd = hold(openai(vec![answer])).await;
        assert_eq!((odd.asked().len(), odd.models.stats().empty), (3, 1), "{name}");
        let why = odd.answers[0].why_empty().unwrap();
        let is_thinking = ["null beside thinking", "thinking alone"].contains(&name);
        assert_eq!(why.starts_with("all that the model said is thinking"), is_thinking, "{name}: {why}");
        assert_eq!(odd.models.stats().spent.output_tokens, 15, "{name}");
    }
}
