//! Projects of other engines as tasks: a folder with a `task.toml` that refers to the original files.
//!
//! `forms`, `specifications` and `scripts` recognise the engine from the files, `layout` describes the task, `yaml` reads the few
//! keys that matter, and `refers` joins a task folder with the files to which it refers, if the user has agreed to that
//! (`agreed`).

mod agreed;
mod forms;
mod helpers;
mod layout;
mod project_files;
mod refers;
mod scripted;
mod scripts;
mod specifications;
mod yaml;
mod yaml_fault;
mod yaml_lines;

use std::path::{Path, PathBuf};

use hyperspace_core::FileSet;
use hyperspace_eval::Task;
use serde::Serialize;

use crate::engine::Engine;
use crate::error::ServiceError;
use crate::files;

use self::refers::join_made;
pub(crate) use self::refers::{REFERS_FILE, join, referred_folder};

/// An imported project: the document of `project import --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProjectView {
    /// The engine that the project was written for.
    pub engine: String,
    /// The folder of the task, or that of the project if no task was written.
    pub folder: String,
    /// The parts that were understood, one sentence each.
    pub understood: Vec<String>,
    /// The parts that have no effect here, one sentence each.
    pub ignored: Vec<String>,
}

/// A project as a task.
struct ImportedProject {
    /// The files of the task's own folder.
    own: FileSet,
    task: Task,
    view: ProjectView,
}

/// Returns the definition of the task that a project becomes.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn recognised_definition(files: &FileSet, name: &str) -> Result<String, String> {
    layout::recognise(files, name).map(|project| project.definition(files))
}

/// Returns the engine for which a folder without a `task.toml` seems to be a project.
pub(crate) fn engine_of(folder: &Path) -> Option<&'static str> {
    let found = files::read_project(folder).ok()?;
    layout::recognise(&found, "task").ok().map(|project| project.form.engine)
}

impl Engine {
    /// Makes a task from a project of another engine, in the new folder `out`. The files stay where they are, and the task refers
    /// to them.
    ///
    /// A script that reveals what it evolves only when it runs is run up to that point, in a guest.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the folder is not a known kind of project, or is two at once, and as [`Engine::new_task`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn import_project(&self, folder: &Path, out: &Path) -> Result<ProjectView, ServiceError> {
        if !folder.exists() {
            return Err(ServiceError::missing(folder, "folder"));
        }
        let ImportedProject { own, view, .. } =
            self.recognised_project(folder, &task_name(out, "project"), out)?;
        self.agree_to_project(&refers::text_in(&own).unwrap_or_default())?;
        files::write(out, &own)?;
        Ok(ProjectView { folder: out.display().to_string(), ..view })
    }

    /// Returns a project of another engine as a task, without writing anything.
    ///
    /// # Errors
    ///
    /// As [`Engine::import_project`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn project_task(&self, folder: &Path) -> Result<(Task, ProjectView), ServiceError> {
        let root = folder.canonicalize().map_err(|error| ServiceError::file(folder, error))?;
        let ImportedProject { task, view, .. } =
            self.recognised_project(folder, &task_name(&root, "project"), folder)?;
        Ok((task, view))
    }

    /// Recognises a project, and loads the resulting task.
    fn recognised_project(
        &self,
        folder: &Path,
        name: &str,
        label: &Path,
    ) -> Result<ImportedProject, ServiceError> {
        let root = folder.canonicalize().map_err(|error| ServiceError::file(folder, error))?;
        let found = files::read_project(&root)?;
        let mut project =
            layout::recognise(&found, name).map_err(|problem| ServiceError::file(folder, problem))?;
        if project.form.engine == scripts::GEPA {
            self.complete_script(&mut project, &found, folder)?;
        }
        let definition = project.definition(&found);
        let refers = refers::text(&root, &project.form.seeds);
        let mut own = vec![("task.toml".to_owned(), definition), (REFERS_FILE.to_owned(), refers)];
        own.extend(project.form.made.iter().cloned());
        let own = FileSet::from_files(own.iter().map(|(path, text)| (path.as_str(), text.as_bytes())))
            .map_err(|error| ServiceError::file(label, error))?;
        // The task is loaded first, so that nothing unusable is written.
        let task = Task::from_files(&join_made(&own, label)?, &label.display().to_string())?;
        let form = project.form;
        let (engine, folder) = (form.engine.to_owned(), folder.display().to_string());
        let view = ProjectView { engine, folder, understood: form.understood, ignored: form.ignored };
        Ok(ImportedProject { own, task, view })
    }

    /// Records in the cache folder that the user made a task with this reference.
    fn agree_to_project(&self, refers: &str) -> Result<(), ServiceError> {
        let Some(cache) = self.cache_folder() else {
            return Err(ServiceError::request(
                "a task that refers to a project needs a cache folder, where it is kept that you made it",
            ));
        };
        agreed::keep(cache, refers).map_err(|source| ServiceError::io(cache, source))
    }

    /// Returns the folder of the project to which a task's folder refers; `None` for other tasks. For front ends that decide
    /// which files are within reach.
    #[must_use]
    pub fn project_of_task(&self, task: &Path) -> Option<PathBuf> {
        referred_folder(task, self.cache_folder())
    }
}

/// Returns a valid task name that is as close to the name of the folder as possible; `otherwise` if nothing of that remains.
pub(crate) fn task_name(folder: &Path, otherwise: &str) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let tidy = |letter: char| {
        if letter.is_ascii_alphanumeric() || letter == '-' { letter.to_ascii_lowercase() } else { '-' }
    };
    let name: String = name.chars().map(tidy).take(60).collect();
    match name.trim_matches('-') {
        "" => otherwise.to_owned(),
        name => name.to_owned(),
    }
}
