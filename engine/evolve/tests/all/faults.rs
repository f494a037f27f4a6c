//! Effects of the engine's answers on faults that break out in a population, by simulated agents.
//!
//! The test has a few runs of each fault. The table of `docs/evidence.md` is of 500:
//! `HYPERSPACE_FAULT_RUNS=500 cargo test --release --workspace --test all -- faults:: --ignored --nocapture`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::common::{evaluator, options, runtime, task};
use crate::simulated::SimulatedExecutor;
use crate::simulated::agents::{Course, Fault, PlantedFault, START, seed};
use hyperspace_evolve::{
    Event, LocalExecutor, ModelResources, ModelSource, PopulationOptions, Run, RunOptions, RunResources,
    SearchOptions, Sharing, journal, records,
};
use hyperspace_llm::{BudgetLimits, MemoryCassette, Spend};
use hyperspace_store::Store;

/// Generations of a run; faults break out in the tenth.
const GENERATIONS: u64 = 80;
/// Runs of each fault, unless `HYPERSPACE_FAULT_RUNS` says otherwise.
const RUNS: u64 = 500;
/// The distance of the seed from the expected number.
const WAY: i64 = START - 20;

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
    /// Populations, each of which makes two candidates.
    populations: u64,
}

/// The progress of runs, summed, and how many there are of each sign.
#[derive(Debug, Clone, Default)]
struct Outcome {
    progress: f64,
    signs: BTreeMap<String, u64>,
}

impl Outcome {
    fn add(mut self, other: Self) -> Self {
        self.progress += other.progress;
        for (sign, count) in other.signs {
            *self.signs.entry(sign).or_default() += count;
        }
        self
    }
}

impl Runs {
    fn options(self, seed: u64) -> RunOptions {
        let mut search = SearchOptions::new("latest".parse().unwrap());
        let mut options = RunOptions { candidates: 2, ..options(seed) };
        if self.policy == Policy::Answered {
            search.complacency = "answer".parse().unwrap();
            if self.fault == Some(Fault::Liar) {
                options.sharing = Some(Sharing::Sanitised);
            }
        }
        if self.populations > 1 {
            let population =
                |number| PopulationOptions { model: format!("model-{number}"), generations: None };
            options.populations = (0..self.populations).map(population).collect();
        }
        RunOptions { search: Some(search), ..options }
    }

    /// Returns the mean progress of the champion in the last quarter of a run: how much nearer it is than the seed, as part of the way.
    fn outcome(self, number: u64) -> Outcome {
        let planted = self.fault.map(|fault| PlantedFault::new(fault, number));
        let executor = SimulatedExecutor::new(LocalExecutor::new(evaluator()), self.course, planted);
        let store = Store::in_memory();
        let (scores, signs): (Vec<f64>, _) = runtime().block_on(async {
            // Simulated meta agents ask no model.
            let resources = RunResources::with_executor(Arc::new(executor), 1).models(ModelResources {
                source: ModelSource::Recording(Arc::new(MemoryCassette::default())),
                conversations: 1,
                run: BudgetLimits::default(),
                population: BudgetLimits::default(),
                before: Spend::default(),
            });
            let started = Run::start(store.clone(), task(), seed(), &self.options(number), resources).await;
            let mut run = started.unwrap();
            run.run_to(GENERATIONS).await.unwrap();
            let records = records(&store, run.id()).unwrap();
            let signs =
                journal(&store, run.id()).unwrap().into_iter().filter_map(|entry| match entry.event {
                    Event::ComplacencyFound(found) => Some((found.sign, found.generation)),
                    _ => None,
                });
            let mut first = BTreeMap::new();
            signs.for_each(|(sign, generation)| {
                first.entry(sign).or_insert(generation);
            });
            (records.iter().map(|(_, record)| record.champion().score.to_f64()).collect(), first)
        });
        let last = &scores[scores.len() - scores.len() / 4..];
        Outcome {
            progress: 1.0 - last.iter().sum::<f64>() / last.len() as f64 / WAY as f64,
            signs: signs.into_iter().map(|(sign, generation)| (format!("{sign} {generation}"), 1)).collect(),
        }
    }

    /// Returns the sum over runs with these numbers.
    fn sum(self, numbers: &Range<u64>) -> Outcome {
        numbers.clone().map(|number| self.outcome(number)).fold(Outcome::default(), Outcome::add)
    }
}

/// A fault in runs that ignore it and that answer it, as parts of the progress of runs without it.
struct Kept {
    fault: Option<Fault>,
    populations: u64,
    course: Course,
    ignored: f64,
    answered: f64,
}

/// Measures every fault in so many runs of each kind, and prints the table of those so far, a tenth of them after the other.
fn measure(course: Course, count: u64) -> Vec<Kept> {
    let alone = std::iter::once(None).chain(Fault::ALL.map(Some)).filter(|one| *one != Some(Fault::Copies));
    let faults = alone.map(|fault| (fault, 1)).chain([(None, 2), (Some(Fault::Copies), 2)]);
    let mut sums: Vec<(Option<Fault>, u64, [Outcome; 2])> =
        faults.map(|(fault, populations)| (fault, populations, Default::default())).collect();
    let (mut done, step) = (0, count.div_ceil(10));
    loop {
        let numbers = done..count.min(done + step);
        for (fault, populations, sums) in &mut sums {
            for (policy, sum) in [Policy::Ignored, Policy::Answered].into_iter().zip(sums) {
                let runs = Runs { course, fault: *fault, policy, populations: *populations };
                *sum = std::mem::take(sum).add(runs.sum(&numbers));
            }
        }
        done = numbers.end;
        let healthy = |populations: u64| {
            let one = sums.iter().find(|(fault, of, _)| fault.is_none() && *of == populations);
            one.unwrap().2[0].progress
        };
        let kept = sums.iter().map(|(fault, populations, [ignored, answered])| Kept {
            fault: *fault,
            populations: *populations,
            course,
            ignored: ignored.progress / healthy(*populations),
            answered: answered.progress / healthy(*populations),
        });
        let kept: Vec<Kept> = kept.collect();
        println!(
            "{course:?}: {:.3} of the way without a fault, {done} runs of each kind",
            healthy(1) / done as f64
        );
        for (Kept { fault, populations, ignored, answered, .. }, (.., [_, told])) in kept.iter().zip(&sums) {
            let name = fault.map_or("no fault", Fault::name);
            let signs: Vec<String> =
                told.signs.iter().map(|(sign, count)| format!("{sign}: {count}")).collect();
            println!("| {name}, {populations} | {ignored:.3} | {answered:.3} | {}", signs.join(", "));
        }
        if done == count {
            return kept;
        }
    }
}

/// Checks that no answer does harm, and that all keep most of the progress.
fn check(all: &[Kept]) {
    for Kept { fault, course, ignored, answered, .. } in all {
        let name = fault.map_or("no fault", Fault::name);
        let least = match (fault, course) {
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
