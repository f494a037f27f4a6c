//! Split policies: what runs record of them, that runs repeat, and that overfitting agents gain less on held-out rows.

use crate::common::{agent, evaluator, guess, meta, options, replayed, runtime};
use hyperspace_eval::Task;
use hyperspace_evolve::{
    Event, Fate, GenerationRecord, HeldOutUse, Run, RunConfig, RunOptions, RunResources, SearchOptions,
    SeedAgent, journal, load_config, records,
};
use hyperspace_store::Store;
use hyperspace_testkit::overfit::{SimulatedAgent, SimulatedSearch};
use proptest::prelude::*;

/// A finished run.
struct Done {
    _folder: tempfile::TempDir,
    store: Store,
    config: RunConfig,
    records: Vec<GenerationRecord>,
    events: Vec<Event>,
    root: String,
    generation: u64,
    held_out: HeldOutUse,
}

/// Twelve training rows around 20, and eight held-out rows around 30: who comes close to the former leaves the latter.
fn task() -> Task {
    hyperspace_testkit::guess::task(
        &[14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25],
        &[26, 27, 28, 29, 30, 31, 32, 33],
    )
}

fn with(policy: &str, strategy: &str, seed: u64) -> RunOptions {
    let mut search = SearchOptions::new(strategy.parse().unwrap());
    search.splits = policy.parse().unwrap();
    RunOptions { search: Some(search), ..options(seed) }
}

/// Tells its number by its seed.
fn wanderer(first: i64) -> SeedAgent {
    let body = "import random
rng = random.Random(arg['seed'])
number = int(open('task_agent.py').read().split()[-1])
open('task_agent.py', 'w').write('def guess():\\n    return %d\\n' % (number + rng.randrange(-6, 5)))";
    agent(&[("task_agent.py", &guess(first)), ("meta_agent.py", &meta(body))])
}

/// Runs generations with these workers, and is taken up anew after each of `stops`.
fn evolve(options: &RunOptions, generations: u64, workers: usize, stops: &[u64]) -> Done {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    runtime().block_on(async {
        let start = || {
            let resources = RunResources::new(evaluator(), workers);
            Run::start(store.clone(), task(), wanderer(60), options, resources)
        };
        for goal in stops.iter().copied().chain([generations]) {
            start().await.unwrap().run_to(goal).await.unwrap();
        }
        let run = start().await.unwrap();
        let records = records(&store, run.id()).unwrap().into_iter().map(|(_, record)| record).collect();
        let events = journal(&store, run.id()).unwrap().into_iter().map(|entry| entry.event).collect();
        let (config, root) = (load_config(&store, run.id()).unwrap(), run.summary().unwrap().root);
        let (generation, held_out) = (run.generation(), run.state().held_out.clone());
        Done { _folder: folder, store, config, records, events, root, generation, held_out }
    })
}

/// Executes every generation again and compares it with its record.
fn replays(done: &Done) {
    let state = replayed(&done.store, &done.config.id().unwrap());
    assert_eq!(state.held_out, done.held_out);
}

#[test]
fn the_fixed_policy_records_nothing() {
    let named = evolve(&with("fixed", "score-child-prop", 3), 3, 2, &[]);
    let unnamed =
        RunOptions { search: Some(SearchOptions::new("score-child-prop".parse().unwrap())), ..options(3) };
    assert_eq!(named.root, evolve(&unnamed, 3, 2, &[]).root);
    assert!(named.config.to_value().unwrap()["search"].get("splits").is_none());
    for record in &named.records {
        assert!(!record.to_value().unwrap().to_string().contains("\"splits\""));
    }
    let kinds = ["window.drawn", "held-out.asked", "held-out.spent", "gap.measured", "gap.found"];
    assert!(!named.events.iter().any(|event| kinds.contains(&event.kind())));
    assert_eq!(named.held_out, HeldOutUse::default());
}

#[test]
fn runs_with_a_policy_repeat_resume_and_replay() {
    for (policy, strategy) in [
        ("rotating:parts=3,noise=0.05", "score-child-prop"),
        ("rotating:parts=4,threshold=0.2", "islands:count=2,inner=(beam:width=3)"),
        ("ladder", "score-child-prop"),
        ("ladder:parts=2", "islands:count=2,inner=(beam:width=3)"),
    ] {
        let options = with(policy, strategy, 11);
        let done = evolve(&options, 6, 1, &[]);
        assert_eq!(done.root, evolve(&options, 6, 2, &[]).root, "{policy}, two workers");
        assert_eq!(done.root, evolve(&options, 6, 2, &[1, 3, 4]).root, "{policy}, interrupted");
        replays(&done);
        assert!(done.held_out.asked > 0, "{policy}: {:?}", done.held_out);
        let windows = done.events.iter().filter(|event| event.kind() == "window.drawn").count();
        assert_eq!(windows, if policy == "ladder" { 0 } else { 6 }, "{policy}");
    }
}

#[test]
fn questions_are_counted_and_the_run_ends_with_the_budget() {
    // Without noise and threshold, every question that both splits do not answer alike spends one.
    let done =
        evolve(&with("rotating:parts=2,threshold=0,noise=0,budget=3", "score-child-prop", 5), 60, 2, &[]);
    assert_eq!(done.held_out.spent, 3);
    assert!(done.generation < 60, "it ended with the budget");
    let asked: Vec<_> = done
        .events
        .iter()
        .filter_map(|event| if let Event::HeldOutAsked(asked) = event { Some(asked) } else { None })
        .collect();
    let counted = asked.iter().filter(|one| one.answer != "spent").count() as u64;
    assert_eq!((counted, asked.last().unwrap().spent), (done.held_out.asked, 3));
    let ends: Vec<_> = done.events.iter().filter(|event| matches!(event, Event::HeldOutSpent(_))).collect();
    assert_eq!(ends.len(), 1);
    let after = done.records.last().unwrap().candidates.iter().filter(|one| {
        let splits = one.search.as_ref().and_then(|search| search.splits.as_ref());
        splits.is_some_and(|splits| splits.answers.iter().any(|answer| answer.name() == "spent"))
    });
    assert!(after.into_iter().all(|one| one.fate == Fate::NoBetter || one.fate == Fate::Admitted));
    replays(&done);
}

#[test]
fn a_lineage_that_learns_its_training_rows_raises_the_alarm() {
    // Every candidate comes nearer to all training rows, and from 24 on leaves all held-out rows.
    let body = "number = int(open('task_agent.py').read().split()[-1])
open('task_agent.py', 'w').write('def guess():\\n    return %d\\n' % (number - 2))";
    let seed = agent(&[("task_agent.py", &guess(29)), ("meta_agent.py", &meta(body))]);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let summary = runtime().block_on(async {
        let options = with("ladder", "latest", 1);
        let resources = RunResources::new(evaluator(), 2);
        let mut run = Run::start(store.clone(), task(), seed, &options, resources).await.unwrap();
        run.run_to(4).await.unwrap();
        run.summary().unwrap()
    });
    let events: Vec<Event> =
        journal(&store, &summary.run).unwrap().into_iter().map(|entry| entry.event).collect();
    let splits = summary.splits.unwrap();
    assert!(splits.alarms > 0, "{splits:?}");
    let found = events.iter().filter(|event| matches!(event, Event::GapFound(_))).count() as u64;
    let measured = events.iter().filter(|event| matches!(event, Event::GapMeasured(_))).count() as u64;
    assert!(found == splits.alarms && measured >= found);
    assert_eq!(summary.champion.id.generation, 0, "held-out rows released no step");
}

#[test]
fn policies_that_make_no_sense_are_refused_with_what_to_do() {
    let refused = |task: Task, options: &RunOptions| {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_or_create(folder.path(), "test").unwrap();
        let resources = RunResources::new(evaluator(), 1);
        let started = runtime().block_on(Run::start(store, task, wanderer(9), options, resources));
        started.err().unwrap().to_string()
    };
    let mut paired = with("ladder", "latest", 1);
    paired.search.as_mut().unwrap().gate = "paired".parse().unwrap();
    assert!(refused(task(), &paired).contains("paired gate"));
    let mut small = with("ladder", "latest", 1);
    small.search.as_mut().unwrap().parsimony = true;
    assert!(refused(task(), &small).contains("parsimony"));
    let mut shown = with("ladder", "latest", 1);
    shown.visibility.set("held-out=scores").unwrap();
    assert!(refused(task(), &shown).contains("meta agents see"));
    let toml = hyperspace_testkit::guess::TASK_TOML.to_owned()
        + "[rows]\nid = \"id\"\nexpected = \"y\"\ngroup = \"g\"\ninput = { x = \"x\" }\n";
    let rows = |name: &str, groups: &[&str]| {
        let lines = groups.iter().enumerate().map(|(row, group)| format!("{name}{row},1,2,{group}\n"));
        format!("id,x,y,g\n{}", lines.collect::<String>())
    };
    let files = [
        ("task.toml", toml),
        ("train.csv", rows("t", &["one", "two", "two"])),
        ("held.csv", rows("h", &["three", "two"])),
    ];
    let task = Task::from_files(&hyperspace_testkit::file_set(&files), "grouped");
    let message = refused(task.unwrap(), &with("rotating", "latest", 1));
    assert!(message.contains("grouped = true") && message.contains("\"two\""), "{message}");
}

#[test]
fn overfitting_agents_gain_less_on_held_out_rows_than_with_the_fixed_policy() {
    let gains = |agent, policy: &str| {
        let search = SimulatedSearch { agent, rows: 200, candidates: 400 };
        search.gains(policy.parse().unwrap(), 40)
    };
    for agent in [SimulatedAgent::Restless, SimulatedAgent::Memoriser, SimulatedAgent::Honest] {
        let [fixed, rotating, ladder] = ["fixed", "rotating", "ladder"].map(|policy| gains(agent, policy));
        for (name, one) in [("fixed", fixed), ("rotating", rotating), ("ladder", ladder)] {
            println!(
                "{agent:?} {name}: train {:+.3} held-out {:+.3} true {:+.3} asked {:.0} spent {:.1} ended {:.2}",
                one.train, one.held_out, one.truth, one.asked, one.spent, one.ended
            );
        }
        if agent == SimulatedAgent::Honest {
            assert!(rotating.truth > fixed.truth - 0.02, "{rotating:?} {fixed:?}");
            assert!(ladder.truth > fixed.truth - 0.05, "{ladder:?} {fixed:?}");
            continue;
        }
        assert!(rotating.held_out < fixed.held_out / 3.0, "{agent:?}: {rotating:?} {fixed:?}");
        assert!(ladder.held_out < fixed.held_out / 3.0, "{agent:?}: {ladder:?} {fixed:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn no_run_asks_beyond_its_budget(seed in 0_u64..1_000, budget in 1_u64..5, parts in 1_u64..5) {
        let policy = format!("rotating:parts={parts},threshold=0.1,noise=0.05,budget={budget}");
        let done = evolve(&with(&policy, "score-child-prop", seed), 8, 2, &[]);
        prop_assert!(done.held_out.spent <= budget);
        prop_assert!(done.generation == 8 || done.held_out.spent == budget);
        for event in &done.events {
            if let Event::HeldOutAsked(asked) = event {
                prop_assert!(asked.spent <= budget && (asked.answer != "spent" || asked.spent == budget));
            }
        }
    }
}
