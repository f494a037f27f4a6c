//! Lessons of providers, kept beside the store: what a refusal taught once is not asked again by the next command.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hyperspace_llm::{Learned, Models};

use crate::engine::Engine;

/// The file in the folder of the store.
const FILE: &str = "lessons.json";

fn path(engine: &Engine) -> PathBuf {
    engine.store_folder().join(FILE)
}

/// Reads the lessons of all models. A file that cannot be read is told and has none: lessons can be learned again.
pub(super) fn load(engine: &Engine) -> BTreeMap<String, Learned> {
    let path = path(engine);
    let Ok(text) = std::fs::read_to_string(&path) else { return BTreeMap::new() };
    serde_json::from_str(&text).unwrap_or_else(|error| {
        tracing::warn!("{}: {error}; the lessons in it are ignored", path.display());
        BTreeMap::new()
    })
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
    let path = path(engine);
    let half = path.with_extension("json.new");
    let written = serde_json::to_vec_pretty(&all).map_err(std::io::Error::from);
    let written =
        written.and_then(|bytes| std::fs::write(&half, bytes)).and_then(|()| std::fs::rename(&half, &path));
    if let Err(error) = written {
        tracing::warn!("{}: {error}; lessons of providers are not kept", path.display());
    }
}
