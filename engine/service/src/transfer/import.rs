//! Imports of outcome folders, with a report of every defect.

use std::path::{Component, Path, PathBuf};

use hyperspace_core::{FileSet, RecordId, RelPath};
use hyperspace_interop::original::{self, AgentFolder, ExperimentFacts};
use hyperspace_interop::{Defect, InteropError};
use hyperspace_store::Store;
use serde::Serialize;

use crate::engine::Engine;
use crate::error::{ErrorClass, ServiceError};
use crate::files;
use crate::operation::{EventSender, Operation};

/// The result of an import: the document of `import --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ImportView {
    /// The imported run.
    pub run: RecordId,
    /// True if the store already had it.
    pub known: bool,
    /// Number of files in the folder.
    pub files: usize,
    /// Its agents.
    pub agents: Vec<ImportedAgentView>,
    /// Defects of the folder, by file.
    pub problems: Vec<Defect>,
}

/// An agent of an imported run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ImportedAgentView {
    /// Its name.
    pub name: Option<String>,
    /// Its folder, below the one being imported.
    pub folder: String,
    /// Number of generations.
    pub generations: usize,
    /// Number of valid generations.
    pub valid: usize,
    /// Number of invalid generations.
    pub invalid: usize,
    /// Number of generations that do not state whether they are valid.
    pub unknown: usize,
    /// Number of evaluations.
    pub evaluations: usize,
    /// Number of model calls.
    pub calls: u64,
}

/// The result of importing one run, or every run in a folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ImportOutcome {
    /// The folder was that of a run.
    Run(ImportView),
    /// The folder held folders of runs.
    Tree(ImportTreeView),
}

/// The result of importing every run in a folder: the document of `import --json` for such a folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ImportTreeView {
    /// The runs, ordered by folder.
    pub runs: Vec<ImportedPlaceView>,
    /// Folders of runs that could not be imported.
    pub failed: Vec<FailedImportView>,
}

/// A run in a folder of runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ImportedPlaceView {
    /// Facts that distinguish it from others.
    pub facts: ExperimentFacts,
    /// Its import.
    #[serde(flatten)]
    pub import: ImportView,
}

/// A run that could not be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FailedImportView {
    /// Its folder, below the one being imported.
    pub folder: String,
    /// The reason.
    pub error: String,
}

impl ImportTreeView {
    /// Returns the class of the result: `Usage` if a run could not be imported.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        (!self.failed.is_empty()).then_some(ErrorClass::Usage)
    }
}

/// An event of an import.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
#[non_exhaustive]
pub enum ImportEvent {
    /// A run in a folder is about to be read.
    RunBegun {
        /// Its number, from 0.
        index: usize,
        /// Number of runs in the folder.
        total: usize,
        /// Its folder, below the one being imported.
        folder: String,
    },
}

/// An import, which makes progress while it is awaited; dropping it cancels it between two runs.
pub type ImportHandle = Operation<ImportEvent, ImportOutcome>;

impl Engine {
    /// Imports a folder of outcome files into the store, which is created if it does not exist: a run, or every run below the
    /// folder, one after the other. Everything that could not be understood is reported as a problem.
    ///
    /// Errors come at the end of the handle: class `Usage` when the folder holds no run, in which case no store is created. In a
    /// folder of runs, a run that cannot be imported is listed, and the others are imported.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::ImportOutcome;
    ///
    /// if let ImportOutcome::Run(run) = engine.import("outcome").finish_blocking()? {
    ///     for problem in run.problems {
    ///         println!("{problem}");
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn import(&self, folder: impl Into<PathBuf>) -> ImportHandle {
        let (engine, folder) = (self.clone(), folder.into());
        Operation::new(self, |events| import(engine, folder, events))
    }
}

async fn import(
    engine: Engine,
    folder: PathBuf,
    events: EventSender<ImportEvent>,
) -> Result<ImportOutcome, ServiceError> {
    let runs = original::runs_of(&files::agent_places(&folder)?);
    if runs.is_empty() || runs == [""] {
        let mut store = None;
        return Ok(ImportOutcome::Run(one(&engine, &mut store, &folder, &place_of(&folder, None))?.0));
    }
    let (mut store, total) = (None, runs.len());
    let mut view = ImportTreeView { runs: Vec::new(), failed: Vec::new() };
    for (index, run) in runs.into_iter().enumerate() {
        // If the receiver is gone, the import is being dropped.
        drop(events.send(ImportEvent::RunBegun { index, total, folder: run.clone() }));
        tokio::task::yield_now().await;
        match one(&engine, &mut store, &folder.join(&run), &place_of(&folder, Some(&run))) {
            Ok((import, facts)) => view.runs.push(ImportedPlaceView { facts, import }),
            Err(error @ ServiceError::Store(_)) => return Err(error),
            Err(error) => view.failed.push(FailedImportView { folder: run, error: error.to_string() }),
        }
    }
    Ok(ImportOutcome::Tree(view))
}

/// Imports one run. The store is opened for the first run that can be read.
fn one(
    engine: &Engine,
    store: &mut Option<Store>,
    folder: &Path,
    place: &str,
) -> Result<(ImportView, ExperimentFacts), ServiceError> {
    let (files, mut problems) = read(folder)?;
    let directory = original::read(files).map_err(|error| match error {
        // Which folder it is about is known only here.
        InteropError::NoRun(why) => ServiceError::file(folder, why),
        error => error.into(),
    })?;
    let store = match store {
        Some(store) => store,
        None => store.insert(engine.writer_or_new("import")?),
    };
    let imported = original::import(store, &directory, place)?;
    let record = original::load_imported_run(store, &imported.run)?;
    let facts = original::experiment_facts(store, &imported.run, &record)?;
    problems.extend(directory.defects.iter().cloned());
    problems.sort();
    let view = ImportView {
        run: imported.run,
        known: imported.known,
        files: directory.files.len(),
        agents: directory.agents.iter().map(agent).collect(),
        problems,
    };
    Ok((view, facts))
}

/// Returns the recorded place of a run: the end of the given path, and the path below it.
fn place_of(folder: &Path, run: Option<&str>) -> String {
    let parts: Vec<&str> = folder
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    let kept = if run.is_some() { 1 } else { 2 };
    let ends = parts[parts.len().saturating_sub(kept)..].iter().copied();
    ends.chain(run).collect::<Vec<_>>().join("/")
}

/// Returns the files of the folder, and the defects of those that cannot be files of a tree.
fn read(path: &Path) -> Result<(FileSet, Vec<Defect>), ServiceError> {
    let found = files::read_bounded(path, files::OUTCOME)?;
    let mut problems = Vec::new();
    let mut note = |file: String, what: String| problems.push(Defect { file, place: None, what });
    for skipped in found.skipped {
        note(skipped, "folders of this name are not imported".to_owned());
    }
    let mut files = FileSet::new();
    for (name, content) in found.files {
        match RelPath::new(&name) {
            Err(error) => note(name, format!("{error}; it is not imported")),
            Ok(at) => {
                if let Err(error) = files.insert(at, content) {
                    note(name, format!("{error}; it is not imported"));
                }
            }
        }
    }
    Ok((files, problems))
}

fn agent(agent: &AgentFolder) -> ImportedAgentView {
    let of = |valid| agent.generations.iter().filter(|one| one.metadata.valid == valid).count();
    ImportedAgentView {
        name: agent.name.clone(),
        folder: agent.folder.clone(),
        generations: agent.generations.len(),
        valid: of(Some(true)),
        invalid: of(Some(false)),
        unknown: of(None),
        evaluations: agent.generations.iter().map(|one| one.evaluations.len()).sum(),
        calls: agent.generations.iter().map(|one| one.calls).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_keep_the_ends_of_paths() {
        let place = |path: &str, run| place_of(Path::new(path), run);
        assert_eq!(place("/data/me/arm_a/seed42", None), "arm_a/seed42");
        assert_eq!(place("/data/me/results/", Some("arm_a/seed42")), "results/arm_a/seed42");
        assert_eq!((place(".", None), place("..", Some("a"))), (String::new(), "a".to_owned()));
    }
}
