//! Slimming attempts in a run: what they take out, what they refuse, and that such runs repeat, whatever happens.

use crate::common::{agent, evaluator, guess, meta, options, replayed, runtime, task};
use hyperspace_core::EditScope;
use hyperspace_eval::Task;
use hyperspace_evolve::{
    Admission, CandidateId, CandidateRecord, CandidateSlimmed, DuplicateRule, Event, Fate, Fraction,
    GenerationRecord, Run, RunConfig, RunOptions, RunResources, SearchOptions, SeedAgent, journal,
    load_config, records,
};
use hyperspace_store::Store;
use hyperspace_testkit::file_set;
use hyperspace_testkit::guess::TASK_TOML;
use proptest::prelude::*;

/// A finished run.
struct Slimmed {
    _folder: tempfile::TempDir,
    store: Store,
    config: RunConfig,
    records: Vec<GenerationRecord>,
    events: Vec<Event>,
    root: String,
}

/// Options with a strategy and slimming attempts.
fn with(strategy: &str, policy: &str, seed: u64) -> RunOptions {
    let mut search = SearchOptions::new(strategy.parse().unwrap());
    search.slimming = policy.parse().unwrap();
    RunOptions { candidates: 2, search: Some(search), ..options(seed) }
}

/// Runs `generations`, and is taken up anew after each of `stops`, there with other numbers of workers.
fn evolve(
    task: &Task,
    agent: &SeedAgent,
    options: &RunOptions,
    goal: (u64, usize),
    stops: &[u64],
) -> Slimmed {
    let (generations, workers) = goal;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    runtime().block_on(async {
        for (number, goal) in stops.iter().copied().chain([generations]).enumerate() {
            let resources = || RunResources::new(evaluator(), 1 + (workers + number + 1) % 2);
            let started = Run::start(store.clone(), task.clone(), agent.clone(), options, resources()).await;
            let mut run = started.unwrap();
            // Given up in the middle of a generation: nothing of it is written.
            let soon = std::time::Duration::from_millis(5 + 7 * number as u64);
            if !stops.is_empty() {
                drop(tokio::time::timeout(soon, run.run_to(generations)).await);
            }
            let mut run = Run::open(store.clone(), run.id(), resources()).await.unwrap();
            run.run_to(goal.max(run.generation()).max(1)).await.unwrap();
        }
        let resources = RunResources::new(evaluator(), workers);
        let run = Run::start(store.clone(), task.clone(), agent.clone(), options, resources).await.unwrap();
        let records = records(&store, run.id()).unwrap().into_iter().map(|(_, record)| record).collect();
        let events = journal(&store, run.id()).unwrap().into_iter().map(|entry| entry.event).collect();
        let (config, root) = (load_config(&store, run.id()).unwrap(), run.summary().unwrap().root);
        Slimmed { _folder: folder, store, config, records, events, root }
    })
}

impl Slimmed {
    fn attempts(&self) -> Vec<&CandidateSlimmed> {
        fn attempt(event: &Event) -> Option<&CandidateSlimmed> {
            match event {
                Event::CandidateSlimmed(one) => Some(one),
                _ => None,
            }
        }
        self.events.iter().filter_map(attempt).collect()
    }

    fn candidates(&self) -> impl Iterator<Item = (CandidateId, &CandidateRecord)> {
        self.records.iter().flat_map(|record| {
            let generation = record.generation;
            let id = move |candidate| CandidateId { generation, candidate };
            (0..).zip(&record.candidates).map(move |(number, one)| (id(number), one))
        })
    }

    fn program(&self, record: &CandidateRecord) -> String {
        let files = self.store.get_files(&record.tree).unwrap();
        let (_, content) = files.iter().find(|(path, _)| path.as_str() == "task_agent.py").unwrap();
        String::from_utf8(content.to_vec()).unwrap()
    }

    fn replays(&self) {
        replayed(&self.store, &self.config.id().unwrap());
    }
}

/// Comes nearer to the expected number, and adds lines of all kinds that nothing needs.
fn bloater() -> SeedAgent {
    let body = "import random
rng = random.Random(arg['seed'])
lines = open('task_agent.py').read().splitlines()
number = int(lines[-1].split()[-1])
for turn in range(rng.randrange(1, 9)):
    name = 'v%d' % rng.randrange(99)
    lines.insert(rng.randrange(1, len(lines)), '    ' + rng.choice([
        name + ' = [1, 2, 3]', 'for ' + name + ' in range(3): pass', name + ' = sum([4, 5]) * 2',
        'if 3 < 2: raise ValueError(7)', '# a remark']))
lines[-1] = '    return %d' % (number - rng.randrange(4))
open('task_agent.py', 'w').write('\\n'.join(lines) + '\\n')";
    agent(&[("task_agent.py", &guess(90)), ("meta_agent.py", &meta(body))])
}

/// Writes this program in the first generation, and nothing afterwards.
fn writer(program: &str) -> SeedAgent {
    let body = format!("if arg['generation'] == 1: open('task_agent.py', 'w').write({program:?})");
    agent(&[("task_agent.py", "def guess(x=0):\n    return 90\n"), ("meta_agent.py", &meta(&body))])
}

#[test]
fn what_a_program_does_not_need_goes_and_the_smaller_one_takes_its_place() {
    let done = evolve(&task(), &bloater(), &with("latest", "on", 7), (8, 2), &[]);
    let attempts = done.attempts();
    let kept: Vec<_> = attempts.iter().filter(|one| one.verdict == "kept").collect();
    assert!(kept.len() >= 4, "{attempts:?}");
    for one in &kept {
        assert!(one.nodes < one.nodes_before && one.tries > 0 && one.fuel > 0 && one.differs.is_none());
        let (_, record) = done.candidates().find(|(id, _)| *id == one.candidate).unwrap();
        let is_over = record.search.as_ref().unwrap().slimming.as_ref().unwrap().place.is_none();
        let program = done.program(record);
        let code = program.lines().filter(|line| !line.trim_start().starts_with('#')).count();
        assert!(!is_over || code == 2, "{program}");
        let (_, member) = done.candidates().find(|(id, _)| *id == one.of).unwrap();
        assert!(record.is_slimming() && record.fate.is_admitted() && record.made_by == member.made_by);
        let scores = |record: &CandidateRecord| {
            [&record.train, &record.held_out].map(|one| one.as_ref().unwrap().score.clone())
        };
        assert_eq!(scores(record), scores(member));
        // Nobody descends from a member whose place is taken.
        let later = done.candidates().filter(|(id, _)| id.generation > one.candidate.generation);
        assert!(
            later
                .into_iter()
                .all(|(_, child)| child.parent.as_ref().is_none_or(|parent| parent.id != one.of))
        );
    }
    // The edit passed the guard as any other, and the fuel of the attempt is that of the generation.
    let of = |id| {
        done.events
            .iter()
            .filter(move |event| matches!(event, Event::EditAccepted(edit) if edit.candidate == id))
    };
    assert!(kept.iter().all(|one| of(one.candidate).count() == 1));
    let fat = evolve(&task(), &bloater(), &with("latest", "off", 7), (8, 2), &[]);
    assert!(fat.attempts().is_empty() && fat.config.to_value().unwrap()["search"].get("slimming").is_none());
    done.replays();
}

#[test]
fn a_program_that_answers_otherwise_on_other_rows_is_refused() {
    let rows = |rows: &[(i64, i64)]| {
        let lines = rows.iter().map(|(input, expected)| format!("[{input}],{expected}\n"));
        format!("input,expected\n{}", lines.collect::<String>())
    };
    let files = [
        ("task.toml", TASK_TOML.to_owned()),
        ("train.csv", rows(&[(1, 20), (2, 20)])),
        ("held.csv", rows(&[(1, 20), (7, 30)])),
    ];
    let task = Task::from_files(&file_set(&files), "guess").unwrap();
    let program = "def guess(x=0):\n    if x == 7:\n        return 30\n    return 20\n";
    let done = evolve(&task, &writer(program), &with("latest", "on", 1), (4, 2), &[]);
    let attempts = done.attempts();
    assert_eq!(attempts.len(), 1, "no second attempt at the same member");
    assert_eq!(
        (attempts[0].verdict.as_str(), attempts[0].nodes < attempts[0].nodes_before),
        ("changed", true)
    );
    assert!(attempts[0].differs.is_some());
    let (_, record) = done.candidates().find(|(id, _)| *id == attempts[0].candidate).unwrap();
    assert_eq!(record.fate, Fate::NoBetter);
    assert_eq!(done.records.last().unwrap().champion().id.generation, 1);
    done.replays();
}

#[test]
fn where_nothing_may_go_the_attempt_says_so_and_is_not_made_again() {
    let program = "def guess(x=0):\n    return (2 + 3) * (5 - 1) + sum([1, 2]) - 3\n";
    let done = evolve(&task(), &writer(program), &with("latest", "on:effort=1000", 1), (4, 2), &[]);
    let told: Vec<_> =
        done.attempts().iter().map(|one| (one.verdict.clone(), one.nodes == one.nodes_before)).collect();
    // Sum and difference cancel each other, but no single part of the text may go.
    assert_eq!(told, [("nothing".to_owned(), true)]);
    done.replays();
}

#[test]
fn an_attempt_is_left_off_when_its_fuel_is_spent_and_goes_on_later() {
    let dead: String = (0..40)
        .map(|number| format!("    v{number} = [{number}, x]\n    v{number}.append(sum(v{number}))\n"))
        .collect();
    let keep: String = (0..12).map(|number| format!("    x = x + {number}\n")).collect();
    let program = format!("def guess(x=0):\n{dead}{keep}    return x\n");
    let done = evolve(&task(), &writer(&program), &with("latest", "on:effort=1", 1), (16, 2), &[]);
    let nodes: Vec<_> = done.attempts().iter().filter_map(|one| one.nodes).collect();
    assert!(nodes.len() > 2 && nodes.is_sorted_by(|before, after| before >= after), "{nodes:?}");
    assert!(nodes.last().unwrap() * 3 < done.attempts()[0].nodes_before.unwrap(), "{nodes:?}");
    assert!(done.attempts().iter().all(|one| one.tries > 0));
    done.replays();
}

#[test]
fn policies_that_make_no_sense_are_refused() {
    let refused = |options: RunOptions, words: &str| {
        let error = options.validate().unwrap_err().to_string();
        assert!(error.contains("slimming is on") && error.contains(words), "{error}");
    };
    refused(with("iid", "on", 1), "independent");
    let mut split = with("latest", "on", 1);
    split.search.as_mut().unwrap().splits = "rotating".parse().unwrap();
    refused(split, "split policy");
    let mut elsewhere = with("latest", "on", 1);
    elsewhere.edit_scope = EditScope::new(&["meta_agent.py".to_owned()]).unwrap();
    let resources = RunResources::new(evaluator(), 1);
    let error = Run::plan(&task(), &bloater(), &elsewhere, &resources).unwrap_err().to_string();
    assert!(error.contains("an edit scope with task_agent.py"), "{error}");
    elsewhere.search.as_mut().unwrap().slimming = "off".parse().unwrap();
    assert!(Run::plan(&task(), &bloater(), &elsewhere, &resources).is_ok());
}

/// Texts of strategies, with all of the forms that a search has.
fn strategy() -> impl Strategy<Value = String> {
    let names = [
        "score-child-prop",
        "random",
        "best",
        "latest",
        "power-law",
        "beam:width=3",
        "clusters",
        "clade",
        "best-of-n:n=3",
        "pareto",
        "map-elites:dimensions=nodes,bins=4",
        "islands:count=2,interval=4,inner=random",
        "mixture:of=best+random",
    ];
    prop::sample::select(names.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 8, ..ProptestConfig::default() })]

    /// One root for one and for two workers, and after interruptions; a replay is equal; the record is read back.
    #[test]
    fn any_run_with_slimming_repeats(
        text in strategy(),
        seed in 0_u64..1_000,
        candidates in 1_u64..4,
        scored: bool,
        effort in 1_u64..12,
        growth in 0_u64..3,
        stop in 1_u64..4,
        compared in 0_u8..4,
        answers: bool,
    ) {
        let policy = format!("on:effort={effort},growth=1.{growth}");
        let mut options = RunOptions { candidates, ..with(&text, &policy, seed) };
        let search = options.search.as_mut().unwrap();
        search.admission = Some(if scored { Admission::Scored } else { Admission::Gate });
        search.duplicates = if compared % 2 == 0 { DuplicateRule::Exact } else { DuplicateRule::Syntax };
        search.near_duplicates = if compared / 2 == 0 { None } else { Fraction::new(9, 10) };
        if answers {
            search.complacency = "answer:generations=2".parse().unwrap();
        }
        let one = evolve(&task(), &bloater(), &options, (5, 1), &[]);
        let other = evolve(&task(), &bloater(), &options, (5, 2), &[stop, stop + 1]);
        prop_assert_eq!(&one.root, &other.root, "{}", text);
        other.replays();
        for record in &one.records {
            let back = GenerationRecord::from_value(&record.to_value().unwrap()).unwrap();
            prop_assert_eq!(&back, record);
        }
        prop_assert_eq!(RunConfig::from_value(&one.config.to_value().unwrap()).unwrap(), one.config);
    }
}
