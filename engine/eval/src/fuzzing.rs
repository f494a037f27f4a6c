//! The oracle of the fuzz target for tasks.

use hyperspace_core::FileSet;

use crate::Task;

/// Loads the folder of a task: `task.toml`, a line `---`, the data of one split, another such line, and the data of the other split.
/// Both data files exist in every format.
pub fn tasks(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.split("\n---\n");
    let mut part = || parts.next().unwrap_or_default().as_bytes().to_vec();
    let mut files = vec![("task.toml".to_owned(), part())];
    let rows = part();
    for (name, rows) in [("train", rows.clone()), ("held", part())] {
        for ending in ["csv", "json", "jsonl"] {
            files.push((format!("{name}.{ending}"), rows.clone()));
        }
    }
    let files = FileSet::from_files(files).expect("names of files are given here");
    let task = match Task::from_files(&files, "a-task") {
        Ok(task) => task,
        Err(error) => return assert!(error.to_string().contains("a-task"), "no file is named: {error}"),
    };
    let again = Task::from_files(&files, "a-task").expect("a task stays one");
    assert_eq!(task.digest(), again.digest());
    assert_eq!(task.name(), again.name());
    match task.clone().with_data("more.json", &rows) {
        Ok(other) => assert_ne!(other.digest(), task.digest(), "other data, the same task"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::tasks;

    fn seeds() -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/tasks");
        let paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!paths.is_empty());
        paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
    }

    #[test]
    fn the_corpus_passes() {
        seeds().iter().for_each(|seed| tasks(seed));
        for seed in seeds() {
            let text = String::from_utf8(seed).unwrap();
            let files = [
                ("task.toml", 0),
                ("train.csv", 1),
                ("train.jsonl", 1),
                ("held.csv", 2),
                ("held.json", 2),
                ("held.jsonl", 2),
            ];
            let part = |at| text.split("\n---\n").nth(at).unwrap_or_default().as_bytes().to_vec();
            let files = files.map(|(name, at)| (name.to_owned(), part(at)));
            let files = super::FileSet::from_files(files).unwrap();
            crate::Task::from_files(&files, "a-task").expect("a seed is a task");
        }
    }

    proptest! {
        /// A seed with pieces cut out, doubled, or replaced.
        #[test]
        fn damaged_tasks(
            seed in prop::sample::select(seeds()),
            cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, "[-0-9a-z\"=\\[\\]{},\n.]{0,3}"), 0..6),
        ) {
            let mut data = seed;
            for (at, len, with) in cuts {
                let at = at.index(data.len().max(1)).min(data.len());
                let end = data.len().min(at + len);
                data.splice(at..end, with.bytes());
            }
            tasks(&data);
        }
    }
}
