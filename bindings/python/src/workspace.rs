//! Workspaces: persistent files, and shell commands on them.

use hyperspace::Limits;
use hyperspace::service::{CommandView, WorkspaceCommand, WorkspaceHandle, WorkspaceRequest};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use serde::Deserialize;

use crate::engine::PythonEngine;
use crate::errors::RequestFailure;
use crate::options::{parse, runtime_of};
use crate::pending::Pending;

/// The settings that all commands share.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkspaceOptions {
    folders: Vec<String>,
    limits: Limits,
    seed: u64,
    runtime: Option<String>,
    packages: Vec<std::path::PathBuf>,
}

/// One command: a text for the shell, or a program with its arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandOptions {
    text: Option<String>,
    words: Option<Vec<String>>,
    env: Vec<(String, String)>,
    folder: Option<String>,
    time_ns: Option<u64>,
}

impl CommandOptions {
    fn command(self, stdin: Vec<u8>) -> Result<WorkspaceCommand, RequestFailure> {
        let mut command = match (self.text, self.words) {
            (Some(text), None) => WorkspaceCommand::text(text),
            (None, Some(words)) => WorkspaceCommand::program(words),
            _ => return Err(RequestFailure::usage("expected a text or words, and not both")),
        };
        command = command.stdin(stdin);
        command.folder = self.folder;
        command.time_ns = self.time_ns;
        Ok(self.env.into_iter().fold(command, |command, (name, value)| command.env(name, value)))
    }
}

/// A command on its way to Python: a dictionary of the fields of `CommandOutcome`.
struct Ended(CommandView);

impl<'py> IntoPyObject<'py> for Ended {
    type Target = PyDict;
    type Output = Bound<'py, PyDict>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        let view = self.0;
        let fields = PyDict::new(py);
        fields.set_item(intern!(py, "exit_code"), view.exit_code)?;
        fields.set_item(intern!(py, "stopped"), view.stopped)?;
        fields.set_item(intern!(py, "timed_out"), view.timed_out)?;
        fields.set_item(intern!(py, "stdout_bytes"), PyBytes::new(py, &view.stdout))?;
        fields.set_item(intern!(py, "stderr_bytes"), PyBytes::new(py, &view.stderr))?;
        fields.set_item(intern!(py, "truncated"), view.truncated)?;
        fields.set_item(intern!(py, "fuel"), view.fuel)?;
        fields.set_item(intern!(py, "virtual_seconds"), view.virtual_ns as f64 / 1e9)?;
        fields.set_item(intern!(py, "digest"), view.digest)?;
        Ok(fields)
    }
}

/// The content of a file on its way to Python.
struct Content(Vec<u8>);

impl<'py> IntoPyObject<'py> for Content {
    type Target = PyBytes;
    type Output = Bound<'py, PyBytes>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        Ok(PyBytes::new(py, &self.0))
    }
}

#[pymethods]
impl PythonEngine {
    /// Makes a workspace with its first files. Results in a `Workspace`.
    fn workspace(&self, py: Python<'_>, options: &str, files: Vec<(String, Vec<u8>)>) -> PyResult<Pending> {
        let options: WorkspaceOptions = parse(options).map_err(|failure| failure.into_exception(py))?;
        let mut request = WorkspaceRequest::default();
        request.runtime = runtime_of(options.runtime).map_err(|failure| failure.into_exception(py))?;
        request.folders = options.folders;
        request.limits = options.limits;
        request.seed = options.seed;
        request.packages = options.packages;
        request.files = files;
        let (engine, owner) = (self.engine.clone(), self.clone());
        let work = async move { Ok(PythonWorkspace { workspace: engine.workspace(request).await?, owner }) };
        Ok(Pending::new(&self.runtime, work))
    }
}

/// Files that stay, and commands of a shell on them, one after the other.
#[pyclass(frozen, module = "hyperspace", name = "Workspace")]
pub(crate) struct PythonWorkspace {
    workspace: WorkspaceHandle,
    owner: PythonEngine,
}

#[pymethods]
impl PythonWorkspace {
    /// Runs a command. Results in a dictionary of the fields of `CommandOutcome`.
    fn run(&self, py: Python<'_>, options: &str, stdin: Vec<u8>) -> PyResult<Pending> {
        let command = parse::<CommandOptions>(options).and_then(|options| options.command(stdin));
        let command = command.map_err(|failure| failure.into_exception(py))?;
        let workspace = self.workspace.clone();
        Ok(Pending::new(&self.owner.runtime, async move { Ok(Ended(workspace.run(&command).await?)) }))
    }

    /// Reads a file. Results in its bytes.
    fn read(&self, path: String) -> Pending {
        let workspace = self.workspace.clone();
        Pending::new(&self.owner.runtime, async move { Ok(Content(workspace.read(&path).await?)) })
    }

    /// Writes a file, and makes the folders that it needs.
    fn write(&self, path: String, content: Vec<u8>) -> Pending {
        let workspace = self.workspace.clone();
        Pending::new(&self.owner.runtime, async move { Ok(workspace.write(&path, &content).await?) })
    }

    /// Removes a file, or a folder with all that is in it.
    fn remove(&self, path: String) -> Pending {
        let workspace = self.workspace.clone();
        Pending::new(&self.owner.runtime, async move { Ok(workspace.remove(&path).await?) })
    }

    /// Lists a folder. Results in pairs of a name and whether it is a folder.
    fn list(&self, path: String) -> Pending {
        let workspace = self.workspace.clone();
        Pending::new(&self.owner.runtime, async move { Ok(workspace.list(&path).await?) })
    }
}
