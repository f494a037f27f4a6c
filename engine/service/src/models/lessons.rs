//! Lessons of providers, kept beside the store: what a refusal taught once is not asked again by the next command.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hyperspace_llm::{Learned, Models};

use crate::engine::Engine;
use crate::files::{keep_notes, load_notes};

/// The file in the folder of the store.
const FILE: &str = "lessons.json";

fn path(engine: &Engine) -> PathBuf {
    engine.store_folder().join(FILE)
}

/// Reads the lessons of all models. A file that cannot be read is told and has none: lessons can be learned again.
pub(super) fn load(engine: &Engine) -> BTreeMap<String, Learned> {
    load_notes(&path(engine), "the lessons in it are ignored")
}

/// Keeps what the providers of these models taught, if there is a store.
pub(crate) fn keep(engine: &Engine, models: &Models) {
    let learned = models.learned();
    if learned.is_empty() || engine.reader().is_err() {
        return;
    }
    let mut all = load(engine);
    let before = all.clone();
    all.extend(learned);
    if all == before {
        return;
    }
    keep_notes(&path(engine), &all, "lessons of providers are not kept");
}
