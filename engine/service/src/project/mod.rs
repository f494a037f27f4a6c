//! Projects of other engines as tasks: a folder with a `task.toml` that refers to the original files.
//!
//! `layout` recognises the engine from the files, `yaml` reads the few keys that matter, and `refers` joins a task folder with
//! the files that it refers to, if the user agreed to that (`agreed`).

mod agreed;
mod layout;
mod refers;
mod yaml;

use std::path::{Path, PathBuf};

use hyperspace_core::FileSet;
use hyperspace_eval::Task;
use serde::Serialize;

use crate::engine::Engine;
use crate::error::ServiceError;
use crate::files;

pub(crate) use self::refers::{REFERS_FILE, join, referred_folder};

/// A project that was imported: the document of `project import --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProjectView {
    /// The engine that the project was written for.
    pub engine: String,
    /// The folder of the task.
    pub folder: String,
    /// Parts that were understood, one sentence each.
    pub understood: Vec<String>,
    /// Parts without effect here, one sentence each.
    pub ignored: Vec<String>,
}

/// Returns the definition of the task that a project becomes.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn recognised_definition(files: &FileSet, name: &str) -> Result<String, String> {
    layout::recognise(files, name).map(|project| project.definition)
}

impl Engine {
    /// Makes a task of a project of another engine, in the new folder `out`. The files stay where they are; the task refers to
    /// them.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the folder is no project that is known, or two at once, and as [`Engine::new_task`].
    pub fn import_project(&self, folder: &Path, out: &Path) -> Result<ProjectView, ServiceError> {
        let root = folder.canonicalize().map_err(|source| ServiceError::io(folder, source))?;
        let found = files::read_project(&root)?;
        let name = out.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let project =
            layout::recognise(&found, &name).map_err(|problem| ServiceError::file(folder, problem))?;
        let refers = refers::text(&root, &project.program, &project.seed);
        let own = FileSet::from_files([
            ("task.toml", project.definition.as_bytes()),
            (REFERS_FILE, refers.as_bytes()),
        ])
        .map_err(|error| ServiceError::file(out, error))?;
        // It is loaded first, so that nothing is written that cannot be used.
        self.agree_to_project(&refers)?;
        Task::from_files(&join(&own, out, self.cache_folder())?, &out.display().to_string())?;
        files::write(out, &own)?;
        let (engine, folder) = (project.engine.to_owned(), out.display().to_string());
        Ok(ProjectView { engine, folder, understood: project.understood, ignored: project.ignored })
    }

    /// Keeps in the cache folder that the user made a task with this reference.
    fn agree_to_project(&self, refers: &str) -> Result<(), ServiceError> {
        let Some(cache) = self.cache_folder() else {
            return Err(ServiceError::request(
                "a task that refers to a project needs a cache folder, where it is kept that you made it",
            ));
        };
        agreed::keep(cache, refers).map_err(|source| ServiceError::io(cache, source))
    }

    /// Returns the folder of the project that a task's folder refers to; none for other tasks. For front ends that decide which
    /// files are within reach.
    #[must_use]
    pub fn project_of_task(&self, task: &Path) -> Option<PathBuf> {
        referred_folder(task, self.cache_folder())
    }
}
