//! Replay of continuous runs: the journal, the generations of the seasons, and the measurements on new rows.
//!
//! A replay reads neither clock nor folder: days and rows are facts of the journal. Every decision is derived again when the
//! journal is opened.

use hyperspace_core::{RecordId, record_id};
use hyperspace_evolve::continuous::{FactDifference, FactWalk, NewRows, measured_again};
use hyperspace_evolve::{
    EVALUATION_KIND, Event, JournalEvent, RowsMeasured, RunContext, RunResources, SeasonAdvanced,
    evaluation_value, journal, load_context,
};
use hyperspace_store::{Store, StoreError};
use serde_json::json;

use crate::difference::Difference;
use crate::error::ReplayError;
use crate::replay::{ReplayProgress, call_difference, replay};
use crate::report::{ReplayReport, ReplayScope};

/// The result of replaying a continuous run.
#[derive(Debug, Clone, PartialEq)]
pub struct ContinuousReport {
    /// The continuous run.
    pub run: RecordId,
    /// Number of events of its journal that were checked.
    pub events: u64,
    /// The runs of its seasons.
    pub seasons: Vec<ReplayReport>,
    /// Number of measurements on new rows that were repeated.
    pub measurements: u64,
    /// Differences in the journal of the continuous run itself.
    pub differences: Vec<Difference>,
}

/// Replays a continuous run. The store is only read.
///
/// # Errors
///
/// As [`replay`]; [`EvolveError::Inconsistent`](hyperspace_evolve::EvolveError::Inconsistent) for a journal with a decision
/// that does not follow from the events before it.
pub async fn replay_continuous(
    store: &Store,
    run: &RecordId,
    resources: RunResources,
    progress: ReplayProgress<'_>,
) -> Result<ContinuousReport, ReplayError> {
    let facts = FactWalk::new(store, run)?;
    let entries = journal(store, run)?;
    let total = entries.iter().filter(|entry| matches!(entry.event, Event::SeasonAdvanced(_))).count();
    let mut walk = Walk { store, resources, facts, season: None };
    let events = entries.len() as u64;
    let mut report =
        ContinuousReport { run: *run, events, seasons: Vec::new(), measurements: 0, differences: Vec::new() };
    for entry in &entries {
        let generation = walk.facts.state().season().map_or(0, |season| season.next.saturating_sub(1));
        let found = walk.check(entry).await?;
        report.differences.extend(found.map(|(field, recorded, replayed)| Difference {
            generation,
            place: format!("event {} ({}) of the continuous run, {field}", entry.seq, entry.event.kind()),
            recorded,
            replayed,
        }));
        if let Event::SeasonAdvanced(SeasonAdvanced { generation: 0, .. }) = &entry.event
            && let Some(context) = &walk.season
        {
            let mut each = |one: &crate::report::GenerationReplay, _: usize| progress(one, total);
            let means = walk.resources.clone();
            report.seasons.push(replay(store, &context.run, ReplayScope::All, means, &mut each).await?);
        }
        report.measurements += u64::from(matches!(entry.event, Event::RowsMeasured(_)));
    }
    Ok(report)
}

/// A walk over the journal that repeats what was measured.
struct Walk<'a> {
    store: &'a Store,
    resources: RunResources,
    facts: FactWalk<'a>,
    /// The current season.
    season: Option<RunContext>,
}

impl Walk<'_> {
    async fn check(&mut self, entry: &JournalEvent) -> Result<Option<FactDifference>, ReplayError> {
        let again = match &entry.event {
            Event::RowsMeasured(measured) => self.measured(entry, measured).await?,
            _ => None,
        };
        let found = self.facts.check(entry)?;
        if matches!(entry.event, Event::SeasonBegun(_)) {
            let load = |run| load_context(self.store, run, self.resources.clone());
            self.season = self.facts.season().map(load).transpose()?;
        }
        Ok(again.or(found))
    }

    /// Repeats a measurement.
    async fn measured(
        &self,
        entry: &JournalEvent,
        measured: &RowsMeasured,
    ) -> Result<Option<FactDifference>, ReplayError> {
        let Some(context) = &self.season else {
            // The walk over facts reports that it belongs to no season.
            return Ok(None);
        };
        let rows = self.facts.whole().rows(measured.batch)?;
        let rows = NewRows::new(self.store, &context.task, &rows, measured.batch, &measured.tree)?;
        let again = match measured_again(context, self.store, &rows, entry).await {
            Ok(again) => again,
            Err(error) => {
                let Difference { recorded, replayed, .. } = call_difference(0, error)?;
                return Ok(Some(("call of a model", recorded, replayed)));
            }
        };
        let value = evaluation_value(&again).map_err(StoreError::from)?;
        let id = record_id(EVALUATION_KIND, &value).map_err(StoreError::from)?;
        if id != measured.evaluation {
            return Ok(Some(("evaluation", json!(measured.evaluation), json!(id))));
        }
        Ok(None)
    }
}
