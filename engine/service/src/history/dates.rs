//! Dates of runs, in a file beside the store. They are shown to people, and are not part of any record or hash.
//!
//! If the file is missing or cannot be read, dates are unknown, and nothing else changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hyperspace_core::RecordId;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::files::{keep_notes, load_notes};

/// The name of the file in the folder of the store.
const FILE: &str = "dates.json";

/// Dates of a run, in seconds since the beginning of 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunDates {
    /// The first time at which it was worked on.
    pub(crate) started: u64,
    /// The last time at which it was worked on.
    pub(crate) worked: u64,
    /// A number that grows every time, which orders work within one second. Older files do not have it.
    #[serde(default)]
    pub(crate) turn: u64,
}

impl RunDates {
    /// Returns the key by which runs are ordered by their last time.
    pub(crate) fn order(self) -> (u64, u64) {
        (self.turn, self.worked)
    }
}

fn path(store: &Path) -> PathBuf {
    store.join(FILE)
}

/// Reads the dates of all runs of a store, by hash.
pub(crate) fn load(store: &Path) -> BTreeMap<String, RunDates> {
    load_notes(&path(store), "dates of runs are unknown")
}

/// Records that a run is being worked on. The caller holds the store as its writer. Without a clock, nothing is recorded.
pub(crate) fn note(engine: &Engine, run: &RecordId) {
    let Some(clock) = &engine.environment().clock else { return };
    let now = clock.unix_seconds();
    engine.change_notes(|| {
        let mut all = load(engine.store_folder());
        let turn = all.values().map(|dates| dates.turn).max().unwrap_or_default().saturating_add(1);
        let dates = all.entry(run.to_string()).or_insert(RunDates { started: now, worked: now, turn });
        (dates.worked, dates.turn) = (now, turn);
        keep_notes(&path(engine.store_folder()), &all, "the date of the run is not kept");
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hyperspace_testkit::models::VirtualClock;

    use super::*;
    use crate::environment::Environment;

    #[test]
    fn runs_at_the_same_time_keep_the_dates_of_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Environment::default().clock(Arc::new(VirtualClock::default()));
        let engine = Engine::builder().store(folder.path()).environment(clock).build().unwrap();
        std::thread::scope(|threads| {
            for number in 0..16 {
                let engine = engine.clone();
                threads.spawn(move || note(&engine, &RecordId::from_bytes([number; 32])));
            }
        });
        let all = load(folder.path());
        assert_eq!(all.len(), 16);
        let mut turns: Vec<u64> = all.values().map(|dates| dates.turn).collect();
        turns.sort_unstable();
        assert_eq!(turns, (1..=16).collect::<Vec<_>>());
    }
}
