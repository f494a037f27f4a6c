//! The oracles of the fuzz targets for settings and for imported folders. Each takes arbitrary bytes, and panics if a property
//! does not hold.

use hyperspace_core::{EditScope, FileSet, RelPath};
use hyperspace_eval::Task;
use hyperspace_interop::original;

use crate::project::{REFERS_FILE, recognised_definition};
use crate::settings::{RunSettings, Settings};

/// Separates the files of a folder; the rest of the line is the path.
const FILE: &str = "=== ";

/// Checks a settings file: an error names the file; accepted settings cover themselves and are covered by nothing.
pub fn settings(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let settings = match Settings::parse("a-file.toml", &text) {
        Ok(settings) => settings,
        Err(error) => return assert!(error.to_string().contains("a-file.toml"), "{error}"),
    };
    let run = &settings.run;
    // NaN is not equal to itself.
    if run.temperature.is_none_or(f64::is_finite) {
        assert_eq!(&run.clone().or(run), run);
        assert_eq!(&run.clone().or(&RunSettings::default()), run);
        assert_eq!(&RunSettings::default().or(run), run);
        assert_eq!(Settings::parse("a-file.toml", &text).expect("it stays one"), settings);
    }
    if let Some(globs) = &run.edit_scope
        && let Ok(scope) = EditScope::new(globs)
    {
        for path in ["task_agent.py", "a/b/c"] {
            let path = RelPath::new(path).expect("a path of a test");
            assert_eq!(scope.contains(&path), scope.contains(&path));
        }
    }
}

/// Checks a folder, given as lines `=== PATH`, each followed by the content of a file. It is read as a run of the original
/// experiments, as a project of another engine, and as a task that refers to one.
pub fn imports(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut files = FileSet::new();
    for part in text.split(FILE).skip(1) {
        let (path, content) = part.split_once('\n').unwrap_or((part, ""));
        if let Ok(path) = RelPath::new(path) {
            // A path that conflicts with an earlier file is left out.
            drop(files.insert(path, content.as_bytes().to_vec()));
        }
    }
    match original::read(files.clone()) {
        Ok(run) => {
            assert_eq!(run.files, files, "an import keeps every file");
            assert!(run.defects.is_sorted() && !run.agents.is_empty());
            let again = original::read(files.clone()).expect("a run stays one");
            assert_eq!(format!("{again:?}"), format!("{run:?}"));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    match recognised_definition(&files, "a-task") {
        // It is a TOML table, whatever the project contains.
        Ok(definition) => {
            let table: toml::Table = toml::from_str(&definition).expect("the definition of a task");
            let keys: Vec<&str> = table.keys().map(String::as_str).filter(|key| *key != "limits").collect();
            assert_eq!(keys, ["entry", "scorer", "task"], "{definition}");
            // Limits are seconds that the project names, within bounds, and nothing else.
            for limits in [table.get("limits"), table["scorer"].get("limits")].into_iter().flatten() {
                let limits = limits.as_table().expect("a table");
                let names: Vec<&str> = limits.keys().map(String::as_str).collect();
                assert_eq!(names, ["fuel", "wall_clock_ms"], "{definition}");
                let fuel = limits["fuel"].as_integer().expect("a number");
                assert!((6_000_000_000..=3_600_000_000_000).contains(&fuel), "{definition}");
            }
            let own = FileSet::from_files([("task.toml", definition.as_bytes())]).expect("a name is given");
            drop(Task::from_files(&own, "a-task"));
        }
        Err(error) => assert!(!error.is_empty()),
    }
    let refers = files.iter().any(|(path, _)| path.as_str() == REFERS_FILE);
    let joined = crate::project::join(&files, "a-task".as_ref(), None);
    assert!(!refers || joined.is_err(), "a reference was followed for nobody");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn seeds(target: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
        let seeds: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
            .collect();
        assert!(!seeds.is_empty());
        seeds
    }

    /// Every seed, each of its prefixes, and each with one byte changed.
    fn damaged(target: &str, oracle: fn(&[u8])) {
        for seed in seeds(target) {
            oracle(&seed);
            for at in (0..seed.len()).step_by(7) {
                oracle(&seed[..at]);
                let mut changed = seed.clone();
                changed[at] ^= 1 << (at % 7);
                oracle(&changed);
            }
        }
    }

    #[test]
    fn damaged_settings() {
        damaged("settings", settings);
    }

    #[test]
    fn damaged_imports() {
        damaged("imports", imports);
    }
}
