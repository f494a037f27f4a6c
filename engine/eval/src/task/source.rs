//! Loads tasks from the files of a folder.

use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath};

use crate::case::Case;
use crate::python::{Packages, PythonCase};
use crate::scorer::Scorer;

use super::bundled;
use super::definition::{CaseGenerator, Definition, SplitTable, TaskEntry};
use super::digest;
use super::drawn;
use super::error::TaskError;
use super::external::{self, UserData};
use super::handle::{SplitCases, Task, TaskParts, TaskSource, check_cases};
use super::kind::{ScorerKind, ScorerKinds};
use super::limits::{CASES_MAX, FILE_BYTES_MAX, FILES_MAX, VISIBLE_MAX};
use super::reader::CaseReader;
use super::row_scoring::RowScoring;

pub(super) const DEFINITION_FILE: &str = "task.toml";
const SEED_FOLDER: &str = "seed/";

/// Loads tasks, including those whose scorers are registered here. [`Task::from_files`] uses a loader without registered ones.
#[derive(Debug, Clone, Default)]
pub struct TaskLoader {
    kinds: ScorerKinds,
}

/// The files of a task, and the label of their folder.
pub(super) struct Folder<'a> {
    pub(super) files: &'a FileSet,
    pub(super) label: &'a str,
}

impl<'a> Folder<'a> {
    /// Returns the name of a file as messages show it.
    pub(super) fn full(&self, path: &str) -> String {
        format!("{}/{path}", self.label.trim_end_matches('/'))
    }

    /// Returns the content of a file.
    pub(super) fn get(&self, path: &str) -> Option<&'a Arc<[u8]>> {
        self.files.get(&RelPath::new(path).ok()?)
    }

    fn check_sizes(&self) -> Result<(), TaskError> {
        if self.files.len() > FILES_MAX {
            let (found, most) = (self.files.len() as u64, FILES_MAX as u64);
            return Err(TaskError::too_large(&self.full(""), "the number of files", found, most));
        }
        match self.files.iter().find(|(_, bytes)| bytes.len() > FILE_BYTES_MAX) {
            Some((path, bytes)) => {
                let (found, most) = (bytes.len() as u64, FILE_BYTES_MAX as u64);
                Err(TaskError::too_large(&self.full(path.as_str()), "the size in bytes", found, most))
            }
            None => Ok(()),
        }
    }

    /// Reads `task.toml`.
    pub(super) fn definition(&self, kinds: &ScorerKinds) -> Result<Definition, TaskError> {
        let name = self.full(DEFINITION_FILE);
        let bytes = self.get(DEFINITION_FILE).ok_or_else(|| TaskError::Missing {
            file: name.clone(),
            hint: "a task is a folder with this file; `new task DIR` makes one".to_owned(),
        })?;
        Definition::parse(&name, bytes, &kinds.names())
    }

    /// Checks that a seed agent, if there is one, has the module that is called, or the program that an evaluator in Python names.
    fn check_seed(&self, entry: &TaskEntry, scorer: &dyn Scorer) -> Result<(), TaskError> {
        let seed = seed_agent(self.files);
        let program = scorer.python().and_then(|python| python.program.as_deref());
        if let Some(program) = program.filter(|_| !seed.is_empty()) {
            let has = RelPath::new(program).is_ok_and(|path| seed.get(&path).is_some());
            let hint = format!("the seed agent needs it, as scorer.program is {program:?}");
            let missing = TaskError::Missing { file: self.full(&format!("{SEED_FOLDER}{program}")), hint };
            return if has { Ok(()) } else { Err(missing) };
        }
        if seed.is_empty() || entry.is_in(&seed) {
            return Ok(());
        }
        let [file, _] = entry.files();
        let hint = format!("the seed agent needs it, as entry.module is {:?}", entry.module);
        Err(TaskError::Missing { file: self.full(&format!("{SEED_FOLDER}{file}")), hint })
    }
}

/// Returns the files of a folder's seed agent, by their paths below `seed/`.
pub(super) fn seed_agent(files: &FileSet) -> FileSet {
    let mut seed = FileSet::new();
    for (path, content) in files.iter() {
        if let Some(path) = path.as_str().strip_prefix(SEED_FOLDER).and_then(|path| RelPath::new(path).ok()) {
            // Paths that do not conflict do not conflict below a folder either.
            drop(seed.insert(path, Arc::clone(content)));
        }
    }
    seed
}

/// Returns a file set of embedded files.
pub(super) fn file_set(label: &str, files: &[(&str, &[u8])]) -> Result<FileSet, TaskError> {
    let files = files.iter().copied();
    FileSet::from_files(files).map_err(|error| TaskError::data(label, "files", "paths that fit", error))
}

impl TaskLoader {
    /// Creates a loader that knows the built-in scorers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a kind of scorer that a `task.toml` can name, replacing any other one with its name.
    ///
    /// # Panics
    ///
    /// If it has the name of a built-in kind.
    #[must_use]
    pub fn register(mut self, kind: Arc<dyn ScorerKind>) -> Self {
        self.kinds.add(kind);
        self
    }

    /// Loads a task; see [`Task::from_files`].
    ///
    /// # Errors
    ///
    /// As [`Task::from_files`].
    pub fn load(&self, files: &FileSet, label: &str) -> Result<Task, TaskError> {
        self.read(&Folder { files, label }, None)
    }

    /// Loads a task with the data of the user; see [`Task::from_files_with_data`].
    ///
    /// # Errors
    ///
    /// As [`Task::from_files_with_data`].
    pub fn load_with_data(
        &self,
        files: &FileSet,
        label: &str,
        data: &FileSet,
        data_label: &str,
    ) -> Result<Task, TaskError> {
        let task = match self.load(files, label) {
            Err(TaskError::NeedsData { files: names, .. }) => {
                let given = external::named_files(&names, data);
                let external = UserData::Folder { label: data_label.to_owned(), files: given };
                return self.read(&Folder { files, label }, Some(external));
            }
            other => other?,
        };
        let expected = format!(
            "none, as task {} has its own data, or one file that is used instead of them",
            task.name()
        );
        Err(TaskError::data(data_label, "external data", expected, "a folder"))
    }

    fn read(&self, folder: &Folder<'_>, external: Option<UserData>) -> Result<Task, TaskError> {
        folder.check_sizes()?;
        let name = folder.full(DEFINITION_FILE);
        let definition = folder.definition(&self.kinds)?;
        let (scorer, reader) = self.kinds.scorer(&definition, &name)?;
        let direction = definition.task.direction;
        let fitness = definition.fitness.map(|table| table.check(&name, direction)).transpose()?;
        folder.check_seed(&definition.entry, &*scorer)?;
        // Without held-out data, both splits are the same.
        let no_splits = definition.splits.held_out.is_none() && definition.splits.test.is_none();
        let is_single_case = reader.needs_no_splits() && no_splits;
        python_files(&*scorer, folder)?;
        let packages = Packages::of(folder.files, &definition.packages, &name)?;
        let [train, held_out, test] = match &external {
            Some(UserData::Folder { label, files }) => {
                external::cases(&definition, &reader, &name, &Folder { files, label })?
            }
            _ if definition.splits.need_data() => return Err(external::needed(&definition, &name)?),
            _ => CaseSource { definition: &definition, reader: &reader, folder }.cases()?,
        };
        for cases in [&train, &held_out, &test] {
            check_cases(folder.label, &*scorer, cases)?;
        }
        let rows = RowScoring::of(&definition, &name)?;
        let table = definition.rows.as_ref();
        let (on_failure, stage) =
            (table.map(|rows| rows.on_failure).unwrap_or_default(), table.and_then(|rows| rows.stage()));
        let runtime = definition.runtime();
        let Definition { task, entry, limits, splits, .. } = definition;
        let (best_known, best_known_source) = match (task.best_known, bundled::best_known(folder.files)) {
            (None, Some((score, source))) => (Some(score), Some(source.to_owned())),
            (score, _) => (score, task.best_known_source),
        };
        let digest = digest::of_files(folder.files, external.as_ref());
        let parts = TaskParts {
            name: task.name,
            title: task.title,
            description: task.description,
            direction,
            unit: task.unit,
            best_known,
            best_known_source,
            entry,
            limits,
            fitness,
            on_failure,
            stage,
            scorer,
            runtime,
            is_single_case,
            files: folder.files.clone(),
            source: Some(TaskSource { reader, splits, rows }),
        };
        let cases = SplitCases { train: train.into(), held_out: held_out.into(), test: test.into() };
        Ok(Task {
            parts: Arc::new(parts),
            cases,
            external: external.map(Arc::new),
            packages: packages.into(),
            digest,
        })
    }
}

/// Checks that the files that an evaluator in Python names exist.
fn python_files(scorer: &dyn Scorer, folder: &Folder<'_>) -> Result<(), TaskError> {
    let Some(python) = scorer.python() else { return Ok(()) };
    if folder.get(&python.file).is_none() {
        let hint = format!(
            "scorer.module of {DEFINITION_FILE} is {:?}; the evaluator is read from it",
            python.module
        );
        return Err(TaskError::Missing { file: folder.full(&python.file), hint });
    }
    if python.visible.len() > VISIBLE_MAX {
        let (file, expected) = (folder.full(DEFINITION_FILE), format!("at most {VISIBLE_MAX} names"));
        return Err(TaskError::field(&file, "scorer.visible", expected, python.visible.len()));
    }
    for name in &python.visible {
        let (whole, below) = (name.trim_end_matches('/'), format!("{}/", name.trim_end_matches('/')));
        if !folder.files.iter().any(|(path, _)| path.as_str() == whole || path.as_str().starts_with(&below)) {
            let hint = format!("scorer.visible of {DEFINITION_FILE} lets programs see it");
            return Err(TaskError::Missing { file: folder.full(name), hint });
        }
    }
    Ok(())
}

/// The source of the cases of a task that has its data in its own folder.
struct CaseSource<'a> {
    definition: &'a Definition,
    reader: &'a CaseReader,
    folder: &'a Folder<'a>,
}

impl CaseSource<'_> {
    fn cases(&self) -> Result<[Vec<Case>; 3], TaskError> {
        let (name, splits) = (self.folder.full(DEFINITION_FILE), &self.definition.splits);
        if let CaseReader::Construction { problem, settings } = self.reader {
            drawn::check(&name, problem, settings, splits)?;
        }
        if matches!(self.reader, CaseReader::Packing) {
            drawn::check_generated(&name, splits)?;
        }
        let is_python = matches!(self.reader, CaseReader::Python);
        let no_splits = splits.train.is_none() && splits.held_out.is_none() && splits.test.is_none();
        if matches!(self.reader, CaseReader::Fixed) || (self.reader.needs_no_splits() && no_splits) {
            if splits.train.is_some() || splits.held_out.is_some() || splits.test.is_some() {
                let expected = "none, as this task is one fixed problem";
                return Err(TaskError::field(&name, "splits", expected, "a split"));
            }
            let task = &self.definition.task.name;
            let case = match self.reader.construction(&name, "scorer.settings", None)? {
                Some(case) => case,
                None if is_python => Case::new(task, PythonCase::default()),
                None => Case::new(task, ()),
            };
            return Ok([vec![case.clone()], vec![case], Vec::new()]);
        }
        if self.reader.needs_no_splits() && splits.held_out.is_none() && splits.test.is_none() {
            let cases = self.split(splits.train.as_ref(), "train")?;
            return Ok([cases.clone(), cases, Vec::new()]);
        }
        let test = splits.test.as_ref().map(|split| self.split(Some(split), "test")).transpose()?;
        let train = self.split(splits.train.as_ref(), "train")?;
        let held_out = self.split(splits.held_out.as_ref(), "held-out")?;
        // Two empty lists are the same, but each was refused as empty before.
        if splits.train == splits.held_out {
            let expected = "other data than those of splits.train";
            return Err(TaskError::field(&name, "splits.held-out", expected, "the same"));
        }
        Ok([train, held_out, test.unwrap_or_default()])
    }

    fn split(&self, split: Option<&SplitTable>, which: &'static str) -> Result<Vec<Case>, TaskError> {
        let (name, field) = (self.folder.full(DEFINITION_FILE), format!("splits.{which}"));
        let either = "either file = \"...\" or generator = {...}";
        let missing = || TaskError::field(&name, &field, format!("a table with {either}"), "nothing");
        let split = split.ok_or_else(missing)?;
        match self.reader {
            CaseReader::Python => return self.written(split, &name, &field),
            CaseReader::Construction { .. } => return self.constructions(split, &name, &field),
            _ => {}
        }
        if split.args.is_some() || split.seeds.is_some() || split.each.is_some() || split.files.is_some() {
            let expected = "no args, seeds, each and files, which are for scorer.kind = \"python\"";
            return Err(TaskError::field(&name, &field, expected, "one of them"));
        }
        match (&split.generator, &split.file) {
            (Some(generator), None) => self.generated(generator, &name, &format!("{field}.generator")),
            (None, Some(path)) => self.file(path, which),
            (both, _) => {
                let found = if both.is_some() { "both" } else { "neither" };
                Err(TaskError::field(&name, field, either, found))
            }
        }
    }

    /// Returns the cases of a problem, one for each table of parameters.
    fn constructions(&self, split: &SplitTable, name: &str, field: &str) -> Result<Vec<Case>, TaskError> {
        let SplitTable {
            generator: None,
            file: None,
            external: None,
            args: None,
            seeds: None,
            each: Some(each),
            files: None,
        } = split
        else {
            return Err(TaskError::field(
                name,
                field,
                "each = [{...}, ...] and nothing else",
                "something else",
            ));
        };
        let case = |(index, value)| {
            let field = format!("{field}.each[{index}]");
            let missing = || TaskError::field(name, &field, "parameters of a problem", value);
            self.reader.construction(name, &field, Some(value))?.ok_or_else(missing)
        };
        each.iter().enumerate().map(case).collect()
    }

    /// Returns the cases of a split that is written out in `task.toml`.
    fn written(&self, split: &SplitTable, name: &str, field: &str) -> Result<Vec<Case>, TaskError> {
        let SplitTable { generator: None, file: None, external: None, args, seeds, each, files } = split
        else {
            let expected = "args = [...], seeds = [...], each = [...] or files = [...]";
            return Err(TaskError::field(name, field, expected, "something else"));
        };
        let which = field.rsplit('.').next().unwrap_or(field);
        let counts =
            [seeds.as_ref().map(Vec::len), each.as_ref().map(Vec::len), files.as_ref().map(Vec::len)];
        if let Some(count) = counts.into_iter().flatten().find(|count| *count as u64 > CASES_MAX) {
            return Err(TaskError::field(name, field, format!("at most {CASES_MAX} cases"), count));
        }
        match (args, seeds, each, files) {
            (Some(args), None, None, None) => {
                Ok(vec![Case::new(which, PythonCase { args: args.clone(), seed: None })])
            }
            (None, Some(seeds), None, None) if !seeds.is_empty() => Ok(seeds
                .iter()
                .map(|seed| {
                    Case::new(format!("seed-{seed}"), PythonCase { args: Vec::new(), seed: Some(*seed) })
                })
                .collect()),
            (None, None, Some(each), None) if !each.is_empty() => {
                let case = |(index, value): (usize, &serde_json::Value)| {
                    Case::new(format!("{index}"), PythonCase { args: vec![value.clone()], seed: None })
                };
                Ok(each.iter().enumerate().map(case).collect())
            }
            (None, None, None, Some(files)) if !files.is_empty() => {
                let case = |path: &String| {
                    self.folder.get(path).ok_or_else(|| TaskError::Missing {
                        file: self.folder.full(path),
                        hint: format!("{field}.files names it, relative to the folder of the task"),
                    })?;
                    let args = vec![serde_json::Value::from(format!("/task/{path}"))];
                    Ok(Case::new(path, PythonCase { args, seed: None }))
                };
                files.iter().map(case).collect()
            }
            (args, seeds, each, files) => {
                let given = [args.is_some(), seeds.is_some(), each.is_some(), files.is_some()];
                let found = match given.into_iter().filter(|given| *given).count() {
                    0 => "none of them",
                    1 => "an empty list",
                    _ => "several of them",
                };
                let expected =
                    "one of args = [...], seeds = [...], each = [...] and files = [...], not empty";
                Err(TaskError::field(name, field, expected, found))
            }
        }
    }

    fn generated(&self, generator: &CaseGenerator, name: &str, field: &str) -> Result<Vec<Case>, TaskError> {
        if !matches!(self.reader, CaseReader::Packing) {
            let expected = "a file, as only scorer.kind = \"online-bin-packing\" has a generator";
            return Err(TaskError::field(name, field, expected, "a generator"));
        }
        Ok(generator.cases().into_iter().map(|(name, case)| Case::new(name, case)).collect())
    }

    fn file(&self, path: &str, which: &'static str) -> Result<Vec<Case>, TaskError> {
        let full = self.folder.full(path);
        let bytes = self.folder.get(path).ok_or_else(|| TaskError::Missing {
            file: full.clone(),
            hint: format!(
                "{DEFINITION_FILE} names it in splits.{which}.file, relative to the folder of the task"
            ),
        })?;
        let cases = self.reader.read(&full, bytes)?;
        if cases.is_empty() {
            let hint = "add at least one instance to the file".to_owned();
            return Err(TaskError::EmptySplit { file: full, split: which, hint });
        }
        Ok(cases)
    }
}
