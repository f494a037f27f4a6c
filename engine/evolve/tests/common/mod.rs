//! The "guess" task of these tests, and their options.

use hyperspace_eval::Task;
use hyperspace_evolve::{EvolveError, Run, RunOptions, RunResources, SeedAgent, Selection};
use hyperspace_sandbox::Limits;
use hyperspace_store::Store;
pub(crate) use hyperspace_testkit::guess::{CLIMB, agent, climber, meta_agent as meta, task_agent as guess};
pub(crate) use hyperspace_testkit::{evaluator, runtime};

/// 20 is right on training data, 21 on held-out data.
pub(crate) fn task() -> Task {
    hyperspace_testkit::guess::task(&[20, 20], &[21])
}

pub(crate) fn options(seed: u64) -> RunOptions {
    RunOptions {
        seed,
        candidates: 4,
        selection: Selection::ScoreChildProp,
        meta_limits: Limits::default().with_fuel(500_000_000),
        ..RunOptions::default()
    }
}

/// Begins a run in `store`, or takes it up.
pub(crate) async fn begin(
    store: &Store,
    agent: SeedAgent,
    seed: u64,
    workers: usize,
) -> Result<Run, EvolveError> {
    Run::start(store.clone(), task(), agent, &options(seed), RunResources::new(evaluator(), workers)).await
}
