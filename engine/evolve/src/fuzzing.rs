//! The oracle of the fuzz target for configurations and records of runs.

use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath, canon};
use hyperspace_sandbox::Limits;
use serde_json::Value;

use crate::offspring::edits::EditedFiles;
use crate::{GenerationRecord, RunConfig, Selection};

/// Checks a configuration, a generation record, limits or a way of selection, given as canonical bytes or as JSON.
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

/// Checks the edits between two trees, given as one path per line with a line `---` between the trees: the second one is reached
/// from the first, in the smallest room for both.
pub fn edits(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (before, end) = text.split_once("---\n").unwrap_or((text, ""));
    let tree = |lines: &str| {
        let mut set = FileSet::new();
        for line in lines.lines() {
            if let Ok(path) = RelPath::new(line) {
                // A path that conflicts with an earlier file is left out.
                drop(set.insert(path, vec![b'x'; line.len() % 7]));
            }
        }
        set
    };
    let (before, end) = (tree(before), tree(end));
    let wide = Limits::default();
    let nodes = |set: &FileSet| EditedFiles::new(set.clone(), &wide).nodes();
    let tight = Limits::default()
        .with_files(nodes(&before).max(nodes(&end)))
        .with_file_bytes(before.bytes().max(end.bytes()));
    for limits in [wide.clone(), tight] {
        let mut files = EditedFiles::new(before.clone(), &limits);
        for change in files.changes_to(&end) {
            let content = end.get(&change.path).map(Arc::clone);
            assert!(files.make(&change.path, content).is_ok(), "{} cannot be made", change.path);
        }
        assert!(files.finish() == end, "the end was not reached");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::{config, edits};

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

    #[test]
    fn the_corpus_of_edits_passes() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/edits");
        for entry in std::fs::read_dir(folder).unwrap() {
            edits(&std::fs::read(entry.unwrap().path()).unwrap());
        }
    }

    proptest! {
        #[test]
        fn any_two_trees(text in r"([aA]/?[bB]?/?c?\n){0,6}---\n([aA]/?[bB]?/?c?\n){0,6}") {
            edits(text.as_bytes());
        }

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
