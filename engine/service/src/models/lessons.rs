//! Lessons about providers, kept beside the store, so that the next command does not need the same refusal again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use hyperspace_llm::{Learned, Models};

use crate::engine::Engine;
use crate::files::{keep_notes, load_notes};

/// The name of the file in the folder of the store.
const FILE: &str = "lessons.json";

fn path(engine: &Engine) -> PathBuf {
    engine.store_folder().join(FILE)
}

/// Reads the lessons of all models. A file that cannot be read is reported and counts as empty, because lessons can be learned
/// again.
pub(super) fn load(engine: &Engine) -> BTreeMap<String, Learned> {
    load_notes(&path(engine), "the lessons in it are ignored")
}

/// Forgets the lessons of the models with these keys ([`hyperspace_llm::Model::lesson_key`]), or all lessons. Returns the number
/// of models that had any.
pub(super) fn forget(engine: &Engine, keys: Option<&BTreeSet<String>>) -> usize {
    engine.change_notes(|| {
        let mut all = load(engine);
        let before = all.len();
        all.retain(|key, _| keys.is_some_and(|keys| !keys.contains(key)));
        let forgotten = before - all.len();
        if forgotten > 0 {
            keep_notes(&path(engine), &all, "no lesson is forgotten");
        }
        forgotten
    })
}

/// Keeps the lessons of these models' providers, if there is a store.
pub(crate) fn keep(engine: &Engine, models: &Models) {
    let learned = models.learned();
    if learned.is_empty() || engine.reader().is_err() {
        return;
    }
    engine.change_notes(|| {
        let mut all = load(engine);
        let before = all.clone();
        all.extend(learned);
        if all != before {
            keep_notes(&path(engine), &all, "lessons of providers are not kept");
        }
    });
}
