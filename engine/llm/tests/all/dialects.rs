//! Conversations with tools in every dialect of the stub, which refuses what its server refuses.

use hyperspace_llm::stub::{Dialect, Script, StubServer};
use hyperspace_llm::{
    Account, Arguments, BudgetLimits, CallOptions, CallStats, Cassette, ChatAnswer, ChatRequest,
    FinishReason, MemoryCassette, Message, ModelEnvironment, Models, Registry, Reply, Secret, Session,
    SessionOptions,
};
use hyperspace_testkit::models::{KEY, VirtualClock};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A script with a rule for each column of the table.
const SCRIPT: &str = r#"
[[rule]]
when = { in = "first", contains = ["refuse"] }
[[rule.answer]]
status = 400
error = "no such thing"
[[rule]]
when = { in = "first", contains = ["outage"] }
[[rule.answer]]
status = 503
error = "down"
[[rule]]
when = { in = "first", contains = ["long"] }
[[rule.answer]]
text = "a long answer"
output-tokens = 100000
[[rule]]
when = { turn = 1, tool = "bash", in = "first", contains = ["two calls"] }
[[rule.answer]]
calls = [{ name = "bash", arguments = { command = "echo one" } }, { name = "bash", arguments = { command = "echo two" } }]
[[rule]]
when = { turn = 1, tool = "bash" }
[[rule.answer]]
calls = [{ name = "bash", arguments = { command = "echo one" } }]
[[rule]]
when = { turn = 2, tool = "bash", in = "first", contains = ["reasoning"] }
[[rule.answer]]
calls = [{ name = "bash", arguments = { command = "echo again" } }]
[[rule]]
[[rule.answer]]
text = "done"
"#;

struct Spoken {
    server: StubServer,
    models: Models,
    cassette: Arc<MemoryCassette>,
    answers: Vec<Reply>,
}

/// Holds a conversation until the model calls no more tools.
async fn converse(dialect: Dialect, script: &str, settings: &str, question: &str, tools: bool) -> Spoken {
    let clock = Arc::new(VirtualClock::default());
    let script = Script::parse("test", script).unwrap().dialect(Some(dialect));
    let server = StubServer::start(script, 0, clock.clone()).await.unwrap();
    let section = format!(
        "[m]\nbase-url = {:?}\napi-key-env = \"KEY\"\n{}{settings}\n",
        server.base_url(),
        dialect.settings()
    );
    let registry = Registry::new(toml::from_str(&section).unwrap());
    let variables = BTreeMap::from([("KEY".to_owned(), Secret::new(KEY))]);
    let model = registry.model("m", &ModelEnvironment::new(variables, BTreeMap::new())).unwrap();
    let models = Models::new(vec![model], CallOptions::default(), clock).unwrap();
    let (account, cassette) =
        (Account::new("run", BudgetLimits::default()), Arc::new(MemoryCassette::default()));
    let options = SessionOptions::new("s", BTreeSet::from(["m".to_owned()]), account.clone());
    let mut session = Session::live(&models, options, cassette.clone()).unwrap();
    let mut request = opening(question, tools);
    let mut answers = Vec::new();
    loop {
        let reply = session.chat(request.clone()).await.unwrap();
        answers.push(reply.clone());
        let Reply::Answer(answer) = reply else { break };
        let Message::Assistant { content, tool_calls } = answer.message else { panic!() };
        if tool_calls.is_empty() {
            break;
        }
        // As a guest repeats it: without anything that only the provider understands.
        request.messages.push(Message::Assistant {
            content: Some(content.unwrap_or_default()),
            tool_calls: tool_calls.clone(),
        });
        request.messages.extend(tool_calls.iter().map(|call| Message::tool(call.id.clone(), "one")));
    }
    let (served, spent) = (server.stats(), models.stats().spent);
    assert_eq!(
        (spent.input_tokens, spent.output_tokens),
        (served.input_tokens, served.output_tokens),
        "{dialect:?}"
    );
    assert_eq!(account.spent(), spent);
    Spoken { server, models, cassette, answers }
}

fn opening(question: &str, tools: bool) -> ChatRequest {
    let offered = json!([{"name": "bash", "description": "Runs.", "parameters": {"type": "object", "properties": {"command": {"type": "string"}}}}]);
    serde_json::from_value(json!({"model": "m", "temperature": 0.0, "max_tokens": 16384,
        "tools": if tools { offered } else { json!([]) },
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": question}]}))
    .unwrap()
}

fn last(spoken: &Spoken) -> &ChatAnswer {
    match spoken.answers.last() {
        Some(Reply::Answer(answer)) => answer,
        other => panic!("{other:?}"),
    }
}

/// Replays the stream and compares every answer.
async fn replays(spoken: &Spoken) {
    let mut session = Session::replayed("s", spoken.cassette.clone() as Arc<dyn Cassette>);
    for ((exchange, _), answer) in spoken.cassette.exchanges().iter().zip(&spoken.answers) {
        assert_eq!(session.chat(exchange.request.clone()).await.unwrap(), *answer);
    }
    let record =
        serde_json::to_string(&spoken.cassette.exchanges().iter().map(|one| &one.0).collect::<Vec<_>>())
            .unwrap();
    assert!(!record.contains("canary"));
}

#[tokio::test]
async fn every_dialect_is_spoken() {
    for dialect in Dialect::ALL {
        for settings in ["", "quirks.stream = true"] {
            for (question, tools, turns) in
                [("one answer", false, 1), ("tools", true, 2), ("two calls", true, 2), ("reasoning", true, 3)]
            {
                let spoken = converse(dialect, SCRIPT, settings, question, tools).await;
                let stats: CallStats = spoken.models.stats();
                assert_eq!(
                    spoken.answers.len(),
                    turns,
                    "{dialect:?} {question}: {:?} {stats:?}",
                    spoken.answers.last()
                );
                assert_eq!(last(&spoken).message.text(), Some("done"), "{dialect:?} {question}");
                assert_eq!(stats.failed, 0, "{dialect:?} {question}");
                if let (Reply::Answer(first), true) = (&spoken.answers[0], tools) {
                    let Message::Assistant { tool_calls, .. } = &first.message else { panic!() };
                    assert_eq!(tool_calls.len(), if question == "two calls" { 2 } else { 1 }, "{dialect:?}");
                    let Arguments::Object(fields) = &tool_calls[0].arguments else { panic!("{dialect:?}") };
                    assert_eq!(fields["command"], "echo one");
                }
                replays(&spoken).await;
            }
        }
    }
}

#[tokio::test]
async fn refusals_outages_and_limits_are_told_apart_in_every_dialect() {
    for dialect in Dialect::ALL {
        let refused = converse(dialect, SCRIPT, "", "refuse", false).await;
        let Some(Reply::Failure(failure)) = refused.answers.last() else { panic!("{dialect:?}") };
        assert!(failure.message.contains("no such thing"), "{dialect:?}: {failure:?}");
        assert_eq!((refused.models.stats().refused, refused.models.stats().retried), (1, 0), "{dialect:?}");

        let gone = converse(dialect, SCRIPT, "", "outage", false).await;
        let Some(Reply::Failure(failure)) = gone.answers.last() else { panic!("{dialect:?}") };
        assert!(failure.message.contains("gave up after"), "{dialect:?}: {failure:?}");

        let long = converse(dialect, SCRIPT, "", "long", false).await;
        assert_eq!(last(&long).finish_reason, FinishReason::Length, "{dialect:?}");

        // One request a second: the first attempt of the second turn is one too many.
        let paced = format!("[server]\nrequests-per-second = 1\n{SCRIPT}");
        let paced = converse(dialect, &paced, "", "tools", true).await;
        assert_eq!(last(&paced).message.text(), Some("done"), "{dialect:?}");
        let stats = paced.models.stats();
        assert!(stats.retried >= 1 && stats.failed == 0, "{dialect:?}: {stats:?}");
        assert!(stats.waited_ms >= 1_000, "{dialect:?}: the provider asked for a second: {stats:?}");
    }
}

#[tokio::test]
async fn what_a_refusal_taught_is_not_asked_again() {
    let spoken = converse(Dialect::Openai, SCRIPT, "", "reasoning", true).await;
    let stats = spoken.models.stats();
    assert_eq!((stats.adapted, stats.attempts, stats.calls), (2, 5, 3));
    let lines = spoken.models.learned_of("m").unwrap().lines();
    assert_eq!(lines, ["quirks.temperature = false", "quirks.max-tokens-field = \"max_completion_tokens\""]);
    let sent = spoken.server.requests();
    assert!(sent.last().unwrap().get("temperature").is_none());
    let settings = format!("{}\n", lines.join("\n"));
    let again = converse(Dialect::Openai, SCRIPT, &settings, "tools", true).await;
    assert_eq!(again.models.stats().adapted, 0, "with the printed settings nothing is refused");
}
