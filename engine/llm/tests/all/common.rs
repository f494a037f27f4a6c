//! A stub, models that lead to it, and a clock that nobody waits for.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use hyperspace_llm::stub::{Script, StubServer};
use hyperspace_llm::{
    Account, BudgetLimits, CallOptions, ChatRequest, MemoryCassette, ModelEnvironment, Models, Registry,
    Reply, Secret, Session, SessionOptions, TimeSource,
};
use serde_json::{Value, json};

pub(crate) const KEY: &str = "sk-canary-5f0e1d2c/3b4a+59687";
pub(crate) const APIS: [&str; 2] = ["openai", "anthropic"];
/// 1994-11-06 08:49:37, when the clock begins.
const BEGIN_SECONDS: u64 = 784_111_777;

/// Time passes by sleeping.
#[derive(Debug, Default)]
pub(crate) struct Virtual {
    sleeps: Mutex<Vec<u64>>,
}

impl Virtual {
    /// All waits so far.
    pub(crate) fn sleeps(&self) -> Vec<u64> {
        self.sleeps.lock().unwrap().clone()
    }
}

impl TimeSource for Virtual {
    fn now_ms(&self) -> u64 {
        self.sleeps.lock().unwrap().iter().sum()
    }

    fn unix_seconds(&self) -> u64 {
        BEGIN_SECONDS + self.now_ms() / 1_000
    }

    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.sleeps.lock().unwrap().push(ms);
        Box::pin(ready(()))
    }
}

/// A stub and a model `m` that leads to it.
pub(crate) struct Place {
    pub(crate) stub: StubServer,
    pub(crate) models: Models,
    pub(crate) clock: Arc<Virtual>,
    pub(crate) cassette: Arc<MemoryCassette>,
}

impl Place {
    /// `settings`: further fields of the model's section.
    pub(crate) async fn new(script: &str, api: &str, settings: &str, options: CallOptions) -> Self {
        let clock = Arc::new(Virtual::default());
        let stub = StubServer::start(Script::parse("test", script).unwrap(), 0, clock.clone()).await.unwrap();
        let section = format!(
            "[m]\napi = {api:?}\nbase-url = {:?}\napi-key-env = \"KEY\"\n{settings}",
            stub.base_url()
        );
        let registry = Registry::new(toml::from_str(&section).unwrap());
        let variables = BTreeMap::from([("KEY".to_owned(), Secret::new(KEY))]);
        let model = registry.model("m", &ModelEnvironment { variables, files: BTreeMap::new() }).unwrap();
        let models = Models::new(vec![model], options, clock.clone()).unwrap();
        Self { stub, models, clock, cassette: Arc::default() }
    }

    pub(crate) fn session(&self, stream: &str, account: &Account) -> Session {
        Session::live(&self.models, options(stream, account), self.cassette.clone()).unwrap()
    }

    /// One call with an account of its own.
    pub(crate) async fn chat(&self, request: ChatRequest) -> Reply {
        self.session("s", &Account::new("run", BudgetLimits::default())).chat(request).await.unwrap()
    }

    /// What was charged is what the server told, to the token.
    pub(crate) fn assert_exact(&self) {
        let (told, charged) = (self.stub.stats(), self.models.stats().spent);
        assert_eq!((charged.input_tokens, charged.output_tokens), (told.input_tokens, told.output_tokens));
    }

    /// Every fault was handled in exactly one way.
    pub(crate) fn assert_handled_once(&self) {
        let stats = self.models.stats();
        assert_eq!(stats.faults.values().sum::<u64>(), stats.retried + stats.trimmed + stats.reported);
        assert_eq!(stats.attempts, self.stub.stats().requests);
    }
}

pub(crate) fn options(stream: &str, account: &Account) -> SessionOptions {
    SessionOptions {
        stream: stream.to_owned(),
        models: BTreeSet::from(["m".to_owned()]),
        account: account.clone(),
        call_limits: BudgetLimits::default(),
        outages_stop: false,
    }
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
