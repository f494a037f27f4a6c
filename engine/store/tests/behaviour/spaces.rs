//! Mark spaces are stored the same way on every backend.

use std::sync::Arc;

use hyperspace_core::{MarkKind, ScopeName};
use hyperspace_markspace::{
    Authority, CapabilitySpec, Draft, Grant, LogicalClock, MarkSpace, ScopeDef, SpaceRules, StagedSpace,
    Tick, TrustSource,
};
use hyperspace_store::{SpaceReader, Store, StoreError};

use crate::on_each_backend;

fn scope(name: &str) -> ScopeName {
    ScopeName::new(name).unwrap()
}

fn open(store: &Store, authority: &Authority) -> MarkSpace {
    let clock = Arc::new(LogicalClock::at(Tick(1_000)));
    store.open_space(&scope("main"), authority, clock, SpaceRules::default()).unwrap()
}

fn charter() -> CapabilitySpec {
    CapabilitySpec::new(vec![Grant { scope: scope("a"), kinds: MarkKind::ALL.to_vec() }])
        .trusted(TrustSource::Fleet)
}

#[test]
fn a_space_is_there_after_it_was_closed() {
    on_each_backend(|store| {
        let authority = Authority::new();
        for round in 1..=3 {
            let space = open(&store, &authority);
            space.define(&authority, ScopeDef::new(scope("a"))).unwrap();
            if round == 2 {
                space.snapshot_soon(&authority).unwrap();
            }
            let ann = authority.issue("ann", charter());
            space.write_mark(&ann, &scope("a"), Draft::observation("t", &format!("n{round}"))).unwrap();
            assert_eq!(space.len(), round);
        }
        assert_eq!(store.spaces().unwrap(), [scope("main")]);
        let reader = SpaceReader::open(store.clone(), &scope("main")).unwrap();
        assert!(reader.is_fold_of_journal().unwrap());
        let opened = reader.opened();
        assert!(opened.folded < opened.entries && opened.set_aside.is_none(), "{opened:?}");
        assert!(store.fsck().unwrap().damaged.is_empty());
        assert!(matches!(SpaceReader::open(store, &scope("other")), Err(StoreError::Missing { .. })));
    });
}

#[test]
fn a_staged_space_is_written_with_other_things_or_not_at_all() {
    on_each_backend(|store| {
        let (authority, clock) = (Authority::new(), Arc::new(LogicalClock::at(Tick(1))));
        let mut staged = StagedSpace::new(scope("run"), &authority, clock.clone(), SpaceRules::default());
        staged.space().define(&authority, ScopeDef::new(scope("a"))).unwrap();
        let portion = staged.drain();
        let mut batch = store.batch().unwrap();
        let head = batch.put_staged(&portion).unwrap();
        drop(batch);
        assert_eq!(store.spaces().unwrap(), []);
        let mut batch = store.batch().unwrap();
        assert_eq!(batch.put_staged(&portion).unwrap(), head);
        let blob = batch.put_blob(b"with it");
        batch.commit().unwrap();
        assert_eq!(store.get_blob(&blob).unwrap(), b"with it");
        let stored = store.space_entries(&scope("run"), 0, staged.next()).unwrap();
        let entries: Vec<_> = portion.entries().iter().map(|entry| entry.to_value().unwrap()).collect();
        assert_eq!((stored.entries, stored.head), (entries, head));
        let again = store.open_staged_space(&scope("run"), &authority, clock, None).unwrap();
        assert_eq!((again.next(), again.space().len()), (staged.next(), staged.space().len()));
    });
}
