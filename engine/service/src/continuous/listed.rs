//! Continuous runs in a list of runs.

use hyperspace_core::{RecordId, TreeId};
use hyperspace_evolve::continuous::{CONTINUOUS_KIND, ContinuousJournal};
use hyperspace_evolve::{Event, journal, load_record};
use hyperspace_store::Store;
use serde::Serialize;

use super::log::date;
use crate::error::ServiceError;

/// A continuous run in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ContinuousRunRow {
    /// Its hash.
    pub run: RecordId,
    /// The task's name.
    pub task: String,
    /// The agent that it began with.
    pub agent: String,
    /// The runs of its seasons, in order. A season that was stopped before its seed was measured has no generations.
    pub seasons: Vec<RecordId>,
    /// Number of generations of all seasons, including their seeds.
    pub generations: u64,
    /// Number of rows taken.
    pub rows: u64,
    /// Files of the champion that serves.
    pub champion: TreeId,
    /// The last score of a champion on new rows; null before the first one.
    pub score: Option<f64>,
    /// The score of the last season's best candidate at its last generation; null before the first one.
    pub season_score: Option<f64>,
    /// The day of the last event (UTC); null before the first one.
    pub day: Option<String>,
}

/// Returns the continuous runs of a store.
pub(crate) fn continuous_runs(store: &Store) -> Result<Vec<ContinuousRunRow>, ServiceError> {
    store.records(CONTINUOUS_KIND)?.into_iter().map(|run| listed(store, run)).collect()
}

fn listed(store: &Store, run: RecordId) -> Result<ContinuousRunRow, ServiceError> {
    let whole = ContinuousJournal::open(store, &run)?;
    let mut row = ContinuousRunRow {
        run,
        task: whole.config().field("task")?,
        agent: whole.config().field("agent")?,
        seasons: Vec::new(),
        generations: 0,
        rows: 0,
        champion: whole.champion()?,
        score: None,
        season_score: None,
        day: None,
    };
    let mut last = None;
    for entry in journal(store, &run)? {
        match &entry.event {
            Event::DayBegun(begun) => row.day = Some(date(begun.day)),
            Event::RowsTaken(taken) => row.rows += taken.train_rows + taken.held_out_rows,
            Event::SeasonBegun(begun) => row.seasons.push(begun.run),
            Event::SeasonAdvanced(advanced) => {
                row.generations += 1;
                last = Some(advanced.record);
            }
            Event::RowsMeasured(measured) if measured.role == "champion" => {
                row.score = measured.score.as_ref().map(hyperspace_eval::Score::to_f64).or(row.score);
            }
            _ => {}
        }
    }
    if let Some(record) = last {
        row.season_score = Some(load_record(store, &record)?.champion().score.to_f64());
    }
    Ok(row)
}
