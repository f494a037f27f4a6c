//! Answers of providers that are unlike the documentation of their APIs, each through a whole conversation: the right value, or the fault
//! told apart, is what comes of them, and they are recorded, charged and replayed.

mod answers;
mod calls;
mod faults;
mod reasoning;

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_llm::{
    Account, Arguments, BudgetLimits, CallOptions, Cassette, ChatAnswer, ChatRequest, MemoryCassette,
    Message, ModelEnvironment, Models, Registry, Reply, RetryPolicy, Secret, Session, SessionError,
    SessionOptions,
};
use hyperspace_testkit::models::{KEY, VirtualClock};
use hyperspace_testkit::raw_provider::{RawAnswer, RawProvider};
use serde_json::{Value, json};

/// The text of a right answer.
const OK: &str = "<json>{\"response\": \"yes\"}</json>";
/// Turns of a conversation: more than any of them has.
const TURNS_MAX: usize = 6;

/// A model behind a server with these answers.
struct OddModel {
    api: &'static str,
    settings: &'static str,
    answers: Vec<RawAnswer>,
}

/// A conversation that ended.
struct Odd {
    provider: RawProvider,
    models: Models,
    clock: Arc<VirtualClock>,
    /// The last reply, or why there is none.
    last: Result<Reply, SessionError>,
    /// All answers.
    answers: Vec<ChatAnswer>,
}

impl Odd {
    /// Returns the bodies that the server was asked with.
    fn asked(&self) -> Vec<Value> {
        self.provider.requests().into_iter().map(|request| request.body).collect()
    }

    /// Returns the text of the last answer.
    fn text(&self) -> String {
        match &self.last {
            Ok(Reply::Answer(answer)) => answer.message.text().unwrap_or_default().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    /// Returns the calls of the first answer, with arguments as values; those of malformed ones are texts.
    fn calls(&self) -> Vec<(String, Value)> {
        let Message::Assistant { tool_calls, .. } = &self.answers[0].message else { return Vec::new() };
        let value = |arguments: &Arguments| match arguments {
            Arguments::Object(fields) => Value::Object(fields.clone()),
            Arguments::Malformed(text) => json!(text),
        };
        tool_calls.iter().map(|call| (call.name.clone(), value(&call.arguments))).collect()
    }

    /// Returns the words of an outage.
    fn outage(&self) -> String {
        match &self.last {
            Err(SessionError::Outage(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    }

    /// Returns the words of a failure that the guest sees.
    fn failure(&self) -> String {
        match &self.last {
            Ok(Reply::Failure(failure)) => failure.message.clone(),
            other => panic!("{other:?}"),
        }
    }
}

fn tools() -> Value {
    json!([
        {"name": "bash", "description": "", "parameters": {"type": "object", "properties": {"command": {"type": "string"}}}},
        {"name": "editor", "description": "", "parameters": {"type": "object", "properties": {"command": {"type": "string"},
            "path": {"type": "string"}, "line": {"type": "integer"}, "view_range": {"type": "array", "items": {"type": "integer"}}}}}])
}

/// Holds a conversation with tools until the model calls none. What must hold of any conversation is asserted.
async fn hold(odd: OddModel) -> Odd {
    hold_with(odd, tools(), 2).await
}

/// [`hold`] with these tools and this number of attempts.
async fn hold_with(odd: OddModel, tools: Value, attempts: u32) -> Odd {
    let OddModel { api, settings, answers } = odd;
    let provider = RawProvider::start(answers);
    let base_url = provider.base_url();
    let section = format!("[m]\nbase-url = {base_url:?}\napi = {api:?}\napi-key-env = \"KEY\"\n{settings}\n");
    let registry = Registry::new(toml::from_str(&section).unwrap());
    let variables = BTreeMap::from([("KEY".to_owned(), Secret::new(KEY))]);
    let model = registry.model("m", &ModelEnvironment::new(variables, BTreeMap::new())).unwrap();
    let options = CallOptions::default().retry(RetryPolicy::default().attempts_max(attempts));
    let clock = Arc::new(VirtualClock::default());
    let models = Models::new(vec![model], options, clock.clone()).unwrap();
    let account = Account::new("run", BudgetLimits::default());
    let options = SessionOptions::new("s", ["m".to_owned()].into(), account.clone()).outages_stop(true);
    let cassette = Arc::new(MemoryCassette::default());
    let mut session = Session::live(&models, options, cassette.clone()).unwrap();
    let mut request: ChatRequest =
        serde_json::from_value(json!({"model": "m", "tools": tools, "temperature": 0.0,
        "max_tokens": 1000, "messages": [{"role": "user", "content": "Change the code."}]}))
        .unwrap();
    let mut given = Vec::new();
    let last = loop {
        assert!(given.len() < TURNS_MAX, "the conversation does not end: {given:?}");
        let answer = match session.chat(request.clone()).await {
            Ok(Reply::Answer(answer)) => answer,
            other => break other,
        };
        given.push(answer.clone());
        let Message::Assistant { content, tool_calls } = &answer.message else { panic!("{answer:?}") };
        if tool_calls.is_empty() {
            break Ok(Reply::Answer(answer));
        }
        // As the agents' library repeats it.
        let content = Some(content.clone().unwrap_or_default());
        request.messages.push(Message::assistant(content, tool_calls.clone()));
        request.messages.extend(tool_calls.iter().map(|call| Message::tool(call.id.clone(), "out")));
    };
    let odd = Odd { provider, models, clock, last, answers: given };
    check(&odd, &account, &cassette).await;
    odd
}

/// Asserts what holds of any conversation: each fault has one action, all attempts arrived, what was spent is what was charged, the record
/// answers alone, and the key is in requests and nowhere else.
async fn check(odd: &Odd, account: &Account, cassette: &Arc<MemoryCassette>) {
    let (stats, requests) = (odd.models.stats(), odd.provider.requests());
    let handled = stats.retried + stats.trimmed + stats.adapted + stats.reported;
    assert_eq!(stats.faults.values().sum::<u64>(), handled, "{stats:?}");
    assert_eq!(stats.attempts, requests.len() as u64, "{stats:?}");
    assert_eq!(account.spent(), stats.spent, "{stats:?}");
    assert!(requests.iter().all(|request| request.head.contains(KEY)));
    let exchanges = cassette.exchanges();
    let recorded = exchanges.len();
    let mut replies = odd.answers.iter().cloned().map(Reply::Answer).collect::<Vec<_>>();
    replies.extend(odd.last.as_ref().ok().filter(|last| matches!(last, Reply::Failure(_))).cloned());
    let mut replayed = Session::replayed("s", cassette.clone() as Arc<dyn Cassette>);
    for ((exchange, effort), reply) in exchanges.into_iter().zip(&replies) {
        let bytes = exchange.canonical_bytes().unwrap();
        let record =
            format!("{} {}", String::from_utf8_lossy(&bytes), serde_json::to_string(&effort).unwrap());
        assert!(!record.contains("canary"), "{record}");
        assert_eq!(&replayed.chat(exchange.request).await.unwrap(), reply);
    }
    assert_eq!(recorded, replies.len(), "an outage is not recorded");
    assert!(!format!("{:?}", odd.last).contains("canary"));
}

/// A chat completion.
fn chat(message: Value, finish: Value) -> Value {
    let mut message = message;
    message["role"] = json!("assistant");
    json!({"id": "x", "object": "chat.completion", "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}})
}

/// A chat completion that ends the conversation rightly.
fn fine() -> RawAnswer {
    RawAnswer::json(&chat(json!({"content": OK}), json!("stop")))
}

/// A chat completion with calls.
fn calling(calls: &[Value]) -> RawAnswer {
    RawAnswer::json(&chat(json!({"content": null, "tool_calls": calls}), json!("tool_calls")))
}

fn call(id: &str, name: &str, arguments: impl Into<Value>) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments.into()}})
}

/// A piece of a streamed chat completion.
fn piece(delta: Value, finish: Value) -> Value {
    json!({"id": "x", "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

/// A stream of these events.
fn stream(events: &[Value]) -> RawAnswer {
    let events: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    events_of(format!("{events}data: [DONE]\n\n"))
}

fn events_of(text: impl Into<Vec<u8>>) -> RawAnswer {
    RawAnswer::new(text).header("content-type", "text/event-stream")
}

/// Pieces that together are the right answer; the last one has this reason.
fn pieces(finish: &str) -> Vec<Value> {
    let (first, second) = OK.split_at(10);
    vec![
        piece(json!({"role": "assistant", "content": first}), Value::Null),
        piece(json!({"content": second}), Value::Null),
        piece(json!({}), json!(finish)),
    ]
}

/// An answer of the messages API.
fn said(blocks: &[Value], stop: &str) -> RawAnswer {
    RawAnswer::json(
        &json!({"id": "x", "type": "message", "role": "assistant", "model": "m", "content": blocks,
        "stop_reason": stop, "usage": {"input_tokens": 10, "output_tokens": 5}}),
    )
}

/// An answer of the responses API.
fn response(items: &[Value]) -> Value {
    json!({"id": "resp_1", "object": "response", "status": "completed", "output": items,
        "usage": {"input_tokens": 10, "output_tokens": 5}})
}

fn message_item(text: &str) -> Value {
    json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]})
}

fn openai(answers: Vec<RawAnswer>) -> OddModel {
    OddModel { api: "openai", settings: "", answers }
}

fn anthropic(answers: Vec<RawAnswer>) -> OddModel {
    OddModel { api: "anthropic", settings: "", answers }
}

fn responses(answers: Vec<RawAnswer>) -> OddModel {
    OddModel { api: "responses", settings: "", answers }
}
