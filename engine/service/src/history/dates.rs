//! Dates of runs, in a file beside the store: shown to people, part of no record and no hash.
//!
//! A file that is missing or cannot be read makes dates unknown, nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hyperspace_core::RecordId;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::files::read_text;

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
}

fn path(store: &Path) -> PathBuf {
    store.join(FILE)
}

/// Reads the dates of all runs of a store, by hash.
pub(crate) fn load(store: &Path) -> BTreeMap<String, RunDates> {
    let path = path(store);
    if !path.exists() {
        return BTreeMap::new();
    }
    let read = read_text(&path).map_err(|error| error.to_string());
    read.and_then(|text| serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display())))
        .unwrap_or_else(|error| {
            tracing::warn!("{error}; dates of runs are unknown");
            BTreeMap::new()
        })
}

/// Notes that a run is worked on now. The caller holds the store as its writer. Without a clock nothing is noted.
pub(crate) fn note(engine: &Engine, run: &RecordId) {
    let Some(clock) = &engine.environment().clock else { return };
    let now = clock.unix_seconds();
    let mut all = load(engine.store_folder());
    all.entry(run.to_string()).or_insert(RunDates { started: now, worked: now }).worked = now;
    let path = path(engine.store_folder());
    let half = path.with_extension("json.new");
    let written = serde_json::to_vec_pretty(&all).map_err(std::io::Error::from);
    let written =
        written.and_then(|bytes| std::fs::write(&half, bytes)).and_then(|()| std::fs::rename(&half, &path));
    if let Err(error) = written {
        tracing::warn!("{}: {error}; the date of the run is not kept", path.display());
    }
}
