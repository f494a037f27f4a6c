//! Soak test: guest runs of every outcome and whole generations in one process, while resident memory, descriptors and threads
//! are sampled; then the contents of the store by kind.
//!
//! ```sh
//! cargo run --release --workspace --example soak -- 10000 200      # runs, generations
//! cargo run --release --workspace --example soak -- 50000 2000     # the long one
//! ```
//!
//! Generations run twice: in short runs one after the other, which must leave nothing, and in one long run, whose state in memory
//! (the archive, and every decision of its mark space) grows with its candidates.
//!
//! For each quantity the least-squares slope over the second half of the samples is printed with its standard error
//! (the slope's, from the residuals). Exit code 1: descriptors or threads grew, or memory grew by more than three standard
//! errors and more than 1 MiB per 10,000 runs of guests or 1,000 generations in short runs, or more than 12 KiB per candidate
//! of the long run.

#![expect(clippy::unwrap_used, reason = "a program for measuring ends where it cannot go on")]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use hyperspace_attack::ProcessState;
use hyperspace_core::Mutex;
use hyperspace_eval::Evaluator;
use hyperspace_evolve::{Run, RunEvent, RunObserver, RunOptions, RunResources};
use hyperspace_sandbox::{Job, Limits, Sandbox};
use hyperspace_store::Store;
use hyperspace_testkit::{guess, runtime, sandbox};
use rusqlite::Connection;

/// Programs of every kind of end.
const PROGRAMS: [(&str, &str); 6] = [
    ("print(sum(range(100)))", "completed"),
    ("open('/tmp/x', 'w').write('x' * 10_000)\n1 / 0", "exception"),
    ("while True: pass", "out-of-fuel"),
    ("x = bytearray(1 << 30)", "out-of-memory"),
    ("import os; os.abort()", "trap"),
    ("while True: print('x' * 1000)", "output-limit"),
];
const SAMPLES: u64 = 200;
/// Generations of a short run.
const SHORT: u64 = 50;
const CANDIDATES: u64 = 2;
/// KiB that a candidate may add to the memory of its run.
const STATE_KIB: f64 = 12.0;

/// One to three steps towards larger numbers.
const CLIMB: &str = "text = open('task_agent.py').read()
number = int(text.split()[-1])
open('task_agent.py', 'w').write(text.replace(str(number), str(number + 1 + arg['seed'] % 3)))";

/// Slope of a line through the points and its standard error: ordinary least squares.
fn slope(points: &[(f64, f64)]) -> (f64, f64) {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let slope = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>() / spread;
    let rest: f64 = points.iter().map(|point| (point.1 - y - slope * (point.0 - x)).powi(2)).sum();
    (slope, (rest / (count - 2.0) / spread).sqrt())
}

/// Samples: the number of runs or generations, and the state of the process after them.
type Series = Vec<(u64, ProcessState)>;

/// Prints the slopes and returns whether everything stayed flat. `per` samples are one unit of the slope, which may add
/// `state_mib` to memory.
fn judge(what: &str, series: &Series, per: f64, state_mib: f64) -> bool {
    let late = &series[series.len() / 2..];
    let column = |of: fn(&ProcessState) -> Option<u64>| -> Vec<(f64, f64)> {
        late.iter().map(|(number, state)| (*number as f64, of(state).unwrap_or(0) as f64)).collect()
    };
    let ends = |of: fn(&ProcessState) -> Option<u64>| {
        let at = |index: usize| of(&series[index].1).unwrap_or(0);
        format!("{} .. {} .. {}", at(0), at(series.len() / 2), at(series.len() - 1))
    };
    let memory = column(|state| state.resident_bytes);
    let (grows, error) = slope(&memory);
    let (grows, error) = (grows * per / 1_048_576.0, error * per / 1_048_576.0);
    println!(
        "  resident KiB {}; {grows:+.3} MiB per {per} {what}, standard error {error:.3}",
        ends(|state| state.resident_bytes.map(|bytes| bytes >> 10))
    );
    let mut flat = grows <= state_mib || grows <= 3.0 * error;
    for (name, of) in [
        ("descriptors", (|state| state.descriptors) as fn(&ProcessState) -> Option<u64>),
        ("threads", |state| state.threads),
    ] {
        let (grows, error) = slope(&column(of));
        println!(
            "  {name} {}; {:+.4} per {per} {what}, standard error {:.4}",
            ends(of),
            grows * per,
            error * per
        );
        flat &= series.last().unwrap().1.descriptors <= late[0].1.descriptors && grows <= 3.0 * error;
    }
    flat
}

fn runs(sandbox: &Sandbox, count: u64) -> Series {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let limits =
        Limits::default().with_fuel(20_000_000).with_memory_bytes(64 << 20).with_output_bytes(50_000);
    let mut series = Series::new();
    for number in 0..count {
        let (source, end) = PROGRAMS[usize::try_from(number).unwrap() % PROGRAMS.len()];
        let report =
            runtime.block_on(sandbox.run(Job::source("soak.py", source).limits(limits.clone()))).unwrap();
        assert_eq!(report.outcome.name(), end, "{source}");
        if number % count.div_ceil(SAMPLES) == 0 {
            series.push((number, ProcessState::now()));
        }
    }
    series
}

/// Returns an observer that takes a sample every `every` generations.
fn sampler(series: &Arc<Mutex<Series>>, every: u64) -> RunObserver {
    let series = Arc::clone(series);
    Arc::new(move |event| {
        if let RunEvent::GenerationCommitted { generation, .. } = event
            && generation.is_multiple_of(every)
        {
            series.lock().push((generation, ProcessState::now()));
        }
    })
}

/// Short runs, each in a store of its own; what the process looks like after each.
fn short_runs(sandbox: &Sandbox, count: u64) -> Series {
    let after = |number: u64| {
        let folder = tempfile::tempdir().unwrap();
        generations(sandbox, SHORT.min(count), folder.path());
        (number * SHORT, ProcessState::now())
    };
    (1..=count.div_ceil(SHORT)).map(after).collect()
}

fn generations(sandbox: &Sandbox, count: u64, folder: &Path) -> Series {
    let task = guess::task(&[1_000_000, 1_000_002], &[1_000_001, 1_000_003]);
    let files = [("task_agent.py", guess::task_agent(1)), ("meta_agent.py", guess::meta_agent(CLIMB))];
    let agent = guess::agent(&files);
    let evaluator = Evaluator::new(sandbox.clone()).unwrap();
    let store = Store::open_or_create(folder, "soak").unwrap();
    let options = RunOptions { candidates: CANDIDATES, ..RunOptions::default() };
    let series = Arc::new(Mutex::new(Series::new()));
    let resources = RunResources::new(evaluator, 2).observer(sampler(&series, count.div_ceil(SAMPLES)));
    runtime().block_on(async {
        let mut run = Run::start(store.clone(), task, agent, &options, resources).await.unwrap();
        run.run_to(count).await.unwrap();
    });
    assert_eq!(store.fsck().unwrap().damaged, []);
    std::mem::take(&mut *series.lock())
}

/// Rows and bytes of every kind of content, against the size of the file.
fn explain(folder: &Path, generations: u64) {
    let raw = Connection::open(folder.join("store.db")).unwrap();
    raw.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let number = |query: &str| raw.query_row(query, [], |row| row.get::<_, u64>(0)).unwrap();
    let size = number("PRAGMA page_count") * number("PRAGMA page_size");
    println!("store after {generations} generations: {size} bytes, {} per generation", size / generations);
    let query = "SELECT kind, count(*), sum(length(data)) FROM objects GROUP BY kind
        UNION ALL SELECT 'events', count(*), sum(length(data)) FROM events
        UNION ALL SELECT 'memo and refs', (SELECT count(*) FROM memo) + count(*), 100 * ((SELECT count(*) FROM memo) + count(*)) FROM refs";
    let mut statement = raw.prepare(query).unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?, row.get::<_, u64>(2)?)));
    let mut content = 0;
    for (kind, count, bytes) in rows.unwrap().map(Result::unwrap) {
        println!("  {kind}: {count} rows, {bytes} bytes, {} per generation", bytes / generations);
        content += bytes;
    }
    println!("  keys, indexes and free room of pages: {} bytes", size.saturating_sub(content));
}

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>().unwrap());
    let (count, many) = (numbers.next().unwrap_or(10_000), numbers.next().unwrap_or(200));
    let sandbox = sandbox();
    println!("{count} runs");
    let flat = judge("runs", &runs(sandbox, count), 10_000.0, 1.0);
    // Before the long run, whose memory the allocator keeps: what a short one leaves would hide in it.
    println!("{many} generations in runs of {SHORT}");
    let short = judge("generations", &short_runs(sandbox, many), 1_000.0, 1.0);
    println!("{many} generations of {CANDIDATES} candidates in one run");
    let folder = tempfile::tempdir().unwrap();
    let state_mib = STATE_KIB * CANDIDATES as f64 * 1_000.0 / 1_024.0;
    let long = judge("generations", &generations(sandbox, many, folder.path()), 1_000.0, state_mib);
    explain(folder.path(), many);
    let flat = flat && short && long;
    println!("{}", if flat { "flat" } else { "NOT flat" });
    if flat { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
