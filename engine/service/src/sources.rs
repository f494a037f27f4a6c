//! Tasks and agents as a request names them: bundled, in a folder, or as values.

use std::path::{Path, PathBuf};

use hyperspace_core::FileSet;
use hyperspace_eval::{Task, TaskError};
use hyperspace_evolve::{SeedAgent, bundled_agent, bundled_agents, with_bundled_meta_agent};

use crate::error::ServiceError;
use crate::files;
use crate::nearest::did_you_mean;
use crate::project;

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

/// Returns a task that was loaded, if its held-out data are other data than its training data.
fn apart(task: Task, label: &str) -> Result<Task, TaskError> {
    task.check_held_out_data(label)?;
    Ok(task)
}

impl TaskRef {
    /// Loads a task from files that are given by value. `label` names their folder in messages.
    ///
    /// # Errors
    ///
    /// Those of [`Task::from_files`], and when its held-out data are its training data.
    pub fn of_files(files: &FileSet, label: &str) -> Result<Self, TaskError> {
        Ok(apart(Task::from_files(files, label)?, label)?.into())
    }

    /// Loads the task, with external data from a file or folder. `cache` is the folder of the cache.
    pub(crate) fn load(&self, data: Option<&Path>, cache: Option<&Path>) -> Result<Task, ServiceError> {
        let task = match self {
            Self::Task(task) => (**task).clone(),
            Self::Named(name) => {
                let files = task_files(name, cache)?;
                match data.filter(|path| path.is_dir()) {
                    Some(path) => {
                        let (label, data) = (path.display().to_string(), files::read_set(path)?);
                        return Ok(apart(Task::from_files_with_data(&files, name, &data, &label)?, name)?);
                    }
                    None => apart(Task::from_files(&files, name)?, name)?,
                }
            }
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
    /// The name of a bundled agent, or the path of a folder or of one Python file.
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

/// Returns the reason why guests of a task do not have the plain runtime, if the task does not name the runtime.
pub(crate) fn runtime_notice(task: &Task) -> Option<String> {
    task.numpy_import().map(|place| {
        format!(
            "{place}, so guests have the science runtime; runtime = \"plain\" in task.toml keeps the plain one"
        )
    })
}

/// An agent loaded for a run, with notices about it.
#[derive(Debug)]
pub(crate) struct LoadedAgent {
    pub(crate) agent: SeedAgent,
    pub(crate) notices: Vec<String>,
}

impl AgentRef {
    /// Loads the agent for a task: a bundled one, a folder, or a single file, which becomes the module that the task calls.
    pub(crate) fn load(&self, task: &Task) -> Result<SeedAgent, ServiceError> {
        let name = match self {
            Self::Files(agent) => return Ok(agent.clone()),
            Self::Named(name) => name,
        };
        let bundled = bundled_agents();
        match path_named(name, bundled.contains(&name.as_str())) {
            None if Path::new(name).extension().is_some_and(|extension| extension == "py") => {
                Err(ServiceError::missing(name, "file or folder"))
            }
            None if !bundled.contains(&name.as_str()) => {
                let message =
                    format!("agent {name}: no bundled agent has that name; there are {}", bundled.join(", "));
                let hint = did_you_mean(name, bundled)
                    .unwrap_or_else(|| "for one of your own, give its folder".to_owned());
                Err(ServiceError::with_hint(message, hint))
            }
            None => Ok(bundled_agent(name, task)?),
            Some(path) if path.file_name().is_some_and(|name| name == "meta_agent.py") && path.is_file() => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let folder = folder.unwrap_or(Path::new("."));
                let message = format!("{}: a file that is named as the agent is its program", path.display());
                let hint = format!("name the folder of the meta agent: {}", folder.display());
                Err(ServiceError::with_hint(message, hint))
            }
            Some(path) if path.is_file() => {
                let [module, _] = task.entry().files();
                let files = FileSet::from_files([(module.as_str(), files::read_file(&path)?)]);
                let files = files.map_err(|error| ServiceError::file(&path, error))?;
                let stem =
                    path.file_stem().map_or_else(|| "agent".to_owned(), |stem| stem.display().to_string());
                Ok(SeedAgent { name: stem, files })
            }
            Some(path) => {
                let files = files::read_set(&path)?;
                let label = path.canonicalize().unwrap_or_else(|_| path.clone());
                let label = label.file_name().map_or_else(|| "agent".to_owned(), |n| n.display().to_string());
                Ok(SeedAgent { name: label, files })
            }
        }
    }

    /// Loads the agent for a run on a task. An agent without a task agent gets that of the task, and one without a meta agent
    /// that of the bundled agent `default`.
    pub(crate) fn load_for_run(&self, task: &Task, default: &str) -> Result<LoadedAgent, ServiceError> {
        let SeedAgent { name, mut files } = self.load(task)?;
        let mut notices = Vec::new();
        let own = |files: &FileSet, path: &str| files.iter().any(|(at, _)| at.as_str() == path);
        let has_task = task.entry_file(&files).is_some();
        if !has_task && own(&files, "meta_agent.py") && task.entry_file(&task.seed_agent()).is_some() {
            for (path, content) in
                task.seed_agent().iter().filter(|(path, _)| !own(&files, path.as_str())).collect::<Vec<_>>()
            {
                files
                    .insert(path.clone(), content.to_vec())
                    .map_err(|error| ServiceError::request(error.to_string()))?;
            }
            notices.push(format!(
                "agent {name} has no {}; it starts with that of the task",
                task.entry().files()[0]
            ));
        }
        if has_task && !own(&files, "meta_agent.py") {
            files = with_bundled_meta_agent(files, default, task)?;
            notices.push(format!(
                "agent {name} has no meta_agent.py; it gets that of the bundled agent {default}"
            ));
        }
        Ok(LoadedAgent { agent: SeedAgent { name, files }, notices })
    }
}

/// Returns whether a meta agent seems to call models, because one of its sources names a way to do so.
pub(crate) fn asks_models(agent: &SeedAgent, task: &Task) -> bool {
    let called = task.entry().files();
    let own = |path: &str| path.ends_with(".py") && !called.iter().any(|file| file == path);
    let sources = agent.files.iter().filter(|(path, _)| own(path.as_str()));
    let mut texts = sources.map(|(_, content)| String::from_utf8_lossy(content));
    texts.any(|text| {
        ["chat", "llm_client", "agentic_loop", "llm.", "hyperspace.call"]
            .iter()
            .any(|word| text.contains(word))
    })
}

/// Returns the files of a task: a bundled one, or a folder. `cache` is the folder of the cache.
pub(crate) fn task_files(name: &str, cache: Option<&Path>) -> Result<FileSet, ServiceError> {
    match path_named(name, Task::bundled_names().contains(&name)) {
        Some(path) if path.is_file() => {
            Err(ServiceError::file(&path, "expected the folder with a task.toml, found a file"))
        }
        Some(path) if path.is_dir() && !path.join("task.toml").exists() => {
            Err(project::engine_of(&path).map_or_else(|| no_task(&path), |engine| project_of(engine, &path)))
        }
        Some(path) => project::join(&files::read_set(&path)?, &path, cache),
        None => Ok(Task::bundled_files(name)?),
    }
}

/// The error for a folder that is not a task. It is reported before the folder is read, because that may hold anything.
fn no_task(path: &Path) -> ServiceError {
    let above = path.parent().filter(|above| above.join("task.toml").exists());
    let hint = match above {
        Some(above) => format!("did you mean {}?", above.display()),
        None => "`hyperspace new task DIR` makes one".to_owned(),
    };
    ServiceError::with_hint(
        format!("{}: no task.toml in it; a task is a folder with this file", path.display()),
        hint,
    )
}

/// The error for a project of another engine given as a task.
fn project_of(engine: &str, path: &Path) -> ServiceError {
    let shown = path.display();
    let name = path.file_name().map_or_else(|| "project".to_owned(), |name| name.display().to_string());
    ServiceError::with_hint(
        format!("{shown}: no task.toml; this looks like a project of {engine}"),
        format!("`hyperspace project import {shown} --out ./{name}-task` makes a task of it"),
    )
}

/// Returns the path that a name means: a name with a slash or a leading dot, or any name that is not a bundled one and exists.
fn path_named(name: &str, bundled: bool) -> Option<PathBuf> {
    let path = Path::new(name);
    let is_path = name.contains('/') || name.starts_with('.') || (!bundled && path.exists());
    is_path.then(|| path.to_path_buf())
}

/// Returns the files from which a task starts.
pub(crate) fn seed_files(task: &Task) -> Result<FileSet, ServiceError> {
    let files = task.seed_agent();
    if files.is_empty() {
        let message = format!("task {} has no seed/ folder", task.name());
        return Err(ServiceError::with_hint(message, "name an agent"));
    }
    Ok(files)
}
