//! Situations that users were in, against the fake server of the folder of cases beside the repository. Without that folder or Python,
//! nothing is tested, and the test says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_llm::{
    Account, BudgetLimits, CallOptions, FinishReason, MemoryCassette, Message, ModelEnvironment, Models,
    Registry, Reply, RetryPolicy, Session, SessionError, SessionOptions,
};
use hyperspace_testkit::fake_provider::FakeProvider;
use hyperspace_testkit::models::VirtualClock;
use serde_json::{Value, json};

const OK: &str = "<json>{\"response\": \"yes\"}</json>";

/// Opens a session with a model that leads to a behaviour of the server.
async fn open(fake: &FakeProvider, mode: &str, settings: &str) -> (Session, Models, Arc<MemoryCassette>) {
    let section = format!("[{mode}]\nbase-url = {:?}\n{settings}\n", fake.base_url(mode));
    let registry = Registry::new(toml::from_str(&section).unwrap());
    let environment = ModelEnvironment::new(
        BTreeMap::from([("K".to_owned(), hyperspace_llm::Secret::new("k"))]),
        BTreeMap::new(),
    );
    let model = registry.model(mode, &environment).unwrap();
    let options = CallOptions::default().retry(RetryPolicy::default().attempts_max(2));
    let models = Models::new(vec![model], options, Arc::new(VirtualClock::default())).unwrap();
    let account = Account::new("run", BudgetLimits::default());
    let options =
        SessionOptions::new("s", models.names().map(str::to_owned).collect(), account).outages_stop(true);
    let cassette = Arc::new(MemoryCassette::default());
    let session = Session::live(&models, options, cassette.clone()).unwrap();
    (session, models, cassette)
}

/// Holds the conversation of an agent with tools. Returns the last answer's text and finish, and the number of answers.
async fn converse(session: &mut Session, mode: &str) -> Result<(String, FinishReason, usize), SessionError> {
    let tools = json!([
        {"name": "bash", "description": "", "parameters": {"type": "object", "properties": {"command": {"type": "string"}}}},
        {"name": "editor", "description": "", "parameters": {"type": "object", "properties": {"command": {"type": "string"},
            "path": {"type": "string"}, "file_text": {"type": "string"},
            "view_range": {"type": "array", "items": {"type": "integer"}}}}}]);
    let mut messages = vec![json!({"role": "user", "content": "Change the code."})];
    for count in 1..10 {
        let request = json!({"model": mode, "messages": messages, "tools": tools, "temperature": 0.0, "max_tokens": 16384});
        let answer = session.chat_json(&request).await?;
        if let Some(error) = answer.get("error") {
            return Ok((error["message"].as_str().unwrap().to_owned(), FinishReason::Other, count));
        }
        let finish = serde_json::from_value(answer["finish_reason"].clone()).unwrap();
        let calls = answer["message"]["tool_calls"].as_array().cloned().unwrap_or_default();
        if calls.is_empty() {
            return Ok((answer["message"]["content"].as_str().unwrap_or_default().to_owned(), finish, count));
        }
        // The agents' library keeps text and calls, and an empty text where there was none.
        let content = answer["message"]["content"].as_str().unwrap_or_default();
        messages.push(json!({"role": "assistant", "content": content, "tool_calls": calls}));
        messages.extend(
            calls.iter().map(|call| json!({"role": "tool", "content": "out", "tool_call_id": call["id"]})),
        );
    }
    panic!("{mode}: the conversation does not end");
}

#[tokio::test]
async fn each_case_has_its_right_value() {
    let Some(fake) = FakeProvider::start() else { return };
    let gemini = "provider = \"gemini\"\n";
    let openai = "provider = \"openai\"\nmodel = \"gpt-5-mini\"\n";
    let anthropic = "api = \"anthropic\"\n";
    for (mode, settings, turns) in [
        ("strict-gpt5", "", 1),
        ("strict-gpt5", openai, 1),
        ("vllm8k", "", 1),
        ("vllm8k", "context-window = 8192\n", 1),
        ("vllm8k-new", "", 1),
        ("gemini3", "", 2),
        ("deepthink", "", 2),
        ("cot", "", 2),
        ("a-think", anthropic, 2),
        ("a-notemp", anthropic, 1),
        ("a-maxtok", anthropic, 1),
        ("tool-in-text", "", 2),
        ("tool-in-fence", "", 2),
        ("tool-in-plain", "", 2),
        ("fn-call", "", 2),
        ("tool-calls-dict", "", 2),
        ("args-dict", "", 2),
        ("args-ctrl", "", 2),
        ("args-double", "", 2),
        ("args-nan", "", 2),
        ("args-null-fields", "", 2),
        ("args-strings", "", 3),
        ("len-tool", "", 2),
        ("gem-minute", gemini, 1),
        ("list-content", "", 1),
        ("list-text", "", 1),
        ("text-plain", "", 1),
        ("no-ctype", "", 1),
        ("octet", "", 1),
        ("sse", "", 1),
        ("done-tail", "", 1),
        ("err-empty", "", 1),
        ("err-false", "", 1),
        ("err-obj-empty", "", 1),
        ("nan", "", 1),
        ("bom", "", 1),
        ("gzip", "", 1),
        ("keepalive", "", 1),
        ("mal-fn", "", 1),
        ("empty-then-ok", "", 1),
        ("retry-ms", "", 1),
        ("no-system", "", 1),
        ("system-first", "", 1),
        ("no-usage", "", 1),
        ("usage-null", "", 1),
        ("usage-float", "", 1),
        ("same-ids", "", 2),
        ("no-ids", "", 2),
        ("name-null", "", 2),
        ("name-odd", "", 2),
        ("tool-calls-empty", "", 1),
        ("text-choice", "", 1),
        ("think-tags", "", 1),
        ("harmony", "", 1),
        ("a-plain", anthropic, 1),
        ("a-white", anthropic, 2),
        ("a-overload", anthropic, 1),
        ("a-tooluse-none", anthropic, 1),
    ] {
        let (mut session, models, _) = open(&fake, mode, settings).await;
        let ended = converse(&mut session, mode).await;
        let (text, _, count) = ended.unwrap_or_else(|error| panic!("{mode}: {error}"));
        assert_eq!((text.trim(), count), (OK, turns), "{mode}: {:?}", models.stats());
    }
    let sent = |mode: &str, field: &str| fake.asked(mode).last().unwrap()["messages"][1][field].clone();
    assert_eq!(sent("deepthink", "reasoning_content"), "I look first.");
    assert_eq!(sent("cot", "reasoning_details")[0]["data"], "ENC");
    assert_eq!(fake.asked("cot-lost"), Vec::<Value>::new());
    assert_eq!(sent("gemini3", "content"), Value::Null, "null stays null");
    assert_eq!(
        sent("a-think", "content")[0],
        json!({"type": "thinking", "thinking": "look", "signature": "SIG"})
    );
    let told = fake.asked("len-tool").last().unwrap()["messages"][2]["content"].to_string();
    assert!(told.contains("cut off"), "{told}");
    assert!(fake.asked("retry-ms").len() == 2 && fake.asked("gem-minute").len() == 2);
    let (mut session, _, _) = open(&fake, "surrogate", "").await;
    assert_eq!(converse(&mut session, "surrogate").await.unwrap().0, format!("{OK} \u{fffd}"));
    let (mut session, _, _) = open(&fake, "latin1", "").await;
    assert_eq!(converse(&mut session, "latin1").await.unwrap().0, format!("{OK} \u{fffd}"));
}

#[tokio::test]
async fn faults_are_told_apart() {
    let Some(fake) = FakeProvider::start() else { return };
    // An outage, or a refusal of the account or of a model that never answered, is no answer of anybody.
    for (mode, words) in [
        ("choice-error", "Provider disconnected"),
        ("err200", "bad"),
        ("err200-key", "API key"),
        ("daily", "quota"),
        ("retry-long", "per day"),
        ("html404", "404"),
        ("model404", "not found"),
        ("detail", "Field required"),
        ("multi-choice", "choices"),
    ] {
        let (mut session, models, cassette) = open(&fake, mode, "").await;
        let error = converse(&mut session, mode).await.unwrap_err().to_string();
        assert!(error.contains(words), "{mode}: {error}");
        assert_eq!((cassette.exchanges().len(), models.stats().answered), (0, 0), "{mode}");
    }
    assert_eq!(
        (fake.asked("err200-key").len(), fake.asked("daily").len(), fake.asked("choice-error").len()),
        (1, 1, 2)
    );
    for (mode, settings, reason) in [
        ("reasoning-only", "", "length limit reached while thinking"),
        ("reasoning-only-null", "", "length limit reached while thinking"),
        ("null-content", "", "said nothing"),
        ("content-filter", "", "filtered"),
        ("a-empty", "api = \"anthropic\"\n", "said nothing"),
        ("a-white-only", "api = \"anthropic\"\n", "said nothing"),
        ("finish-tool-no-calls", "", "no valid call"),
    ] {
        let (mut session, models, _) = open(&fake, mode, settings).await;
        let request = serde_json::from_value(
            json!({"model": mode, "messages": [{"role": "user", "content": "u"}], "tools": [],
            "temperature": 0.0, "max_tokens": 100}),
        );
        let Reply::Answer(answer) = session.chat(request.unwrap()).await.unwrap() else { panic!("{mode}") };
        assert!(answer.why_empty().unwrap().contains(reason), "{mode}: {:?}", answer.why_empty());
        assert!(matches!(answer.message, Message::Assistant { .. }) && models.stats().empty == 1, "{mode}");
    }
    let (mut session, models, _) = open(&fake, "azure-filter", "").await;
    let (message, ..) = converse(&mut session, "azure-filter").await.unwrap();
    assert!(message.contains("filter") && models.stats().filtered == 1, "{message}");
}
