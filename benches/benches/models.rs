//! Throughput of model calls: 100 rows against a stub server that answers after 20 ms, at most 32 at the same time.
//!
//! The bound that the latency sets is ⌈100 / 32⌉ · 20 ms; what is measured is the time beyond it. Client and server share the
//! process and its processors, so the server's work is in it, too.

use std::sync::Arc;
use std::time::Duration;

use hyperspace_benches::{
    BenchError, Promise, heading, measure, median, only_checked, session_options, stub_model,
};
use hyperspace_llm::{Account, BudgetLimits, MemoryCassette, Models, Reply, Session};
use serde_json::json;

const ROWS: usize = 100;
const CONCURRENCY: usize = 32;
const LATENCY_MS: u64 = 20;
const TURNS: usize = 15;
const MOST_SECONDS: f64 = 0.35;

/// Asks all rows at once; the client keeps to its concurrency.
async fn rows(models: &Models, turn: usize) -> Result<(), BenchError> {
    let account = Account::new("the benchmark", BudgetLimits::default());
    let cassette = Arc::new(MemoryCassette::default());
    let mut calls = Vec::new();
    for row in 0..ROWS {
        let options = session_options(format!("{turn}/{row}"), &account);
        let mut session = Session::live(models, options, cassette.clone()).map_err(BenchError::engine)?;
        let content = format!("row {row}: {}", "x".repeat(8_000));
        let request = json!({"model": "m", "messages": [{"role": "user", "content": content}],
            "tools": [], "temperature": 0.0, "max_tokens": 100});
        let request = serde_json::from_value(request).map_err(BenchError::engine)?;
        calls.push(tokio::spawn(async move { session.chat(request).await }));
    }
    for call in calls {
        match call.await.map_err(BenchError::engine)?.map_err(BenchError::engine)? {
            Reply::Answer(_) => {}
            Reply::Failure(failure) => return Err(BenchError::engine(failure.message)),
        }
    }
    Ok(())
}

fn main() -> Result<(), BenchError> {
    if only_checked() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(BenchError::engine)?;
    let (_server, models) = stub_model(&runtime, LATENCY_MS, CONCURRENCY)?;
    let (mut walls, mut cpus) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let ((), spent) = measure(|| runtime.block_on(rows(&models, turn)))?;
        // The first turn opens the connections.
        if turn > 0 {
            walls.push(spent.wall);
            cpus.push(spent.cpu);
        }
    }
    let bound = Duration::from_millis(LATENCY_MS)
        * u32::try_from(ROWS.div_ceil(CONCURRENCY)).map_err(BenchError::engine)?;
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
