//! One suite for every backend: what a store promises does not depend on where its rows are kept.
//!
//! The third backend is written here, against the public trait alone. It keeps rows in plain lists, and can be told to lie.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod damage;
mod objects;
mod plain;
mod spaces;

use hyperspace_core::{FileSet, RecordId, record_id};
use hyperspace_store::Store;
use serde_json::json;

use plain::PlainBackend;

/// Runs a test on an empty store of each backend.
fn on_each_backend(test: impl Fn(Store)) {
    let folder = tempfile::tempdir().unwrap();
    test(Store::open_or_create(folder.path(), "test").unwrap());
    test(Store::in_memory());
    test(Store::with_backend(PlainBackend::default()));
}

fn run_id() -> RecordId {
    record_id("run", &json!({"seed": 1})).unwrap()
}

fn agent() -> FileSet {
    let library = "y = 2\n".repeat(300);
    FileSet::try_from([("task_agent.py", "x = 1\n"), ("lib/a.py", library.as_str())]).unwrap()
}

/// Writes every kind of row, in one batch.
fn fill(store: &Store) -> RecordId {
    let run = run_id();
    let mut batch = store.batch().unwrap();
    batch.put_blob(b"small");
    batch.put_blob("large and compressible ".repeat(200).as_bytes());
    batch.put_files(&agent());
    batch.put_record("run", &json!({"seed": 1})).unwrap();
    let record = batch.put_record("generation", &json!({"generation": 1, "score": 5.37})).unwrap();
    for number in 0..3 {
        batch.append(&run, "tick", json!({ "number": number })).unwrap();
    }
    batch.set_ref(&run, "generation/0000000001", &record);
    batch.set_ref(&run, "generation/0000000002", &record);
    batch.set_ref(&run, "plan", &record);
    batch.put_memo([7; 32], &record);
    batch.commit().unwrap();
    record
}
