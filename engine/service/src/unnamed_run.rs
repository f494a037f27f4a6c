//! The run that is meant if none is named.

use hyperspace_core::RecordId;
use hyperspace_evolve::load_config;
use hyperspace_store::Store;
use serde::Serialize;

use crate::engine::Engine;
use crate::error::ServiceError;
use crate::history::{RunDates, format_utc, run_dates};
use crate::target::short;

/// Maximum number of runs that a message lists.
const LISTED_MAX: usize = 8;

/// The run that was worked on last, which read operations use if no run is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LastRunView {
    /// The run.
    pub run: RecordId,
    /// Its task.
    pub task: String,
    /// Number of runs in the store.
    pub runs: usize,
}

impl Engine {
    /// Returns the run that was worked on last.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// println!("{}", engine.last_run()?.run);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when the store has no run, or several with unknown dates; `Damage` when it is damaged.
    pub fn last_run(&self) -> Result<LastRunView, ServiceError> {
        let store = self.reader()?;
        let runs = dated(&store)?;
        let run = last_of(&store, &runs)?;
        Ok(LastRunView { run, task: load_config(&store, &run)?.task, runs: runs.len() })
    }
}

/// Returns the run that was worked on last.
pub(crate) fn last(store: &Store) -> Result<RecordId, ServiceError> {
    last_of(store, &dated(store)?)
}

fn last_of(store: &Store, runs: &[(RecordId, Option<RunDates>)]) -> Result<RecordId, ServiceError> {
    match runs {
        [] => Err(none()),
        [(id, _)] | [(id, Some(_)), ..] => Ok(*id),
        _ => Err(several(store, runs)),
    }
}

/// Returns the only run in the store.
pub(crate) fn only(store: &Store) -> Result<RecordId, ServiceError> {
    let runs = dated(store)?;
    match runs[..] {
        [] => Err(none()),
        [(id, _)] => Ok(id),
        _ => Err(several(store, &runs)),
    }
}

/// Returns the runs with their dates: the one worked on last first, and those without a date at the end.
fn dated(store: &Store) -> Result<Vec<(RecordId, Option<RunDates>)>, ServiceError> {
    let dates = store.folder().map(run_dates).unwrap_or_default();
    let mut runs: Vec<_> =
        store.runs()?.into_iter().map(|id| (id, dates.get(&id.to_string()).copied())).collect();
    runs.sort_by_key(|(_, dates)| std::cmp::Reverse(dates.map(RunDates::order)));
    Ok(runs)
}

fn none() -> ServiceError {
    ServiceError::with_hint("the store holds no run", "`evolve` starts one")
}

fn several(store: &Store, runs: &[(RecordId, Option<RunDates>)]) -> ServiceError {
    let mut message = format!("the store holds {} runs, and none is named:", runs.len());
    for (id, dates) in runs.iter().take(LISTED_MAX) {
        let task = load_config(store, id).map(|config| config.task).unwrap_or_default();
        let worked = dates.and_then(|dates| format_utc(dates.worked));
        let worked = worked.map(|date| format!("  worked on {date}")).unwrap_or_default();
        message.push_str(&format!("\n  {}  {task}{worked}", short(*id)));
    }
    if runs.len() > LISTED_MAX {
        message.push_str("\n  … (`log` lists all)");
    }
    ServiceError::with_hint(message, "name one of them")
}
