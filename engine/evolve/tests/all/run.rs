//! Whole runs with small agents: what is recorded, that it repeats, and what breaking agents come to.

use crate::common::{CLIMB, agent, begin, climber, evaluator, guess, meta, options, runtime, task};
use std::sync::Arc;

use hyperspace_core::{MarkKind, RecordId, RelPath, ScopeName};
use hyperspace_evolve::{
    CandidateRecord, Event, EvolveError, Fate, GenerationRecord, Run, RunResources, SeedAgent,
    journal_segment, load_record, records, space_name,
};
use hyperspace_markspace::{
    Authority, Explanation, GuardCheck, Listing, LogicalClock, Query, Seq, SpaceRules,
};
use hyperspace_store::{SpaceReader, Store};
use serde_json::Value;

/// Runs `generations` and answers the store, the records and the root.
fn evolve(
    agent: SeedAgent,
    generations: u64,
    workers: usize,
) -> (tempfile::TempDir, Vec<GenerationRecord>, String) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let (records, root) = runtime().block_on(async {
        let mut run = begin(&store, agent, 7, workers).await.unwrap();
        run.run_to(generations).await.unwrap();
        let list = records(&store, run.id()).unwrap();
        (list.into_iter().map(|(_, record)| record).collect(), run.summary().unwrap().root)
    });
    assert_eq!(store.fsck().unwrap().damaged, []);
    (folder, records, root)
}

fn candidates(records: &[GenerationRecord]) -> impl Iterator<Item = &CandidateRecord> {
    records.iter().skip(1).flat_map(|record| &record.candidates)
}

#[test]
fn a_climber_climbs_and_the_gate_holds() {
    let (_folder, records, _) = evolve(climber(10), 8, 2);
    let first = records[0].champion();
    let last = records.last().unwrap().champion();
    assert!(last.score < first.score && last.held_out < first.held_out, "{last:?}");
    let mut fates: Vec<Fate> = candidates(&records).map(|candidate| candidate.fate).collect();
    fates.dedup();
    assert!(fates.contains(&Fate::Champion) && fates.contains(&Fate::NoBetter), "{fates:?}");
    for candidate in candidates(&records) {
        let improved = candidate.held_out.is_some();
        assert_eq!(improved, candidate.fate.is_admitted() || candidate.fate == Fate::Overfitted);
        assert_eq!(candidate.meta.len(), 1);
    }
}

#[test]
fn the_number_of_workers_changes_nothing() {
    let (_one, _, root) = evolve(climber(10), 5, 1);
    let (_two, _, again) = evolve(climber(10), 5, 2);
    let (_five, _, once_more) = evolve(climber(10), 5, 5);
    assert_eq!(root, again);
    assert_eq!(root, once_more);
}

#[test]
fn an_interrupted_run_ends_with_the_same_root() {
    let (_whole, _, root) = evolve(climber(10), 6, 2);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let runtime = runtime();
    let id = *runtime.block_on(begin(&store, climber(10), 7, 2)).unwrap().id();
    for goal in 1..=6 {
        runtime.block_on(async {
            let mut run = Run::open(store.clone(), &id, RunResources::new(evaluator(), 2)).await.unwrap();
            // Given up in the middle of the next generation: nothing of it is written.
            let soon = std::time::Duration::from_millis(3 * goal);
            drop(tokio::time::timeout(soon, run.run_to(6)).await);
            let mut run = Run::open(store.clone(), &id, RunResources::new(evaluator(), 2)).await.unwrap();
            run.run_to(goal.max(run.generation())).await.unwrap();
        });
    }
    let run = runtime.block_on(Run::open(store.clone(), &id, RunResources::new(evaluator(), 2))).unwrap();
    assert_eq!(run.summary().unwrap().root, root);
}

#[test]
fn the_same_configuration_is_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    runtime().block_on(async {
        let mut run = begin(&store, climber(10), 7, 2).await.unwrap();
        run.run_to(2).await.unwrap();
        let root = run.summary().unwrap().root;
        let again = begin(&store, climber(10), 7, 1).await.unwrap();
        assert_eq!((again.generation(), again.summary().unwrap().root), (2, root));
        let other = begin(&store, climber(10), 8, 1).await.unwrap();
        assert_ne!(other.id(), again.id());
    });
    assert_eq!(store.runs().unwrap().len(), 2);
}

#[test]
fn edits_outside_of_the_scope_are_refused_and_the_rest_counts() {
    let body = format!(
        "for name in ['/repo/new.py', '/usr/x', '/sdk/x', '/repo/evals/x', '/repo/strategies/x', '/repo/README']:
    try:
        open(name, 'w').write('x')
        raise SystemError(name)
    except OSError:
        pass
os.makedirs('lib/deep')
open('lib/deep/note.py', 'w').write(str(arg['candidate']))
{CLIMB}"
    );
    let files = [("task_agent.py", &*guess(10)), ("meta_agent.py", &meta(&body)), ("README", "fixed")];
    let (folder, records, _) = evolve(agent(&files), 1, 2);
    let store = Store::open_reader(folder.path()).unwrap();
    for candidate in candidates(&records) {
        assert_eq!(candidate.meta[0].outcome, "completed");
        let files = store.get_files(&candidate.tree).unwrap();
        let names: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(names, ["README", "lib/deep/note.py", "meta_agent.py", "task_agent.py"]);
        assert_eq!(&**files.get(&RelPath::new("README").unwrap()).unwrap(), b"fixed");
    }
    let segment = records[1].journal;
    let events = journal_segment(&store, &records[1].run, segment).unwrap();
    let refused = events.iter().filter(|entry| matches!(entry.event, Event::EditRefused(_))).count();
    let accepted = |event: &Event| match event {
        Event::EditAccepted(accepted) => Some(accepted.clone()),
        _ => None,
    };
    let accepted: Vec<_> = events.iter().filter_map(|entry| accepted(&entry.event)).collect();
    assert_eq!((refused, accepted.len()), (4 * 6, 4 * 2));
    let (reader, decisions) = marks(folder.path(), &records[1].run);
    let mark = reader.held(Seq(accepted[0].mark.number)).unwrap().mark;
    assert_eq!((mark.author(), mark.scope().as_str()), ("climber/gen_1_0", "codebase/climber/gen_1_0"));
    assert_eq!(mark.id(), Some(accepted[0].mark.mark));
    let refused: Vec<&Explanation> = decisions.iter().filter(|decision| decision.is_refusal()).collect();
    assert_eq!(refused.len(), 4 * 6);
    for decision in refused {
        assert_eq!((decision.operation, decision.failed), ("report", Some(GuardCheck::Resource)));
        assert!(decision.scope.starts_with("codebase/climber/gen_1_"), "{decision:?}");
    }
}

/// The mark space of a run, and all decisions in it.
fn marks(folder: &std::path::Path, run: &RecordId) -> (SpaceReader, Vec<Explanation>) {
    let reader = SpaceReader::open(Store::open_reader(folder).unwrap(), &space_name(run)).unwrap();
    let mut decisions = vec![];
    reader.explain(&space_name(run), |decision| decisions.push(decision)).unwrap();
    (reader, decisions)
}

/// Files of every candidate follow from its parent and from the edits that stand as marks, and from nothing else.
#[test]
fn every_change_of_a_run_is_a_mark() {
    let (folder, records, _) = evolve(climber(10), 5, 2);
    let run = records[0].run;
    let (reader, decisions) = marks(folder.path(), &run);
    let store = Store::open_reader(folder.path()).unwrap();
    let listing = Listing { kinds: vec![MarkKind::Action], ..Listing::default() };
    let actions = reader.list(&listing, usize::MAX).unwrap();
    let results = |scope: &str| -> Vec<serde_json::Value> {
        let own = actions.iter().rev().filter(|view| view.mark.scope().as_str() == scope);
        own.map(|view| serde_json::to_value(view.mark.body()).unwrap()).collect()
    };
    for (record, (k, candidate)) in records
        .iter()
        .skip(1)
        .flat_map(|record| (0..).zip(&record.candidates).map(move |candidate: (u64, _)| (record, candidate)))
    {
        let place = format!("gen_{}_{k}", record.generation);
        let before = store.get_tree(&candidate.parent.as_ref().unwrap().tree).unwrap();
        let edits = results(&format!("codebase/climber/{place}"));
        let changed = hyperspace_core::diff(&before, &store.get_tree(&candidate.tree).unwrap());
        assert_eq!(edits.len(), changed.len(), "{place}");
        for (edit, change) in edits.iter().zip(changed) {
            let text: serde_json::Value = serde_json::from_str(edit["result"].as_str().unwrap()).unwrap();
            assert_eq!(edit["resource"], change.path.as_str());
            assert_eq!(
                (&text["before"], &text["after"]),
                (&serde_json::json!(change.before), &serde_json::json!(change.after))
            );
        }
        let runs = results(&format!("tools/climber/{place}"));
        assert_eq!((runs.len(), &runs[0]["action"]), (1, &serde_json::json!("run")));
    }
    let admitted = candidates(&records).filter(|candidate| candidate.fate.is_admitted()).count();
    let published = reader.read(&Query::new(ScopeName::new("strategies").unwrap())).unwrap();
    assert!((admitted + 1).min(8) <= published.len() && published.len() <= admitted + 1, "{admitted}");
    let champion = &records.last().unwrap().champion().id;
    for name in ["climber_gen0_0", &format!("climber_gen{}_{}", champion.generation, champion.candidate)] {
        assert!(published.iter().any(|view| view.mark.body().subject() == name), "{name}");
    }
    assert!(decisions.iter().all(|decision| !decision.is_refusal()));
    let last = records.last().unwrap();
    assert_eq!((last.marks.to, decisions.len() as u64), (decisions.len() as u64, last.marks.to));
}

/// The mark is what makes a strategy visible: the principal takes it back, and later generations do not see it.
#[test]
fn a_publication_that_was_taken_back_is_not_seen() {
    let body = format!(
        "os.makedirs('lib', exist_ok=True)
open('lib/seen.py', 'w').write(repr(sorted(os.listdir('/repo/strategies'))))
{CLIMB}"
    );
    let files = [("task_agent.py", &*guess(10)), ("meta_agent.py", &meta(&body))];
    let (folder, records, _) = evolve(agent(&files), 1, 2);
    let run = records[0].run;
    let (reader, _) = marks(folder.path(), &run);
    let seed = Listing { subject: Some("climber_gen0_0".to_owned()), ..Listing::default() };
    let publication = reader.list(&seed, 1).unwrap()[0].mark.seq();
    let store = Store::open_writer(folder.path(), "test").unwrap();
    let (authority, clock) = (Authority::new(), Arc::new(LogicalClock::at(reader.now())));
    let space = store.open_space(&space_name(&run), &authority, clock, SpaceRules::default()).unwrap();
    space.retract(&authority, publication, "wrong").unwrap();
    drop(space);
    let seen = |generation: usize| {
        let records = hyperspace_evolve::records(&store, &run).unwrap();
        let files = store.get_files(&records[generation].1.candidates[0].tree).unwrap();
        String::from_utf8(files.get(&RelPath::new("lib/seen.py").unwrap()).unwrap().to_vec()).unwrap()
    };
    assert!(seen(1).contains("climber_gen0_0"));
    runtime().block_on(async {
        let mut again = Run::open(store.clone(), &run, RunResources::new(evaluator(), 2)).await.unwrap();
        again.run_to(2).await.unwrap();
    });
    assert!(!seen(2).contains("climber_gen0_0") && seen(2).contains("climber_gen1_"), "{}", seen(2));
    assert_eq!(store.fsck().unwrap().damaged, []);
}

/// The first generation breaks the meta agent of every child; the children of those are made by the last one that worked.
#[test]
fn a_broken_meta_agent_is_rescued_by_the_last_that_worked() {
    let body = format!(
        "{CLIMB}\nopen('meta_agent.py', 'w').write('def improve(arg):\\n    raise ValueError(\"broken\")\\n')"
    );
    let files = [("task_agent.py", &*guess(10)), ("meta_agent.py", &meta(&body))];
    let (folder, records, _) = evolve(agent(&files), 6, 2);
    let rescued: Vec<_> = candidates(&records).filter(|candidate| candidate.meta.len() > 1).collect();
    assert!(!rescued.is_empty());
    let seed = records[0].champion().tree;
    for candidate in rescued {
        let outcomes: Vec<&str> = candidate.meta.iter().map(|meta| meta.outcome.as_str()).collect();
        assert_eq!(outcomes, ["exception", "completed"]);
        assert_eq!(candidate.made_by, seed);
    }
    let champion = records.last().unwrap().champion();
    assert!(champion.id.generation > 1, "the run went on: {champion:?}");
    let store = Store::open_reader(folder.path()).unwrap();
    assert!(store.fsck().unwrap().damaged.is_empty());
}

#[test]
fn every_kind_of_breakage_has_its_fate() {
    let cases = [
        ("pass", Fate::Unchanged),
        ("raise ValueError('no')", Fate::MetaFailed),
        ("while True: pass", Fate::MetaFailed),
        ("raise SystemExit(3)", Fate::MetaFailed),
        ("x = []\nwhile True: x.append(bytearray(1 << 20))", Fate::MetaFailed),
        ("os.remove('task_agent.py')", Fate::Failed),
        ("open('task_agent.py', 'w').write('def guess(:')", Fate::Failed),
        ("open('task_agent.py', 'w').write('def guess(): return True')", Fate::Failed),
        ("open('task_agent.py', 'w').write('def guess(): return 0')", Fate::NoBetter),
        ("open('task_agent.py', 'w').write('def guess():\\n    import sys\\n    sys.exit(0)')", Fate::Failed),
    ];
    for (body, fate) in cases {
        let files = [("task_agent.py", &*guess(10)), ("meta_agent.py", &meta(body))];
        let (_folder, records, _) = evolve(agent(&files), 1, 2);
        let first = &records[1].candidates[0];
        assert_eq!(first.fate, fate, "{body}");
        assert!(first.train.as_ref().is_none_or(|train| fate == Fate::NoBetter || train.score.is_none()));
        let others = records[1].candidates.iter().skip(1).map(|candidate| candidate.fate);
        let same = if matches!(fate, Fate::Failed | Fate::NoBetter) { Fate::Duplicate } else { fate };
        assert!(others.into_iter().all(|other| other == same), "{body}");
        assert_eq!(records[1].champion(), records[0].champion());
    }
}

/// Better on training data only: at 21 it would be best on held-out data, so a step from 20 to 19.75 is overfitted.
#[test]
fn what_only_training_data_like_is_not_admitted() {
    let body = "open('task_agent.py', 'w').write('def guess(): return 20')";
    let files = [("task_agent.py", &*guess(22)), ("meta_agent.py", &meta(body))];
    let (_folder, records, _) = evolve(agent(&files), 1, 2);
    // 22: 2 on training data, 1 on held-out data; 20: 0 and 1. Not worse, so admitted.
    assert_eq!(records[1].candidates[0].fate, Fate::Champion);
    let body = "open('task_agent.py', 'w').write('def guess(): return 19.5')";
    let files = [("task_agent.py", &*guess(22)), ("meta_agent.py", &meta(body))];
    let (_folder, records, _) = evolve(agent(&files), 1, 2);
    // 19.5: 0.5 and 1.5. Better on the first, worse on the second.
    assert_eq!(records[1].candidates[0].fate, Fate::Overfitted);
    assert_eq!(records[1].champion(), records[0].champion());
}

#[test]
fn a_meta_agent_sees_its_history_and_its_peers_and_no_held_out_score() {
    let body = format!(
        "seen = sorted(os.path.join(d, f) for d, _, fs in os.walk('/repo') for f in fs)
texts = [open(name).read() for name in seen if name.endswith('.json')]

os.makedirs('lib', exist_ok=True)
open('lib/seen.py', 'w').write(repr((seen, texts, arg)))
{CLIMB}"
    );
    let files = [("task_agent.py", &*guess(10)), ("meta_agent.py", &meta(&body))];
    let (folder, records, _) = evolve(agent(&files), 4, 2);
    let store = Store::open_reader(folder.path()).unwrap();
    let tree = records.last().unwrap().candidates[0].tree;
    let files = store.get_files(&tree).unwrap();
    let seen = String::from_utf8(files.get(&RelPath::new("lib/seen.py").unwrap()).unwrap().to_vec()).unwrap();
    for part in [
        "/repo/evals/gen_0_0/report.json",
        "/repo/strategies/climber_gen1_0/task_agent.py",
        "/repo/strategies/climber_gen1_0/metadata.json",
        "'direction': 'minimize'",
        "\"score\":10.0",
    ] {
        assert!(seen.contains(part), "{part} is not in {seen}");
    }
    // 11 is the seed's distance on held-out data.
    assert!(!seen.contains("held") && !seen.contains("11.0"), "{seen}");
}

#[test]
fn a_seed_agent_that_cannot_run_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let refused = |files: &[(&str, &str)]| {
        let begun = runtime().block_on(begin(&store, agent(files), 7, 1));
        begun.err().map(|error| error.to_string()).unwrap()
    };
    let meta = meta(CLIMB);
    assert!(refused(&[("meta_agent.py", &meta)]).contains("it has no task_agent.py"));
    assert!(refused(&[("task_agent.py", &guess(1))]).contains("it has no meta_agent.py"));
    let syntax = refused(&[("task_agent.py", "def guess(:"), ("meta_agent.py", &meta)]);
    assert!(syntax.contains("SyntaxError") && syntax.contains("task_agent.py"), "{syntax}");
    let mounted = [("task_agent.py", &*guess(1)), ("meta_agent.py", &meta), ("evals/x", "")];
    assert!(refused(&mounted).contains("evals/x"));
    assert_eq!(store.runs().unwrap(), []);
}

#[test]
fn absurd_options_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    runtime().block_on(async {
        let mut none = options(1);
        none.candidates = 0;
        let error = Run::start(store.clone(), task(), climber(1), &none, RunResources::new(evaluator(), 1))
            .await
            .err()
            .unwrap();
        assert!(matches!(error, EvolveError::Option { option: "candidates", .. }), "{error}");
        let mut run = begin(&store, climber(1), 1, 1).await.unwrap();
        for generations in [0, u64::MAX] {
            let error = run.run_to(generations).await.unwrap_err();
            assert!(matches!(error, EvolveError::Option { option: "generations", .. }), "{error}");
        }
    });
}

/// A configuration can be changed in its record, under an identifier that fits again; then it is another run.
#[test]
fn every_field_of_a_configuration_is_part_of_the_name_of_its_run() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let run = *runtime().block_on(begin(&store, climber(1), 1, 1)).unwrap().id();
    let body = store.get_record(&run).unwrap().body;
    let mut leaves = Vec::new();
    leaves_of(&body, "", &mut leaves);
    assert!(leaves.len() > 25, "{leaves:?}");
    for leaf in leaves {
        let mut changed = body.clone();
        let place = changed.pointer_mut(&leaf).unwrap();
        *place = match &*place {
            Value::Bool(switch) => (!*switch).into(),
            Value::Number(number) => (number.as_u64().unwrap() + 1).into(),
            Value::String(text) => {
                format!("{}{}", if text.starts_with('1') { '2' } else { '1' }, &text[1..]).into()
            }
            other => panic!("{leaf}: {other}"),
        };
        let mut batch = store.batch().unwrap();
        let forged = batch.put_record("run", &changed).unwrap();
        batch.commit().unwrap();
        assert_ne!(forged, run, "{leaf}");
        let opened = runtime().block_on(Run::open(store.clone(), &forged, RunResources::new(evaluator(), 1)));
        assert!(opened.is_err(), "{leaf}: a run without a journal was opened");
    }
}

fn leaves_of(value: &Value, at: &str, leaves: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| leaves_of(value, &format!("{at}/{key}"), leaves))
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, value)| leaves_of(value, &format!("{at}/{index}"), leaves));
        }
        Value::Null => {}
        _ => leaves.push(at.to_owned()),
    }
}

/// Stores a run whose configuration differs in one place from a real one; answers its name and the message that refuses to open it.
fn refusal_of(store: &Store, change: impl FnOnce(&mut Value)) -> (RecordId, String) {
    let run = *runtime().block_on(begin(store, climber(1), 1, 1)).unwrap().id();
    let mut body = store.get_record(&run).unwrap().body;
    change(&mut body);
    let mut batch = store.batch().unwrap();
    let forged = batch.put_record("run", &body).unwrap();
    batch.commit().unwrap();
    let opened = runtime().block_on(Run::open(store.clone(), &forged, RunResources::new(evaluator(), 1)));
    (forged, opened.err().unwrap().to_string())
}

#[test]
fn another_sdk_is_refused_with_both_digests() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let mut sdk = String::new();
    let (_, text) = refusal_of(&store, |body| {
        sdk = body["sdk"].as_str().unwrap().to_owned();
        body["sdk"] = "0".repeat(64).into();
    });
    assert!(text.contains(&sdk) && text.contains(&"0".repeat(64)), "{text}");
}

#[test]
fn another_runtime_is_refused_with_both_digests() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let (forged, text) = refusal_of(&store, |body| body["runtime"] = "0123".into());
    assert!(text.contains("0123") && text.contains(evaluator().sandbox().runtime_digest()), "{text}");
    assert!(load_record(&store, &forged).is_err());
}

#[test]
fn a_run_with_the_tools_of_earlier_versions_is_refused_with_the_version_that_replays_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    // The runtime of a run without tools, in a run that has a model.
    let (_, text) = refusal_of(&store, |body| body["agents"][0]["model"] = "m".into());
    assert!(text.contains(evaluator().sandbox().runtime_digest()) && text.contains("2229c28"), "{text}");
}

/// Whatever a meta agent leaves behind is accepted or refused; the run goes on.
#[test]
fn a_folder_that_becomes_a_file_and_back_does_not_stop_a_run() {
    let body = format!(
        "{CLIMB}
os.makedirs('lib', exist_ok=True)
if os.path.isdir('lib/d'):
    for name in os.listdir('lib/d'): os.remove('lib/d/' + name)
    os.rmdir('lib/d')
    open('lib/d', 'w').write('a file')
else:
    if os.path.exists('lib/d'): os.remove('lib/d')
    os.mkdir('lib/d')
    open('lib/d/X.py', 'w').write('X = 1')
    open('lib/d/x.py', 'w').write('X = 2')"
    );
    let files = [("task_agent.py", &*guess(10)), ("meta_agent.py", &meta(&body)), ("lib/d/x.py", "X = 1\n")];
    let (_folder, records, root) = evolve(agent(&files), 4, 2);
    assert!(candidates(&records).all(|candidate| candidate.meta.last().unwrap().outcome == "completed"));
    assert!(records.last().unwrap().champion().id.generation > 0);
    assert_eq!(evolve(agent(&files), 4, 1).2, root);
}

/// Rows that are gone are named: the last generation, all of them, the journal.
#[test]
fn a_generation_that_is_gone_is_named() {
    let (folder, _, _) = evolve(climber(10), 3, 2);
    let store = Store::open_reader(folder.path()).unwrap();
    assert_eq!(hyperspace_evolve::audit(&store).unwrap(), []);
    let memory = |keep: &dyn Fn(&hyperspace_store::StoredRow) -> bool| {
        let backend = hyperspace_store::MemoryBackend::new();
        let mut batch = hyperspace_store::WriteBatch::default();
        hyperspace_store::Backend::scan(
            &hyperspace_store::SqliteBackend::open_reader(folder.path()).unwrap(),
            &mut |row| {
                use hyperspace_store::StoredRow;
                if !keep(&row) {
                    return;
                }
                match row {
                    StoredRow::Object(row) => batch.objects.push(row),
                    StoredRow::Journal(row) => batch.journal.push(row),
                    StoredRow::Reference(row) => batch.references.push(row),
                    StoredRow::Memo(row) => batch.memos.push(row),
                    _ => {}
                }
            },
        )
        .unwrap();
        hyperspace_store::Backend::commit(&backend, batch).unwrap();
        Store::with_backend(backend)
    };
    use hyperspace_store::StoredRow::{Journal, Reference};
    let run = store.runs().unwrap()[0];
    let whole = memory(&|_| true);
    assert_eq!(hyperspace_evolve::audit(&whole).unwrap(), []);
    let without = [
        memory(&|row| !matches!(row, Reference(row) if row.name == "generation/00000003")),
        memory(&|row| !matches!(row, Reference(row) if row.name == "generation/00000001")),
        memory(&|row| !matches!(row, Reference(row) if row.name.starts_with("generation/"))),
        memory(&|row| !matches!(row, Journal(row) if row.run == run.as_bytes())),
    ];
    for store in without {
        assert_ne!(hyperspace_evolve::audit(&store).unwrap(), []);
    }
    let last = memory(&|row| !matches!(row, Reference(row) if row.name == "generation/00000003"));
    let error = records(&last, &run).unwrap_err().to_string();
    assert!(error.contains("generation/00000003") && error.contains("missing"), "{error}");
}
