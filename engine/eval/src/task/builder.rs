//! Tasks that are built in code, with any scorer.

use std::sync::Arc;

use hyperspace_core::FileSet;
use hyperspace_sandbox::RuntimeName;

use crate::case::Case;
use crate::score::{Direction, Score};
use crate::scorer::Scorer;
use crate::split::Split;

use super::definition::{Fitness, OnFailure, Stage, TaskEntry, TaskLimits, check_name};
use super::digest;
use super::error::TaskError;
use super::handle::{SplitCases, Task, TaskParts, check_cases};

/// Builds a task in code.
///
/// Defaults: the title is the name, no description, higher scores are better, no unit, the function `solve` of the module
/// `task_agent`, the evaluator's limits, the plain runtime, no fitness, no score if a case fails, no first stage.
///
/// Such a task has no files, so an evolution run cannot store it. For that, describe the task in a `task.toml` and register its
/// kind of scorer ([`TaskLoader`](super::TaskLoader)).
#[derive(Debug, Clone)]
#[must_use]
pub struct TaskBuilder {
    name: String,
    title: Option<String>,
    description: String,
    direction: Direction,
    unit: Option<String>,
    best_known: Option<f64>,
    entry: TaskEntry,
    limits: TaskLimits,
    runtime: Option<RuntimeName>,
    fitness: Option<Fitness>,
    on_failure: OnFailure,
    stage: Option<Stage>,
    scorer: Arc<dyn Scorer>,
    train: Vec<Case>,
    held_out: Vec<Case>,
    test: Vec<Case>,
}

impl TaskBuilder {
    pub(super) fn new(name: String, scorer: Arc<dyn Scorer>) -> Self {
        Self {
            name,
            title: None,
            description: String::new(),
            direction: Direction::Maximize,
            unit: None,
            best_known: None,
            entry: TaskEntry::new("task_agent", "solve"),
            limits: TaskLimits::default(),
            runtime: None,
            fitness: None,
            on_failure: OnFailure::default(),
            stage: None,
            scorer,
            train: Vec::new(),
            held_out: Vec::new(),
            test: Vec::new(),
        }
    }

    /// Sets the title, one line.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets the description of the candidate's job, for people and prompts.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets whether lower or higher scores are better.
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// Sets the unit of the score.
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// Sets the best known score.
    pub fn best_known(mut self, score: f64) -> Self {
        self.best_known = Some(score);
        self
    }

    /// Sets the function that is called.
    pub fn entry(mut self, entry: TaskEntry) -> Self {
        self.entry = entry;
        self
    }

    /// Sets limits of a case. The evaluator's limits apply to the rest.
    pub fn limits(mut self, limits: TaskLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the runtime of guests. Default: the plain one.
    pub fn runtime(mut self, runtime: RuntimeName) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Sets the scores that are worth 0 and 1 in the selection of parents.
    pub fn fitness(mut self, zero: Score, one: Score) -> Self {
        self.fitness = Some(Fitness { zero, one });
        self
    }

    /// Sets the effect of cases without an answer. To count them as wrong, the scorer needs a worst measure ([`Scorer::worst`]).
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// Adds a first stage of `cases` cases, in which a candidate has to exceed `threshold`.
    pub fn stage(mut self, cases: usize, threshold: Score) -> Self {
        self.stage = Some(Stage { cases, threshold });
        self
    }

    /// Adds cases to a split; cases of [`Split::All`] go to both training and held-out data.
    pub fn cases(mut self, split: Split, cases: impl IntoIterator<Item = Case>) -> Self {
        let cases: Vec<Case> = cases.into_iter().collect();
        if matches!(split, Split::Train | Split::All) {
            self.train.extend(cases.iter().cloned());
        }
        if matches!(split, Split::HeldOut | Split::All) {
            self.held_out.extend(cases.iter().cloned());
        }
        if split == Split::Test {
            self.test.extend(cases);
        }
        self
    }

    /// Builds the task.
    ///
    /// # Errors
    ///
    /// When there are no training or no held-out cases; when a name, a case or the entry is invalid; when the fitness is upside
    /// down; or when failed cases are to count and the scorer has no worst measure.
    pub fn build(self) -> Result<Task, TaskError> {
        let label = self.name.clone();
        check_name(&label, "name", &self.name)?;
        self.entry.check(&label)?;
        self.limits.check(&label)?;
        if let Some(Fitness { zero, one }) = &self.fitness
            && !one.better_than(zero, self.direction)
        {
            let expected = format!("a score for 1 better than {zero}, as the task is to {}", self.direction);
            return Err(TaskError::field(&label, "fitness", expected, one));
        }
        if self.on_failure == OnFailure::Wrong && self.scorer.worst().is_none() {
            let expected = "a scorer with a worst measure";
            return Err(TaskError::field(&label, "on_failure", expected, "one without"));
        }
        if self.stage.as_ref().is_some_and(|stage| stage.cases == 0) {
            return Err(TaskError::field(&label, "stage", "at least 1 case", 0));
        }
        let splits = [("train", &self.train), ("held-out", &self.held_out), ("test", &self.test)];
        for (split, cases) in splits {
            if cases.is_empty() && split != "test" {
                let hint = "add at least one case to it".to_owned();
                return Err(TaskError::EmptySplit { file: label, split, hint });
            }
            check_cases(&label, &*self.scorer, cases)?;
        }
        let cases = splits.map(|(split, cases)| (split, cases.as_slice()));
        let is_single_case = matches!((&self.train[..], &self.held_out[..]), ([a], [b]) if a == b);
        let parts = TaskParts {
            title: self.title.unwrap_or_else(|| self.name.clone()),
            name: self.name,
            description: self.description,
            direction: self.direction,
            unit: self.unit,
            best_known: self.best_known,
            best_known_source: None,
            entry: self.entry,
            limits: self.limits,
            fitness: self.fitness,
            on_failure: self.on_failure,
            stage: self.stage,
            scorer: self.scorer,
            runtime: self.runtime,
            is_single_case,
            files: FileSet::new(),
            source: None,
        };
        let digest = digest::of_parts(&parts, &cases)?;
        let cases =
            SplitCases { train: self.train.into(), held_out: self.held_out.into(), test: self.test.into() };
        Ok(Task { parts: Arc::new(parts), cases, external: None, packages: Arc::default(), digest })
    }
}
