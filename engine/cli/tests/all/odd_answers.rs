//! Runs and evaluations whose provider answers oddly, or not at all: scores, the record, the replay, and the key in none of them.

use std::process::Output;

use hyperspace_testkit::command::{TestEnvironment, document};
use hyperspace_testkit::raw_provider::{RawAnswer, RawProvider};
use serde_json::{Value, json};

use crate::common::environment;
use crate::eval_models::{assert_clean, colours};
use crate::models::KEY;

/// A change of the agent of the task "guess".
const CHANGE: &str = "<<<<<<< SEARCH\n    return 10\n=======\n    return 700\n>>>>>>> REPLACE\n";

fn chat(message: Value, finish: &str) -> Value {
    json!({"choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5}})
}

fn said(text: &str) -> RawAnswer {
    RawAnswer::json(&chat(json!({ "content": text }), "stop"))
}

fn events(text: String) -> RawAnswer {
    RawAnswer::new(text).header("content-type", "text/event-stream")
}

/// The events of a stream in two pieces, which ends with `last`.
fn streamed(text: &str, last: &Value) -> String {
    let (first, second) = text.split_at(text.len() / 2);
    let piece = |text: &str| json!({"choices": [{"delta": {"content": text}, "finish_reason": null}]});
    format!(
        "data: {}\r\n\r\ndata: {}\r\n\r\ndata: {last}\r\n\r\ndata: [DONE]\r\n\r\n",
        piece(first),
        piece(second)
    )
}

fn end() -> Value {
    json!({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})
}

/// Writes settings of a model `m` that leads to the provider.
fn lead(env: &TestEnvironment, provider: &RawProvider) {
    let url = provider.base_url();
    env.write("hyperspace.toml", format!("[models.m]\nbase-url = {url:?}\napi-key-env = \"STUB_KEY\"\n"));
    env.write("guess/seed/task_agent.py", "def guess():\n    return 10\n");
}

fn with_key(env: &TestEnvironment, args: &[&str]) -> (Output, String) {
    let output = env.command(args).env("STUB_KEY", KEY).output().unwrap();
    let said = String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned();
    assert!(!said.contains("canary"), "{args:?}: {said}");
    (output, said)
}

const EVOLVE: [&str; 10] =
    ["evolve", "--json", "--task", "./guess", "--style", "edits", "--model", "m", "--generations", "1"];

#[test]
fn an_answer_after_odd_ones_is_the_one_that_counts() {
    let env = environment();
    let page = RawAnswer::new("<html>502</html>").header("content-type", "text/html");
    let failing = json!({"error": {"message": "overloaded", "code": 503}});
    let whole = streamed(CHANGE, &end());
    let lost = whole.replacen("\r\n\r\n", "\r\n\r\ndata: {\"choices\": [{\"del\r\n\r\n", 1);
    let answers = vec![page, events(streamed(CHANGE, &failing)), events(lost), said(""), events(whole)];
    let provider = RawProvider::start(answers);
    lead(&env, &provider);
    let (output, told) = with_key(&env, &EVOLVE);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let view = document(&output);
    assert_eq!(view["outcome"]["fates"]["champion"], 1, "{view:#}");
    let stats = &view["models"]["stats"];
    assert_eq!((&stats["calls"], &stats["answered"], &stats["attempts"]), (&1.into(), &1.into(), &5.into()));
    assert_eq!(stats["faults"], json!({"content-type": 1, "server": 1, "connection": 1, "empty": 1}));
    drop(provider);
    let (replay, code) = env.json(&["replay"]);
    assert_eq!((code, &replay["differences"]), (0, &Value::Array(Vec::new())));
}

#[test]
fn an_outage_in_odd_words_is_no_score_and_the_run_goes_on_later() {
    for (name, answer, words) in [
        (
            "an error at the end of a stream",
            events(streamed(CHANGE, &json!({"error": {"message": "gone"}}))),
            "gone",
        ),
        ("a stream without an end", events(streamed(CHANGE, &json!({}))), "no end"),
        ("an error in words", RawAnswer::json(&json!({"status": "error", "message": "busy"})), "busy"),
        (
            "a wrong key within 200",
            RawAnswer::json(&json!({"message": "Invalid API key"})),
            "Invalid API key",
        ),
        ("a page", RawAnswer::new("<html>sign in</html>").header("content-type", "text/html"), "text/html"),
        ("half of an answer", RawAnswer::json(&chat(json!({"content": CHANGE}), "stop")).cut(), "broke off"),
    ] {
        let env = environment();
        let provider = RawProvider::start(vec![answer]);
        lead(&env, &provider);
        let (output, told) = with_key(&env, &[&EVOLVE[..], &["--attempts", "2"]].concat());
        assert_eq!(output.status.code(), Some(13), "{name}: {told}");
        assert!(told.contains(words), "{name}: {told}");
        drop(provider);
        // Nothing was decided: the same run goes on with a provider that answers.
        let provider = RawProvider::start(vec![said(CHANGE)]);
        lead(&env, &provider);
        let (output, told) = with_key(&env, &EVOLVE);
        assert_eq!(output.status.code(), Some(0), "{name}: {told}");
        let view = document(&output);
        assert_eq!(view["outcome"]["fates"]["champion"], 1, "{name}: {view:#}");
        assert_eq!(provider.requests().len(), 1, "{name}");
        assert_eq!(env.json(&["replay"]).1, 0, "{name}");
    }
}

#[test]
fn rows_are_scored_by_what_was_said() {
    let env = colours();
    let thought = RawAnswer::json(&chat(json!({"content": "<think>red;</think>\nblue;"}), "stop"));
    let parts = json!([{"type": "thinking", "thinking": "blue"}, {"type": "text", "text": "red;"}]);
    let native = "{\"message\": {\"role\": \"assistant\", \"content\": \"bl\"}, \"done\": false}\n\
                  {\"message\": {\"role\": \"assistant\", \"content\": \"ue;\"}, \"done\": true, \"done_reason\": \"stop\"}\n";
    let provider = RawProvider::start(vec![
        thought,
        RawAnswer::json(&chat(json!({ "content": parts }), "MAX_TOKENS")),
        RawAnswer::new(native),
        events(streamed("blue;", &end())),
    ]);
    lead(&env, &provider);
    let args =
        ["eval", "--json", "--task", "./colours", "--agent", "./asker", "--split", "train", "--model", "m"];
    let (output, told) = with_key(&env, &[&args[..], &["--concurrency", "1", "--cassette", "tape"]].concat());
    assert_eq!(output.status.code(), Some(0), "{told}");
    let view = document(&output);
    let stats = &view["models"]["stats"];
    assert_eq!(
        (&view["score"], &stats["attempts"], &stats["cut"]),
        (&json!(1.0), &json!(4), &json!(1)),
        "{view:#}"
    );
    drop(provider);
    let (again, code) = env.json(&[&args[..1], &args[2..], &["--replay-models", "tape"]].concat());
    assert_eq!((code, &again["rows"]), (0, &view["rows"]));
    assert_clean(&env.path("."));
}

#[test]
fn chat_tells_what_came() {
    let env = environment();
    for (name, answer, code, words) in [
        ("a stream", events(streamed("hello", &end())), 0, "hello"),
        ("a filter", RawAnswer::json(&chat(json!({"content": null}), "SAFETY")), 0, "filtered"),
        (
            "a limit",
            RawAnswer::json(&chat(json!({"content": "part"}), "MAX_TOKENS")),
            0,
            "the answer is cut off",
        ),
        (
            "a redirect",
            RawAnswer::new("").status(307).header("location", "http://127.0.0.1:9/"),
            13,
            "not followed",
        ),
        ("something else", RawAnswer::json(&json!({"hello": 1})), 13, "{\"hello\":1}"),
        (
            "a spent account",
            RawAnswer::json(&json!({"error": "Insufficient credits"})).status(402),
            13,
            "credits",
        ),
    ] {
        let provider = RawProvider::start(vec![answer]);
        lead(&env, &provider);
        let (output, told) = with_key(&env, &["chat", "--model", "m", "--attempts", "1", "hello"]);
        assert_eq!(output.status.code(), Some(code), "{name}: {told}");
        assert!(told.contains(words), "{name}: {told}");
    }
}

/// A provider that quotes the key wherever it can: none of it is kept, printed or exported.
#[test]
fn a_key_is_in_no_part_of_a_run() {
    let env = environment();
    let call = json!([{"id": KEY, "function": {"name": "bash", "arguments": json!({"command": format!("echo {KEY}")}).to_string()}}]);
    let message = json!({"content": KEY, "reasoning_content": KEY, "tool_calls": call, "annotations": [KEY]});
    let provider = RawProvider::start(vec![
        RawAnswer::json(&json!({"error": {"message": KEY, "code": 503}})).status(503),
        RawAnswer::json(&chat(message, "tool_calls")),
        said(&format!("{KEY} is the key")),
    ]);
    lead(&env, &provider);
    let tools = ["evolve", "--task", "./guess", "--style", "tools", "--model", "m", "--generations", "1"];
    let (output, told) = with_key(&env, &[&["-vv"], &tools[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert_eq!(provider.requests().len(), 3);
    let (log, _) = env.json(&["log"]);
    let run = log["runs"][0]["run"].as_str().unwrap().to_owned();
    let (generations, _) = env.json(&["log", &run]);
    let hash = format!("{}:0", generations["generations"][1]["hash"].as_str().unwrap());
    for args in [
        &["log", &run][..],
        &["log", "--events"],
        &["show", &hash],
        &["transcript", &hash],
        &["why", &hash],
        &["costs", &run],
        &["report", &run, "--to", "page.html"],
        &["export", &run, "--layout", "csv", "--to", "tables"],
        &["export", &run, "--layout", "original", "--to", "outcome"],
        &["export", &hash, "--to", "files"],
        &["replay"],
        &["models"],
    ] {
        let (output, told) = with_key(&env, args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {told}");
    }
    let (_, told) = with_key(&env, &["transcript", &hash]);
    assert!(told.contains("[key] is the key"), "{told}");
    assert_clean(&env.path("."));
}
