//! The oracles of the fuzz targets. Each accepts arbitrary bytes and panics when a property does not hold.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::cassette::{Cassette, Exchange, ExchangeOutcome, MemoryCassette, check_cassette};
use crate::effort::Effort;
use crate::error::{Failure, FailureKind};
use crate::recall::Recall;
use crate::registry::{Model, ModelEnvironment, Registry};
use crate::types::{ChatAnswer, ChatRequest, Message, Usage};
use crate::{check, wire};

/// Checks that an accepted cassette is exactly as this program would write it, and that the first differing line is reported
/// otherwise.
pub fn cassette(data: &[u8]) {
    check_cassette(data);
}

/// Checks that bytes of a response either are refused or result in a possible answer.
fn response(model: &Model, data: &[u8]) {
    if let Some(read) = wire::read(model.api, data) {
        answer(model, &read.value);
    }
}

/// Checks that JSON accepted as a request of a guest or an answer of a provider can be sent, recorded and read again.
pub fn chat(data: &[u8]) {
    static MODELS: OnceLock<Vec<Model>> = OnceLock::new();
    let models = MODELS.get_or_init(models);
    models.iter().for_each(|model| response(model, data));
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    for model in models {
        answer(model, &value);
        let _ = wire::error_content(&value);
        let _ = wire::error_in(&value);
        if let Ok(request) = serde_json::from_value::<ChatRequest>(value.clone()) {
            question(model, &request, &Recall::default());
        }
    }
}

/// Returns a model of each API, with and without the quirks that change how an answer is parsed.
fn models() -> Vec<Model> {
    let section = |settings: &str| toml::from_str(settings).expect("settings of a test");
    let models = BTreeMap::from([
        ("a", "base-url = \"http://h\"\nmodel = \"x\"\napi = \"anthropic\""),
        ("o", "base-url = \"http://h\"\nmodel = \"x\""),
        (
            "q",
            "base-url = \"http://h\"\nmodel = \"x\"\n[quirks]\ntool-calls-in-content = true\nsystem-role = \"user\"\n\
             null-content = true",
        ),
        ("r", "base-url = \"http://h\"\nmodel = \"x\"\napi = \"responses\""),
        ("t", "base-url = \"http://h\"\nmodel = \"x\"\n[quirks]\ntools-in-text = true\nsystem-first = true"),
    ]);
    let names: Vec<&str> = models.keys().copied().collect();
    let registry =
        Registry::new(models.iter().map(|(name, text)| ((*name).to_owned(), section(text))).collect());
    let found = names.iter().map(|name| registry.model(name, &ModelEnvironment::default()));
    found.map(|model| model.expect("a model of a test")).collect()
}

/// Returns a valid request.
fn plain() -> ChatRequest {
    let value = json!({
        "model": "m",
        "messages": [{"role": "user", "content": "u"}],
        "tools": [{"name": "bash", "description": "", "parameters": {}}],
        "temperature": null,
        "max_tokens": null,
    });
    serde_json::from_value(value).expect("a request of a test")
}

/// Parses `body` as an answer. If it contains a message, the conversation can continue with that message.
fn answer(model: &Model, body: &Value) {
    let request = plain();
    let attempt = wire::parse(model, &request, body);
    let answered = match attempt.answer {
        Ok(answered) => answered,
        Err(fault) => match fault.answer {
            Some(answered) => *answered,
            None => return,
        },
    };
    let Message::Assistant { tool_calls, .. } = &answered.message else {
        panic!("a message of a model is {:?}", answered.message)
    };
    let mut next = request.clone();
    next.messages.push(answered.message.clone());
    next.messages.extend(
        tool_calls.iter().map(|call| Message::Tool { content: String::new(), tool_call_id: call.id.clone() }),
    );
    next.messages.push(Message::user("on"));
    check::check(&next).expect("an answer can be part of the next question");
    let usage = attempt.usage.unwrap_or(Usage { estimated: true, ..Usage::default() });
    let mut answer = ChatAnswer::new(answered.message, answered.finish, usage);
    (answer.attachment, answer.repairs) = (answered.attachment, answered.repairs);
    let mut recall = Recall::default();
    recall.add("m", &answer);
    recorded(request, ExchangeOutcome::Answer(answer), answered.thinking);
    question(model, &next, &recall);
}

/// Checks that a request survives serialisation, and that a valid one can be sent and recorded.
fn question(model: &Model, request: &ChatRequest, recall: &Recall) {
    let text = serde_json::to_string(request).expect("a request is JSON");
    let again: ChatRequest = serde_json::from_str(&text).expect("a request stays one");
    assert_eq!(&again, request);
    if check::check(request).is_err() {
        return;
    }
    let body = wire::body(wire::OutgoingRequest { model, request, recall, max_tokens: 10 });
    let conversation = body.get("messages").or(body.get("input"));
    assert!(body.is_object() && conversation.is_some_and(Value::is_array));
    let failure = Failure { kind: FailureKind::Provider, message: String::new() };
    recorded(request.clone(), ExchangeOutcome::Error(failure), None);
}

fn recorded(request: ChatRequest, outcome: ExchangeOutcome, thinking: Option<String>) {
    let exchange = Exchange { stream: "s".to_owned(), sequence: 0, prev: None, request, outcome, thinking };
    let cassette = MemoryCassette::default();
    cassette.append(&exchange, &Effort::default()).expect("a valid exchange can be recorded");
    let body = exchange.body().expect("it has a value");
    let back = Exchange::from_body(&body).expect("it stays an exchange");
    assert_eq!(back.id().ok(), exchange.id().ok(), "an exchange has two identifiers");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::cassette::FileCassette;

    type Oracle = fn(&[u8]);

    const ORACLES: [(&str, Oracle); 2] = [("cassette", cassette), ("chat", chat)];

    fn seeds(target: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
        let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let seeds: Vec<_> = paths.map(|path| std::fs::read(path).unwrap()).collect();
        assert!(!seeds.is_empty(), "{target} has no corpus");
        if target == "cassette" { [seeds, vec![recording()]].concat() } else { seeds }
    }

    /// Returns a cassette as this program writes it.
    fn recording() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.jsonl");
        let (cassette, _) = FileCassette::append_to(&path).unwrap();
        for sequence in 0..3 {
            let failure = Failure { kind: FailureKind::Context, message: "\u{1f}\"".to_owned() };
            let (stream, prev) = ("s".to_owned(), cassette.head("s").unwrap().last);
            let outcome = ExchangeOutcome::Error(failure);
            let request = ChatRequest { temperature: Some(1.0), ..plain() };
            let exchange = Exchange { stream, sequence, prev, request, outcome, thinking: None };
            cassette.append(&exchange, &Effort::default()).unwrap();
        }
        std::fs::read(&path).unwrap()
    }

    #[test]
    fn the_corpora_pass() {
        for (target, oracle) in ORACLES {
            seeds(target).iter().for_each(|seed| oracle(seed));
        }
    }

    #[test]
    fn the_seeds_reach_both_parsers() {
        let read = |seed: &Vec<u8>| serde_json::from_slice::<Value>(seed).ok();
        let values: Vec<Value> = seeds("chat").iter().filter_map(read).collect();
        let requests = values.iter().filter(|value| ChatRequest::deserialize(*value).is_ok()).count();
        let answers = values
            .iter()
            .filter(|value| models().iter().any(|model| wire::parse(model, &plain(), value).answer.is_ok()));
        assert!(requests >= 2 && answers.count() >= 4, "too few seeds get anywhere");
    }

    fn damaged(target: &'static str) -> impl Strategy<Value = Vec<u8>> {
        let change = (any::<prop::sample::Index>(), any::<u8>(), 0..3_u8);
        (prop::sample::select(seeds(target)), prop::collection::vec(change, 0..4)).prop_map(
            |(mut data, changes)| {
                for (at, byte, how) in changes {
                    if data.is_empty() {
                        break;
                    }
                    let at = at.index(data.len());
                    match how {
                        0 => data[at] = byte,
                        1 => data.insert(at, byte),
                        _ => {
                            data.remove(at);
                        }
                    }
                }
                data
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1_000), ..ProptestConfig::default() })]

        #[test]
        fn damaged_cassettes(data in damaged("cassette")) {
            cassette(&data);
        }

        #[test]
        fn damaged_chats(data in damaged("chat")) {
            chat(&data);
        }
    }
}
