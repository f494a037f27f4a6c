//! New tasks: a folder that works at once, with comments that say what to change.

use std::path::Path;

use hyperspace_core::FileSet;
use hyperspace_eval::Task;
use serde::Serialize;

use crate::engine::Engine;
use crate::error::ServiceError;
use crate::files;
use crate::project::task_name;

/// A kind of new task: its name and its files.
type TaskTemplate = (&'static str, &'static [(&'static str, &'static str)]);

macro_rules! template {
    ($name:literal, $($path:literal),+) => {
        ($name, &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/new-task/", $name, "/", $path)))),+])
    };
}

const TEMPLATES: [TaskTemplate; 2] = [
    template!("python", "task.toml", "evaluator.py", "seed/task_agent.py"),
    template!("rows", "task.toml", "train.jsonl", "held-out.jsonl", "seed/task_agent.py"),
];

/// A task that was created: the document of `new task --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NewTaskView {
    /// The folder.
    pub folder: String,
    /// The kind of its scorer.
    pub kind: String,
    /// Its files.
    pub files: Vec<String>,
}

impl Engine {
    /// Creates a task of a kind, `python` or `rows`, in a new folder. The task has the name of the folder.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the kind is unknown, and when the folder exists.
    pub fn new_task(&self, folder: &Path, kind: &str) -> Result<NewTaskView, ServiceError> {
        let known = TEMPLATES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let unknown = || {
            ServiceError::with_hint(
                format!("no kind of task is named {kind:?}"),
                format!("kinds are {known}"),
            )
        };
        let (kind, template) = TEMPLATES.iter().find(|(name, _)| *name == kind).ok_or_else(unknown)?;
        let name = task_name(folder, "task");
        let files = template.iter().map(|(path, text)| (*path, text.replace("NAME", &name)));
        let files = FileSet::from_files(files).map_err(|error| ServiceError::file(folder, error))?;
        // The task is loaded first, so that nothing unusable is written.
        Task::from_files(&files, &folder.display().to_string())?;
        files::write(folder, &files)?;
        Ok(NewTaskView {
            folder: folder.display().to_string(),
            kind: (*kind).to_owned(),
            files: files.iter().map(|(path, _)| path.to_string()).collect(),
        })
    }
}
