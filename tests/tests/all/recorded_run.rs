//! A run that an older version recorded is opened, verified, replayed and exported.

use hyperspace_core::{FileSet, RecordId, RelPath};
use hyperspace_evolve::{Event, RunResources, journal, load_config, records};
use hyperspace_interop::original;
use hyperspace_replay::{ReplayScope, replay};
use hyperspace_store::Store;
use hyperspace_testkit::{evaluator, paths, runtime};

const RUN: &str = "4e585defd94fde23f8fbab209cc966a2ad97debe4b55854a2df39d1c75a0d388";
/// The generation records.
const GENERATIONS: [&str; 3] = [
    "3307b385b2fc19bb96cf9b35507dea309e4d2004a1aa67f872a69373451cba5a",
    "3ab13afad81a365159d43a4e8928b205c790c02f7d1ee68fa053af8acb90f52a",
    "518efdc5309d1b1e2362f0816f6e3012d874fb43888c58af42c1dd53451f421d",
];
/// The last event.
const ROOT: &str = "ad0c8b931b9eeadc74ce57d7fc8995c1d545e4c54f28cf07df609f73835c5a4c";
/// The tree of the files that the older version exported.
const EXPORTED: &str = "55db1aaeb1daca169fd469dd19ab5eaba4e64626d7852ece51bcf1dd8ea530a6";

/// Opens a copy of the store, as opening one may write beside it.
fn store() -> (tempfile::TempDir, Store, RecordId) {
    let folder = tempfile::tempdir().unwrap();
    let recorded = paths::repository().join("tests/fixtures/recorded-run/store.db");
    std::fs::copy(recorded, folder.path().join("store.db")).unwrap();
    let store = Store::open_writer(folder.path(), "test").unwrap();
    (folder, store, RUN.parse().unwrap())
}

#[test]
fn it_is_sound_and_keeps_its_hashes() {
    let (_folder, store, run) = store();
    assert_eq!(store.fsck().unwrap().damaged, []);
    assert_eq!(store.runs().unwrap(), [run]);
    assert_eq!(load_config(&store, &run).unwrap().id().unwrap(), run);
    let hashes: Vec<String> = records(&store, &run).unwrap().iter().map(|(id, _)| id.to_string()).collect();
    assert_eq!(hashes, GENERATIONS);
    let events = journal(&store, &run).unwrap();
    assert_eq!((events.len(), events.last().unwrap().id.to_string()), (49, ROOT.to_owned()));
    let refused = events.iter().filter(|entry| matches!(entry.event, Event::EditRefused(_)));
    assert_eq!(refused.count(), 12);
}

#[test]
fn its_events_are_recorded_again_with_the_same_identifiers() {
    let (_folder, store, run) = store();
    let other = tempfile::tempdir().unwrap();
    let copy = Store::open_or_create(other.path(), "test").unwrap();
    let mut batch = copy.batch().unwrap();
    for entry in journal(&store, &run).unwrap() {
        assert_eq!(entry.event.append_to(&mut batch, &run).unwrap().id, entry.id);
    }
}

#[test]
fn it_replays() {
    let (_folder, store, run) = store();
    let found = runtime()
        .block_on(replay(&store, &run, ReplayScope::All, RunResources::new(evaluator(), 2), &mut |_, _| ()))
        .unwrap();
    assert_eq!((found.generations.len(), found.differences), (3, vec![]));
}

#[test]
fn it_exports_the_same_files() {
    let (_folder, store, run) = store();
    let mut files = FileSet::new();
    let mut put = |path: &RelPath, content: &[u8]| {
        files.insert(path.clone(), content.to_vec()).unwrap();
        Ok(())
    };
    original::export(&store, &run, &mut put).unwrap();
    assert_eq!(files.tree().id().to_string(), EXPORTED);
    let imported = original::import(&store, &original::read(files).unwrap(), "").unwrap();
    assert_eq!(imported.run.to_string(), "2bbf56c0f30112a57007411eea7bcdc242472e77a70f3268e4d1dc66c5caef9a");
}
