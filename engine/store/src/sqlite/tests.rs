//! Tests of the SQLite backend: who may open it, what is found after damage, and what a full disk leaves.

use std::path::Path;

use hyperspace_core::{BlobId, FileSet, RecordId, record_id};
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::open::{DATABASE_FILE, SqliteBackend};
use crate::{FsckReport, Store, StoreError};

fn files(names: &[(&str, &str)]) -> FileSet {
    FileSet::from_files(names.iter().copied()).unwrap()
}

fn run_id() -> RecordId {
    record_id("run", &json!({"seed": 1})).unwrap()
}

/// Returns a store with every kind of row in it.
fn filled(folder: &Path) -> (Store, RecordId) {
    fill(Store::open_or_create(folder, "test").unwrap())
}

fn fill(store: Store) -> (Store, RecordId) {
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

/// Flips one bit of one column of one row, and expects the check to report something.
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
    let backend = SqliteBackend::open_or_create(folder.path(), "test").unwrap();
    {
        // SQLite reports a file at its page limit in the same way as a full device.
        let connection = backend.connection();
        let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        connection.execute_batch(&format!("PRAGMA max_page_count = {}", pages + 40)).unwrap();
    }
    let (store, _) = fill(Store::with_backend(backend));
    let before = store.head(&run_id()).unwrap();
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

/// Runs SQL on the database of a filled store. Returns the results of opening it for writing and reading, and what a check names.
fn tampered(sql: &str) -> (Result<(), StoreError>, Result<(), StoreError>, Vec<String>) {
    let folder = TempDir::new().unwrap();
    drop(filled(folder.path()));
    Connection::open(folder.path().join(DATABASE_FILE)).unwrap().execute_batch(sql).unwrap();
    let writer = Store::open_writer(folder.path(), "t").map(drop);
    let reader = Store::open_reader(folder.path());
    let found = reader.as_ref().ok().map(|store| store.fsck().unwrap().damaged).unwrap_or_default();
    let named = found.into_iter().map(|damage| format!("{}: {}", damage.object, damage.why)).collect();
    (writer, reader.map(drop), named)
}

#[test]
fn a_schema_that_is_not_ours_is_refused_before_anything_is_read() {
    let endless =
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c WHERE n < 0";
    for sql in [
        "CREATE TRIGGER forget AFTER INSERT ON refs BEGIN DELETE FROM refs WHERE name = NEW.name; END",
        &format!("CREATE VIEW more AS {endless}"),
        "CREATE INDEX other ON objects (kind)",
        "CREATE TABLE more (x)",
        "DROP TABLE memo",
        "ALTER TABLE refs ADD COLUMN more TEXT",
        &format!("DROP TABLE memo; CREATE VIEW memo AS {endless}"),
    ] {
        let (writer, reader, _) = tampered(sql);
        for ended in [writer, reader] {
            let error = ended.unwrap_err();
            assert!(error.is_damage() && error.to_string().contains("schema"), "{sql}: {error}");
        }
    }
}

#[test]
fn rows_that_are_gone_are_named_by_the_seal() {
    for (sql, words) in [
        ("DELETE FROM events WHERE seq = 2", "rows are gone"),
        ("DELETE FROM events", "rows are gone"),
        ("DELETE FROM refs", "the references of"),
        ("UPDATE refs SET name = 'generation/0000000002'", "its seal does not fit"),
    ] {
        let (writer, reader, named) = tampered(sql);
        reader.unwrap();
        assert!(named.iter().any(|text| text.contains(words)), "{sql}: {named:?}");
        if sql.contains("events") {
            assert!(writer.unwrap_err().is_damage(), "{sql}: a writer goes on from rows that are gone");
        }
    }
    let (writer, _, named) = tampered("SELECT 1");
    writer.unwrap();
    assert_eq!(named, [] as [String; 0]);
}

#[test]
fn a_store_without_a_seal_is_one_of_an_earlier_version_and_one_ahead_of_it_is_sound() {
    let folder = TempDir::new().unwrap();
    drop(filled(folder.path()));
    let seal = folder.path().join(super::seal::SEAL_FILE);
    let earlier = std::fs::read(&seal).unwrap();
    let store = Store::open_writer(folder.path(), "t").unwrap();
    let mut batch = store.batch().unwrap();
    batch.append(&run_id(), "tick", json!({"number": 9})).unwrap();
    batch.commit().unwrap();
    drop(store);
    std::fs::write(&seal, &earlier).unwrap();
    assert!(Store::open_reader(folder.path()).unwrap().fsck().unwrap().damaged.is_empty());
    drop(Store::open_writer(folder.path(), "t").unwrap());
    let between = std::fs::read(&seal).unwrap();
    let store = Store::open_writer(folder.path(), "t").unwrap();
    let mut batch = store.batch().unwrap();
    let target = batch.put_record("note", &json!({"text": "a reference without an entry"})).unwrap();
    batch.set_ref(&run_id(), "plan", &target);
    batch.commit().unwrap();
    drop(store);
    std::fs::write(&seal, between).unwrap();
    assert!(Store::open_reader(folder.path()).unwrap().fsck().unwrap().damaged.is_empty());
    for content in [None, Some("")] {
        match content {
            None => std::fs::remove_file(&seal).unwrap(),
            Some(text) => std::fs::write(&seal, text).unwrap(),
        }
        assert!(Store::open_reader(folder.path()).unwrap().fsck().unwrap().damaged.is_empty());
        drop(Store::open_writer(folder.path(), "t").unwrap());
    }
}

#[test]
fn a_commit_that_happened_is_no_error_whatever_becomes_of_the_seal() {
    let folder = TempDir::new().unwrap();
    drop(filled(folder.path()));
    let at = |name: &str| folder.path().join(name);
    let store = Store::open_writer(folder.path(), "t").unwrap();
    let tick = |number: u64| {
        let mut batch = store.batch().unwrap();
        batch.append(&run_id(), "tick", json!({ "number": number })).unwrap();
        batch.commit()
    };
    let entries = || store.journal_length(&run_id()).unwrap();
    let before = entries();
    // A folder with that name prevents all writing.
    std::fs::create_dir(at("store.seal.new")).unwrap();
    assert!(tick(1).unwrap_err().to_string().contains("store.seal.new"));
    assert_eq!(entries(), before);
    std::fs::remove_dir(at("store.seal.new")).unwrap();
    tick(1).unwrap();
    tick(2).unwrap();
    let sealed = std::fs::read_to_string(at("store.seal")).unwrap();
    assert!(sealed.contains(&format!("\"entries\":{}", before + 2)), "{sealed}");
    // A seal that is gone is written again, from memory.
    std::fs::remove_file(at("store.seal")).unwrap();
    tick(3).unwrap();
    assert!(
        std::fs::read_to_string(at("store.seal")).unwrap().contains(&format!("\"entries\":{}", before + 3))
    );
    // The same content with another time is the same seal.
    let same = std::fs::read(at("store.seal")).unwrap();
    std::fs::remove_file(at("store.seal")).unwrap();
    std::fs::write(at("store.seal"), same).unwrap();
    tick(4).unwrap();
    // A different seal is refused before anything is written.
    for other in [sealed.as_str(), "{}"] {
        let current = std::fs::read(at("store.seal")).unwrap();
        std::fs::remove_file(at("store.seal")).unwrap();
        std::fs::write(at("store.seal"), other).unwrap();
        let error = tick(5).unwrap_err();
        assert!(error.is_damage() && error.to_string().contains("store.seal"), "{error}");
        assert_eq!(entries(), before + 4);
        std::fs::write(at("store.seal"), current).unwrap();
    }
    tick(5).unwrap();
    assert_eq!(entries(), before + 5);
}

#[test]
fn a_seal_that_cannot_be_written_is_written_with_the_next_commit() {
    let folder = TempDir::new().unwrap();
    drop(filled(folder.path()));
    let at = |name: &str| folder.path().join(name);
    let backend = SqliteBackend::open_writer(folder.path(), "t").unwrap();
    let earlier = std::fs::read(at("store.seal")).unwrap();
    // As when the disk is full after the commit.
    std::fs::create_dir(at("store.seal.new")).unwrap();
    backend.keep_seal(&[run_id()].into());
    assert_eq!(std::fs::read(at("store.seal")).unwrap(), earlier);
    std::fs::remove_dir(at("store.seal.new")).unwrap();
    backend.check_seal_file().unwrap();
    std::fs::remove_file(at("store.seal")).unwrap();
    backend.check_seal_file().unwrap();
    backend.keep_seal(&[run_id()].into());
    assert_eq!(std::fs::read(at("store.seal")).unwrap(), earlier);
    assert!(!at("store.seal.new").exists());
}

#[test]
fn links_in_place_of_files_of_a_store_are_refused() {
    for name in ["writer.lock", DATABASE_FILE, "store.db-wal", "store.db-shm"] {
        let folder = TempDir::new().unwrap();
        let victim = folder.path().join("victim");
        std::fs::write(&victim, "").unwrap();
        let store = folder.path().join("store");
        drop(filled(&store));
        let _ = std::fs::remove_file(store.join(name));
        std::os::unix::fs::symlink(&victim, store.join(name)).unwrap();
        let error = Store::open_writer(&store, "t").unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("a link"), "{name}: {error}");
        assert_eq!(std::fs::read(&victim).unwrap(), b"", "{name}");
    }
}
