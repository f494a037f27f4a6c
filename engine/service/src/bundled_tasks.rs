//! The bundled tasks, with the best known scores and those of the store.

use std::collections::BTreeMap;

use hyperspace_core::{RecordId, TreeId};
use hyperspace_eval::{Direction, Split, Task, TaskError};
use hyperspace_evolve::{load_config, load_record};
use hyperspace_store::Store;
use serde::Serialize;

use crate::engine::Engine;
use crate::error::{ErrorClass, ServiceError};

/// The bundled tasks: the document of `tasks --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TasksView {
    /// The tasks, in alphabetical order.
    pub tasks: Vec<TaskRow>,
}

/// A bundled task in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TaskRow {
    /// Its name.
    pub name: String,
    /// Its title; null for a task whose data comes from the user.
    pub title: Option<String>,
    /// The better direction of scores; null like the title.
    pub direction: Option<Direction>,
    /// The unit of its scores.
    pub unit: Option<String>,
    /// The best score known anywhere.
    pub best_known: Option<f64>,
    /// The source of that score.
    pub best_known_source: Option<String>,
    /// True if held-out cases differ from training cases.
    pub held_out: bool,
    /// The best score among the store's runs.
    pub best_found: Option<FoundBest>,
}

/// The best score of a store's runs on a task with exactly these files.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FoundBest {
    /// The training score.
    pub score: f64,
    /// The held-out score.
    pub held_out: f64,
    /// The run.
    pub run: RecordId,
}

impl Engine {
    /// Lists the bundled tasks, with the best known scores and those of the store, which need not exist.
    ///
    /// # Errors
    ///
    /// Class `Damage` when the store is damaged.
    pub fn tasks(&self) -> Result<TasksView, ServiceError> {
        let store = match self.reader() {
            Ok(store) => Some(store),
            Err(error) if error.class() == ErrorClass::Usage => None,
            Err(error) => return Err(error),
        };
        let found = store.as_ref().map(best_of_tasks).transpose()?.unwrap_or_default();
        let tasks =
            Task::bundled_names().into_iter().map(|name| row(name, &found)).collect::<Result<_, _>>()?;
        Ok(TasksView { tasks })
    }
}

/// Returns the best runs by the tree of their task's files.
fn best_of_tasks(store: &Store) -> Result<BTreeMap<TreeId, Vec<FoundBest>>, ServiceError> {
    let mut found: BTreeMap<TreeId, Vec<FoundBest>> = BTreeMap::new();
    for run in store.runs()? {
        let Some((_, last)) = store.refs(&run, "generation/")?.pop() else { continue };
        let (config, record) = (load_config(store, &run)?, load_record(store, &last)?);
        let champion = record.champion();
        // Scores on other data belong to another task.
        if config.data.is_none() {
            let best =
                FoundBest { score: champion.score.to_f64(), held_out: champion.held_out.to_f64(), run };
            found.entry(config.task_files).or_default().push(best);
        }
    }
    Ok(found)
}

fn row(name: &str, found: &BTreeMap<TreeId, Vec<FoundBest>>) -> Result<TaskRow, ServiceError> {
    let files = Task::bundled_files(name)?;
    let task = match Task::from_files(&files, name) {
        Ok(task) => task,
        Err(TaskError::NeedsData { .. }) => return Ok(without_data(name)),
        Err(error) => return Err(error.into()),
    };
    let is_better = |a: &FoundBest, b: &FoundBest| match task.direction() {
        Direction::Minimize => a.score.total_cmp(&b.score),
        Direction::Maximize => b.score.total_cmp(&a.score),
    };
    let runs = found.get(&files.tree().id()).map(Vec::as_slice).unwrap_or_default();
    Ok(TaskRow {
        name: name.to_owned(),
        title: Some(task.title().to_owned()),
        direction: Some(task.direction()),
        unit: task.unit().map(str::to_owned),
        best_known: task.best_known(),
        best_known_source: task.best_known_source().map(str::to_owned),
        held_out: task.cases(Split::Train) != task.cases(Split::HeldOut),
        best_found: runs.iter().copied().min_by(is_better),
    })
}

/// Returns the row of a task whose data comes from the user.
fn without_data(name: &str) -> TaskRow {
    TaskRow {
        name: name.to_owned(),
        title: None,
        direction: None,
        unit: None,
        best_known: None,
        best_known_source: None,
        held_out: true,
        best_found: None,
    }
}
