//! Effects of the engine's answers on faults that break out in a population, by simulated agents.
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
use simulated::agents::{Course, Fault, PlantedFault, START, seed};

/// Generations of a run; faults break out in the tenth.
const GENERATIONS: u64 = 80;
/// Runs of each fault, unless `HYPERSPACE_FAULT_RUNS` says otherwise.
const RUNS: u64 = 500;
/// The distance of the seed from the expected number.
const WAY: i64 = START - 20;
/// Bytes of all files, in runs that answer bloat.
const BYTES_MAX: u64 = 3_000;

/// The answers of a run to faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    Ignored,
    Answered,
}

/// Runs of one kind.
#[derive(Debug, Clone, Copy)]
struct Runs {
    course: Course,
    fault: Option<Fault>,
    policy: Policy,
}

impl Runs {
    fn options(self, seed: u64) -> RunOptions {
        let mut search = SearchOptions::new("latest".parse().unwrap());
        let mut options = RunOptions { candidates: 2, ..options(seed) };
        if self.policy == Policy::Answered {
            search.complacency = "answer".parse().unwrap();
            if self.fault == Some(Fault::Bloat) {
                options.code_limits = CodeLimits { tree_bytes: Some(BYTES_MAX), ..CodeLimits::default() };
            }
            if self.fault == Some(Fault::Liar) {
                options.sharing = Some(Sharing::Sanitised);
            }
        }
        RunOptions { search: Some(search), ..options }
    }

    /// Returns the mean progress of the champion in the last quarter of a run: how much nearer it is than the seed, as part of the way.
    fn progress(self, number: u64) -> f64 {
        let planted = self.fault.map(|fault| PlantedFault::new(fault, number));
        let executor = SimulatedExecutor::new(LocalExecutor::new(evaluator()), self.course, planted);
        let store = Store::in_memory();
        let scores: Vec<f64> = runtime().block_on(async {
            let resources = RunResources::with_executor(Arc::new(executor), 1);
            let started = Run::start(store.clone(), task(), seed(), &self.options(number), resources).await;
            let mut run = started.unwrap();
            run.run_to(GENERATIONS).await.unwrap();
            let records = records(&store, run.id()).unwrap();
            records.iter().map(|(_, record)| record.champion().score.to_f64()).collect()
        });
        let last = &scores[scores.len() - scores.len() / 4..];
        1.0 - last.iter().sum::<f64>() / last.len() as f64 / WAY as f64
    }

    /// Returns the sum over runs with these numbers, half of which run beside the others.
    fn sum(self, numbers: &Range<u64>) -> f64 {
        let half = |odd: u64| -> f64 {
            numbers.clone().filter(|number| number % 2 == odd).map(|number| self.progress(number)).sum()
        };
        std::thread::scope(|scope| {
            let beside = scope.spawn(|| half(1));
            half(0) + beside.join().unwrap()
        })
    }
}

/// A fault in runs that ignore it and that answer it, as parts of the progress of runs without it.
struct Kept {
    fault: Option<Fault>,
    course: Course,
    ignored: f64,
    answered: f64,
}

/// Measures every fault in so many runs of each kind, and prints the table of those so far, a tenth of them after the other.
fn measure(course: Course, count: u64) -> Vec<Kept> {
    let faults = std::iter::once(None).chain(Fault::ALL.map(Some));
    let mut sums: Vec<(Option<Fault>, [f64; 2])> = faults.map(|fault| (fault, [0.0; 2])).collect();
    let (mut done, step) = (0, count.div_ceil(10));
    loop {
        let numbers = done..count.min(done + step);
        for (fault, sums) in &mut sums {
            for (policy, sum) in [Policy::Ignored, Policy::Answered].into_iter().zip(sums) {
                *sum += Runs { course, fault: *fault, policy }.sum(&numbers);
            }
        }
        done = numbers.end;
        let healthy = sums[0].1[0];
        let kept = sums.iter().map(|(fault, [ignored, answered])| Kept {
            fault: *fault,
            course,
            ignored: ignored / healthy,
            answered: answered / healthy,
        });
        let kept: Vec<Kept> = kept.collect();
        println!(
            "{course:?}: {:.3} of the way without a fault, {done} runs of each kind",
            healthy / done as f64
        );
        for Kept { fault, ignored, answered, .. } in &kept {
            println!("| {} | {ignored:.3} | {answered:.3} |", fault.map_or("no fault", Fault::name));
        }
        if done == count {
            return kept;
        }
    }
}

/// Checks that no answer does harm, and that all but the two that do not suffice keep most of the progress.
fn check(all: &[Kept]) {
    for Kept { fault, course, ignored, answered } in all {
        let name = fault.map_or("no fault", Fault::name);
        let least = match (fault, course) {
            // A limit on size makes edits fail, and meta agents that are told of a sign need not heed it: see docs/evidence.md.
            (Some(Fault::Bloat | Fault::FrozenMeta), _) => *ignored,
            (_, Course::Slowing) => 0.95,
            (_, Course::Steady) => 0.8,
        };
        assert!(*answered >= least, "{name}, {course:?}: {answered}, ignored {ignored}");
    }
}

#[test]
fn answers_keep_the_course_whatever_breaks_out() {
    check(&measure(Course::Slowing, 2));
}

/// The table of `docs/evidence.md`.
#[test]
#[ignore = "an hour; prints a table"]
#[expect(clippy::disallowed_methods, reason = "the size of a measurement")]
fn answers_keep_the_course_of_many_runs() {
    let runs = std::env::var("HYPERSPACE_FAULT_RUNS").map_or(RUNS, |runs| runs.parse().unwrap());
    check(&measure(Course::Slowing, runs));
    check(&measure(Course::Steady, runs));
}
