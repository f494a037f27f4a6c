//! A task: cases, their scorer, and the call of the candidate.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath, TreeId};
use hyperspace_sandbox::RuntimeName;

use crate::case::Case;
use crate::python::{Packages, bridge_id};
use crate::score::Direction;
use crate::scorer::Scorer;
use crate::split::Split;

use super::builder::TaskBuilder;
use super::bundled::{self, BUNDLES};
use super::definition::{Fitness, OnFailure, SplitsTable, Stage, TaskEntry, TaskLimits};
use super::digest;
use super::error::{TaskError, shorten};
use super::external::UserData;
use super::reader::CaseReader;
use super::row_scoring::RowScoring;
use super::source::{TaskLoader, file_set};

/// A task, checked completely when it is loaded or built: it has training and held-out cases, all of which its scorer can put to a
/// candidate. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Task {
    pub(super) parts: Arc<TaskParts>,
    pub(super) cases: SplitCases,
    pub(super) external: Option<Arc<UserData>>,
    pub(super) packages: Arc<Packages>,
    pub(super) digest: String,
}

/// Everything that makes up a task except its cases.
#[derive(Debug)]
pub(super) struct TaskParts {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) direction: Direction,
    pub(super) unit: Option<String>,
    pub(super) best_known: Option<f64>,
    pub(super) best_known_source: Option<String>,
    pub(super) entry: TaskEntry,
    pub(super) limits: TaskLimits,
    pub(super) fitness: Option<Fitness>,
    pub(super) on_failure: OnFailure,
    pub(super) stage: Option<Stage>,
    pub(super) scorer: Arc<dyn Scorer>,
    /// The runtime that was named; if none was, the packages decide.
    pub(super) runtime: Option<RuntimeName>,
    /// True if the task is one fixed case, the same in every split.
    pub(super) is_single_case: bool,
    /// The files of the task; empty for a task built in code.
    pub(super) files: FileSet,
    /// The information needed to read its data; `None` for a task built in code.
    pub(super) source: Option<TaskSource>,
}

/// The information needed to read a task's data.
#[derive(Debug)]
pub(super) struct TaskSource {
    pub(super) reader: CaseReader,
    pub(super) splits: SplitsTable,
    pub(super) rows: Option<RowScoring>,
}

/// The cases of each split.
#[derive(Debug, Clone, Default)]
pub(super) struct SplitCases {
    pub(super) train: Arc<[Case]>,
    pub(super) held_out: Arc<[Case]>,
    pub(super) test: Arc<[Case]>,
}

impl Task {
    /// Returns the names of the bundled tasks, in alphabetical order.
    #[must_use]
    pub fn bundled_names() -> Vec<&'static str> {
        BUNDLES.iter().map(|(name, _)| *name).collect()
    }

    /// Loads a bundled task.
    ///
    /// # Errors
    ///
    /// [`TaskError::Unknown`], which lists the existing names; [`TaskError::NeedsData`] if the task's data come from the user.
    pub fn bundled(name: &str) -> Result<Self, TaskError> {
        Self::from_files(&Self::bundled_files(name)?, name)
    }

    /// Returns the files of a bundled task.
    ///
    /// # Errors
    ///
    /// [`TaskError::Unknown`], which lists the existing names.
    pub fn bundled_files(name: &str) -> Result<FileSet, TaskError> {
        let unknown = || TaskError::Unknown { name: shorten(name), known: Self::bundled_names() };
        let (_, files) = BUNDLES.iter().find(|(known, _)| *known == name).ok_or_else(unknown)?;
        file_set(name, files)
    }

    /// Returns whether its runs keep the first rules for evidence: it is a bundled task with recorded runs, and has the files that this
    /// build has for it.
    #[must_use]
    pub fn has_first_evidence(&self) -> bool {
        bundled::has_first_evidence(self.files())
    }

    /// Loads a task from the files of its folder. `label` names the folder in messages.
    ///
    /// # Errors
    ///
    /// When `task.toml` or a file that it names is missing, malformed or invalid; [`TaskError::NeedsData`] when the data come from the
    /// user.
    pub fn from_files(files: &FileSet, label: &str) -> Result<Self, TaskError> {
        TaskLoader::new().load(files, label)
    }

    /// Loads a task whose external splits are files of the user. Files that no split names are ignored. `label` and `data_label` name the
    /// two folders in messages.
    ///
    /// # Errors
    ///
    /// As [`Task::from_files`]; also when a file of the user is missing or malformed, or the task has no external splits.
    pub fn from_files_with_data(
        files: &FileSet,
        label: &str,
        data: &FileSet,
        data_label: &str,
    ) -> Result<Self, TaskError> {
        TaskLoader::new().load_with_data(files, label, data, data_label)
    }

    /// Starts building a task in code, with a scorer.
    pub fn builder(name: impl Into<String>, scorer: Arc<dyn Scorer>) -> TaskBuilder {
        TaskBuilder::new(name.into(), scorer)
    }

    /// Replaces the cases by those of another file. The first half, rounded up and in file order, becomes the training split; the rest is
    /// held out. `label` is the name of the file, whose suffix names the format of rows.
    ///
    /// # Errors
    ///
    /// When the file is malformed or has fewer than two cases, and when the task has no data files.
    pub fn with_data(mut self, label: &str, bytes: &[u8]) -> Result<Self, TaskError> {
        let none =
            || TaskError::data(label, "data file", "none, as this task was built in code", "a data file");
        let source = self.parts.source.as_ref().ok_or_else(none)?;
        let mut cases = source.reader.read(label, bytes)?;
        if cases.len() < 2 {
            let (split, hint) = if cases.is_empty() { ("train", "no") } else { ("held-out", "one") };
            let hint =
                format!("the file has {hint} instance, but needs at least two, as half of them are held out");
            return Err(TaskError::EmptySplit { file: label.to_owned(), split, hint });
        }
        check_cases(label, &*self.parts.scorer, &cases)?;
        let held_out = cases.split_off(cases.len().div_ceil(2)).into();
        let external = UserData::File { label: label.to_owned(), bytes: bytes.to_vec() };
        self.digest = digest::of_files(&self.parts.files, Some(&external));
        self.cases = SplitCases { train: cases.into(), held_out, test: Arc::new([]) };
        self.external = Some(Arc::new(external));
        Ok(self)
    }

    /// Adds packages that guests may import, in addition to those that the task names. They are part of its digest. `label` is the name
    /// used in errors.
    ///
    /// # Errors
    ///
    /// [`TaskError::Field`] when they conflict with packages of the task.
    pub fn with_packages(mut self, packages: &Packages, label: &str) -> Result<Self, TaskError> {
        if packages.is_empty() {
            return Ok(self);
        }
        Arc::make_mut(&mut self.packages).add(packages, label)?;
        self.digest = digest::with_packages(&self.digest, &self.packages.tree());
        Ok(self)
    }

    /// Returns the cases of a split. The list is never empty except for [`Split::Test`], which few tasks have. A task with a single fixed
    /// case has it once in every other split.
    #[must_use]
    pub fn cases(&self, split: Split) -> Arc<[Case]> {
        let SplitCases { train, held_out, test } = &self.cases;
        match split {
            Split::Train => Arc::clone(train),
            Split::HeldOut => Arc::clone(held_out),
            Split::Test => Arc::clone(test),
            Split::All if self.is_single_case() => Arc::clone(train),
            Split::All => [&train[..], &held_out[..]].concat().into(),
        }
    }

    /// Returns whether the task is one fixed case, so that the training score equals the held-out score.
    #[must_use]
    pub fn is_single_case(&self) -> bool {
        self.parts.is_single_case
    }

    /// Returns the scorer.
    #[must_use]
    pub fn scorer(&self) -> &dyn Scorer {
        &*self.parts.scorer
    }

    /// Returns the hexadecimal BLAKE3 digest over everything that determines an evaluation: equal digests mean equal tasks.
    ///
    /// For a task from files, it covers all its files and the external data. The names of the folder and of the external file are not
    /// part of it, except for the suffix that names the data's format. For a task built in code, it covers name, direction, entry, rule
    /// of the scorer, limits and cases.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns the files under `seed/`, by their path below it: the agent from which evolution starts. Empty if there is none.
    #[must_use]
    pub fn seed_agent(&self) -> FileSet {
        super::source::seed_agent(self.files())
    }

    /// Returns all files of the task's folder; empty for a task built in code.
    #[must_use]
    pub fn files(&self) -> &FileSet {
        &self.parts.files
    }

    /// Returns the external data, if any.
    #[must_use]
    pub fn external_data(&self) -> Option<&UserData> {
        self.external.as_deref()
    }

    /// Returns the short name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// Returns the title, one line.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.parts.title
    }

    /// Returns the description of the candidate's job, for people and prompts.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.parts.description
    }

    /// Returns whether lower or higher scores are better.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.parts.direction
    }

    /// Returns the unit of the score, if it has one.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        self.parts.unit.as_deref()
    }

    /// Returns the best known score, if the task names one. It is for people and prompts; nothing is measured against it.
    #[must_use]
    pub fn best_known(&self) -> Option<f64> {
        self.parts.best_known
    }

    /// Returns the source of the best known score, if the task names one.
    #[must_use]
    pub fn best_known_source(&self) -> Option<&str> {
        self.parts.best_known_source.as_deref()
    }

    /// Returns the runtime of its guests: the one that the task names, or else the one that its packages need.
    #[must_use]
    pub fn runtime(&self) -> RuntimeName {
        self.parts.runtime.unwrap_or_else(|| self.packages.runtime())
    }

    /// Returns a description of the place in a package because of which guests get the science runtime; `None` if the task names a
    /// runtime, or no package needs numpy.
    #[must_use]
    pub fn numpy_import(&self) -> Option<&str> {
        self.packages.numpy_import().filter(|_| self.parts.runtime.is_none())
    }

    /// Returns the function that is called.
    #[must_use]
    pub fn entry(&self) -> &TaskEntry {
        &self.parts.entry
    }

    /// Returns the path of the file of `agent` that contains the program: that of the entry's module, or the one that an evaluator in
    /// Python names. `None` if the file does not exist.
    #[must_use]
    pub fn entry_file(&self, agent: &FileSet) -> Option<String> {
        let named = self.parts.scorer.python().and_then(|python| python.program.clone());
        let files = named.map_or_else(|| self.parts.entry.files().to_vec(), |named| vec![named]);
        files.into_iter().find(|file| RelPath::new(file).is_ok_and(|path| agent.get(&path).is_some()))
    }

    /// Returns the path of the program if an evaluator in Python names one that is not a module.
    #[must_use]
    pub fn program(&self) -> Option<&str> {
        self.parts.scorer.python().and_then(|python| python.program.as_deref())
    }

    /// Returns the limits that the task sets. The evaluator's limits apply to the rest.
    #[must_use]
    pub fn limits(&self) -> &TaskLimits {
        &self.parts.limits
    }

    /// Returns the map from score to fitness, if the task declares one.
    #[must_use]
    pub fn fitness(&self) -> Option<&Fitness> {
        self.parts.fitness.as_ref()
    }

    /// Returns the tree of the Python code between evaluator and program, which then also determines evaluations; `None` if the evaluator
    /// is not in Python.
    #[must_use]
    pub fn bridge(&self) -> Option<TreeId> {
        self.parts.scorer.python().map(|_| bridge_id())
    }

    /// Returns the packages that guests may import.
    pub(crate) fn packages(&self) -> &Packages {
        &self.packages
    }

    /// Returns the effect of a case without an answer on the score.
    #[must_use]
    pub fn on_failure(&self) -> OnFailure {
        self.parts.on_failure
    }

    /// Returns the first stage of an evaluation, if the task has one.
    #[must_use]
    pub fn stage(&self) -> Option<&Stage> {
        self.parts.stage.as_ref()
    }
}

/// Checks that the names of cases differ, because model calls are recorded under them.
pub(super) fn check_names(file: &str, cases: &[Case]) -> Result<(), TaskError> {
    let mut numbers = BTreeMap::new();
    for (number, case) in cases.iter().enumerate() {
        if let Some(first) = numbers.insert(case.name.as_str(), number) {
            let place = format!("case {}", number + 1);
            let found = format!("{:?} like case {}", case.name, first + 1);
            return Err(TaskError::data(file, place, "cases with different names", found));
        }
    }
    Ok(())
}

/// Checks that cases belong to a scorer, and that their names differ.
pub(super) fn check_cases(file: &str, scorer: &dyn Scorer, cases: &[Case]) -> Result<(), TaskError> {
    check_names(file, cases)?;
    for case in cases {
        scorer.check(case).map_err(|error| TaskError::Case {
            file: file.to_owned(),
            case: shorten(&case.name),
            source: error,
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
