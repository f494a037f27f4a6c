//! Requests to evaluate an agent.

use std::path::PathBuf;

use hyperspace_eval::Split;
use hyperspace_sandbox::RuntimeName;

use crate::models::CallSettings;
use crate::sources::{AgentRef, TaskRef};

/// A request to evaluate an agent. By default: the default task, the agent that the task starts from, all of the task's data, and
/// no models.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EvalRequest {
    /// The task.
    pub task: Option<TaskRef>,
    /// External data of the task: a file or a folder.
    pub data: Option<PathBuf>,
    /// The agent.
    pub agent: Option<AgentRef>,
    /// Folders and wheels of pure Python that guests may import, in addition to those of the task.
    pub packages: Vec<PathBuf>,
    /// The runtime of guests, which overrides the task's.
    pub runtime: Option<RuntimeName>,
    /// The part of the data.
    pub split: Split,
    /// Fuel of one case, if the task does not set its own.
    pub fuel: Option<u64>,
    /// The model that the agent is given, and that its rows may call.
    pub model: Option<String>,
    /// Further models that rows may call.
    pub models: Vec<String>,
    /// Settings of calls of models.
    pub calls: CallSettings,
}

impl Default for EvalRequest {
    fn default() -> Self {
        Self {
            task: None,
            data: None,
            agent: None,
            packages: Vec::new(),
            runtime: None,
            split: Split::All,
            fuel: None,
            model: None,
            models: Vec::new(),
            calls: CallSettings::default(),
        }
    }
}

impl EvalRequest {
    /// Returns the default request.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the task: the name of a bundled one, a folder, or a `Task`.
    #[must_use]
    pub fn task(mut self, task: impl Into<TaskRef>) -> Self {
        self.task = Some(task.into());
        self
    }

    /// Sets the file or folder of the task's external data.
    #[must_use]
    pub fn data(mut self, path: impl Into<PathBuf>) -> Self {
        self.data = Some(path.into());
        self
    }

    /// Sets the agent: the name of a bundled one, a folder, or files.
    #[must_use]
    pub fn agent(mut self, agent: impl Into<AgentRef>) -> Self {
        self.agent = Some(agent.into());
        self
    }

    /// Sets the part of the data.
    #[must_use]
    pub fn split(mut self, split: Split) -> Self {
        self.split = split;
        self
    }

    /// Adds a folder or a wheel of pure Python that guests may import.
    #[must_use]
    pub fn package(mut self, path: impl Into<PathBuf>) -> Self {
        self.packages.push(path.into());
        self
    }

    /// Sets the runtime of guests. Default: the task's.
    #[must_use]
    pub fn runtime(mut self, runtime: RuntimeName) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Sets the fuel of one case, if the task does not set its own.
    #[must_use]
    pub fn fuel(mut self, fuel: u64) -> Self {
        self.fuel = Some(fuel);
        self
    }

    /// Sets the model that the agent is given, and that its rows may call.
    #[must_use]
    pub fn model(mut self, name: impl Into<String>) -> Self {
        self.model = Some(name.into());
        self
    }

    /// Sets the way in which models are called.
    #[must_use]
    pub fn calls(mut self, calls: CallSettings) -> Self {
        self.calls = calls;
        self
    }
}
