//! Imports of outcome folders, with every defect that they have.

use std::path::Path;

use hyperspace_core::{FileSet, RecordId, RelPath};
use hyperspace_interop::Defect;
use hyperspace_interop::original::{self, AgentFolder};
use serde::Serialize;

use crate::engine::Engine;
use crate::error::ServiceError;
use crate::files;

/// An import: the document of `import --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ImportView {
    /// The imported run.
    pub run: RecordId,
    /// True if the store had it before.
    pub known: bool,
    /// Files of the folder.
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
    /// Its folder, below the one that was imported.
    pub folder: String,
    /// Generations.
    pub generations: usize,
    /// Generations that are valid.
    pub valid: usize,
    /// Generations that are not.
    pub invalid: usize,
    /// Generations that do not say.
    pub unknown: usize,
    /// Evaluations.
    pub evaluations: usize,
    /// Calls of models.
    pub calls: u64,
}

impl Engine {
    /// Imports a folder of outcome files into the store, which is made if there is none. Everything that was not understood is
    /// reported as a problem.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// for problem in engine.import("outcome".as_ref())?.problems {
    ///     println!("{problem}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when the folder holds no run; then no store is made.
    pub fn import(&self, folder: &Path) -> Result<ImportView, ServiceError> {
        let (files, mut problems) = read(folder)?;
        let directory = original::read(files)?;
        let imported = original::import(&self.writer_or_new("import")?, &directory)?;
        problems.extend(directory.defects.iter().cloned());
        problems.sort();
        Ok(ImportView {
            run: imported.run,
            known: imported.known,
            files: directory.files.len(),
            agents: directory.agents.iter().map(agent).collect(),
            problems,
        })
    }
}

/// Returns the files of the folder, and those that cannot be files of a tree.
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
