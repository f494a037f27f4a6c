//! Dates of runs, in a file beside the store: shown to people, part of no record and no hash.
//!
//! A file that is missing or cannot be read makes dates unknown, nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hyperspace_core::RecordId;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::files::{keep_notes, load_notes};

/// The file in the folder of the store.
const FILE: &str = "dates.json";

/// Dates of a run, in seconds since the beginning of 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunDates {
    /// The first time that it was worked on.
    pub(crate) started: u64,
    /// The last time.
    pub(crate) worked: u64,
    /// A number that grows each time: it orders what was worked on within one second. Files of before have none.
    #[serde(default)]
    pub(crate) turn: u64,
}

impl RunDates {
    /// Returns what orders runs by the last time.
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

/// Notes that a run is worked on now. The caller holds the store as its writer. Without a clock nothing is noted.
pub(crate) fn note(engine: &Engine, run: &RecordId) {
    let Some(clock) = &engine.environment().clock else { return };
    let now = clock.unix_seconds();
    let mut all = load(engine.store_folder());
    let turn = all.values().map(|dates| dates.turn).max().unwrap_or_default().saturating_add(1);
    let dates = all.entry(run.to_string()).or_insert(RunDates { started: now, worked: now, turn });
    (dates.worked, dates.turn) = (now, turn);
    keep_notes(&path(engine.store_folder()), &all, "the date of the run is not kept");
}
