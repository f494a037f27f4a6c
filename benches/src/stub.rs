//! A stub server on the host's clock, and the model `m` that leads to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use hyperspace_llm::stub::{Script, StubServer};
use hyperspace_llm::{Account, CallOptions, ModelEnvironment, Models, Registry, SessionOptions, TimeSource};
use tokio::runtime::Runtime;

use crate::clock::now;
use crate::error::BenchError;

/// The host's clock, from the start of the benchmark.
struct HostClock(Instant);

impl TimeSource for HostClock {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn unix_seconds(&self) -> u64 {
        0
    }
}

/// Starts a stub that answers `correct` after `latency_ms`, and the model `m` that leads to it with `concurrency` calls at most
/// in flight. The server ends when it is dropped.
///
/// # Errors
///
/// [`BenchError::Engine`] when no port is free.
pub fn stub_model(
    runtime: &Runtime,
    latency_ms: u64,
    concurrency: usize,
) -> Result<(StubServer, Models), BenchError> {
    let clock = Arc::new(HostClock(now()));
    let script = format!("[[rule]]\n[[rule.answer]]\ntext = \"correct\"\ndelay-ms = {latency_ms}\n");
    let script = Script::parse("the benchmark", &script).map_err(BenchError::engine)?;
    let server = runtime.block_on(StubServer::start(script, 0, clock.clone())).map_err(BenchError::engine)?;
    let section = format!("base-url = {:?}\nconcurrency = {concurrency}", server.base_url());
    let section = toml::from_str(&section).map_err(BenchError::engine)?;
    let registry = Registry::new(BTreeMap::from([("m".to_owned(), section)]));
    let model = registry.model("m", &ModelEnvironment::default()).map_err(BenchError::engine)?;
    let models = Models::new(vec![model], CallOptions::default(), clock).map_err(BenchError::engine)?;
    Ok((server, models))
}

/// Returns the options of a session that may call `m` without limits of single calls.
#[must_use]
pub fn session_options(stream: String, account: &Account) -> SessionOptions {
    SessionOptions::new(stream, BTreeSet::from(["m".to_owned()]), account.clone())
}
