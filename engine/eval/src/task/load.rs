//! A loaded task.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::case::Case;
use crate::score::Direction;
use crate::scorer::Problem;
use crate::scorer::cap_set::DIMENSION_MAX;
use crate::scorer::rows::Metric;
use crate::split::Split;

use super::bundled::BUNDLES;
use super::columns::Columns;
use super::data;
use super::definition::{Definition, Fitness, ScorerKind, ScorerTable, SplitTable, TaskEntry, TaskLimits};
use super::error::TaskError;
use super::external::{self, ExternalData};
use super::limits::{CIRCLES_MAX, FILE_BYTES_MAX, FILES_MAX};

const DIGEST_CONTEXT: &str = "hyperspace v1 task";
const DEFINITION_FILE: &str = "task.toml";
const SEED_FOLDER: &str = "seed/";

/// How a task is scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scorer {
    OnlineBinPacking,
    CapSet { dimension: u32 },
    CirclePacking { circles: usize },
    Rows { metric: Metric, columns: Option<Columns> },
}

/// A task, checked completely when it is loaded: a value of this type has cases in both splits and a scorer that fits them.
/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Task {
    pub(super) definition: Arc<Definition>,
    pub(super) scorer: Scorer,
    fitness: Option<Fitness>,
    files: Arc<BTreeMap<String, Vec<u8>>>,
    pub(super) external: Option<Arc<ExternalData>>,
    train: Arc<[Case]>,
    held_out: Arc<[Case]>,
    test: Arc<[Case]>,
    digest: String,
}

impl Task {
    /// The names of the bundled tasks, in alphabetical order.
    #[must_use]
    pub fn bundled_names() -> Vec<&'static str> {
        BUNDLES.iter().map(|(name, _)| *name).collect()
    }

    /// A bundled task.
    ///
    /// # Errors
    ///
    /// If there is none of this name; the error lists those there are.
    pub fn bundled(name: &str) -> Result<Self, TaskError> {
        Self::from_files(&Self::bundled_files(name)?, name)
    }

    /// The files of a bundled task.
    ///
    /// # Errors
    ///
    /// If there is none of this name; the error lists those there are.
    pub fn bundled_files(name: &str) -> Result<BTreeMap<String, Vec<u8>>, TaskError> {
        let unknown =
            || TaskError::Unknown { name: super::error::shorten(name), known: Self::bundled_names() };
        let (_, files) = BUNDLES.iter().find(|(known, _)| *known == name).ok_or_else(unknown)?;
        Ok(files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect())
    }

    /// A task from the files of its folder: relative path (with `/`) to content. `label` names the folder in messages.
    ///
    /// # Errors
    ///
    /// If `task.toml` or a file it names is missing, malformed or makes no sense; [`TaskError::NeedsData`] if its data come
    /// from the user.
    pub fn from_files(files: &BTreeMap<String, Vec<u8>>, label: &str) -> Result<Self, TaskError> {
        Self::load(files, label, None)
    }

    /// The task of a folder, with what the user gave for its external splits.
    pub(super) fn load(
        files: &BTreeMap<String, Vec<u8>>,
        label: &str,
        external: Option<ExternalData>,
    ) -> Result<Self, TaskError> {
        let full = |path: &str| format!("{}/{path}", label.trim_end_matches('/'));
        check_sizes(files, full)?;
        let name = full(DEFINITION_FILE);
        let bytes = files.get(DEFINITION_FILE).ok_or_else(|| TaskError::Missing {
            file: name.clone(),
            hint: "a task is a folder with this file; see data/tasks for examples".to_owned(),
        })?;
        let definition = Definition::parse(&name, bytes)?;
        let mut scorer = definition.scorer.check(&name)?;
        let given = definition.columns(&name)?;
        if let Scorer::Rows { columns, .. } = &mut scorer {
            *columns = given;
        }
        let direction = definition.task.direction;
        let fitness = definition.fitness.map(|table| table.check(&name, direction)).transpose()?;
        check_seed(files, &definition.entry, full)?;
        let [train, held_out, test] = match &external {
            Some(ExternalData::Folder { label, files }) => {
                external::cases(&definition, &scorer, (&name, label), files)?
            }
            _ if external::is_wanted(&definition) => return Err(external::needed(&definition, &name)?),
            _ => cases_of_folder(&definition, &scorer, files, full)?,
        };
        let digest = digest(files, external.as_ref());
        Ok(Self {
            definition: Arc::new(definition),
            scorer,
            fitness,
            files: Arc::new(files.clone()),
            external: external.map(Arc::new),
            train: train.into(),
            held_out: held_out.into(),
            test: test.into(),
            digest,
        })
    }

    /// The same task on the data of another file: the first half of its instances, rounded up and in file order, is the
    /// training split, the rest is held out. `label` is the name of the file; its ending names the format of rows.
    ///
    /// # Errors
    ///
    /// If the file is malformed, has fewer than two instances, or if the task has no data.
    pub fn with_data(mut self, label: &str, bytes: &[u8]) -> Result<Self, TaskError> {
        let mut cases = data::parse(&self.scorer, label, bytes)?;
        if cases.len() < 2 {
            let (split, hint) = if cases.is_empty() { ("train", "no") } else { ("held-out", "one") };
            let hint =
                format!("the file has {hint} instance, but needs at least two, as half of them are held out");
            return Err(TaskError::EmptySplit { file: label.to_owned(), split, hint });
        }
        self.held_out = cases.split_off(cases.len().div_ceil(2)).into();
        self.train = cases.into();
        self.test = Arc::new([]);
        let external = ExternalData::File { label: label.to_owned(), bytes: bytes.to_vec() };
        self.digest = digest(&self.files, Some(&external));
        self.external = Some(Arc::new(external));
        Ok(self)
    }

    /// The cases of a split; not empty, but for [`Split::Test`], which few tasks have. A task that is one fixed problem has
    /// it once in every other split.
    #[must_use]
    pub fn cases(&self, split: Split) -> Arc<[Case]> {
        match split {
            Split::Train => Arc::clone(&self.train),
            Split::HeldOut => Arc::clone(&self.held_out),
            Split::Test => Arc::clone(&self.test),
            Split::All if self.is_single_case() => Arc::clone(&self.train),
            Split::All => [&self.train[..], &self.held_out[..]].concat().into(),
        }
    }

    /// Whether the task is one fixed problem, so that training and held-out score are the same.
    #[must_use]
    pub fn is_single_case(&self) -> bool {
        matches!(self.scorer, Scorer::CapSet { .. } | Scorer::CirclePacking { .. })
    }

    /// Hexadecimal BLAKE3 digest over all files of the task and the external data: equal digests mean equal tasks. The
    /// names of the folder and of the external file are not part of it, except for the ending that names the data's format.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The files under `seed/`, by their path below it: the agent that evolution starts from. Empty if the task has none.
    #[must_use]
    pub fn seed_agent(&self) -> BTreeMap<String, Vec<u8>> {
        let below = |(path, bytes): (&String, &Vec<u8>)| {
            path.strip_prefix(SEED_FOLDER).map(|path| (path.to_owned(), bytes.clone()))
        };
        self.files.iter().filter_map(below).collect()
    }

    /// All files of the task's folder.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// The external data, if any.
    #[must_use]
    pub fn external_data(&self) -> Option<&ExternalData> {
        self.external.as_deref()
    }

    /// The short name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.definition.task.name
    }

    /// The title, one line.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.definition.task.title
    }

    /// What the candidate has to do, for people and prompts.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.definition.task.description
    }

    /// Whether lower or higher scores are better.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.definition.task.direction
    }

    /// The unit of the score, if it has one.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        self.definition.task.unit.as_deref()
    }

    /// The function that is called.
    #[must_use]
    pub fn entry(&self) -> &TaskEntry {
        &self.definition.entry
    }

    /// The limits that the task sets; the evaluator fills in the rest.
    #[must_use]
    pub fn limits(&self) -> &TaskLimits {
        &self.definition.limits
    }

    /// The map from score to fitness, if the task declares one.
    #[must_use]
    pub fn fitness(&self) -> Option<&Fitness> {
        self.fitness.as_ref()
    }
}

/// See [`Task::digest`].
fn digest(files: &BTreeMap<String, Vec<u8>>, external: Option<&ExternalData>) -> String {
    let mut hasher = blake3::Hasher::new_derive_key(DIGEST_CONTEXT);
    let mut framed = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    framed(&(files.len() as u64).to_le_bytes());
    for (path, bytes) in files {
        framed(path.as_bytes());
        framed(bytes);
    }
    match external {
        None => {}
        Some(ExternalData::File { label, bytes }) => {
            framed(data::format(label).as_bytes());
            framed(bytes);
        }
        Some(ExternalData::Folder { files, .. }) => {
            framed(b"folder");
            framed(&(files.len() as u64).to_le_bytes());
            for (path, bytes) in files {
                framed(path.as_bytes());
                framed(bytes);
            }
        }
    }
    hasher.finalize().to_hex().to_string()
}

impl ScorerTable {
    /// The scorer, with exactly the keys that its kind needs.
    fn check(&self, file: &str) -> Result<Scorer, TaskError> {
        let (dimension, circles, metric) = (self.dimension, self.circles, self.metric);
        let missing = |field: &str, expected: String| TaskError::field(file, field, expected, "nothing");
        let number = |value: Option<u64>, field: &str, high: u64| {
            let expected = format!("a number, 1 to {high}");
            let value = value.ok_or_else(|| missing(field, expected.clone()))?;
            if (1..=high).contains(&value) {
                Ok(value)
            } else {
                Err(TaskError::field(file, field, expected, value))
            }
        };
        let unused = |set: bool, field: &str| {
            let expected = "no such key for this kind of scorer";
            if set { Err(TaskError::field(file, field, expected, "a value")) } else { Ok(()) }
        };
        unused(dimension.is_some() && self.kind != ScorerKind::CapSet, "scorer.dimension")?;
        unused(circles.is_some() && self.kind != ScorerKind::CirclePacking, "scorer.circles")?;
        unused(metric.is_some() && self.kind != ScorerKind::Rows, "scorer.metric")?;
        unused(self.points.is_some() && self.kind != ScorerKind::Rows, "scorer.points")?;
        Ok(match self.kind {
            ScorerKind::OnlineBinPacking => Scorer::OnlineBinPacking,
            ScorerKind::CapSet => {
                let dimension = number(dimension, "scorer.dimension", u64::from(DIMENSION_MAX))?;
                Scorer::CapSet { dimension: u32::try_from(dimension).unwrap_or(DIMENSION_MAX) }
            }
            ScorerKind::CirclePacking => {
                let circles = number(circles, "scorer.circles", CIRCLES_MAX)?;
                Scorer::CirclePacking { circles: usize::try_from(circles).unwrap_or(usize::MAX) }
            }
            ScorerKind::Rows => {
                let expected = || "\"exact\", \"label\" or \"absolute-error\"".to_owned();
                let metric = metric.ok_or_else(|| missing("scorer.metric", expected()))?;
                Scorer::Rows { metric, columns: None }
            }
        })
    }
}

fn check_sizes(files: &BTreeMap<String, Vec<u8>>, full: impl Fn(&str) -> String) -> Result<(), TaskError> {
    let too_large = |file: String, what: &str, found: usize, limit: usize| TaskError::TooLarge {
        file,
        what: what.to_owned(),
        found: found as u64,
        limit: limit as u64,
    };
    if files.len() > FILES_MAX {
        return Err(too_large(full(""), "the number of files", files.len(), FILES_MAX));
    }
    match files.iter().find(|(_, bytes)| bytes.len() > FILE_BYTES_MAX) {
        Some((path, bytes)) => Err(too_large(full(path), "the size in bytes", bytes.len(), FILE_BYTES_MAX)),
        None => Ok(()),
    }
}

/// A seed agent, if there is one, has the module that is called.
fn check_seed(
    files: &BTreeMap<String, Vec<u8>>,
    entry: &TaskEntry,
    full: impl Fn(&str) -> String,
) -> Result<(), TaskError> {
    let module = format!("{SEED_FOLDER}{}", entry.module.replace('.', "/"));
    let candidates = [format!("{module}.py"), format!("{module}/__init__.py")];
    let any = files.keys().any(|path| path.starts_with(SEED_FOLDER));
    if any && !candidates.iter().any(|path| files.contains_key(path)) {
        let hint = format!("the seed agent needs it, as entry.module is {:?}", entry.module);
        return Err(TaskError::Missing { file: full(&candidates[0]), hint });
    }
    Ok(())
}

fn cases_of_folder(
    definition: &Definition,
    scorer: &Scorer,
    files: &BTreeMap<String, Vec<u8>>,
    full: impl Fn(&str) -> String,
) -> Result<[Vec<Case>; 3], TaskError> {
    let (name, splits) = (full(DEFINITION_FILE), &definition.splits);
    let single = match scorer {
        Scorer::CapSet { dimension } => Problem::CapSet { dimension: *dimension },
        Scorer::CirclePacking { circles } => Problem::CirclePacking { circles: *circles },
        Scorer::OnlineBinPacking | Scorer::Rows { .. } => {
            if splits.train.is_some() && splits.train == splits.held_out {
                let expected = "other data than those of splits.train";
                return Err(TaskError::field(&name, "splits.held-out", expected, "the same"));
            }
            let cases = |split: Option<&SplitTable>, which: &'static str| {
                cases_of_split(split, which, scorer, files, &full)
            };
            let test = splits.test.as_ref().map(|split| cases(Some(split), "test")).transpose()?;
            return Ok([
                cases(splits.train.as_ref(), "train")?,
                cases(splits.held_out.as_ref(), "held-out")?,
                test.unwrap_or_default(),
            ]);
        }
    };
    if splits.train.is_some() || splits.held_out.is_some() || splits.test.is_some() {
        return Err(TaskError::field(&name, "splits", "none, as this task is one fixed problem", "a split"));
    }
    let case = Case { name: definition.task.name.clone(), problem: single };
    Ok([vec![case.clone()], vec![case], Vec::new()])
}

fn cases_of_split(
    split: Option<&SplitTable>,
    which: &'static str,
    scorer: &Scorer,
    files: &BTreeMap<String, Vec<u8>>,
    full: impl Fn(&str) -> String,
) -> Result<Vec<Case>, TaskError> {
    let (name, field) = (full(DEFINITION_FILE), format!("splits.{which}"));
    let either = "either file = \"...\" or generator = {...}";
    let split =
        split.ok_or_else(|| TaskError::field(&name, &field, format!("a table with {either}"), "nothing"))?;
    match (&split.generator, &split.file) {
        (Some(generator), None) => {
            if *scorer != Scorer::OnlineBinPacking {
                let expected = "a file, as only scorer.kind = \"online-bin-packing\" has a generator";
                return Err(TaskError::field(&name, format!("{field}.generator"), expected, "a generator"));
            }
            generator.check(&name, &format!("{field}.generator"))?;
            let case = |(name, instance)| Case { name, problem: Problem::BinPacking(instance) };
            Ok(generator.instances().into_iter().map(case).collect())
        }
        (None, Some(path)) => {
            let bytes = files.get(path).ok_or_else(|| TaskError::Missing {
                file: full(path),
                hint: format!(
                    "{DEFINITION_FILE} names it in {field}.file, relative to the folder of the task"
                ),
            })?;
            let cases = data::parse(scorer, &full(path), bytes)?;
            if cases.is_empty() {
                let hint = "add at least one instance to the file".to_owned();
                return Err(TaskError::EmptySplit { file: full(path), split: which, hint });
            }
            Ok(cases)
        }
        (both, _) => {
            let found = if both.is_some() { "both" } else { "neither" };
            Err(TaskError::field(&name, field, either, found))
        }
    }
}

#[cfg(test)]
mod tests;
