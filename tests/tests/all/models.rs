//! Runs whose agents ask models, over HTTP from a stub: what two agents learn from each other, what breaking ones come to, and
//! that it all comes out again without the stub.

use std::sync::OnceLock;

use hyperspace_core::{FileSet, RecordId, RelPath};
use hyperspace_eval::{Evaluator, Score, Task};
use hyperspace_evolve::{
    CandidateRecord, Event, EvolveError, Fate, GenerationRecord, JournalEvent, ModelOptions, ModelResources,
    ModelSource, PopulationOptions, Run, RunOptions, RunResources, SeedAgent, Selection, ToolRun,
    bundled_agent, exchanges, journal, journal_segment, load_record, records, streams_of,
};
use hyperspace_interop::original;
use hyperspace_llm::{BudgetLimits as Budget, SessionError, Spend};
use hyperspace_replay::{ReplayScope, replay};
use hyperspace_sandbox::{Limits, Sandbox};
use hyperspace_store::Store;
use hyperspace_testkit::models::{KEY, StubModels};
use hyperspace_testkit::paths;
use hyperspace_testkit::sandbox::{config, runtime};

/// The example of a paired run, which users try without a key: its task, and what its models say.
const EXAMPLE: &str = "paired";
const SCRIPT: &str = include_str!("../../../data/examples/paired/script.toml");
/// The heading in the script above the answers of the model that task agents ask.
const GRADER: &str = "# The grader knows";

/// Rows with a grade in the text of each; whoever asks carefully enough is told it.
fn task() -> Task {
    let folder = paths::example(EXAMPLE).join("task");
    let names = ["task.toml", "train.csv", "held.csv", "test.csv"];
    let files = names.map(|name| (name, std::fs::read(folder.join(name)).unwrap()));
    Task::from_files(&hyperspace_testkit::file_set(&files), "grades").unwrap()
}

fn grader() -> &'static str {
    &SCRIPT[SCRIPT.find(GRADER).unwrap()..]
}

/// Models that lead to a stub, and a folder with a store.
struct ModelRun {
    models: StubModels,
    folder: tempfile::TempDir,
}

impl ModelRun {
    async fn new(script: &str, names: &[&str]) -> Self {
        let models = StubModels::start(script, names, "input-price = 1\noutput-price = 2").await;
        Self { models, folder: tempfile::tempdir().unwrap() }
    }

    fn store(&self) -> Store {
        Store::open_or_create(self.folder.path(), "test").unwrap()
    }

    fn means(&self, workers: usize) -> RunResources {
        self.means_within(workers, Budget::default())
    }

    fn means_within(&self, workers: usize, run: Budget) -> RunResources {
        let source = ModelSource::Providers(self.models.models.clone(), self.folder.path().join("calls"));
        let models = ModelResources {
            source,
            conversations: 16,
            run,
            population: Budget::default(),
            before: Spend::default(),
        };
        RunResources::new(evaluator(), workers).models(models)
    }
}

fn evaluator() -> Evaluator {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    let sandbox = SANDBOX.get_or_init(|| Sandbox::new(&config().with_instances_max(16)).unwrap());
    Evaluator::new(sandbox.clone()).unwrap()
}

fn options(models: &[&str]) -> RunOptions {
    let agent = |model: &&str| PopulationOptions { model: (*model).to_owned(), generations: None };
    RunOptions {
        seed: 3,
        candidates: 1,
        selection: Selection::Best,
        meta_limits: Limits::default().with_fuel(20_000_000_000),
        populations: models.iter().map(agent).collect(),
        models: ModelOptions { eval_model: Some("grader".to_owned()), ..ModelOptions::default() },
        ..RunOptions::default()
    }
}

fn baseline() -> SeedAgent {
    bundled_agent("baseline", &task()).unwrap()
}

/// Runs a script; answers what was recorded, and the root.
async fn run(
    model_run: &ModelRun,
    store: &Store,
    options: &RunOptions,
    generations: u64,
) -> (RecordId, Vec<GenerationRecord>, String) {
    let mut run = Run::start(store.clone(), task(), baseline(), options, model_run.means(2)).await.unwrap();
    run.run_to(generations).await.unwrap();
    let list = records(store, run.id()).unwrap().into_iter().map(|(_, record)| record).collect();
    (*run.id(), list, run.summary().unwrap().root)
}

async fn assert_replays(store: &Store, run: &RecordId) {
    let replayed = replay(store, run, ReplayScope::All, RunResources::new(evaluator(), 2), &mut |_, _| ())
        .await
        .unwrap();
    assert_eq!(replayed.differences, []);
    assert!(replayed.generations.len() > 1);
}

fn of_agent(record: &GenerationRecord, agent: u64) -> &CandidateRecord {
    record.candidates.iter().find(|candidate| candidate.population == agent).unwrap()
}

fn fates(records: &[GenerationRecord], agent: u64) -> Vec<Fate> {
    records.iter().map(|record| of_agent(record, agent).fate).collect()
}

/// Written as outcome files, every agent has a folder with its own lineage, scores, files and calls; read again, all of it is
/// there.
fn assert_outcome(store: &Store, run: &RecordId, records: &[GenerationRecord]) {
    let mut files = FileSet::new();
    let mut put = |path: &RelPath, content: &[u8]| {
        assert_eq!(files.insert(path.clone(), content.to_vec()).unwrap(), None, "{path}");
        Ok(())
    };
    original::export(store, run, &mut put).unwrap();
    let directory = original::read(files).unwrap();
    assert_eq!(directory.defects, []);
    for (index, (agent, name)) in directory.agents.iter().zip(["alpha", "beta"]).enumerate() {
        assert_eq!((agent.folder.as_str(), agent.name.as_deref()), (&*format!("{name}/"), Some(name)));
        assert_eq!(agent.config.as_ref().unwrap()["model"], name);
        let best = records.last().unwrap().champions[index].held_out.to_f64();
        assert_eq!(agent.summary.as_ref().unwrap()["best_val"].as_f64(), Some(best));
        assert_eq!(agent.generations.len(), records.len());
        for (generation, record) in agent.generations.iter().zip(records) {
            let one = of_agent(record, index as u64);
            assert_eq!(generation.repo.as_ref().unwrap().tree().id(), one.tree);
            let score = one.train.as_ref().and_then(|train| train.score.as_ref()).map(Score::to_f64);
            assert_eq!(generation.metadata.train_score, score);
            let calls =
                |split: &Option<hyperspace_evolve::EvaluationRef>, rows| split.as_ref().map_or(0, |_| rows);
            let rows = calls(&one.train, 8) + calls(&one.held_out, 6);
            // The seed is evaluated once for all agents whose task agents ask the same model.
            let least = match record.generation {
                0 if index > 0 => 0,
                0 => rows,
                _ => rows + 1,
            };
            assert!(generation.calls >= least, "{}: {} of {least}", generation.folder, generation.calls);
        }
    }
    let first = RelPath::new("alpha/gen_1/llm_calls.jsonl").unwrap();
    let text = String::from_utf8(directory.files.get(&first).unwrap().to_vec()).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((&line["model"], &line["tool_calls"][0]["name"]), (&"alpha".into(), &"bash".into()));
    assert!(line["tool_calls"][0]["arguments"].as_str().unwrap().contains("/repo/strategies"), "{line}");
    assert!(!text.contains(KEY) && line["timestamp"].is_null());
    let imported = original::import(store, &directory, "").unwrap();
    let again = original::rescore(store, &imported.run, None).unwrap();
    assert_eq!((again.differences(), again.unscored), (0, vec![]));
    assert!(again.evaluations.len() > 8, "{}", again.evaluations.len());
}

fn pair() -> (String, [&'static str; 3]) {
    (SCRIPT.to_owned(), ["alpha", "beta", "grader"])
}

#[test]
fn one_agent_publishes_the_other_adopts_and_both_rise() {
    let (script, names) = pair();
    runtime().block_on(async {
        let model_run = ModelRun::new(&script, &names).await;
        let store = model_run.store();
        let (id, records, root) = run(&model_run, &store, &options(&["alpha", "beta"]), 6).await;
        let scores = |agent: usize| -> Vec<f64> {
            records.iter().map(|record| record.champions[agent].score.to_f64()).collect()
        };
        assert_eq!(scores(0), [0.0, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(
            scores(1),
            [0.0, 0.0, 0.5, 1.0, 1.0, 1.0, 1.0],
            "a round later: what was published before it"
        );
        assert_eq!(fates(&records, 0)[..4], [Fate::Seed, Fate::Champion, Fate::Champion, Fate::Unchanged]);
        assert_eq!(fates(&records, 1)[..4], [Fate::Seed, Fate::Unchanged, Fate::Champion, Fate::Champion]);
        let last = records.last().unwrap();
        assert_eq!(last.champions[0].held_out, Score::integer(1_u64));
        assert_eq!(last.champions[0].tree, last.champions[1].tree, "beta has alpha's code");

        let events = journal(&store, &id).unwrap();
        let tools = calls_of(&events, "bash") + calls_of(&events, "editor");
        assert!(tools >= 12, "{tools}");
        let published = events.iter().filter_map(|entry| match &entry.event {
            Event::StrategyPublished(published) => Some(published.name.as_str()),
            _ => None,
        });
        let published: Vec<&str> = published.collect();
        assert_eq!(published, ["alpha_gen1", "alpha_gen2", "beta_gen2", "beta_gen3"]);
        let first =
            streams_of(&events).find(|stream| stream.stream == "generation/1/candidate/0/meta/0").unwrap();
        let asked = exchanges(&store, first).unwrap();
        assert_eq!((asked.len(), asked[0].request.model.as_str()), (3, "alpha"));
        assert_eq!(store.fsck().unwrap().damaged, []);
        assert_replays(&store, &id).await;
        assert_outcome(&store, &id, &records);

        // The same again, elsewhere, with one worker.
        let again = ModelRun::new(&script, &names).await;
        let store = again.store();
        let mut second =
            Run::start(store.clone(), task(), baseline(), &options(&["alpha", "beta"]), again.means(1))
                .await
                .unwrap();
        second.run_to(6).await.unwrap();
        assert_eq!(second.summary().unwrap().root, root);
        let calls: Vec<_> = std::fs::read_dir(again.folder.path().join("calls")).unwrap().collect();
        assert!(calls.is_empty(), "what is committed is in the store alone");
    });
}

/// A meta agent does something once, in generation 1; afterwards it makes the prompt better.
fn once(first: &str) -> String {
    format!(
        "{first}\n[[rule]]\nname = \"better\"\nwhen = {{ model = \"alpha\", turn = 1, tool = \"editor\" }}\n[[rule.answer]]\n\
         calls = [{{ name = \"editor\", arguments = {{ command = \"str_replace\", path = \"/repo/task_agent.py\", \
         old_str = \"Solve the task\", new_str = \"Solve carefully the task\" }} }}]\n\
         [[rule]]\nname = \"done\"\nwhen = {{ model = \"alpha\" }}\n[[rule.answer]]\ntext = \"Done.\"\n{}",
        grader()
    )
}

fn calls(command: &str) -> String {
    format!(
        "[[rule]]\nname = \"breaks\"\ntimes = 1\nper = \"script\"\nwhen = {{ model = \"alpha\", turn = 1 }}\n[[rule.answer]]\n\
         calls = [{{ name = \"bash\", arguments = {{ command = {command:?} }} }}]\n\
         [[rule]]\nname = \"ends\"\ntimes = 1\nper = \"script\"\nwhen = {{ model = \"alpha\", turn = 2 }}\n[[rule.answer]]\ntext = \"So.\"\n"
    )
}

/// Whatever a meta agent does in generation 1, it has the documented verdict, and generation 2 succeeds from working code.
fn breaks(first: &str, fate: Fate, look: impl Fn(&Store, &[JournalEvent], &GenerationRecord)) {
    runtime().block_on(async {
        let model_run = ModelRun::new(&once(first), &["alpha", "grader"]).await;
        let store = model_run.store();
        let (id, records, _) = run(&model_run, &store, &options(&["alpha"]), 2).await;
        assert_eq!(records[1].candidates[0].fate, fate);
        assert_eq!(records[2].candidates[0].fate, Fate::Champion, "the next generation succeeds");
        assert_eq!(records[2].champion().score, Score::ratio(1_u64, 2_u64).unwrap());
        look(&store, &journal_segment(&store, &id, records[1].journal).unwrap(), &records[1]);
        assert_replays(&store, &id).await;
    });
}

fn refused(events: &[JournalEvent], target: &str) -> bool {
    let found =
        |event: &Event| matches!(event, Event::EditRefused(refused) if refused.target.contains(target));
    events.iter().any(|entry| found(&entry.event))
}

/// Number of calls of a tool.
fn calls_of(events: &[JournalEvent], tool: &str) -> usize {
    let found = |event: &Event| match event {
        Event::ToolFinished(finished) => {
            matches!(&finished.tool, ToolRun::Call(call) if call.tool == tool)
        }
        _ => false,
    };
    events.iter().filter(|entry| found(&entry.event)).count()
}

#[test]
fn a_meta_agent_that_breaks_itself_is_stood_in_for() {
    // Generation 1 breaks its own meta agent and is no better, so it is not admitted; generation 2 is forked from the seed.
    let first = calls("cd /repo && echo 'raise SystemExit(3)' > meta_agent.py");
    breaks(&first, Fate::NoBetter, |_, events, _| {
        let found = |event: &Event| matches!(event, Event::EditAccepted(edit) if edit.path.as_str() == "meta_agent.py");
        assert!(events.iter().any(|entry| found(&entry.event)));
    });
}

#[test]
fn a_meta_agent_that_deletes_the_task_agent_has_no_score() {
    let first = calls("rm /repo/task_agent.py");
    breaks(&first, Fate::Failed, |_, _, record| assert!(record.candidates[0].train.is_none()));
}

#[test]
fn writing_outside_of_the_scope_is_refused_and_told() {
    let first = calls(
        "echo x > /repo/other.py; echo x > /usr/y; echo x > /repo/evals/z; rm -r /repo/evals; echo x > /repo/strategies/z",
    );
    breaks(&first, Fate::Unchanged, |_, events, _| {
        for target in ["repo/other.py", "usr/y", "repo/evals", "repo/strategies"] {
            assert!(refused(events, target), "{target}");
        }
    });
}

#[test]
fn forty_tool_calls_are_all_there_are() {
    let first = "[[rule]]\nname = \"more and more\"\ntimes = 41\nper = \"script\"\nwhen = { model = \"alpha\", tool = \"bash\" }\n[[rule.answer]]\n\
         calls = [{ name = \"bash\", arguments = { command = \"echo again\" } }]\n";
    breaks(first, Fate::Unchanged, |_, events, _| {
        assert_eq!(calls_of(events, "bash"), 40);
    });
}

#[test]
fn malformed_arguments_and_unknown_tools_are_answered() {
    let first = "[[rule]]\nname = \"nonsense\"\ntimes = 1\nper = \"script\"\nwhen = { model = \"alpha\", turn = 1 }\n[[rule.answer]]\n\
         calls = [{ name = \"editor\", arguments-text = '{\"command\": \"view\", ' }, { name = \"delete_everything\", arguments = {} }, \
         { name = \"editor\", arguments = { command = \"view\" } }]\n\
         [[rule]]\nname = \"ends\"\ntimes = 1\nper = \"script\"\nwhen = { model = \"alpha\", turn = 2 }\n[[rule.answer]]\ntext = \"So.\"\n";
    breaks(first, Fate::Unchanged, |store, events, _| {
        let stream = streams_of(events).next().unwrap();
        let told = serde_json::to_string(&exchanges(store, stream).unwrap()[1].request).unwrap();
        for what in ["not a JSON object", "there is no tool", "does not take these arguments"] {
            assert!(told.contains(what), "{what}: {told}");
        }
    });
}

#[test]
fn an_outage_stops_the_run_and_loses_nothing() {
    let away = "[[rule]]\nname = \"away\"\ntimes = 8\nper = \"script\"\nwhen = { model = \"alpha\", turn = 2 }\n[[rule.answer]]\nstatus = 503\n";
    let (script, names) = pair();
    runtime().block_on(async {
        let undisturbed = ModelRun::new(&script, &names).await;
        let (_, _, root) = run(&undisturbed, &undisturbed.store(), &options(&["alpha", "beta"]), 2).await;
        let model_run = ModelRun::new(&format!("{away}{script}"), &names).await;
        let store = model_run.store();
        let mut first =
            Run::start(store.clone(), task(), baseline(), &options(&["alpha", "beta"]), model_run.means(2))
                .await
                .unwrap();
        let error = first.run_to(2).await.unwrap_err();
        assert!(matches!(error, EvolveError::Model(SessionError::Outage(_))), "{error}");
        let id = *first.id();
        drop(first);
        let mut second = Run::open(store.clone(), &id, model_run.means(2)).await.unwrap();
        assert_eq!(second.generation(), 0, "nothing of the generation was recorded");
        second.run_to(2).await.unwrap();
        assert_eq!(second.summary().unwrap().root, root);
    });
}

/// The refusal of a model that answered before is recorded as the failure of that call, in a resumed run as in an undisturbed one.
#[test]
fn a_resumed_run_knows_which_models_answered() {
    let refused = "[[rule]]\nname = \"refused\"\ntimes = 1\nper = \"script\"\nwhen = { model = \"alpha\", turn = 1 }\n\
                   [[rule.answer]]\nstatus = 400\nerror = \"content_filter: not this one\"\n";
    let whole = format!("{}{refused}", calls("true"));
    runtime().block_on(async {
        let undisturbed = ModelRun::new(&once(&whole), &["alpha", "grader"]).await;
        let (_, records, root) = run(&undisturbed, &undisturbed.store(), &options(&["alpha"]), 2).await;
        assert!(records[2].candidates[0].meta.len() > 1 || records[2].candidates[0].fate == Fate::MetaFailed);
        let first = ModelRun::new(&once(&whole), &["alpha", "grader"]).await;
        let store = first.store();
        let (id, _, _) = run(&first, &store, &options(&["alpha"]), 1).await;
        let second = ModelRun::new(&once(refused), &["alpha", "grader"]).await;
        let mut resumed = Run::open(store, &id, second.means(2)).await.unwrap();
        resumed.run_to(2).await.unwrap();
        assert_eq!(resumed.summary().unwrap().root, root);
    });
}

#[test]
fn a_spent_budget_of_the_run_stops_it_and_a_larger_one_goes_on() {
    let (script, names) = pair();
    runtime().block_on(async {
        let undisturbed = ModelRun::new(&script, &names).await;
        let (_, _, root) = run(&undisturbed, &undisturbed.store(), &options(&["alpha", "beta"]), 2).await;
        let model_run = ModelRun::new(&script, &names).await;
        let store = model_run.store();
        let id =
            Run::start(store.clone(), task(), baseline(), &options(&["alpha", "beta"]), model_run.means(2))
                .await
                .unwrap()
                .id()
                .to_owned();
        let mut stops = 0;
        for calls in 14.. {
            let budget = Budget::default().calls(calls);
            let mut again = Run::open(store.clone(), &id, model_run.means_within(2, budget)).await.unwrap();
            match again.run_to(2).await {
                Ok(()) => {
                    assert_eq!(again.spent().calls, calls, "to the call");
                    assert_eq!(again.summary().unwrap().root, root);
                    break;
                }
                Err(
                    EvolveError::Model(SessionError::Budget(spent))
                    | EvolveError::Eval(hyperspace_eval::EvalError::Model {
                        source: SessionError::Budget(spent),
                        ..
                    }),
                ) => {
                    assert_eq!((spent.limit, spent.account.as_str()), (calls, "the run"));
                    stops += 1;
                }
                Err(error) => panic!("{error:?}"),
            }
        }
        assert!(stops > 10, "{stops}");
    });
}

#[test]
fn the_key_is_nowhere() {
    let (script, names) = pair();
    let first =
        calls("env; cat /proc/self/environ; python3 -c 'import os; print(dict(os.environ))'; echo $KEY");
    runtime().block_on(async {
        for script in [script, once(&first)] {
            let model_run = ModelRun::new(&script, &names).await;
            let store = model_run.store();
            let agents: &[&str] = if script.contains("beta") { &["alpha", "beta"] } else { &["alpha"] };
            run(&model_run, &store, &options(agents), 1).await;
            drop(store);
            for entry in std::fs::read_dir(model_run.folder.path()).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    let bytes = std::fs::read(&path).unwrap();
                    assert!(
                        !bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()),
                        "{}",
                        path.display()
                    );
                }
            }
        }
    });
}

#[test]
fn a_call_that_differs_is_a_difference_with_both_requests() {
    let (script, names) = pair();
    runtime().block_on(async {
        let model_run = ModelRun::new(&script, &names).await;
        let store = model_run.store();
        let (id, _, _) = run(&model_run, &store, &options(&["alpha", "beta"]), 1).await;
        // A generation whose journal names the other agent's conversation as the first one's.
        let (generation, _) = records(&store, &id).unwrap().pop().unwrap();
        let record = load_record(&store, &generation).unwrap();
        let events = journal_segment(&store, &id, record.journal).unwrap();
        let meta: Vec<_> = streams_of(&events).filter(|stream| stream.stream.contains("/meta/")).collect();
        assert_eq!(meta.len(), 2);
        let mut wrong = meta[0].clone();
        wrong.head = meta[1].head;
        let error = exchanges(&store, &wrong).unwrap_err().to_string();
        assert!(error.contains("it is not the exchange of stream"), "{error}");
        let file = RelPath::new("task_agent.py").unwrap();
        assert!(store.get_files(&record.champions[0].tree).unwrap().get(&file).is_some());
    });
}
