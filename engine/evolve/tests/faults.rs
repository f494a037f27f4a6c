//! What the answers of the engine do to faults that break out in a population, by simulated agents.
//!
//! The test has a few runs of each fault. The table of `docs/evidence.md` is of 500:
//! `HYPERSPACE_FAULT_RUNS=500 cargo test -p hyperspace-evolve --test faults --release -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

#[expect(dead_code, unused_imports, reason = "each test binary uses its own part")]
mod common;
#[expect(dead_code, reason = "each test binary uses its own part")]
mod histories;
mod simulated;

use std::ops::Range;
use std::sync::Arc;

use common::{evaluator, options, runtime, task};
use hyperspace_eval::CodeLimits;
use hyperspace_evolve::{LocalExecutor, Run, RunOptions, RunResources, SearchOptions, Sharing, records};
use hyperspace_store::Store;
use simulated::SimulatedExecutor;
use simulated::agents::{Fault, PlantedFault, START, seed};

/// Generations of a run; faults break out in the tenth.
const GENERATIONS: u64 = 80;
/// Runs of each fault, unless `HYPERSPACE_FAULT_RUNS` says otherwise.
const RUNS: u64 = 500;
/// Bytes of all files, in runs that answer bloat.
const BYTES_MAX: u64 = 3_000;

/// What a run does about faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    Ignored,
    Answered,
}

fn run_options(fault: Option<Fault>, policy: Policy, seed: u64) -> RunOptions {
    let mut search = SearchOptions::new("latest".parse().unwrap());
    let mut options = RunOptions { candidates: 2, ..options(seed) };
    if policy == Policy::Answered {
        search.complacency = "answer".parse().unwrap();
        if fault == Some(Fault::Bloat) {
            options.code_limits = CodeLimits { tree_bytes: Some(BYTES_MAX), ..CodeLimits::default() };
        }
        if fault == Some(Fault::Liar) {
            options.sharing = Some(Sharing::Sanitised);
        }
    }
    RunOptions { search: Some(search), ..options }
}

/// Returns the mean progress of the champion in the last quarter of a run: how much nearer it is than the seed.
fn progress(fault: Option<Fault>, policy: Policy, number: u64) -> f64 {
    let planted = fault.map(|fault| PlantedFault::new(fault, number));
    let executor = SimulatedExecutor::new(LocalExecutor::new(evaluator()), planted);
    let options = run_options(fault, policy, number);
    let store = Store::in_memory();
    let course: Vec<f64> = runtime().block_on(async {
        let resources = RunResources::with_executor(Arc::new(executor), 1);
        let mut run = Run::start(store.clone(), task(), seed(), &options, resources).await.unwrap();
        run.run_to(GENERATIONS).await.unwrap();
        let records = records(&store, run.id()).unwrap();
        records.iter().map(|(_, record)| record.champion().score.to_f64()).collect()
    });
    let last = &course[course.len() - course.len() / 4..];
    (START - 20) as f64 - last.iter().sum::<f64>() / last.len() as f64
}

/// Returns the mean progress of runs with these numbers.
fn mean(fault: Option<Fault>, policy: Policy, runs: &Range<u64>) -> f64 {
    let halves = std::thread::scope(|scope| {
        let half = |odd: u64| {
            let runs = runs.clone();
            scope.spawn(move || {
                runs.filter(|run| run % 2 == odd).map(|run| progress(fault, policy, run)).sum::<f64>()
            })
        };
        [half(0), half(1)].map(|half| half.join().unwrap())
    });
    halves.iter().sum::<f64>() / (runs.end - runs.start) as f64
}

/// A fault in runs that ignore it and that answer it, as parts of the progress of runs without it.
struct Kept {
    fault: Fault,
    ignored: f64,
    answered: f64,
}

fn measure(runs: &Range<u64>) -> Vec<Kept> {
    let healthy = mean(None, Policy::Ignored, runs);
    println!("without a fault: {healthy:.1}");
    println!("without a fault, answered: {:.3}", mean(None, Policy::Answered, runs) / healthy);
    let kept = |fault| {
        let of = |policy| mean(Some(fault), policy, runs) / healthy;
        let kept = Kept { fault, ignored: of(Policy::Ignored), answered: of(Policy::Answered) };
        println!("| {} | {:.3} | {:.3} |", fault.name(), kept.ignored, kept.answered);
        kept
    };
    Fault::ALL.map(kept).into()
}

#[test]
fn answers_keep_the_course_whatever_breaks_out() {
    for Kept { fault, ignored, answered } in measure(&(0..4)) {
        assert!(ignored < 0.9, "{}: the fault does no harm", fault.name());
        assert!(answered > 0.9, "{}: {answered}", fault.name());
    }
}

/// The table of `docs/evidence.md`.
#[test]
#[ignore = "minutes; prints a table"]
#[expect(clippy::disallowed_methods, reason = "the size of a measurement")]
fn answers_keep_the_course_of_many_runs() {
    let runs = std::env::var("HYPERSPACE_FAULT_RUNS").map_or(RUNS, |runs| runs.parse().unwrap());
    for Kept { fault, ignored, answered } in measure(&(0..runs)) {
        assert!(ignored < 0.9 && answered > 0.9, "{}: {ignored} {answered}", fault.name());
    }
}
