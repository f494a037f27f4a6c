//! Runs with a paired gate, over HTTP from a stub: what is better is accepted, what is worse is refused, drift is found and undone, and all of
//! it repeats.

use std::sync::OnceLock;

use hyperspace_eval::{Evaluator, Task};
use hyperspace_evolve::{
    CandidateId, Event, Fate, GenerationRecord, ModelOptions, ModelResources, ModelSource, PopulationOptions,
    Run, RunConfig, RunOptions, RunResources, SearchOptions, SeedAgent, journal, load_config, records,
};
use hyperspace_llm::{BudgetLimits, Spend};
use hyperspace_replay::{ReplayScope, replay};
use hyperspace_sandbox::{Limits, Sandbox};
use hyperspace_store::Store;
use hyperspace_testkit::file_set;
use hyperspace_testkit::models::StubModels;
use hyperspace_testkit::sandbox::{config, runtime};

const ROWS: usize = 20;
const GENERATIONS: u64 = 5;

const TASK: &str = "[task]\nname = \"yes\"\ntitle = \"Yes\"\ndescription = \"Say yes.\"\ndirection = \"maximize\"\n\
    [entry]\nmodule = \"task_agent\"\nfunction = \"answer\"\n\
    [scorer]\nkind = \"rows\"\nmetric = \"label\"\n\
    [splits.train]\nfile = \"train.csv\"\n[splits.held-out]\nfile = \"held.csv\"\n";

/// Asks the grader, in a way that its first word says.
const AGENT: &str = "from agent.llm_client import EVAL_MODEL, get_response_from_llm
WAY = 'fair'
def answer(row):
    return get_response_from_llm(WAY + ' ' + row, model=EVAL_MODEL, temperature=0.0, msg_history=[])[0]
";

/// Finds the good way in the first generation, and bad ones after that.
const META: &str = "def improve(arg):
    way = 'good' if arg['generation'] == 1 else 'bad' + str(arg['generation'])
    text = open('task_agent.py').read().split(chr(39))
    text[1] = way
    open('task_agent.py', 'w').write(chr(39).join(text))
";

/// The good way is right three times, and wrong from then on, as after a change of the provider. The fair one is right on even rows.
const SCRIPT: &str = r#"
[[rule]]
name = "good"
when = { model = "grader", contains = ["good"] }
per = "conversation"
times = 3
[[rule.answer]]
text = "yes"
[[rule]]
name = "even"
when = { model = "grader", contains = ["fair", "even"] }
[[rule.answer]]
text = "yes"
[[rule]]
name = "rest"
when = { model = "grader" }
[[rule.answer]]
text = "no"
"#;

fn task() -> Task {
    let rows = |split: &str| {
        let row = |number: usize| {
            let side = if number.is_multiple_of(2) { "even" } else { "odd" };
            format!("{split}{number},\"[\"\"{side} {split} {number}\"\"]\",yes\n")
        };
        format!("name,input,expected\n{}", (0..ROWS).map(row).collect::<String>())
    };
    let files = [("task.toml", TASK.to_owned()), ("train.csv", rows("t")), ("held.csv", rows("h"))];
    Task::from_files(&file_set(&files), "yes").unwrap()
}

fn evaluator() -> Evaluator {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    let sandbox = SANDBOX.get_or_init(|| Sandbox::new(&config().with_instances_max(16)).unwrap());
    Evaluator::new(sandbox.clone()).unwrap()
}

struct Done {
    _folder: tempfile::TempDir,
    store: Store,
    config: RunConfig,
    records: Vec<GenerationRecord>,
    events: Vec<Event>,
    root: String,
}

fn options(gate: &str) -> RunOptions {
    let search =
        SearchOptions { gate: gate.parse().unwrap(), ..SearchOptions::new("latest".parse().unwrap()) };
    RunOptions {
        seed: 3,
        candidates: 1,
        search: Some(search),
        meta_limits: Limits::default().with_fuel(2_000_000_000),
        populations: vec![PopulationOptions { model: "meta".to_owned(), generations: None }],
        models: ModelOptions { eval_model: Some("grader".to_owned()), ..ModelOptions::default() },
        ..RunOptions::default()
    }
}

/// Runs all generations, and is taken up anew after each of `stops`.
fn evolve(gate: &str, workers: usize, stops: &[u64]) -> Done {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    runtime().block_on(async {
        let stub = StubModels::start(SCRIPT, &["meta", "grader"], "").await;
        let means = || {
            let source = ModelSource::Providers(stub.models.clone(), folder.path().join("calls"));
            let (run, population) = (BudgetLimits::default(), BudgetLimits::default());
            let models =
                ModelResources { source, conversations: 4, run, population, before: Spend::default() };
            RunResources::new(evaluator(), workers).models(models)
        };
        let agent = SeedAgent {
            name: "asker".to_owned(),
            files: file_set(&[("task_agent.py", AGENT), ("meta_agent.py", META)]),
        };
        let mut run = Run::start(store.clone(), task(), agent, &options(gate), means()).await.unwrap();
        for stop in stops {
            run.run_to(*stop).await.unwrap();
            let id = *run.id();
            drop(run);
            run = Run::open(store.clone(), &id, means()).await.unwrap();
        }
        run.run_to(GENERATIONS).await.unwrap();
        let records = records(&store, run.id()).unwrap().into_iter().map(|(_, record)| record).collect();
        let events = journal(&store, run.id()).unwrap().into_iter().map(|entry| entry.event).collect();
        let (config, root) = (load_config(&store, run.id()).unwrap(), run.summary().unwrap().root);
        Done { _folder: folder, store, config, records, events, root }
    })
}

const PAIRED: &str = "paired:repeats=2,remeasure=1";

#[test]
fn a_paired_gate_accepts_what_is_better_and_undoes_drift() {
    let done = evolve(PAIRED, 2, &[]);
    let fates: Vec<Fate> = done.records.iter().skip(1).map(|record| record.candidates[0].fate).collect();
    assert_eq!(fates[0], Fate::Champion);
    assert!(fates[1..].iter().all(|fate| *fate == Fate::NoBetter), "{fates:?}");
    // Held-out rows are spent only where training rows do not refuse the candidate.
    assert!(done.records[2].candidates[0].held_out.is_none());
    let (seed, good) =
        (CandidateId { generation: 0, candidate: 0 }, CandidateId { generation: 1, candidate: 0 });
    let drifts = done.events.iter().filter_map(|event| match event {
        Event::DriftFound(found) => Some((found.generation, found.measured, found.gained, found.lost)),
        _ => None,
    });
    assert_eq!(drifts.collect::<Vec<_>>(), [(4, good, 0, 2 * ROWS as u64)]);
    let restored = done.events.iter().find_map(|event| match event {
        Event::ChampionRestored(restored) => Some((restored.generation, restored.from, restored.to)),
        _ => None,
    });
    assert_eq!(restored, Some((4, good, seed)));
    let champions: Vec<CandidateId> = done.records.iter().map(|record| record.champion().id).collect();
    assert_eq!(champions, [seed, good, good, good, seed, seed]);
    assert!(
        done.records[4].remeasured.iter().all(|again| again.drift) && done.records[4].remeasured.len() == 2
    );
}

#[test]
fn runs_with_a_paired_gate_repeat() {
    let (one, two) = (evolve(PAIRED, 1, &[]), evolve(PAIRED, 2, &[2, 4]));
    assert_eq!(one.root, two.root);
    let value = one.config.to_value().unwrap();
    assert_eq!((&value["format"], &value["search"]["gate"]["repeats"]), (&3.into(), &2.into()));
    assert_eq!(RunConfig::from_value(&value).unwrap(), one.config);
    for record in &two.records {
        assert_eq!(&GenerationRecord::from_value(&record.to_value().unwrap()).unwrap(), record);
    }
    let id = two.config.id().unwrap();
    let replayed = runtime().block_on(replay(
        &two.store,
        &id,
        ReplayScope::All,
        RunResources::new(evaluator(), 1),
        &mut |_, _| (),
    ));
    assert_eq!(replayed.unwrap().differences, []);
}

#[test]
fn a_run_with_the_fixed_gate_records_nothing_of_it() {
    let done = evolve("fixed", 2, &[]);
    assert!(done.config.to_value().unwrap()["search"].get("gate").is_none());
    for record in &done.records {
        assert!(record.to_value().unwrap().get("remeasured").is_none());
    }
    let of_gates = |event: &Event| matches!(event, Event::AgentMeasured(_) | Event::CandidateCompared(_));
    assert!(!done.events.iter().any(of_gates));
}
