//! The oracle of the fuzz target for configurations and records of runs.

use hyperspace_core::canon;
use hyperspace_sandbox::Limits;
use serde_json::Value;

use crate::{GenerationRecord, RunConfig, Selection};

/// A configuration, a generation record, limits or a way to select, as canonical bytes or as JSON.
pub fn config(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(way) = text.parse::<Selection>()
    {
        assert_eq!(serde_json::to_value(way).ok(), Some(Value::from(text)));
    }
    let Some(value) = canon::decode(data).ok().or_else(|| serde_json::from_slice(data).ok()) else { return };
    if let Ok(config) = RunConfig::from_value(&value) {
        let back = config.to_value().expect("a configuration has a value");
        assert_eq!(RunConfig::from_value(&back).expect("it stays one"), config);
        assert!(config.id().is_ok());
    }
    if let Ok(record) = GenerationRecord::from_value(&value) {
        let back = record.to_value().expect("a record has a value");
        assert_eq!(GenerationRecord::from_value(&back).expect("it stays one"), record);
    }
    if let Ok(limits) = serde_json::from_value::<Limits>(value) {
        if let Err(error) = limits.validate() {
            assert!(error.given < error.least || error.given > error.most, "{error}");
        }
        let text = serde_json::to_string(&limits).expect("limits are numbers");
        assert_eq!(serde_json::from_str::<Limits>(&text).ok(), Some(limits));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::config;

    fn seeds() -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/config");
        let paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!paths.is_empty());
        paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
    }

    #[test]
    fn the_corpus_passes() {
        seeds().iter().for_each(|seed| config(seed));
    }

    proptest! {
        /// A seed with a few bytes replaced.
        #[test]
        fn damaged_configurations(
            seed in prop::sample::select(seeds()),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        ) {
            let mut data = seed;
            for (at, byte) in changes {
                let at = at.index(data.len());
                data[at] = byte;
            }
            config(&data);
        }
    }
}
