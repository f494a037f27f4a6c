//! The plan of a season: the task with the rows that exist, and the agent that it starts from.

use std::collections::BTreeSet;

use hyperspace_core::{BlobId, RecordId, TreeId};
use hyperspace_eval::{DataRow, Split, Task, TaskLoader};
use hyperspace_llm::Spend;
use hyperspace_store::Store;

use super::config::ContinuousConfig;
use super::state::{ContinuousState, TakenBatch};
use crate::error::EvolveError;
use crate::models::stored::{Efforts, efforts_name};

/// The beginning of a season.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeasonStart {
    /// Its number.
    pub number: u64,
    /// Number of batches that it knows.
    pub batches: u64,
    /// The files of the champion that serves.
    pub tree: TreeId,
}

/// The plan of a season.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SeasonPlan {
    /// The task with the rows of the season.
    pub task: Task,
    /// The name of the agent, which is that of the first one.
    pub agent: String,
    /// Its files.
    pub tree: TreeId,
    /// The seed of its random choices.
    pub seed: u64,
}

impl SeasonPlan {
    /// Plans a season of a continuous run.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Store`], or [`EvolveError::Task`] when the rows do not make a task.
    pub fn new(
        store: &Store,
        config: &ContinuousConfig,
        state: &ContinuousState,
        season: &SeasonStart,
    ) -> Result<Self, EvolveError> {
        let window =
            state.rules().map_or(usize::MAX, |rules| usize::try_from(rules.window).unwrap_or(usize::MAX));
        let SeasonStart { number, batches, tree } = *season;
        let base = base_task(store, config)?;
        let known = usize::try_from(batches).unwrap_or(usize::MAX).min(state.batches.len());
        let known = &state.batches[..known];
        let source = RowsInOrder { store, base: &base, batches: known, aside: &state.set_aside };
        let train = source.newest(Split::Train, window)?;
        let held_out = source.newest(Split::HeldOut, window)?;
        let task = Task::from_files(&base.files_with_rows(&train, &held_out, &[])?, base.name())?;
        let first: String = config.field("seed")?;
        let first: u64 =
            first.parse().map_err(|error| EvolveError::record("seed of the continuous run", error))?;
        Ok(Self { task, agent: config.field("agent")?, tree, seed: first.wrapping_add(number) })
    }
}

/// Returns whether a new row is held out, by the digest of its group, or of the row itself if it has no group. The same row is on
/// the same side in every run, and rows of a group are never on both sides.
#[must_use]
pub fn is_held_out(row: &DataRow, percentage: u64) -> bool {
    let digest = row.group.as_ref().map_or_else(|| row.digest(), |group| BlobId::of(group.as_bytes()));
    let first = digest.as_bytes().first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    (u128::from(first) * 100) >> 64 < u128::from(percentage)
}

/// Loads the task of a continuous run with the rows that the run began with.
pub(super) fn base_task(store: &Store, config: &ContinuousConfig) -> Result<Task, EvolveError> {
    let files = store.get_files(&config.field("task_files")?)?;
    Ok(TaskLoader::new().load(&files, &config.field::<String>("task")?)?)
}

/// The rows of seasons: those that the run began with, followed by those of the batches.
struct RowsInOrder<'a> {
    store: &'a Store,
    base: &'a Task,
    batches: &'a [TakenBatch],
    /// Names of new rows that are left out.
    aside: &'a BTreeSet<String>,
}

impl RowsInOrder<'_> {
    /// Returns the newest rows of a split.
    fn newest(&self, split: Split, window: usize) -> Result<Vec<String>, EvolveError> {
        let mut rows: Vec<String> = self.base.rows(split)?.into_iter().map(|row| row.json).collect();
        for batch in self.batches {
            let blob = if split == Split::Train { batch.train } else { batch.held_out };
            let lines = lines(self.store, blob.as_ref())?;
            rows.extend(if self.aside.is_empty() { lines } else { self.without_aside(&lines)? });
        }
        Ok(rows.split_off(rows.len().saturating_sub(window)))
    }

    fn without_aside(&self, lines: &[String]) -> Result<Vec<String>, EvolveError> {
        let rows = rows_in(self.base, lines.join("\n").as_bytes())?.into_iter();
        Ok(rows.filter(|row| !self.aside.contains(&row.name)).map(|row| row.json).collect())
    }
}

/// Reads rows that were taken, one in each line.
pub(super) fn rows_in(task: &Task, text: &[u8]) -> Result<Vec<DataRow>, EvolveError> {
    let rows = task.read_rows("rows.jsonl", None, text, 1)?;
    Ok(rows.into_iter().collect::<Result<_, _>>()?)
}

/// Returns the rows of a blob.
pub(super) fn lines(store: &Store, blob: Option<&BlobId>) -> Result<Vec<String>, EvolveError> {
    let Some(blob) = blob else { return Ok(Vec::new()) };
    let text = String::from_utf8(store.get_blob(blob)?);
    let text = text.map_err(|error| EvolveError::record(format!("the rows {blob}"), error))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Returns what a unit of work of a run spent on models: a generation, given as its number in eight digits, or another unit of
/// work, given by name.
///
/// # Errors
///
/// [`EvolveError::Store`], or [`EvolveError::Record`] for a malformed record.
pub fn work_spend(store: &Store, run: &RecordId, work: &str) -> Result<Spend, EvolveError> {
    let name = efforts_name(work);
    let Some(id) = store.get_ref(run, &name)? else { return Ok(Spend::default()) };
    let efforts: Efforts = hyperspace_core::canon::from_value(&store.get_record(&id)?.body)
        .map_err(|error| EvolveError::record(&name, error))?;
    let all = efforts.streams.values().flatten();
    Ok(all.fold(Spend::default(), |sum, effort| sum.plus(effort.spent)))
}
