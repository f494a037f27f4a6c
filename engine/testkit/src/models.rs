//! Models that lead to a stub server, on a clock that no test waits for.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use hyperspace_llm::stub::{Script, StubServer};
use hyperspace_llm::{
    Account, BudgetLimits, CallOptions, ChatRequest, FaultKind, MemoryCassette, ModelEnvironment, Models,
    Registry, Reply, Secret, Session, SessionOptions, TimeSource,
};

/// The key of every model; tests look for `canary` wherever it must not be.
pub const KEY: &str = "sk-canary-5f0e1d2c/3b4a+59687";

/// 1994-11-06 08:49:37, when a [`VirtualClock`] begins, in seconds.
const BEGIN_SECONDS: u64 = 784_111_777;

/// Provider faults that a client retries: fields of an answer in a stub script, and the kind the client reports.
pub const RETRIED_FAULTS: [(&str, FaultKind); 10] = [
    ("status = 429", FaultKind::RateLimited),
    ("status = 429\nheaders = { retry-after = \"3\" }", FaultKind::RateLimited),
    ("status = 500", FaultKind::Server),
    ("status = 529", FaultKind::Server),
    ("fault = \"hang\"", FaultKind::Timeout),
    ("text = \"cut\"\nfault = \"truncated\"", FaultKind::Connection),
    ("fault = \"malformed-json\"", FaultKind::NotJson),
    ("text = \"x\"\nfault = \"empty-choices\"", FaultKind::NoMessage),
    ("fault = \"wrong-content-type\"", FaultKind::ContentType),
    ("fault = \"reset\"", FaultKind::Connection),
];

/// A clock that only sleeping advances.
#[derive(Debug, Default)]
pub struct VirtualClock {
    sleeps_ms: Mutex<Vec<u64>>,
}

impl VirtualClock {
    /// Returns all sleeps so far, in milliseconds.
    ///
    /// # Panics
    ///
    /// If another user of the clock panicked.
    #[must_use]
    pub fn sleeps_ms(&self) -> Vec<u64> {
        self.sleeps_ms.lock().unwrap().clone()
    }
}

impl TimeSource for VirtualClock {
    fn now_ms(&self) -> u64 {
        self.sleeps_ms.lock().unwrap().iter().sum()
    }

    fn unix_seconds(&self) -> u64 {
        BEGIN_SECONDS + self.now_ms() / 1_000
    }

    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.sleeps_ms.lock().unwrap().push(ms);
        Box::pin(ready(()))
    }
}

/// A stub server and the models that lead to it.
pub struct StubModels {
    /// The server; it ends with this value.
    pub server: StubServer,
    /// The models.
    pub models: Models,
    /// The clock of both.
    pub clock: Arc<VirtualClock>,
    /// The cassette of [`StubModels::session`].
    pub cassette: Arc<MemoryCassette>,
}

impl StubModels {
    /// Starts a stub with a script, and models of these names. `settings` are further fields of their sections.
    ///
    /// # Panics
    ///
    /// If script or settings are invalid, or no port is free.
    pub async fn start(script: &str, names: &[&str], settings: &str) -> Self {
        Self::start_with(script, names, settings, CallOptions::default()).await
    }

    /// [`StubModels::start`] with these options of calls.
    ///
    /// # Panics
    ///
    /// If script or settings are invalid, or no port is free.
    pub async fn start_with(script: &str, names: &[&str], settings: &str, options: CallOptions) -> Self {
        let clock = Arc::new(VirtualClock::default());
        let server =
            StubServer::start(Script::parse("test", script).unwrap(), 0, clock.clone()).await.unwrap();
        let section = |name: &&str| {
            format!("[{name}]\nbase-url = {:?}\napi-key-env = \"KEY\"\n{settings}\n", server.base_url())
        };
        let sections: String = names.iter().map(section).collect();
        let registry = Registry::new(toml::from_str(&sections).unwrap());
        let variables = BTreeMap::from([("KEY".to_owned(), Secret::new(KEY))]);
        let environment = ModelEnvironment::new(variables, BTreeMap::new());
        let models = names.iter().map(|name| registry.model(name, &environment).unwrap()).collect();
        let models = Models::new(models, options, clock.clone()).unwrap();
        Self { server, models, clock, cassette: Arc::default() }
    }

    /// Opens a session that may call all of these models.
    ///
    /// # Panics
    ///
    /// If the cassette has this stream already.
    #[must_use]
    pub fn session(&self, stream: &str, account: &Account) -> Session {
        Session::live(&self.models, self.options(stream, account), self.cassette.clone()).unwrap()
    }

    /// Returns the options of a session that may call all of these models, with no limits of single calls.
    #[must_use]
    pub fn options(&self, stream: &str, account: &Account) -> SessionOptions {
        SessionOptions::new(stream, self.names(), account.clone())
    }

    /// Makes one call with an account of its own.
    ///
    /// # Panics
    ///
    /// If the call ends in an error instead of a reply.
    pub async fn chat(&self, request: ChatRequest) -> Reply {
        self.session("s", &Account::new("run", BudgetLimits::default())).chat(request).await.unwrap()
    }

    /// Returns the names of the models.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        self.models.names().map(str::to_owned).collect()
    }

    /// Asserts that the client charged what the server counted, to the token.
    ///
    /// # Panics
    ///
    /// If it did not.
    pub fn assert_exact(&self) {
        let (served, charged) = (self.server.stats(), self.models.stats().spent);
        assert_eq!(
            (charged.input_tokens, charged.output_tokens),
            (served.input_tokens, served.output_tokens)
        );
    }

    /// Asserts that every fault was handled in exactly one way, and that every request arrived.
    ///
    /// # Panics
    ///
    /// If that is not so.
    pub fn assert_handled_once(&self) {
        let stats = self.models.stats();
        assert_eq!(
            stats.faults.values().sum::<u64>(),
            stats.retried + stats.trimmed + stats.adapted + stats.reported
        );
        assert_eq!(stats.attempts, self.server.stats().requests);
    }
}
