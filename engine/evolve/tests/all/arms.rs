//! Runs of the arms, of the original's rules, and what meta agents see of evaluations.

use crate::common::{CLIMB, agent, climber, evaluator, guess, meta, options, runtime, task};
use hyperspace_eval::Task;
use hyperspace_evolve::{
    Arm, Event, EvolveError, Fate, GenerationRecord, Run, RunOptions, RunResources, SeedAgent,
    TournamentDecided, TournamentSide, journal, records,
};
use hyperspace_store::Store;

struct Done {
    folder: tempfile::TempDir,
    records: Vec<GenerationRecord>,
    events: Vec<Event>,
    root: String,
}

/// A run of so many generations; `stops` are generations after which it is taken up anew.
fn evolve(task: &Task, agent: &SeedAgent, options: &RunOptions, generations: u64, stops: &[u64]) -> Done {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let (records, events, root) = runtime().block_on(async {
        for goal in stops.iter().copied().chain([generations]) {
            let run = Run::start(
                store.clone(),
                task.clone(),
                agent.clone(),
                options,
                RunResources::new(evaluator(), 2),
            )
            .await;
            run.unwrap().run_to(goal).await.unwrap();
        }
        let run = Run::start(
            store.clone(),
            task.clone(),
            agent.clone(),
            options,
            RunResources::new(evaluator(), 2),
        )
        .await
        .unwrap();
        let list = records(&store, run.id()).unwrap();
        let events = journal(&store, run.id()).unwrap().into_iter().map(|entry| entry.event).collect();
        (list.into_iter().map(|(_, record)| record).collect(), events, run.summary().unwrap().root)
    });
    Done { folder, records, events, root }
}

#[test]
fn a_frozen_meta_agent_stays_whatever_its_children_are() {
    // It breaks the meta agent of its child, and says whose library it has.
    let body = format!(
        "{CLIMB}
from lib import mine
assert mine.NAME == 'seed'
open('lib/mine.py', 'w').write('NAME = \"child\"')
open('meta_agent.py', 'w').write('def improve(arg): raise ValueError')"
    );
    let files =
        [("task_agent.py", &*guess(1)), ("meta_agent.py", &meta(&body)), ("lib/mine.py", "NAME = 'seed'")];
    let options = RunOptions { candidates: 2, arm: Arm::FreezeMeta, ..options(7) };
    let done = evolve(&task(), &agent(&files), &options, 4, &[]);
    let seed = done.records[0].candidates[0].tree;
    let later: Vec<_> = done.records.iter().skip(1).flat_map(|record| &record.candidates).collect();
    assert!(later.iter().any(|one| one.parent.as_ref().is_some_and(|parent| parent.tree != seed)));
    for one in later {
        assert_eq!((one.made_by, one.meta.len(), &*one.meta[0].outcome), (seed, 1, "completed"));
        assert_eq!(one.meta[0].tree, seed);
    }
}

#[test]
fn annealing_journals_its_tournaments_and_survives_interruptions() {
    let options = RunOptions { candidates: 1, arm: Arm::Annealing, ..options(11) };
    let done = evolve(&task(), &climber(1), &options, 8, &[]);
    let decided = |event: &Event| match event {
        Event::TournamentDecided(decided) => Some(decided.clone()),
        _ => None,
    };
    let decided: Vec<TournamentDecided> = done.events.iter().filter_map(decided).collect();
    let pairs = done.records.iter().filter(|record| record.candidates.len() == 2).count();
    assert!(pairs == decided.len() && (1..8).contains(&pairs), "{pairs} tournaments in 8 generations");
    let seed = done.records[0].candidates[0].tree;
    for (number, event) in (1..).zip(decided) {
        assert_eq!(event.tournament, number);
        let record = &done.records[usize::try_from(event.generation).unwrap()];
        let [directed, blind] = &record.candidates[..] else { panic!("{event:?}") };
        assert_eq!(blind.parent.as_ref().unwrap().tree, seed);
        let blind_won = event.winner == Some(TournamentSide::Blind);
        let (won, lost) = if blind_won { (blind, directed) } else { (directed, blind) };
        assert!(won.fate != Fate::Lost && lost.fate == Fate::Lost && lost.held_out.is_none(), "{event:?}");
        // Lower is better here, and the blind one has to be strictly better.
        assert_eq!(blind_won, event.blind.unwrap() < event.directed.unwrap());
    }
    let again = evolve(&task(), &climber(1), &options, 8, &[1, 3, 6]);
    assert_eq!(done.root, again.root);
}

#[test]
fn annealing_with_several_candidates_is_refused() {
    let options = RunOptions { candidates: 4, arm: Arm::Annealing, ..options(1) };
    let error = options.validate().unwrap_err();
    assert!(matches!(error, EvolveError::Option { option: "candidates", .. }), "{error}");
}

#[test]
fn parity_admits_every_score_and_retires_parents_of_failures() {
    // Every other candidate gets a task agent that cannot be imported.
    let body = "good = 'def guess():\\n    return %d\\n' % (40 + arg['generation'] * 4 + arg['candidate'])
open('task_agent.py', 'w').write(good if arg['candidate'] != 1 else 'syntax error')";
    let files = [("task_agent.py", &*guess(19)), ("meta_agent.py", &meta(body))];
    let run = |parity| {
        let options = RunOptions { candidates: 3, parity, ..options(3) };
        evolve(&task(), &agent(&files), &options, 3, &[])
    };
    let theirs = run(true);
    let mut retired = Vec::new();
    for record in theirs.records.iter().skip(1) {
        for one in &record.candidates {
            let parent = one.parent.as_ref().unwrap().id;
            assert!(!retired.contains(&parent) || parent.generation == 0, "{parent} is chosen again");
        }
        for one in &record.candidates {
            let expected = if one.train.as_ref().is_some_and(|train| train.score.is_some()) {
                // Worse than the seed on every split, and a member all the same.
                Fate::Admitted
            } else {
                retired.push(one.parent.as_ref().unwrap().id);
                Fate::Failed
            };
            assert_eq!(one.fate, expected);
        }
    }
    assert_eq!(retired.len(), 3);
    let ours = run(false);
    let fates = ours.records.iter().skip(1).flat_map(|record| &record.candidates).map(|one| one.fate);
    assert!(fates.into_iter().all(|fate| matches!(fate, Fate::NoBetter | Fate::Failed)));
}

/// A task with labels that can be recognised wherever they turn up.
fn labelled() -> Task {
    let toml = r#"
[task]
name = "labels"
title = "Labels"
description = "Return a label."
direction = "maximize"
[entry]
module = "task_agent"
function = "guess"
[scorer]
kind = "rows"
metric = "label"
points = { canary-train = 0, canary-held = 1, canary-test = 2, none = 3 }
[rows]
id = "id"
expected = "label"
input = { text = "text" }
[splits.train]
file = "train.csv"
[splits.held-out]
file = "held.csv"
[splits.test]
file = "test.csv"
"#;
    let rows = |label: &str| format!("id,text,label\nrow-{label},q,canary-{label}\nother-{label},q,none\n");
    let files = [
        ("task.toml", toml.to_owned()),
        ("train.csv", rows("train")),
        ("held.csv", rows("held")),
        ("test.csv", rows("test")),
    ];
    Task::from_files(&hyperspace_testkit::file_set(&files), "labels").unwrap()
}

/// Everything that the meta agent of generation 1 saw besides the interpreter's library: argument, environment, files.
fn seen(visible: &[&str]) -> String {
    let body = "seen = [json.dumps(arg), repr(dict(os.environ))]
for folder, _, names in os.walk('/'):
    if not folder.startswith('/usr'):
        for name in names:
            path = os.path.join(folder, name)
            seen.append(path + ' ' + open(path, 'rb').read().decode('latin-1'))
os.makedirs('lib', exist_ok=True)
open('lib/seen.py', 'w').write('\\n'.join(seen))";
    let task_agent = "def guess(inputs):\n    return 'none'\n";
    let agent = agent(&[("task_agent.py", task_agent), ("meta_agent.py", &meta(body))]);
    let mut options = RunOptions { candidates: 1, ..options(5) };
    for text in visible {
        options.visibility.set(text).unwrap();
    }
    let done = evolve(&labelled(), &agent, &options, 1, &[]);
    let store = Store::open_reader(done.folder.path()).unwrap();
    let files = store.get_files(&done.records[1].candidates[0].tree).unwrap();
    let path = hyperspace_core::RelPath::new("lib/seen.py").unwrap();
    String::from_utf8(files.get(&path).expect("the meta agent wrote what it saw").to_vec()).unwrap()
}

#[test]
fn no_label_and_nothing_of_held_out_data_is_seen_by_default() {
    let text = seen(&[]);
    assert!(text.contains("/repo/evals/gen_0_0/eval_train/predictions.csv"), "{text}");
    assert!(
        text.contains("row-train,scored,none,,0") && text.contains("other-train,scored,none,,1"),
        "{text}"
    );
    for hidden in ["canary", "row-held", "row-test", "eval_held_out"] {
        assert!(!text.contains(hidden), "{hidden} is seen");
    }
}

#[test]
fn what_the_policy_shows_is_seen_and_nothing_else() {
    let nothing = seen(&["train=nothing"]);
    for hidden in ["canary", "row-", "eval_train", "0.5"] {
        assert!(!nothing.contains(hidden), "{hidden} is seen");
    }
    let all = seen(&["train=labels", "held-out=scores,labels"]);
    assert!(
        all.contains("row-train,scored,canary-train") && all.contains("row-held,scored,0,canary-held"),
        "{all}"
    );
    // The names of all labels are those of the task; the rows that have them are not shown.
    assert!(!all.contains("row-test") && !all.contains("eval_test"));
}
