//! The version of the policies on texts of others: new runs record the newest one, and others keep theirs.

use crate::common::{agent, evaluator, guess, meta, options, replayed, runtime, task};
use hyperspace_core::RecordId;
use hyperspace_evolve::continuous::ContinuousConfig;
use hyperspace_evolve::{
    Event, EvolveError, RUN_KIND, Run, RunConfig, RunOptions, RunResources, RunStarted, SearchOptions,
    SeedAgent, Sharing, SharingRules, journal, load_config,
};
use hyperspace_store::Store;
use serde_json::{Value, json};

/// Comes nearer by one, and says that no error is left, which only the second version reads.
const BOASTING: &str = "text = open('task_agent.py').read()
number = int(text.split()[-1])
open('task_agent.py', 'w').write('# error 0.0001 now\\ndef guess():\\n    return %d\\n' % (number + 1))";

fn boaster() -> SeedAgent {
    agent(&[("task_agent.py", &guess(10)), ("meta_agent.py", &meta(BOASTING))])
}

fn sharing(sharing: Sharing) -> RunOptions {
    let search = Some(SearchOptions::new("best".parse().unwrap()));
    RunOptions { search, sharing: Some(sharing), candidates: 1, ..options(7) }
}

/// Begins a run and returns its configuration as it is stored.
fn begun(store: &Store, form: Sharing) -> Value {
    let options = sharing(form);
    let resources = RunResources::new(evaluator(), 2);
    let begin = Run::start(store.clone(), task(), boaster(), &options, resources);
    let run = runtime().block_on(begin).unwrap();
    load_config(store, run.id()).unwrap().to_value().unwrap()
}

/// Stores a configuration as the beginning of a run, without its first generation.
fn stored(store: &Store, config: &Value) -> RecordId {
    let mut batch = store.batch().unwrap();
    let run = batch.put_record(RUN_KIND, config).unwrap();
    let read = RunConfig::from_value(config).unwrap();
    Event::from(RunStarted { run, task: read.task, agent: read.agent }).append_to(&mut batch, &run).unwrap();
    batch.commit().unwrap();
    run
}

/// Continues a run to generation 2, replays it, and returns the number of members with claims that were marked.
fn claims_of(store: &Store, id: &RecordId) -> usize {
    runtime().block_on(async {
        let resources = RunResources::new(evaluator(), 2);
        let mut run = Run::open(store.clone(), id, resources).await.unwrap();
        run.run_to(2).await.unwrap();
    });
    replayed(store, id);
    let events = journal(store, id).unwrap();
    let marked = events.iter().filter(|entry| match &entry.event {
        Event::MemberSanitised(one) => one.changes.iter().any(|change| change.policy.name() == "claim"),
        _ => false,
    });
    marked.count()
}

#[test]
fn new_runs_mark_by_the_second_version_and_records_without_one_have_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let new = begun(&store, Sharing::Sanitised);
    assert_eq!(new["sharing_rules"], "second");
    assert!(claims_of(&store, &RunConfig::from_value(&new).unwrap().id().unwrap()) > 0);
    let mut old = new.clone();
    old.as_object_mut().unwrap().remove("sharing_rules");
    let id = stored(&store, &old);
    let read = load_config(&store, &id).unwrap();
    assert_eq!((read.sharing_rules, read.to_value().unwrap()), (SharingRules::First, old));
}

#[test]
fn raw_runs_name_no_version() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let mut raw = begun(&store, Sharing::Raw);
    assert!(raw.get("sharing").is_none() && raw.get("sharing_rules").is_none());
    raw["sharing_rules"] = json!("second");
    let error = RunConfig::from_value(&raw).unwrap_err().to_string();
    assert!(error.contains("goes together with `sharing`"), "{error}");
}

#[test]
fn later_versions_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let mut value = begun(&store, Sharing::Sanitised);
    value["sharing_rules"] = json!("ninth");
    let error = RunConfig::from_value(&value).unwrap_err();
    assert!(matches!(&error, EvolveError::OtherSharingRules { recorded } if recorded == "ninth"));
    let told = error.to_string();
    assert!(told.contains("\"ninth\"") && told.contains("first and second; update hyperspace"), "{told}");
}

#[test]
fn a_continuous_run_takes_the_version_of_its_build() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let mut season = RunConfig::from_value(&begun(&store, Sharing::Sanitised)).unwrap();
    let config = ContinuousConfig::new(&season).unwrap();
    season.sharing_rules = SharingRules::First;
    assert_eq!(config.difference(&season).unwrap(), None);
    assert_eq!(ContinuousConfig::new(&season).unwrap().id().unwrap(), config.id().unwrap());
}
