//! `refers.toml`: the project to which a task folder refers.
//!
//! It is resolved when the folder is read, and is not a file of the task: the task consists of the content, wherever that lies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath};
use serde::{Deserialize, Serialize};

use super::agreed;
use super::forms::SeedPath;
use crate::error::ServiceError;
use crate::files;

/// The name of the file.
pub(crate) const REFERS_FILE: &str = "refers.toml";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refers {
    /// The folder of the project.
    project: PathBuf,
    /// The program from which evolution starts, in that folder.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    program: String,
    /// Its path in the task's folder.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    seed: String,
    /// Files of the project that belong to the program, each with its path in the task's folder.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    seeds: BTreeMap<String, String>,
}

/// Returns the text of the file. `seeds` are paths in the project and below the task's `seed/`.
pub(super) fn text(project: &Path, seeds: &[SeedPath]) -> String {
    let below = |(path, own): &SeedPath| (path.clone(), format!("seed/{own}"));
    let refers = Refers {
        project: project.to_path_buf(),
        program: String::new(),
        seed: String::new(),
        seeds: seeds.iter().map(below).collect(),
    };
    // Text can always be written.
    toml::to_string(&refers).unwrap_or_default()
}

/// Returns the folder to which a task's folder refers, if the user has agreed to that.
pub(crate) fn referred_folder(task: &Path, cache: Option<&Path>) -> Option<PathBuf> {
    let at = task.join(REFERS_FILE);
    let text = files::read_text(&at).ok()?;
    let refers: Refers = files::parse_toml(at, &text).ok()?;
    agreed::is_kept(cache?, &text).then_some(refers.project)
}

/// Adds the files to which a task's folder refers. A folder without `refers.toml` is returned unchanged.
///
/// The author of a task must not reach files outside of its folder, so the reference has to be one that the user has agreed to,
/// which is recorded in the folder `cache`.
///
/// Attack that ends here: T-FOLD-09.
pub(crate) fn join(own: &FileSet, label: &Path, cache: Option<&Path>) -> Result<FileSet, ServiceError> {
    let Some(text) = text_in(own) else { return Ok(own.clone()) };
    let at = label.join(REFERS_FILE);
    let refers: Refers = files::parse_toml(at.clone(), &text)?;
    if !cache.is_some_and(|cache| agreed::is_kept(cache, &text)) {
        let project = refers.project.display();
        return Err(ServiceError::with_hint(
            format!("{}: refers to the folder {project}, and not by an import of yours", at.display()),
            format!(
                "if you want its files in this task: hyperspace project import {project} --out NEW_FOLDER"
            ),
        ));
    }
    add_project(own, &at, &refers)
}

/// Returns the text of the file in a set of files.
pub(super) fn text_in(own: &FileSet) -> Option<String> {
    let found = own.iter().find(|(path, _)| path.as_str() == REFERS_FILE);
    found.map(|(_, content)| String::from_utf8_lossy(content).into_owned())
}

/// Adds the files of a project for a reference that the user has just made by naming the project.
pub(super) fn join_made(own: &FileSet, label: &Path) -> Result<FileSet, ServiceError> {
    let Some(text) = text_in(own) else { return Ok(own.clone()) };
    let at = label.join(REFERS_FILE);
    add_project(own, &at, &files::parse_toml(at.clone(), &text)?)
}

fn add_project(own: &FileSet, at: &Path, refers: &Refers) -> Result<FileSet, ServiceError> {
    let project = files::read_project(&refers.project)?;
    let mut joined = FileSet::new();
    let mut add = |path: &str, content: &Arc<[u8]>| -> Result<(), ServiceError> {
        let path = RelPath::new(path).map_err(|error| ServiceError::file(at, error))?;
        joined.insert(path, Arc::clone(content)).map(drop).map_err(|error| ServiceError::file(at, error))
    };
    // The task folder's own files take precedence, and files below the project's `seed/` are not part of the task's seed.
    let own_path = |path: &RelPath| own.get(path).is_some() || path.as_str().starts_with("seed/");
    let is_seed = |path: &RelPath| refers.seeds.contains_key(path.as_str());
    for (path, content) in project.iter().filter(|(path, _)| path.as_str() != "task.toml") {
        if own_path(path) && !is_seed(path) {
            continue;
        }
        if own_path(path) {
            add(&refers.seeds[path.as_str()], content)?;
            continue;
        }
        add(path.as_str(), content)?;
        if path.as_str() == refers.program {
            add(&refers.seed, content)?;
        }
        if let Some(seed) = refers.seeds.get(path.as_str()) {
            add(seed, content)?;
        }
    }
    for (path, content) in own.iter().filter(|(path, _)| path.as_str() != REFERS_FILE) {
        add(path.as_str(), content)?;
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use hyperspace_testkit::file_set;

    use super::*;

    #[test]
    fn a_file_that_is_nested_too_deeply_is_refused_with_its_line() {
        let deep = format!("program = 'a.py'\nproject = {}", "[".repeat(10_000));
        let error = join(&file_set(&[(REFERS_FILE, deep.as_str())]), Path::new("task"), None);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("refers.toml") && error.contains("line 2 is nested too deeply"), "{error}");
    }

    #[test]
    fn a_reference_is_followed_only_for_the_user_who_made_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["project", "task", "cache"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        std::fs::write(at("project/program.py"), "secret").unwrap();
        let refers = text(&at("project"), &[("program.py".to_owned(), "initial.py".to_owned())]);
        std::fs::write(at("task/refers.toml"), &refers).unwrap();
        let own = file_set(&[(REFERS_FILE, refers.as_str())]);
        let cache = at("cache");
        for nobody in [None, Some(cache.as_path())] {
            let error = join(&own, &at("task"), nobody).unwrap_err().to_string();
            assert!(error.contains("not by an import of yours"), "{error}");
            assert_eq!(referred_folder(&at("task"), nobody), None);
        }
        agreed::keep(&cache, &refers).unwrap();
        agreed::keep(&cache, &refers).unwrap();
        assert_eq!(join(&own, &at("task"), Some(&cache)).unwrap().iter().count(), 2);
        assert_eq!(referred_folder(&at("task"), Some(&cache)), Some(at("project")));
        let other = text(folder.path(), &[("program.py".to_owned(), "initial.py".to_owned())]);
        let other = file_set(&[(REFERS_FILE, other.as_str())]);
        assert!(join(&other, &at("task"), Some(&cache)).is_err());
    }
}
