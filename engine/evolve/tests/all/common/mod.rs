//! The "guess" task of these tests, and their options.

use hyperspace_core::RecordId;
use hyperspace_eval::Task;
use hyperspace_evolve::{
    Event, EvolveError, Run, RunOptions, RunResources, RunState, SeedAgent, Selection, journal, load_context,
    records, reexecute,
};
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

/// Executes every generation of a run again, compares it and its events with the record, and returns the state at the end.
pub(crate) fn replayed(store: &Store, id: &RecordId) -> RunState {
    let context = load_context(store, id, RunResources::new(evaluator(), 2)).unwrap();
    let mut state = context.initial_state();
    let all = journal(store, id).unwrap();
    runtime().block_on(async {
        for (record_id, record) in records(store, id).unwrap() {
            let executed = reexecute(&context, store, &state, &record).await.unwrap();
            let again = executed.record(*id, &state, record.journal, record.marks);
            assert_eq!(again, record, "generation {}", record.generation);
            let events =
                all.iter().filter(|entry| (record.journal.from..record.journal.to).contains(&entry.seq));
            let events: Vec<&Event> = events.map(|entry| &entry.event).collect();
            assert_eq!(
                executed.events.iter().collect::<Vec<_>>(),
                events,
                "generation {}",
                record.generation
            );
            state.apply(record_id, &record).unwrap();
        }
    });
    state
}
