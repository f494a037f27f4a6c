//! Tests of the store: what comes back, what is visible when, and what is found after damage.

use std::path::Path;

use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::digest::{BlobId, RecordId};
use crate::files::FileSet;
use crate::path::RelPath;

fn files(names: &[(&str, &str)]) -> FileSet {
    let mut files = FileSet::new();
    for (name, content) in names {
        files.insert(RelPath::new(name).unwrap(), content.as_bytes().to_vec()).unwrap();
    }
    files
}

fn run_id() -> RecordId {
    record_id("run", &json!({"seed": 1})).unwrap()
}

/// A store with every kind of row in it.
fn filled(folder: &Path) -> (Store, RecordId) {
    let store = Store::open_or_create(folder, "test").unwrap();
    let run = run_id();
    let mut batch = store.batch().unwrap();
    batch.put_blob(b"small");
    batch.put_blob("large and compressible ".repeat(200).as_bytes());
    batch.put_files(&files(&[("task_agent.py", "x = 1\n"), ("lib/a.py", &"y = 2\n".repeat(300))]));
    let record = batch.put_record("generation", &json!({"generation": 1, "score": 5.37})).unwrap();
    for number in 0..3 {
        batch.append(&run, "tick", json!({ "number": number })).unwrap();
    }
    batch.set_ref(&run, "generation/0000000001", &record);
    batch.put_memo([7; 32], &record);
    batch.commit().unwrap();
    (store, record)
}

#[test]
fn what_was_put_comes_back_verified() {
    let folder = TempDir::new().unwrap();
    let (store, record) = filled(folder.path());
    let set = files(&[("task_agent.py", "x = 1\n"), ("lib/a.py", &"y = 2\n".repeat(300))]);
    assert_eq!(store.get_files(&set.tree().id()).unwrap(), set);
    assert_eq!(store.get_blob(&BlobId::of(b"small")).unwrap(), b"small");
    let read = store.get_record(&record).unwrap();
    assert_eq!((read.kind.as_str(), &read.body["score"]), ("generation", &json!(5.37)));
    assert_eq!(store.get_ref(&run_id(), "generation/0000000001").unwrap(), Some(record));
    assert_eq!(store.refs(&run_id(), "generation/").unwrap().len(), 1);
    assert_eq!(store.memo(&[7; 32]).unwrap(), Some(record));
    assert_eq!(store.memo(&[8; 32]).unwrap(), None);
    let events = store.events(&run_id(), 0, u64::MAX).unwrap();
    assert_eq!(events.len(), 3);
    assert_eq!(store.head(&run_id()).unwrap(), Some(events[2].id));
    assert_eq!(store.events(&run_id(), 1, 2).unwrap(), events[1..2]);
    assert!(matches!(store.get_blob(&BlobId::of(b"absent")), Err(StoreError::Missing { .. })));
    let report = store.fsck().unwrap();
    assert_eq!((report.damaged.len(), report.events), (0, 3), "{report:?}");
    assert_eq!(report.objects, 6);
}

#[test]
fn clones_are_one_store_that_threads_share() {
    fn is_owned<T: Clone + Send + Sync + 'static>(_: &T) {}
    let folder = TempDir::new().unwrap();
    let (store, record) = filled(folder.path());
    is_owned(&store);
    let other = store.clone();
    drop(store);
    let read = std::thread::spawn(move || {
        let mut batch = other.batch().unwrap();
        let late = batch.put_blob(b"late");
        batch.commit().unwrap();
        (other.get_record(&record).unwrap().kind, other.get_blob(&late).unwrap(), other)
    });
    let (kind, late, other) = read.join().unwrap();
    assert_eq!((kind.as_str(), &late[..]), ("generation", &b"late"[..]));
    assert!(matches!(Store::open_writer(folder.path(), "second"), Err(StoreError::Locked { .. })));
    drop(other);
    Store::open_writer(folder.path(), "second").unwrap();
}

#[test]
fn a_batch_that_is_not_committed_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let mut batch = store.batch().unwrap();
    let id = batch.put_blob(b"gone");
    batch.append(&run_id(), "tick", json!({})).unwrap();
    drop(batch);
    assert!(store.get_blob(&id).is_err());
    assert_eq!(store.head(&run_id()).unwrap(), None);
}

#[test]
fn journals_are_chains_that_depend_on_every_event() {
    let head = |number: u64| {
        let folder = TempDir::new().unwrap();
        let store = Store::open_or_create(folder.path(), "test").unwrap();
        for step in 0..4 {
            let mut batch = store.batch().unwrap();
            let value = if step == 1 { number } else { 0 };
            batch.append(&run_id(), "tick", json!({ "step": step, "value": value })).unwrap();
            batch.commit().unwrap();
        }
        store.head(&run_id()).unwrap().unwrap()
    };
    assert_eq!(head(5), head(5));
    assert_ne!(head(5), head(6));
}

#[test]
fn prefixes_resolve_or_say_why_not() {
    let folder = TempDir::new().unwrap();
    let (store, record) = filled(folder.path());
    let text = record.to_string();
    assert_eq!(store.resolve("generation", &text[..10]).unwrap(), record);
    assert_eq!(store.resolve("generation", &text.to_uppercase()).unwrap(), record);
    let mut batch = store.batch().unwrap();
    for number in 0..40 {
        batch.put_record("generation", &json!({ "generation": number })).unwrap();
    }
    batch.commit().unwrap();
    // 41 records over 16 first digits: some digit begins at least two of them.
    let ambiguous = |digit: u32| match store.resolve("generation", &format!("{digit:x}")) {
        Err(ResolveError::Ambiguous { candidates, .. }) => Some(candidates.len()),
        _ => None,
    };
    assert!((0..16).find_map(ambiguous).unwrap() > 1);
    assert!(matches!(store.resolve("run", &text), Err(ResolveError::Unknown { .. })), "the kind counts");
    for junk in ["", "xyz", "../..", &"0".repeat(65)] {
        assert!(matches!(store.resolve("generation", junk), Err(ResolveError::Malformed { .. })), "{junk}");
    }
}

#[test]
fn a_second_writer_is_told_who_holds_the_store_and_readers_are_not() {
    let folder = TempDir::new().unwrap();
    let (store, record) = filled(folder.path());
    let error = Store::open_writer(folder.path(), "second").unwrap_err();
    assert!(matches!(&error, StoreError::Locked { holder, .. } if holder == "test"), "{error}");
    let reader = Store::open_reader(folder.path()).unwrap();
    assert_eq!(reader.get_record(&record).unwrap().kind, "generation");
    assert!(matches!(reader.batch(), Err(StoreError::ReadOnly)));
    let mut batch = store.batch().unwrap();
    let id = batch.put_blob(b"later");
    batch.commit().unwrap();
    assert_eq!(reader.get_blob(&id).unwrap(), b"later", "a reader sees what was committed since");
    drop(store);
    Store::open_writer(folder.path(), "second").unwrap();
}

#[test]
fn other_formats_and_foreign_folders_are_refused() {
    let folder = TempDir::new().unwrap();
    assert!(matches!(Store::open_reader(folder.path()), Err(StoreError::Absent { .. })));
    assert!(matches!(Store::open_writer(folder.path(), "t"), Err(StoreError::Absent { .. })));
    drop(filled(folder.path()));
    let raw = Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
    raw.execute("UPDATE meta SET value = '99' WHERE key = 'format'", []).unwrap();
    drop(raw);
    let error = Store::open_reader(folder.path()).unwrap_err();
    assert!(matches!(&error, StoreError::Format { found, supported: 1, .. } if found == "99"), "{error}");
    let foreign = TempDir::new().unwrap();
    std::fs::write(foreign.path().join("notes.txt"), "mine").unwrap();
    assert!(matches!(Store::open_or_create(foreign.path(), "t"), Err(StoreError::Foreign { .. })));
    assert!(!foreign.path().join(DATABASE_FILE).exists(), "nothing was made there");
}

#[test]
fn a_store_whose_making_was_interrupted_is_no_store_yet() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join(DATABASE_FILE);
    for made in ["", "PRAGMA journal_mode = WAL"] {
        Connection::open(&file).unwrap().execute_batch(made).unwrap();
        assert!(matches!(Store::open_reader(folder.path()), Err(StoreError::Absent { .. })), "{made:?}");
    }
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let error = Store::open_reader(folder.path()).unwrap_err();
    assert!(matches!(&error, StoreError::Format { found, .. } if found == "none"), "{error}");
    let theirs = std::fs::read(&file).unwrap();
    assert!(matches!(Store::open_or_create(folder.path(), "test"), Err(StoreError::Format { .. })));
    assert_eq!(std::fs::read(&file).unwrap(), theirs, "nothing was changed in a database of somebody else");
    std::fs::remove_file(&file).unwrap();
    Connection::open(&file).unwrap().execute_batch("PRAGMA journal_mode = WAL").unwrap();
    drop(filled(folder.path()));
}

/// Flips one bit of one column of one row, and expects the check to name something.
fn flip(table: &str, column: &str, row: usize, bit: usize) -> FsckReport {
    let folder = TempDir::new().unwrap();
    drop(filled(folder.path()));
    let raw = Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
    let order = if table == "objects" { "rowid" } else { "1" };
    let read = format!("SELECT CAST({column} AS BLOB) FROM {table} ORDER BY {order} LIMIT 1 OFFSET {row}");
    let mut bytes: Vec<u8> = raw.query_row(&read, [], |r| r.get(0)).unwrap();
    let at = bit % (bytes.len() * 8);
    let old = bytes.clone();
    bytes[at / 8] ^= 1 << (at % 8);
    let new =
        if column == "kind" || column == "name" { "CAST(?1 AS TEXT)".to_owned() } else { "?1".to_owned() };
    let write = format!("UPDATE {table} SET {column} = {new} WHERE CAST({column} AS BLOB) = ?2");
    assert!(raw.execute(&write, (bytes, old)).unwrap() >= 1);
    drop(raw);
    Store::open_reader(folder.path()).unwrap().fsck().unwrap()
}

#[test]
fn one_flipped_bit_in_any_column_is_found_and_named() {
    let columns = [
        ("objects", &["id", "kind", "data"][..]),
        ("events", &["run", "id", "data"]),
        ("refs", &["run", "name", "id", "seal"]),
        ("memo", &["key", "id", "seal"]),
    ];
    for (table, columns) in columns {
        for column in columns {
            for bit in [0, 13, 101] {
                let rows = if table == "objects" { 6 } else { 1 };
                for row in 0..rows {
                    let report = flip(table, column, row, bit);
                    assert!(!report.damaged.is_empty(), "{table}.{column}, row {row}, bit {bit}");
                }
            }
        }
    }
}

#[test]
fn a_damaged_object_is_named_and_never_served() {
    let folder = TempDir::new().unwrap();
    drop(filled(folder.path()));
    let id = BlobId::of(b"small");
    let raw = Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
    raw.execute("UPDATE objects SET data = x'736d616c6d' WHERE id = ?1", [&id.as_bytes()[..]]).unwrap();
    drop(raw);
    let store = Store::open_reader(folder.path()).unwrap();
    let error = store.get_blob(&id).unwrap_err();
    assert!(error.is_damage() && error.to_string().contains(&id.to_string()), "{error}");
    let report = store.fsck().unwrap();
    assert_eq!(report.damaged.len(), 1);
    assert!(report.damaged[0].object.contains(&id.to_string()), "{report:?}");
}

#[test]
fn a_missing_event_is_named() {
    let folder = TempDir::new().unwrap();
    drop(filled(folder.path()));
    let raw = Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
    raw.execute("DELETE FROM events WHERE seq = 1", []).unwrap();
    drop(raw);
    let store = Store::open_reader(folder.path()).unwrap();
    assert!(matches!(store.events(&run_id(), 0, 9), Err(StoreError::Missing { .. })));
    let report = store.fsck().unwrap();
    assert!(report.damaged.iter().any(|d| d.object.starts_with("event 1 of run")), "{report:?}");
}

#[test]
fn flipped_bits_anywhere_in_the_file_never_panic_and_never_serve_junk() {
    let folder = TempDir::new().unwrap();
    drop(filled(folder.path()));
    let file = folder.path().join(DATABASE_FILE);
    let sound = std::fs::read(&file).unwrap();
    let set = files(&[("task_agent.py", "x = 1\n"), ("lib/a.py", &"y = 2\n".repeat(300))]);
    let expected = set.tree().id();
    for step in 0..400 {
        let bit = (step * 7_919 * 31) % (sound.len() * 8);
        let mut bytes = sound.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&file, &bytes).unwrap();
        if let Ok(store) = Store::open_reader(folder.path()) {
            let _ = store.fsck();
            if let Ok(read) = store.get_files(&expected) {
                assert_eq!(read, set, "bit {bit}");
            }
        }
        let _ = std::fs::remove_file(folder.path().join("store.db-wal"));
        let _ = std::fs::remove_file(folder.path().join("store.db-shm"));
    }
}

#[test]
fn a_full_disk_is_said_and_leaves_the_store_as_it_was() {
    let folder = TempDir::new().unwrap();
    let (store, _) = filled(folder.path());
    let before = store.head(&run_id()).unwrap();
    {
        // SQLite reports a file at its page limit the way it reports a full device.
        let connection = store.connection();
        let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        connection.execute_batch(&format!("PRAGMA max_page_count = {}", pages + 1)).unwrap();
    }
    let mut batch = store.batch().unwrap();
    let mut noise = blake3::Hasher::new().finalize_xof();
    let mut bytes = vec![0; 1 << 20];
    noise.fill(&mut bytes);
    batch.put_blob(&bytes);
    batch.append(&run_id(), "tick", json!({})).unwrap();
    let error = batch.commit().unwrap_err();
    assert!(matches!(error, StoreError::Full), "{error}");
    assert_eq!(store.head(&run_id()).unwrap(), before);
    assert!(store.fsck().unwrap().damaged.is_empty());
}
