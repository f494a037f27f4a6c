//! Throughput of model calls: 100 rows against a stub server that answers after 20 ms, at most 32 at the same time.
//!
//! The bound that the latency sets is ⌈100 / 32⌉ · 20 ms; what is measured is the time beyond it. Client and server share the
//! process and its processors, so the server's work is in it, too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyperspace_benches::{BenchError, Promise, heading, measure, median, only_checked};
use hyperspace_llm::stub::{Script, StubServer};
use hyperspace_llm::{
    Account, BudgetLimits, CallOptions, MemoryCassette, ModelEnvironment, Models, Registry, Reply, Session,
    SessionOptions, TimeSource,
};
use serde_json::json;

const ROWS: usize = 100;
const CONCURRENCY: usize = 32;
const LATENCY_MS: u64 = 20;
const TURNS: usize = 15;
const MOST_SECONDS: f64 = 0.35;

fn failed(error: impl ToString) -> BenchError {
    BenchError::Guest { outcome: "an error of the engine".to_owned(), stderr: error.to_string() }
}

struct Real(Instant);

impl TimeSource for Real {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn unix_seconds(&self) -> u64 {
        0
    }
}

/// Asks all rows at once; the client keeps to its concurrency.
async fn rows(models: &Models, turn: usize) -> Result<(), BenchError> {
    let account = Account::new("the benchmark", BudgetLimits::default());
    let cassette = Arc::new(MemoryCassette::default());
    let mut calls = Vec::new();
    for row in 0..ROWS {
        let options = SessionOptions {
            stream: format!("{turn}/{row}"),
            models: BTreeSet::from(["m".to_owned()]),
            account: account.clone(),
            call_limits: BudgetLimits::default(),
            outages_stop: false,
        };
        let mut session = Session::live(models, options, cassette.clone()).map_err(failed)?;
        let content = format!("row {row}: {}", "x".repeat(8_000));
        let request = json!({"model": "m", "messages": [{"role": "user", "content": content}],
            "tools": [], "temperature": 0.0, "max_tokens": 100});
        let request = serde_json::from_value(request).map_err(failed)?;
        calls.push(tokio::spawn(async move { session.chat(request).await }));
    }
    for call in calls {
        match call.await.map_err(failed)?.map_err(failed)? {
            Reply::Answer(_) => {}
            Reply::Failure(failure) => return Err(failed(failure.message)),
        }
    }
    Ok(())
}

fn main() -> Result<(), BenchError> {
    if only_checked() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(failed)?;
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    let clock = Arc::new(Real(Instant::now()));
    let script = format!("[[rule]]\n[[rule.answer]]\ntext = \"correct\"\ndelay-ms = {LATENCY_MS}\n");
    let script = Script::parse("the benchmark", &script).map_err(failed)?;
    let stub = runtime.block_on(StubServer::start(script, 0, clock.clone())).map_err(failed)?;
    let section = toml::from_str(&format!("base-url = {:?}\nconcurrency = {CONCURRENCY}", stub.base_url()));
    let registry = Registry::new(BTreeMap::from([("m".to_owned(), section.map_err(failed)?)]));
    let model = registry.model("m", &ModelEnvironment::default()).map_err(failed)?;
    let models = Models::new(vec![model], CallOptions::default(), clock).map_err(failed)?;
    let (mut walls, mut cpus) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let ((), spent) = measure(|| runtime.block_on(rows(&models, turn)))?;
        // The first turn opens the connections.
        if turn > 0 {
            walls.push(spent.wall);
            cpus.push(spent.cpu);
        }
    }
    let bound =
        Duration::from_millis(LATENCY_MS) * u32::try_from(ROWS.div_ceil(CONCURRENCY)).map_err(failed)?;
    let (wall, cpu) = (median(walls), median(cpus));
    println!("{}", heading("calls of models"));
    println!(
        "{ROWS} rows, {LATENCY_MS} ms each, {CONCURRENCY} at a time, median of {TURNS}: {wall:.3?} ({cpu:.3?} of CPU time)"
    );
    println!("the latency alone: {bound:.3?}");
    let found = wall.saturating_sub(bound).as_secs_f64();
    println!(
        "{}",
        Promise { what: "time beyond the latency".to_owned(), most: MOST_SECONDS, found, unit: " s" }
    );
    Ok(())
}
