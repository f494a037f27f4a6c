//! Answers to signs of complacency: what runs record of them, what they change, and that runs with them repeat.

use crate::common::{agent, evaluator, guess, meta, options, replayed, runtime, task};
use hyperspace_evolve::{
    ComplacencyFound, Event, GenerationRecord, MetaFinished, Run, RunConfig, RunOptions, RunResources,
    SearchOptions, SeedAgent, journal, load_config, records,
};
use hyperspace_store::Store;

/// A finished run.
struct Done {
    _folder: tempfile::TempDir,
    store: Store,
    config: RunConfig,
    records: Vec<GenerationRecord>,
    events: Vec<Event>,
    root: String,
}

impl Done {
    fn signs(&self) -> Vec<&ComplacencyFound> {
        let signs = self.events.iter().filter_map(|event| match event {
            Event::ComplacencyFound(found) => Some(found),
            _ => None,
        });
        signs.collect()
    }

    /// Returns what the first meta agent of the first candidate of a generation printed.
    fn printed(&self, generation: u64) -> String {
        let runs = self.events.iter().filter_map(|event| match event {
            Event::MetaFinished(MetaFinished { candidate, stdout, .. }) => {
                (candidate.generation == generation).then_some(stdout)
            }
            _ => None,
        });
        let blob = runs.into_iter().next().unwrap();
        String::from_utf8(self.store.get_blob(blob).unwrap().to_vec()).unwrap()
    }

    /// Returns the best score of each generation.
    fn course(&self) -> Vec<f64> {
        self.records.iter().map(|record| record.champion().score.to_f64()).collect()
    }
}

fn with(complacency: &str, strategy: &str) -> RunOptions {
    let mut search = SearchOptions::new(strategy.parse().unwrap());
    search.complacency = complacency.parse().unwrap();
    RunOptions { search: Some(search), candidates: 1, ..options(5) }
}

/// Runs generations with these workers, and is taken up anew after each of `stops`.
fn evolve(seed: &SeedAgent, options: &RunOptions, generations: u64, workers: usize, stops: &[u64]) -> Done {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    runtime().block_on(async {
        let start = || {
            let resources = RunResources::new(evaluator(), workers);
            Run::start(store.clone(), task(), seed.clone(), options, resources)
        };
        for goal in stops.iter().copied().chain([generations]) {
            start().await.unwrap().run_to(goal).await.unwrap();
        }
        let run = start().await.unwrap();
        let records = records(&store, run.id()).unwrap().into_iter().map(|(_, record)| record).collect();
        let events = journal(&store, run.id()).unwrap().into_iter().map(|entry| entry.event).collect();
        let (config, root) = (load_config(&store, run.id()).unwrap(), run.summary().unwrap().root);
        Done { _folder: folder, store, config, records, events, root }
    })
}

/// Executes every generation again and compares it with its record, events and marks.
fn replays(done: &Done) {
    replayed(&done.store, &done.config.id().unwrap());
}

/// Takes one step down, and prints what it is shown. `more` follows.
fn walker(more: &str) -> SeedAgent {
    let body = format!(
        "print(sorted(os.listdir('/repo/strategies')), [warning['sign'] for warning in arg.get('warnings', [])])
text = open('task_agent.py').read()
number = int(text.split()[-1])
open('task_agent.py', 'w').write(text.replace(str(number), str(number - 1)))
{more}"
    );
    agent(&[("task_agent.py", &guess(90)), ("meta_agent.py", &meta(&body))])
}

/// In generation 3, a child switches its own meta agent off.
fn gives_up() -> SeedAgent {
    walker(
        "if arg['generation'] == 3:
    own = open('meta_agent.py').read()
    open('meta_agent.py', 'w').write(own.replace('def improve(arg):\\n', 'def improve(arg):\\n    return {}\\n', 1))",
    )
}

#[test]
fn runs_that_ignore_signs_record_nothing_of_them() {
    let named = evolve(&gives_up(), &with("ignore", "latest"), 8, 2, &[]);
    let unnamed = RunOptions {
        search: Some(SearchOptions::new("latest".parse().unwrap())),
        candidates: 1,
        ..options(5)
    };
    assert_eq!(named.root, evolve(&gives_up(), &unnamed, 8, 2, &[]).root);
    assert!(named.config.to_value().unwrap()["search"].get("complacency").is_none());
    assert!(named.signs().is_empty());
    // Nobody goes on after generation 3.
    assert_eq!(named.course()[3], named.course()[8]);
}

#[test]
fn a_meta_agent_that_switches_itself_off_is_renewed() {
    let healthy = evolve(&walker(""), &with("answer", "latest"), 12, 2, &[]);
    assert!(healthy.signs().is_empty(), "{:?}", healthy.signs());
    let answered = evolve(&gives_up(), &with("answer:generations=3", "latest"), 12, 2, &[]);
    let first = answered.signs()[0];
    assert_eq!((first.generation, first.sign.as_str()), (3, "self-block"));
    assert_eq!(first.answers, ["warn", "renew", "quarantine"]);
    assert!(first.evidence[0].contains("meta agent line"), "{:?}", first.evidence);
    // Its children are made by the meta agent before, and keep that: nothing is lost.
    assert_eq!(answered.course(), healthy.course());
    let warned = answered.printed(4);
    assert!(warned.contains("['self-block']"), "{warned}");
    // It is one of the eight members that others would see, until better ones take its place.
    let signs = answered.signs().into_iter().map(|one| (one.generation, one.sign.as_str()));
    assert_eq!(signs.collect::<Vec<_>>(), [3, 6, 9].map(|generation| (generation, "self-block")));
}

#[test]
fn a_text_that_tells_to_stop_is_not_shown_while_members_have_it() {
    let more = "if arg['generation'] == 2:
    text = open('task_agent.py').read()
    open('task_agent.py', 'w').write('# FINAL VERSION. DO NOT CHANGE THIS FILE ANY MORE.\\n' + text)";
    let done = evolve(&walker(more), &with("answer:generations=2", "latest"), 8, 2, &[]);
    // Those that come from it have the text, too, so it is raised again whenever its warning ends.
    let signs = done.signs().into_iter().map(|one| (one.generation, one.sign.as_str()));
    let expected = [2, 4, 6, 8].map(|generation| (generation, "stop-text"));
    assert_eq!(signs.collect::<Vec<_>>(), expected);
    for generation in 3..=8 {
        let shown = done.printed(generation);
        assert!(
            shown.contains("_gen1_") && !shown.contains("_gen2_") && !shown.contains("_gen3_"),
            "{shown}"
        );
    }
    // One that takes the text out ends it.
    let taken_out = "text = open('task_agent.py').read()
if arg['generation'] == 2:
    open('task_agent.py', 'w').write('# FINAL VERSION. DO NOT CHANGE THIS FILE ANY MORE.\\n' + text)
if arg['generation'] == 3:
    open('task_agent.py', 'w').write(text.split('\\n', 1)[1])";
    let done = evolve(&walker(taken_out), &with("answer:generations=9", "latest"), 13, 2, &[]);
    assert!(done.printed(13).contains("_gen11_") && !done.printed(11).contains("_gen3_"));
    let ignored = evolve(&walker(more), &with("ignore", "latest"), 4, 2, &[]);
    assert!(ignored.printed(3).contains("_gen2_"));
}

#[test]
fn a_population_that_gives_up_explores_and_is_answered_once_at_a_time() {
    let body = "print([warning['sign'] for warning in arg.get('warnings', [])])
number = int(open('task_agent.py').read().split()[-1])
if arg['generation'] < 4:
    open('task_agent.py', 'w').write('def guess():\\n    return %d\\n' % (number - 1))";
    let seed = agent(&[("task_agent.py", &guess(90)), ("meta_agent.py", &meta(body))]);
    let done = evolve(&seed, &with("answer:generations=3,given-up=warn+explore", "latest"), 16, 2, &[]);
    let given_up: Vec<u64> =
        done.signs().iter().filter(|one| one.sign == "given-up").map(|one| one.generation).collect();
    assert!(given_up.len() > 1 && given_up.windows(2).all(|pair| pair[1] >= pair[0] + 3), "{given_up:?}");
    let explored: Vec<u64> = done
        .events
        .iter()
        .filter_map(|event| match event {
            Event::CandidateGuided(guided) => guided
                .draws
                .iter()
                .any(|draw| draw.purpose == "explore")
                .then_some(guided.candidate.generation),
            _ => None,
        })
        .collect();
    let first = given_up[0];
    assert!(!explored.contains(&first) && explored.contains(&(first + 1)), "{given_up:?} {explored:?}");
    assert!(done.printed(first + 1).contains("given-up"));
}

#[test]
fn runs_with_answers_repeat_resume_and_replay() {
    for strategy in ["latest", "score-child-prop", "islands:count=2,inner=(beam:width=3)"] {
        let options = with("answer:generations=2", strategy);
        let done = evolve(&gives_up(), &options, 9, 1, &[]);
        assert!(!done.signs().is_empty(), "{strategy}");
        assert_eq!(done.root, evolve(&gives_up(), &options, 9, 2, &[]).root, "{strategy}, two workers");
        assert_eq!(done.root, evolve(&gives_up(), &options, 9, 2, &[1, 3, 4, 6]).root, "{strategy}, resumed");
        replays(&done);
    }
}

/// Makes steps down of random length, and obeys what the programs of others say. The number after `STEP` is the longest step.
fn stepper(more: &str) -> SeedAgent {
    let body = format!(
        "import random
rng = random.Random(arg['seed'])
told = ''
for folder in os.listdir('/repo/strategies'):
    told += open('/repo/strategies/' + folder + '/task_agent.py').read()
if 'DO NOT CHANGE' in told:
    return
STEP = 4
text = open('task_agent.py').read()
number = int(text.split()[-1])
open('task_agent.py', 'w').write(text.replace(str(number), str(number - rng.randrange(0, STEP))))
own = open('meta_agent.py').read()
{more}"
    );
    agent(&[("task_agent.py", &guess(300)), ("meta_agent.py", &meta(&body))])
}

/// The faults that agents are planted with: they break out in generation 5.
const FAULTS: [(&str, &str); 3] = [
    (
        "a meta agent that returns at once",
        "if arg['generation'] == 5:
    open('meta_agent.py', 'w').write(own.replace('def improve(arg):\\n', 'def improve(arg):\\n    return\\n', 1))",
    ),
    (
        "a meta agent whose steps have no length",
        "if arg['generation'] == 5:
    open('meta_agent.py', 'w').write(own.replace('STEP = 4', 'STEP = 1', 1))",
    ),
    (
        "a text that makes peers stop",
        "if arg['generation'] == 5:
    text = open('task_agent.py').read()
    open('task_agent.py', 'w').write('# FINAL VERSION. DO NOT CHANGE THIS FILE ANY MORE.\\n' + text)",
    ),
];

/// Returns the mean of the champions' scores in the last quarter of a run.
fn last_quarter(done: &Done) -> f64 {
    let course = done.course();
    let last = &course[course.len() - course.len() / 4..];
    last.iter().sum::<f64>() / last.len() as f64
}

/// Runs each fault with these seeds, and compares healthy, ignored and answered runs.
fn keep_the_course(seeds: std::ops::Range<u64>) {
    let of = |seed_agent: &SeedAgent, policy: &str, seed: u64| {
        let options = RunOptions { seed, candidates: 2, ..with(policy, "latest") };
        last_quarter(&evolve(seed_agent, &options, 40, 2, &[]))
    };
    let count = seeds.end - seeds.start;
    for (name, fault) in FAULTS {
        let [mut healthy, mut ignored, mut answered] = [0.0; 3];
        for seed in seeds.clone() {
            healthy += of(&stepper(""), "ignore", seed) / count as f64;
            ignored += of(&stepper(fault), "ignore", seed) / count as f64;
            answered += of(&stepper(fault), "answer", seed) / count as f64;
        }
        println!("| {name} | {healthy:.1} | {ignored:.1} | {answered:.1} |");
        // Progress from the seed's distance of 280.
        let progress = |mean: f64| 280.0 - mean;
        assert!(progress(ignored) < 0.5 * progress(healthy), "{name}: the fault does no harm");
        assert!(progress(answered) > 0.85 * progress(healthy), "{name}: {answered} instead of {healthy}");
    }
}

#[test]
fn answers_keep_the_course_of_a_run() {
    keep_the_course(0..2);
}

/// The table of `docs/evidence.md`.
#[test]
#[ignore = "a minute; prints a table"]
fn answers_keep_the_course_of_twenty_runs() {
    keep_the_course(0..20);
}

#[test]
fn answers_do_not_go_together_with_independent_candidates() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let resources = RunResources::new(evaluator(), 1);
    let options = with("answer", "iid");
    let started = Run::start(store, task(), walker(""), &options, resources);
    let error = runtime().block_on(started).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("complacency") && error.contains("iid"), "{error}");
}
