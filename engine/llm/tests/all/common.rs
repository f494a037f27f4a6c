//! A stub with one model, and requests to it.

use std::collections::BTreeSet;

use hyperspace_llm::{Account, CallOptions, ChatRequest, Reply, SessionOptions};
use hyperspace_testkit::models::StubModels;
use serde_json::{Value, json};

pub(crate) const APIS: [&str; 2] = ["openai", "anthropic"];

/// A stub and a model `m` that leads to it; `settings` are further fields of the model's section.
pub(crate) async fn start_stub(script: &str, api: &str, settings: &str, options: CallOptions) -> StubModels {
    StubModels::start_with(script, &["m"], &format!("api = {api:?}\n{settings}"), options).await
}

pub(crate) fn options(stream: &str, account: &Account) -> SessionOptions {
    SessionOptions::new(stream, BTreeSet::from(["m".to_owned()]), account.clone())
}

pub(crate) fn request(text: &str) -> ChatRequest {
    with_messages(&json!([{"role": "user", "content": text}]))
}

pub(crate) fn with_messages(messages: &Value) -> ChatRequest {
    let value =
        json!({"model": "m", "messages": messages, "tools": [], "temperature": 0.0, "max_tokens": 100});
    serde_json::from_value(value).unwrap()
}

/// The text of an answer.
pub(crate) fn text(reply: &Reply) -> String {
    match reply {
        Reply::Answer(answer) => answer.message.text().unwrap_or_default().to_owned(),
        Reply::Failure(failure) => panic!("{failure:?}"),
    }
}

/// Kind and message of a failure.
pub(crate) fn failure(reply: &Reply) -> (String, String) {
    let value = serde_json::to_value(reply).unwrap();
    let text = |name: &str| value["error"][name].as_str().unwrap_or_else(|| panic!("{value}")).to_owned();
    (text("kind"), text("message"))
}
