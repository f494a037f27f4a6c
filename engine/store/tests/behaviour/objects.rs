//! Objects, journals, references and memos: what was written comes back, all of it or nothing.

use hyperspace_core::{BlobId, record_id};
use hyperspace_store::{ResolveError, Store, StoreError};
use serde_json::json;

use crate::{agent, fill, on_each_backend, run_id};

#[test]
fn what_was_put_comes_back_verified() {
    on_each_backend(|store| {
        let record = fill(&store);
        assert_eq!(store.get_files(&agent().tree().id()).unwrap(), agent());
        assert_eq!(store.get_blob(&BlobId::of(b"small")).unwrap(), b"small");
        let read = store.get_record(&record).unwrap();
        assert_eq!((read.kind.as_str(), &read.body["score"]), ("generation", &json!(5.37)));
        assert_eq!(store.get_ref(&run_id(), "generation/0000000001").unwrap(), Some(record));
        assert_eq!(store.get_ref(&run_id(), "generation/").unwrap(), None);
        let names = store.refs(&run_id(), "generation/").unwrap();
        let names: Vec<_> = names.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["generation/0000000001", "generation/0000000002"]);
        assert_eq!(store.memo(&[7; 32]).unwrap(), Some(record));
        assert_eq!(store.memo(&[8; 32]).unwrap(), None);
        let events = store.events(&run_id(), 0, u64::MAX).unwrap();
        assert_eq!(events.len(), 3);
        assert_eq!(store.head(&run_id()).unwrap(), Some(events[2].id));
        assert_eq!(store.events(&run_id(), 1, 2).unwrap(), events[1..2]);
        assert_eq!(store.events(&run_id(), 2, 1).unwrap(), []);
        assert_eq!(store.runs().unwrap(), [run_id()]);
        assert!(matches!(store.get_blob(&BlobId::of(b"absent")), Err(StoreError::Missing { .. })));
        let report = store.fsck().unwrap();
        assert_eq!((report.damaged.len(), report.events), (0, 3), "{report:?}");
        assert_eq!(report.objects, 7);
    });
}

#[test]
fn a_batch_that_is_not_committed_leaves_nothing() {
    on_each_backend(|store| {
        let mut batch = store.batch().unwrap();
        let id = batch.put_blob(b"gone");
        batch.append(&run_id(), "tick", json!({})).unwrap();
        drop(batch);
        assert!(store.get_blob(&id).is_err());
        assert_eq!(store.head(&run_id()).unwrap(), None);
    });
}

#[test]
fn a_later_batch_replaces_references_and_memos_and_nothing_else() {
    on_each_backend(|store| {
        let first = fill(&store);
        let mut batch = store.batch().unwrap();
        let second = batch.put_record("generation", &json!({"generation": 2})).unwrap();
        batch.put_blob(b"small");
        batch.set_ref(&run_id(), "plan", &second);
        batch.put_memo([7; 32], &second);
        batch.append(&run_id(), "tick", json!({ "number": 3 })).unwrap();
        batch.commit().unwrap();
        assert_eq!(store.get_ref(&run_id(), "plan").unwrap(), Some(second));
        assert_eq!(store.memo(&[7; 32]).unwrap(), Some(second));
        assert_eq!(store.get_ref(&run_id(), "generation/0000000001").unwrap(), Some(first));
        assert_eq!(store.events(&run_id(), 0, 9).unwrap().len(), 4);
        assert!(store.fsck().unwrap().damaged.is_empty());
    });
}

#[test]
fn of_two_batches_that_continue_one_journal_the_second_writes_nothing() {
    on_each_backend(|store| {
        fill(&store);
        let (mut first, mut second) = (store.batch().unwrap(), store.batch().unwrap());
        for batch in [&mut first, &mut second] {
            batch.append(&run_id(), "tick", json!({ "number": 3 })).unwrap();
        }
        let late = second.put_blob(b"late");
        first.commit().unwrap();
        let error = second.commit().unwrap_err();
        assert!(matches!(error, StoreError::Conflict { seq: 3, .. }), "{error}");
        assert!(matches!(store.get_blob(&late), Err(StoreError::Missing { .. })));
        assert_eq!(store.events(&run_id(), 0, 9).unwrap().len(), 4);
    });
}

#[test]
fn journals_are_chains_that_depend_on_every_event() {
    let head = |store: &Store, run: u64, number: u64| {
        let run = record_id("run", &json!({ "seed": run })).unwrap();
        for step in 0..4 {
            let mut batch = store.batch().unwrap();
            let value = if step == 1 { number } else { 0 };
            batch.append(&run, "tick", json!({ "step": step, "value": value })).unwrap();
            batch.commit().unwrap();
        }
        store.head(&run).unwrap().unwrap()
    };
    let heads = std::cell::RefCell::new(vec![]);
    on_each_backend(|store| heads.borrow_mut().push(head(&store, 0, 5)));
    on_each_backend(|store| heads.borrow_mut().push(head(&store, 0, 6)));
    let heads = heads.into_inner();
    assert!(heads[..3].iter().all(|head| *head == heads[0]), "one head, whatever keeps it");
    assert!(heads[3..].iter().all(|head| *head != heads[0]));
}

#[test]
fn prefixes_resolve_or_say_why_not() {
    on_each_backend(|store| {
        let record = fill(&store);
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
            let error = store.resolve("generation", junk);
            assert!(matches!(error, Err(ResolveError::Malformed { .. })), "{junk}");
        }
    });
}

#[test]
fn clones_are_one_store_that_threads_share() {
    fn is_owned<T: Clone + Send + Sync + 'static>(_: &T) {}
    on_each_backend(|store| {
        let record = fill(&store);
        is_owned(&store);
        let other = store.clone();
        drop(store);
        let read = std::thread::spawn(move || {
            let mut batch = other.batch().unwrap();
            let late = batch.put_blob(b"late");
            batch.commit().unwrap();
            (other.get_record(&record).unwrap().kind, other.get_blob(&late).unwrap())
        });
        assert_eq!(read.join().unwrap(), ("generation".to_owned(), b"late".to_vec()));
    });
}
