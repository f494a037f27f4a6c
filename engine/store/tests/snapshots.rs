//! Stored spaces that are opened through a snapshot, and snapshots that are not to be trusted.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::sync::Arc;

use hyperspace_markspace::{
    Authority, ClaimOutcome, Draft, LogicalClock, MarkSpace, Ratio, ScopeDef, SpaceOpening, SpaceRules, Tick,
};
use hyperspace_store::{SpaceReader, Store};
use support::*;

struct Shop {
    authority: Authority,
    space: MarkSpace,
}

fn open(folder: &Path, name: &str) -> Shop {
    let store = Store::open_or_create(folder, "test").unwrap();
    let (authority, clock) = (Authority::new(), Arc::new(LogicalClock::at(Tick(1_000_000))));
    let space = store.open_space(&scope(name), &authority, clock, SpaceRules::default()).unwrap();
    space.define(&authority, ScopeDef::new(scope("a"))).unwrap();
    Shop { authority, space }
}

/// Some of everything, with a snapshot in the middle.
fn fill(shop: &Shop, round: u64) {
    let ann = shop.authority.issue("ann", charter(&["a"]));
    for n in 0..30 {
        if n == 20 {
            shop.space.snapshot_soon(&shop.authority).unwrap();
        }
        let topic = format!("t{}", n % 4 + round);
        let mark = shop.space.write_mark(&ann, &scope("a"), Draft::observation(&topic, "seen")).unwrap();
        if n % 5 == 0 {
            shop.space.write_mark(&ann, &scope("a"), Draft::warning(&topic, "not so", Some(mark))).unwrap();
        }
    }
    let resource = format!("r{round}");
    let claim = shop.space.pre_action(&ann, &scope("a"), (resource.as_str(), "edit"), Ratio::ONE);
    let ClaimOutcome::Allow(permit) = claim else { panic!("{claim:?}") };
    shop.space.post_action(&ann, permit, Ok("done".to_owned())).unwrap();
}

fn read(folder: &Path, name: &str) -> (SpaceReader, SpaceOpening) {
    let reader = SpaceReader::open(Store::open_reader(folder).unwrap(), &scope(name)).unwrap();
    let opened = reader.opened();
    (reader, opened)
}

#[test]
fn opening_folds_what_came_after_the_snapshot_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let shop = open(folder.path(), "main");
        assert_eq!(shop.space.opened().unwrap().set_aside, None);
        fill(&shop, round);
        drop(shop);
        let (reader, opened) = read(folder.path(), "main");
        assert!(opened.folded > 0 && opened.folded < 20, "{opened:?}");
        assert!(opened.entries > 38 * (round + 1), "{opened:?}");
        assert!(reader.is_fold_of_journal().unwrap());
        assert_eq!(reader.len(), 38 * (round + 1));
    }
    assert!(Store::open_reader(folder.path()).unwrap().fsck().unwrap().damaged.is_empty());
}

/// A change of the database that leaves its pages sound.
fn tamper(folder: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(folder.join("store.db")).unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
}

#[test]
fn a_snapshot_that_is_damaged_is_set_aside_and_named() {
    let head = "(SELECT max(rowid) FROM objects WHERE kind = 'blob' AND rowid < (SELECT rowid FROM objects WHERE kind = 'record:space-snapshot'))";
    for sql in [
        format!("UPDATE objects SET data = CAST(data || x'00' AS BLOB) WHERE rowid = {head}"),
        format!("DELETE FROM objects WHERE rowid = {head}"),
        "DELETE FROM objects WHERE kind = 'record:space-snapshot'".to_owned(),
        "UPDATE refs SET seal = zeroblob(32) WHERE name = 'space.snapshot'".to_owned(),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fill(&open(folder.path(), "main"), 0);
        let sound = read(folder.path(), "main").0.len();
        tamper(folder.path(), &sql);
        let (reader, opened) = read(folder.path(), "main");
        assert!(opened.set_aside.is_some(), "{sql}: {opened:?}");
        assert_eq!((opened.folded, reader.len()), (opened.entries, sound), "{sql}");
        assert!(reader.is_fold_of_journal().unwrap());
        let report = Store::open_reader(folder.path()).unwrap().fsck().unwrap();
        assert!(!report.damaged.is_empty(), "{sql}");
        // Whoever writes next writes a new one.
        let shop = open(folder.path(), "main");
        assert!(shop.space.opened().unwrap().set_aside.is_some());
        fill(&shop, 1);
        drop(shop);
        let (reader, opened) = read(folder.path(), "main");
        assert_eq!(opened.set_aside, None, "{sql}");
        assert!(opened.folded < opened.entries && reader.is_fold_of_journal().unwrap(), "{sql}");
    }
}

/// The name of a snapshot is sealed together with its space, and the record names space and event: one of another space
/// fits nowhere, even under a new seal.
#[test]
fn a_snapshot_of_another_space_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    fill(&open(folder.path(), "main"), 0);
    fill(&open(folder.path(), "other"), 1);
    tamper(
        folder.path(),
        "UPDATE refs SET (id, seal) = (SELECT id, seal FROM refs other WHERE other.run != refs.run) \
         WHERE name = 'space.snapshot' AND run = (SELECT min(run) FROM refs)",
    );
    let mut aside = 0;
    for name in ["main", "other"] {
        let (reader, opened) = read(folder.path(), name);
        aside += usize::from(opened.set_aside.is_some());
        assert!(reader.is_fold_of_journal().unwrap(), "{name}: {opened:?}");
    }
    assert_eq!(aside, 1, "one of the two has the other one's");
    assert!(!Store::open_reader(folder.path()).unwrap().fsck().unwrap().damaged.is_empty());
}

#[test]
fn nobody_but_the_space_writes_its_journal_and_its_snapshots() {
    let folder = tempfile::tempdir().unwrap();
    fill(&open(folder.path(), "main"), 0);
    let store = Store::open_writer(folder.path(), "test").unwrap();
    let mut batch = store.batch().unwrap();
    let record = batch.put_record("space", &serde_json::json!({ "name": "main" })).unwrap();
    let error = batch.append(&record, "space.block", serde_json::json!({})).unwrap_err();
    assert!(error.to_string().contains("space.block"), "{error}");
    batch.set_ref(&record, "space.snapshot", &record);
    assert!(batch.commit().unwrap_err().to_string().contains("space.snapshot"));
    assert!(store.fsck().unwrap().damaged.is_empty());
}
