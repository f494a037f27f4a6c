//! Requests to start or resume a run.

use std::path::PathBuf;

use hyperspace_evolve::{Arm, Selection};

use crate::models::CallSettings;
use crate::settings::{RunSettings, SearchSettings};
use crate::sources::{AgentRef, TaskRef};

/// A request to start a run. By default, nothing is set, and the settings of the engine and the [defaults of the
/// product](crate::defaults) decide.
///
/// ```
/// use hyperspace_service::RunRequest;
///
/// let request = RunRequest::new().task("bin-packing").generations(5).seed(7);
/// assert_eq!(request.settings.seed, Some(7));
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RunRequest {
    /// The task, which overrides [`RunSettings::task`].
    pub task: Option<TaskRef>,
    /// External data of the task: a file or a folder.
    pub data: Option<PathBuf>,
    /// The agent from which the run starts, which overrides [`RunSettings::agent`].
    pub agent: Option<AgentRef>,
    /// All other settings that affect results.
    pub settings: RunSettings,
    /// Settings of model calls.
    pub calls: CallSettings,
}

impl RunRequest {
    /// Returns a request that sets nothing.
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

    /// Sets the number of generations after the seed.
    #[must_use]
    pub fn generations(mut self, generations: u64) -> Self {
        self.settings.generations = Some(generations);
        self
    }

    /// Sets the number of candidates per generation and population.
    #[must_use]
    pub fn candidates(mut self, candidates: u64) -> Self {
        self.settings.candidates = Some(candidates);
        self
    }

    /// Sets the seed of every random choice.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = Some(seed);
        self
    }

    /// Sets the selection of parents.
    #[must_use]
    pub fn selection(mut self, selection: Selection) -> Self {
        self.settings.selection = Some(selection);
        self
    }

    /// Sets the search strategy, instead of a selection.
    #[must_use]
    pub fn search(mut self, search: SearchSettings) -> Self {
        self.settings.search = Some(search);
        self
    }

    /// Sets the variant of the loop.
    #[must_use]
    pub fn arm(mut self, arm: Arm) -> Self {
        self.settings.arm = Some(arm);
        self
    }

    /// Replaces all settings that affect results. Later calls of other methods change single ones.
    #[must_use]
    pub fn settings(mut self, settings: RunSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Sets the way in which models are called.
    #[must_use]
    pub fn calls(mut self, calls: CallSettings) -> Self {
        self.calls = calls;
        self
    }
}

/// A request to resume a run. By default: the only one in the store, up to the end of its last plan.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ResumeRequest {
    /// The run, given by its hash or the beginning of it.
    pub run: Option<String>,
    /// Total number of generations after the seed.
    pub generations: Option<u64>,
    /// Budgets of populations: `agent.RESOURCE=N` each.
    pub budget: Vec<String>,
    /// Settings of calls of models.
    pub calls: CallSettings,
}

impl ResumeRequest {
    /// Returns a request that sets nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the run, by its hash or the beginning of it.
    #[must_use]
    pub fn run(mut self, hash: impl ToString) -> Self {
        self.run = Some(hash.to_string());
        self
    }

    /// Sets the total number of generations after the seed.
    #[must_use]
    pub fn generations(mut self, generations: u64) -> Self {
        self.generations = Some(generations);
        self
    }

    /// Sets the budgets of populations.
    #[must_use]
    pub fn budget(mut self, budget: Vec<String>) -> Self {
        self.budget = budget;
        self
    }

    /// Sets the way in which models are called.
    #[must_use]
    pub fn calls(mut self, calls: CallSettings) -> Self {
        self.calls = calls;
        self
    }
}
