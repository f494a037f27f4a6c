//! Tasks and agents as a request names them: bundled, in a folder, or as values.

use std::path::{Path, PathBuf};

use hyperspace_core::FileSet;
use hyperspace_eval::Task;
use hyperspace_evolve::{SeedAgent, bundled_agent, bundled_agents};

use crate::error::ServiceError;
use crate::files;

/// A task: by name, or as a value.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TaskRef {
    /// The name of a bundled task, or the path of a folder with a `task.toml`.
    Named(String),
    /// A task.
    Task(Box<Task>),
}

impl From<&str> for TaskRef {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl From<String> for TaskRef {
    fn from(name: String) -> Self {
        Self::Named(name)
    }
}

impl From<Task> for TaskRef {
    fn from(task: Task) -> Self {
        Self::Task(Box::new(task))
    }
}

impl TaskRef {
    /// Loads the task, with external data from a file or folder.
    pub(crate) fn load(&self, data: Option<&Path>) -> Result<Task, ServiceError> {
        let task = match self {
            Self::Task(task) => (**task).clone(),
            Self::Named(name) => match data {
                Some(path) if path.is_dir() => {
                    let label = path.display().to_string();
                    let (files, data) = (task_files(name)?, files::read_set(path)?);
                    return Ok(Task::from_files_with_data(&files, name, &data, &label)?);
                }
                _ => Task::from_files(&task_files(name)?, name)?,
            },
        };
        match data {
            None => Ok(task),
            Some(path) => Ok(task.with_data(&path.display().to_string(), &files::read_file(path)?)?),
        }
    }
}

/// An agent: by name, or as files.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AgentRef {
    /// The name of a bundled agent, or the path of a folder.
    Named(String),
    /// Files, with a name for the record.
    Files(SeedAgent),
}

impl From<&str> for AgentRef {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl From<String> for AgentRef {
    fn from(name: String) -> Self {
        Self::Named(name)
    }
}

impl From<FileSet> for AgentRef {
    fn from(files: FileSet) -> Self {
        Self::Files(SeedAgent { name: "agent".to_owned(), files })
    }
}

impl From<SeedAgent> for AgentRef {
    fn from(agent: SeedAgent) -> Self {
        Self::Files(agent)
    }
}

impl AgentRef {
    /// Loads the agent for a task.
    pub(crate) fn load(&self, task: &Task) -> Result<SeedAgent, ServiceError> {
        let name = match self {
            Self::Files(agent) => return Ok(agent.clone()),
            Self::Named(name) => name,
        };
        match folder_named(name, bundled_agents().contains(&name.as_str())) {
            None => Ok(bundled_agent(name, task)?),
            Some(path) => {
                let files = files::read_set(&path)?;
                let label = path.canonicalize().unwrap_or_else(|_| path.clone());
                let label = label.file_name().map_or_else(|| "agent".to_owned(), |n| n.display().to_string());
                Ok(SeedAgent { name: label, files })
            }
        }
    }
}

/// Returns the files of a task: a bundled one, or a folder.
pub(crate) fn task_files(name: &str) -> Result<FileSet, ServiceError> {
    match folder_named(name, Task::bundled_names().contains(&name)) {
        Some(path) => files::read_set(&path),
        None => Ok(Task::bundled_files(name)?),
    }
}

/// Returns the folder that a name means: a path, or anything that is no bundled name and exists as a folder.
fn folder_named(name: &str, bundled: bool) -> Option<PathBuf> {
    let path = Path::new(name);
    let is_path = name.contains('/') || name.starts_with('.') || (!bundled && path.is_dir());
    is_path.then(|| path.to_path_buf())
}

/// Returns the files that a task starts from.
pub(crate) fn seed_files(task: &Task) -> Result<FileSet, ServiceError> {
    let files = task.seed_agent();
    if files.is_empty() {
        let message = format!("task {} has no seed/ folder", task.name());
        return Err(ServiceError::with_hint(message, "name an agent"));
    }
    Ok(files)
}
