//! Whatever is changed in what a run left, it is detected and named: any byte of any row of the store, and anything that the
//! run was told.
//!
//! The artifacts of the interpreter, the cache of compiled modules and the SDK have tests of their own, beside their code.

use std::collections::BTreeMap;
use std::path::Path;

use hyperspace_core::{BlobId, EditScope, RecordId, TreeId};
use hyperspace_eval::Evaluator;
use hyperspace_evolve::{Run, RunConfig, RunOptions, RunResources, Selection, records};
use hyperspace_replay::{ReplayScope, replay};
use hyperspace_store::{Store, StoreError};
use hyperspace_testkit::guess::{COUNT, agent, meta_agent, task, task_agent};
use hyperspace_testkit::{evaluator, runtime};
use rusqlite::{Connection, params_from_iter};

/// A store with a run of two generations.
fn recorded(folder: &Path, evaluator: &Evaluator) -> RecordId {
    let body = format!(
        "os.makedirs('lib', exist_ok=True)\nopen('lib/note.py', 'w').write('# %d' % arg['seed'])\n{COUNT}"
    );
    let agent = agent(&[("task_agent.py", task_agent(1)), ("meta_agent.py", meta_agent(&body))]);
    let task = task(&[99], &[99]);
    let options = RunOptions { candidates: 2, ..RunOptions::default() };
    let store = Store::open_or_create(folder, "test").unwrap();
    runtime().block_on(async {
        let mut run =
            Run::start(store.clone(), task, agent, &options, RunResources::new(evaluator.clone(), 1))
                .await
                .unwrap();
        run.run_to(2).await.unwrap();
        *run.id()
    })
}

/// The tables with their keys and the columns that hold bytes or text.
const TABLES: [(&str, &[&str], &[&str]); 4] = [
    ("objects", &["id"], &["id", "kind", "data"]),
    ("events", &["run", "seq"], &["run", "id", "data"]),
    ("refs", &["run", "name"], &["run", "name", "id", "seal"]),
    ("memo", &["key"], &["key", "id", "seal"]),
];

/// Columns of text; the others are bytes.
fn cast(column: &str) -> &'static str {
    if ["kind", "name"].contains(&column) { "CAST(? AS TEXT)" } else { "?" }
}

/// Rows as all their columns in bytes, in order of the key.
fn rows(raw: &Connection, table: &str, columns: &[&str]) -> Vec<Vec<Vec<u8>>> {
    let list: Vec<String> = columns.iter().map(|column| format!("CAST({column} AS BLOB)")).collect();
    let query = format!("SELECT {} FROM {table} ORDER BY 1, 2", list.join(", "));
    let mut statement = raw.prepare(&query).unwrap();
    let read = |row: &rusqlite::Row<'_>| (0..columns.len()).map(|index| row.get(index)).collect();
    statement.query_map([], read).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Writes `to` where `from` stands in a column of the row with this key.
fn write(raw: &Connection, table: &str, column: &str, from: &[u8], to: &[u8], key: (&[&str], &[Vec<u8>])) {
    let others: Vec<String> = key.0.iter().map(|name| format!("AND CAST({name} AS BLOB) = ?")).collect();
    let query = format!(
        "UPDATE {table} SET {column} = {} WHERE CAST({column} AS BLOB) = ? {}",
        cast(column),
        others.join(" ")
    );
    let values = [to.to_vec(), from.to_vec()].into_iter().chain(key.1.iter().cloned());
    assert_eq!(raw.execute(&query, params_from_iter(values)).unwrap(), 1, "{table}.{column}");
}

/// Places of a byte string: both ends, and some between.
fn places(len: usize) -> impl Iterator<Item = usize> {
    let mut places: Vec<usize> =
        [0, len / 3, 2 * len / 3, len.saturating_sub(1)].into_iter().filter(|at| *at < len).collect();
    places.dedup();
    places.into_iter()
}

#[test]
fn every_byte_of_what_a_run_left_is_guarded() {
    let (folder, evaluator) = (tempfile::tempdir().unwrap(), evaluator());
    let run = recorded(folder.path(), &evaluator);
    let raw = Connection::open(folder.path().join("store.db")).unwrap();
    raw.execute_batch("PRAGMA synchronous = OFF").unwrap();
    let store = Store::open_reader(folder.path()).unwrap();
    assert_eq!(store.fsck().unwrap().damaged, []);
    let mut flips = 0;
    for (table, keys, columns) in TABLES {
        let all: Vec<&str> = keys.iter().chain(columns).copied().collect();
        let rows = rows(&raw, table, &all);
        assert!(rows.len() >= 3, "{table}");
        for row in rows {
            let (key, cells) = row.split_at(keys.len());
            for (column, sound) in columns.iter().zip(cells) {
                for at in places(sound.len()) {
                    let mut damaged = sound.clone();
                    damaged[at] ^= 1 << (at % 7);
                    // A column of the key finds the row by the other one.
                    let rest = |cells: &[Vec<u8>]| {
                        let rest: Vec<_> = keys
                            .iter()
                            .copied()
                            .zip(cells.to_vec())
                            .filter(|(name, _)| name != column)
                            .collect();
                        rest.into_iter().unzip::<_, _, Vec<_>, Vec<_>>()
                    };
                    let (names, values) = rest(key);
                    write(&raw, table, column, sound, &damaged, (&names, &values));
                    let found = store.fsck().unwrap().damaged;
                    let noun = match table {
                        "events" => "event ",
                        "refs" => "ref ",
                        "memo" => "memo ",
                        _ => "",
                    };
                    let named =
                        found.iter().any(|damage| damage.object.contains(noun) && !damage.why.is_empty());
                    assert!(named, "{table}.{column}, byte {at} of {}: {found:?}", sound.len());
                    write(&raw, table, column, &damaged, sound, (&names, &values));
                    flips += 1;
                }
            }
        }
    }
    assert!(flips > 500, "{flips}");
    assert_eq!(store.fsck().unwrap().damaged, [], "everything is as it was");
    let again = runtime()
        .block_on(replay(&store, &run, ReplayScope::All, RunResources::new(evaluator, 1), &mut |_, _| ()))
        .unwrap();
    assert_eq!(again.differences, []);
}

/// The error of reading an object of this kind.
fn read(store: &Store, kind: &str, id: [u8; 32]) -> Result<(), StoreError> {
    match kind {
        "blob" => store.get_blob(&BlobId::from_bytes(id)).map(drop),
        "tree" => store.get_tree(&TreeId::from_bytes(id)).map(drop),
        _ => store.get_record(&RecordId::from_bytes(id)).map(drop),
    }
}

#[test]
fn an_object_with_any_other_byte_is_never_served() {
    let (folder, evaluator) = (tempfile::tempdir().unwrap(), evaluator());
    recorded(folder.path(), &evaluator);
    let raw = Connection::open(folder.path().join("store.db")).unwrap();
    raw.execute_batch("PRAGMA synchronous = OFF").unwrap();
    let store = Store::open_reader(folder.path()).unwrap();
    let mut kinds = BTreeMap::new();
    for row in rows(&raw, "objects", &["id", "kind", "data"]) {
        let [id, kind, data] = <[Vec<u8>; 3]>::try_from(row).unwrap();
        kinds.insert(String::from_utf8(kind).unwrap(), (id, data));
    }
    let mut meaningless = Vec::new();
    assert_eq!(kinds.len(), 6, "blob, tree, run, generation, evaluation, mark-space: {:?}", kinds.keys());
    for (kind, (id, data)) in kinds {
        let digest = <[u8; 32]>::try_from(id.as_slice()).unwrap();
        let name: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        for at in 0..data.len() {
            let mut damaged = data.clone();
            damaged[at] ^= 1 << (at % 8);
            write(&raw, "objects", "data", &data, &damaged, (&["id"], std::slice::from_ref(&id)));
            match read(&store, &kind, digest) {
                Err(error) => {
                    assert!(
                        error.is_damage() && error.to_string().contains(&name),
                        "{kind}, byte {at}: {error}"
                    );
                }
                // What is served has the digest that it is asked for by. A compressed frame has a few bits that mean nothing.
                Ok(()) => meaningless.push((kind.clone(), at)),
            }
            write(&raw, "objects", "data", &damaged, &data, (&["id"], std::slice::from_ref(&id)));
        }
        read(&store, &kind, digest).unwrap();
    }
    assert!(meaningless.len() <= 12, "{meaningless:?}");
    assert!(
        meaningless.iter().all(|(kind, _)| kind.starts_with("record:")),
        "only these are long enough: {meaningless:?}"
    );
}

/// The run told once more, under a configuration that is not the one that it had, with hashes that fit again.
fn retold(store: &Store, run: &RecordId, change: &dyn Fn(&mut RunConfig)) -> RecordId {
    let mut config = RunConfig::from_value(&store.get_record(run).unwrap().body).unwrap();
    change(&mut config);
    let mut batch = store.batch().unwrap();
    let other = batch.put_record("run", &config.to_value().unwrap()).unwrap();
    assert_ne!(other, *run, "another configuration is another run");
    let events = store.events(run, 0, u64::MAX).unwrap();
    let mut previous = None;
    let mut next = events.iter();
    for (_, mut record) in records(store, run).unwrap() {
        while let Some(event) = next.as_slice().first().filter(|event| event.seq < record.journal.to) {
            record.journal.head = batch.append(&other, &event.kind, event.body.clone()).unwrap().id;
            next.next();
        }
        (record.previous, record.run) = (previous, other);
        let id = batch.put_record("generation", &record.to_value().unwrap()).unwrap();
        batch.set_ref(&other, &format!("generation/{:08}", record.generation), &id);
        record.finished(id).append_to(&mut batch, &other).unwrap();
        next.next();
        previous = Some(id);
    }
    batch.commit().unwrap();
    other
}

#[test]
fn a_run_that_was_told_something_else_does_not_replay() {
    let (folder, evaluator) = (tempfile::tempdir().unwrap(), evaluator());
    let run = recorded(folder.path(), &evaluator);
    let store = Store::open_writer(folder.path(), "test").unwrap();
    type Change = (&'static str, fn(&mut RunConfig));
    let changes: [Change; 6] = [
        ("nothing that counts", |config| config.eval_limits.wall_clock_ms += 1),
        ("seed", |config| config.seed = "43".to_owned()),
        ("candidates", |config| config.candidates = 3),
        ("selection", |config| config.selection = Some(Selection::Random)),
        ("fuel of meta agents", |config| config.meta_limits.fuel = 1_000_000),
        ("edit scope", |config| {
            config.edit_scope = EditScope::new(&["task_agent.py"]).unwrap().globs().to_vec();
        }),
    ];
    // Events and records can be told again with hashes that fit; the run's mark space cannot, as a batch takes none of its
    // entries from anybody but the space.
    let poor = retold(&store, &run, &|config| config.eval_limits.memory_bytes = 8 << 20);
    let told = runtime().block_on(replay(
        &store,
        &poor,
        ReplayScope::All,
        RunResources::new(evaluator.clone(), 1),
        &mut |_, _| (),
    ));
    assert!(told.unwrap_err().to_string().contains("out-of-memory"), "the seed agent has no score");
    for (what, change) in changes {
        let other = retold(&store, &run, &change);
        let told = runtime().block_on(replay(
            &store,
            &other,
            ReplayScope::All,
            RunResources::new(evaluator.clone(), 1),
            &mut |_, _| (),
        ));
        let found = told.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(found.contains(&format!("runs/{other}")), "{what}: {found}");
    }
    for change in [
        |config: &mut RunConfig| config.runtime = "0".repeat(64),
        |config: &mut RunConfig| config.task_digest = "0".repeat(64),
    ] {
        let other = retold(&store, &run, &change);
        let told = runtime().block_on(replay(
            &store,
            &other,
            ReplayScope::All,
            RunResources::new(evaluator.clone(), 1),
            &mut |_, _| (),
        ));
        assert!(told.unwrap_err().to_string().contains(&"0".repeat(64)), "both digests are named");
    }
}
