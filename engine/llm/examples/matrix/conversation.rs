//! Conversations with the stub in a dialect, held as an agent with tools holds them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hyperspace_llm::stub::{Dialect, Script, StubServer};
use hyperspace_llm::{
    Account, BudgetLimits, CallOptions, Cassette, ChatAnswer, ChatRequest, MemoryCassette, Message,
    ModelEnvironment, Models, Registry, Reply, Secret, Session, SessionOptions,
};
use hyperspace_testkit::models::{KEY, VirtualClock};
use serde_json::json;

/// A script with a rule for each column of the table.
pub(crate) const SCRIPT: &str = r#"
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

/// A conversation that ended, with the server that answered it.
pub(crate) struct Spoken {
    pub(crate) server: StubServer,
    pub(crate) models: Models,
    pub(crate) cassette: Arc<MemoryCassette>,
    pub(crate) answers: Vec<Reply>,
}

/// Calls of a conversation: more than any script makes.
const TURNS_MAX: usize = 20;

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Holds a conversation until the model calls no more tools. Budgets are compared with what the server counted, and the record is replayed.
///
/// # Errors
///
/// The expectation that does not hold, in words.
pub(crate) async fn converse(
    dialect: Dialect,
    script: &str,
    settings: &str,
    question: &str,
    tools: bool,
) -> Result<Spoken, String> {
    let clock = Arc::new(VirtualClock::default());
    let script = Script::parse("script", script).map_err(words)?.dialect(Some(dialect));
    let server = StubServer::start(script, 0, clock.clone()).await.map_err(words)?;
    let (address, own) = (server.base_url(), dialect.settings());
    let section = format!("[m]\nbase-url = {address:?}\napi-key-env = \"KEY\"\n{own}{settings}\n");
    let registry = Registry::new(toml::from_str(&section).map_err(words)?);
    let variables = BTreeMap::from([("KEY".to_owned(), Secret::new(KEY))]);
    let model = registry.model("m", &ModelEnvironment::new(variables, BTreeMap::new())).map_err(words)?;
    let models = Models::new(vec![model], CallOptions::default(), clock).map_err(words)?;
    let account = Account::new("run", BudgetLimits::default());
    let cassette = Arc::new(MemoryCassette::default());
    let options = SessionOptions::new("s", BTreeSet::from(["m".to_owned()]), account.clone());
    let mut session = Session::live(&models, options, cassette.clone()).map_err(words)?;
    let mut request = opening(question, tools)?;
    let mut answers = Vec::new();
    while answers.len() < TURNS_MAX {
        let reply = session.chat(request.clone()).await.map_err(words)?;
        answers.push(reply.clone());
        let Reply::Answer(answer) = reply else { break };
        let Message::Assistant { content, tool_calls } = answer.message else { break };
        if tool_calls.is_empty() {
            break;
        }
        // As a guest repeats it: without anything that only the provider understands.
        let content = Some(content.unwrap_or_default());
        request.messages.push(Message::Assistant { content, tool_calls: tool_calls.clone() });
        request.messages.extend(tool_calls.iter().map(|call| Message::tool(call.id.clone(), "one")));
    }
    let (served, spent) = (server.stats(), models.stats().spent);
    let (served, charged) =
        ((served.input_tokens, served.output_tokens), (spent.input_tokens, spent.output_tokens));
    if served != charged || account.spent() != spent {
        return Err(format!("the server counted {served:?} tokens, and {charged:?} were charged"));
    }
    let spoken = Spoken { server, models, cassette, answers };
    replay(&spoken).await?;
    Ok(spoken)
}

fn opening(question: &str, tools: bool) -> Result<ChatRequest, String> {
    let command = json!({"type": "object", "properties": {"command": {"type": "string"}}});
    let offered = json!([{"name": "bash", "description": "Runs.", "parameters": command}]);
    let request = json!({"model": "m", "temperature": 0.0, "max_tokens": 16384,
        "tools": if tools { offered } else { json!([]) },
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": question}]});
    serde_json::from_value(request).map_err(words)
}

/// Returns the last answer.
pub(crate) fn last(spoken: &Spoken) -> Result<&ChatAnswer, String> {
    match spoken.answers.last() {
        Some(Reply::Answer(answer)) => Ok(answer),
        Some(Reply::Failure(failure)) => Err(failure.message.clone()),
        None => Err("there is no answer".to_owned()),
    }
}

/// Replays the record without a server, compares every answer, and looks for the key in it.
async fn replay(spoken: &Spoken) -> Result<(), String> {
    let mut session = Session::replayed("s", spoken.cassette.clone() as Arc<dyn Cassette>);
    let exchanges = spoken.cassette.exchanges();
    for ((exchange, _), answer) in exchanges.iter().zip(&spoken.answers) {
        if session.chat(exchange.request.clone()).await.map_err(words)? != *answer {
            return Err("the replay answers otherwise".to_owned());
        }
    }
    let record = serde_json::to_string(&exchanges.iter().map(|one| &one.0).collect::<Vec<_>>());
    if record.map_err(words)?.contains("canary") {
        return Err("the key is in the record".to_owned());
    }
    Ok(())
}
