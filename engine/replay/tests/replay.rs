//! Replays of a run as it was recorded, and of records that tell something else.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

use std::path::Path;
use std::sync::Arc;

use hyperspace_core::{RecordId, ScopeName};
use hyperspace_eval::{Score, Split};
use hyperspace_evolve::{
    Arm, CandidateEvaluated, CandidateId, Event, GenerationRecord, MetaFinished, Run, RunConfig, RunOptions,
    RunResources, Segment, journal, load_context, records, reexecute, space_name,
};
use hyperspace_markspace::{Authority, LogicalClock, ScopeDef, StagedEntries, Tick};
use hyperspace_replay::{ReplayError, ReplayReport, ReplayScope, replay, run_of};
use hyperspace_store::Store;
use hyperspace_testkit::guess::{COUNT, agent, meta_agent, task, task_agent};
use hyperspace_testkit::{evaluator, runtime};
use serde_json::{Value, json};

/// A store with a run of three generations.
fn recorded(folder: &Path) -> (Store, RecordId) {
    recorded_with(folder, &RunOptions { candidates: 3, ..RunOptions::default() })
}

fn recorded_with(folder: &Path, options: &RunOptions) -> (Store, RecordId) {
    // Each child changes both of its files, and no two children are equal.
    let body = format!("{COUNT}\nopen('meta_agent.py', 'a').write('# generation %d\\n' % arg['generation'])");
    let agent = agent(&[("task_agent.py", task_agent(1)), ("meta_agent.py", meta_agent(&body))]);
    let task = task(&[99], &[99]);
    let store = Store::open_or_create(folder, "test").unwrap();
    let id = runtime().block_on(async {
        let mut run =
            Run::start(store.clone(), task, agent, options, RunResources::new(evaluator(), 2)).await.unwrap();
        run.run_to(3).await.unwrap();
        *run.id()
    });
    (store, id)
}

fn again(store: &Store, run: &RecordId, scope: ReplayScope) -> Result<ReplayReport, ReplayError> {
    runtime().block_on(replay(store, run, scope, RunResources::new(evaluator(), 2), &mut |_, _| ()))
}

#[test]
fn what_was_recorded_comes_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let (store, run) = recorded(folder.path());
    let all = again(&store, &run, ReplayScope::All).unwrap();
    assert_eq!((all.generations.len(), all.differences.len()), (4, 0));
    for (id, record) in records(&store, &run).unwrap() {
        let one = again(&store, &run, ReplayScope::Generation(id)).unwrap();
        assert_eq!((one.generations.len(), one.differences), (1, vec![]));
        assert_eq!(one.generations[0].fuel, record.fuel);
        assert_eq!(run_of(&store, &id).unwrap(), run);
    }
}

#[test]
fn runs_of_every_arm_come_out_again() {
    for (arm, parity, candidates) in
        [(Arm::Annealing, false, 1), (Arm::FreezeMeta, true, 2), (Arm::Random, true, 2)]
    {
        let folder = tempfile::tempdir().unwrap();
        let mut options = RunOptions { candidates, arm, parity, ..RunOptions::default() };
        options.visibility.set("held-out=predictions,scores,labels").unwrap();
        let (store, run) = recorded_with(folder.path(), &options);
        let all = again(&store, &run, ReplayScope::All).unwrap();
        assert_eq!((all.generations.len(), all.differences.len()), (4, 0), "{arm}");
    }
}

#[test]
fn a_replay_reads_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, run) = recorded(folder.path());
    let head = store.head(&run).unwrap();
    let objects = store.fsck().unwrap().objects;
    let reader = Store::open_reader(folder.path()).unwrap();
    again(&reader, &run, ReplayScope::All).unwrap();
    assert_eq!((store.head(&run).unwrap(), store.fsck().unwrap().objects), (head, objects));
}

/// Changes to a run while it is recorded again.
struct Lies<'a> {
    /// Gets every event before it is written.
    event: &'a dyn Fn(&mut Event),
    /// Gets every generation record before it is written.
    record: &'a dyn Fn(&mut GenerationRecord),
    /// A generation in whose place something else stands in the mark space.
    marks: Option<u64>,
}

const TRUTH: Lies<'_> = Lies { event: &|_| (), record: &|_| (), marks: None };

/// Tells the run once more in the same store, under a configuration that differs in the backstop alone: sound in itself, but
/// perhaps not what happened.
fn retell(store: &Store, run: &RecordId, lies: &Lies<'_>) -> RecordId {
    let mut config = RunConfig::from_value(&store.get_record(run).unwrap().body).unwrap();
    config.eval_limits.wall_clock_ms += 1;
    let mut batch = store.batch().unwrap();
    let other = batch.put_record("run", &config.to_value().unwrap()).unwrap();
    let events = journal(store, run).unwrap();
    events[0].event.append_to(&mut batch, &other).unwrap();
    batch.commit().unwrap();
    let context = load_context(store, &other, RunResources::new(evaluator(), 2)).unwrap();
    let mut state = context.initial_state();
    for (_, mut record) in records(store, run).unwrap() {
        let Segment { from: first, to: end, .. } = record.journal;
        let marks = if lies.marks == Some(record.generation) {
            something_else(store, &other)
        } else {
            let marks = Segment { from: state.entries, ..record.marks };
            let before = GenerationRecord { marks, ..record.clone() };
            runtime().block_on(reexecute(&context, store, &state, &before)).unwrap().marks
        };
        let mut batch = store.batch().unwrap();
        for entry in events.iter().filter(|entry| (first..end).contains(&entry.seq)) {
            let mut event = entry.event.clone();
            (lies.event)(&mut event);
            record.journal.head = event.append_to(&mut batch, &other).unwrap().id;
        }
        let (from, head) = (marks.first(), batch.put_staged(&marks).unwrap().unwrap());
        record.marks = Segment { from, to: from + marks.entries().len() as u64, head };
        record.previous = state.last;
        record.run = other;
        (lies.record)(&mut record);
        let id = batch.put_record("generation", &record.to_value().unwrap()).unwrap();
        batch.set_ref(&other, &format!("generation/{:08}", record.generation), &id);
        record.finished(id).append_to(&mut batch, &other).unwrap();
        batch.commit().unwrap();
        state.apply(id, &record).unwrap();
    }
    other
}

/// Entries that a principal might add to the mark space of a run.
fn something_else(store: &Store, run: &RecordId) -> StagedEntries {
    let (authority, clock) = (Authority::new(), Arc::new(LogicalClock::at(Tick(u64::from(u32::MAX)))));
    let mut staged = store.open_staged_space(&space_name(run), &authority, clock, None).unwrap();
    staged.space().define(&authority, ScopeDef::new(ScopeName::new("elsewhere").unwrap())).unwrap();
    staged.drain()
}

/// The first difference that a replay of the retold run finds, as generation, place, and both sides.
fn first_difference(lies: &Lies<'_>) -> (u64, String, Value, Value) {
    let folder = tempfile::tempdir().unwrap();
    let (store, run) = recorded(folder.path());
    let retold = retell(&store, &run, lies);
    let replay = again(&store, &retold, ReplayScope::All).unwrap();
    let first = replay.differences.into_iter().next().unwrap();
    (first.generation, first.place, first.recorded, first.replayed)
}

#[test]
fn a_changed_mark_is_named() {
    let lies = Lies { marks: Some(3), ..TRUTH };
    let (generation, place, recorded, replayed) = first_difference(&lies);
    assert_eq!(generation, 3);
    assert!(place.starts_with("mark entry ") && place.ends_with("(enrol)"), "{place}");
    assert!(recorded["command"]["define"].is_object(), "{recorded}");
    assert_eq!(replayed["command"]["enrol"]["agent"], "climber/gen_3_0");
}

#[test]
fn a_changed_event_is_the_first_difference() {
    let score = |event: &mut Event| {
        if let Event::CandidateEvaluated(CandidateEvaluated { candidate, split: Split::Train, score, .. }) =
            event
            && *candidate == (CandidateId { generation: 2, candidate: 1 })
        {
            *score = Some(Score::integer(1));
        }
    };
    let (generation, place, recorded, replayed) = first_difference(&Lies { event: &score, ..TRUTH });
    assert_eq!(generation, 2);
    assert!(place.ends_with(&format!("({})", CandidateEvaluated::KIND)), "{place}");
    assert_eq!((&recorded["body"]["score"], &replayed["body"]["score"]), (&json!("1/1"), &json!("78/1")));

    let fuel = |event: &mut Event| {
        if let Event::MetaFinished(MetaFinished { candidate, fuel, .. }) = event
            && *candidate == (CandidateId { generation: 1, candidate: 0 })
        {
            *fuel += 1;
        }
    };
    let (generation, place, recorded, replayed) = first_difference(&Lies { event: &fuel, ..TRUTH });
    assert_eq!(generation, 1);
    assert!(place.ends_with(&format!("({})", MetaFinished::KIND)), "{place}");
    assert_eq!(recorded["body"]["fuel"].as_u64().unwrap(), replayed["body"]["fuel"].as_u64().unwrap() + 1);
}

#[test]
fn a_changed_record_is_a_difference() {
    let fuel = |record: &mut GenerationRecord| {
        if record.generation == 2 {
            record.fuel += 7;
        }
    };
    let (generation, place, recorded, replayed) = first_difference(&Lies { record: &fuel, ..TRUTH });
    assert_eq!((generation, place.as_str()), (2, "record.fuel"));
    assert_eq!(recorded.as_u64().unwrap(), replayed.as_u64().unwrap() + 7);
}

#[test]
fn a_retold_run_without_changes_replays() {
    let folder = tempfile::tempdir().unwrap();
    let (store, run) = recorded(folder.path());
    let retold = retell(&store, &run, &TRUTH);
    assert_ne!(retold, run);
    assert_eq!(again(&store, &retold, ReplayScope::All).unwrap().differences, []);
}

#[test]
fn what_is_no_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (store, run) = recorded(folder.path());
    let generation = records(&store, &run).unwrap()[1].0;
    assert!(again(&store, &generation, ReplayScope::All).unwrap_err().to_string().contains("generation"));
    assert!(matches!(again(&store, &run, ReplayScope::Generation(run)), Err(ReplayError::Unlinked(_))));
}
