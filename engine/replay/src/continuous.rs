//! Replay of continuous runs: their journal, the generations of their seasons, and their measurements on new rows.
//!
//! Neither clock nor folder is read: days and rows are facts of the journal. Every decision is derived again when the journal is
//! opened.

use hyperspace_core::{RecordId, record_id};
use hyperspace_eval::Task;
use hyperspace_evolve::continuous::{
    ContinuousJournal, ContinuousState, NewRows, SeasonPlan, SeasonStart, compared, is_held_out,
    measured_again, work_spend,
};
use hyperspace_evolve::{
    EVALUATION_KIND, Event, EvolveError, JournalEvent, RowsMeasured, RowsTaken, RunContext, RunResources,
    SeasonAdvanced, SeasonBegun, evaluation_value, generation_name, journal, load_config, load_context,
    load_evaluation, load_record,
};
use hyperspace_store::{Store, StoreError};
use serde_json::{Value, json};

use crate::difference::Difference;
use crate::error::ReplayError;
use crate::replay::{ReplayProgress, call_difference, replay};
use crate::report::{ReplayReport, ReplayScope};

/// The result of a replay of a continuous run.
#[derive(Debug, Clone, PartialEq)]
pub struct ContinuousReport {
    /// The continuous run.
    pub run: RecordId,
    /// Events of its journal that were checked.
    pub events: u64,
    /// The runs of its seasons.
    pub seasons: Vec<ReplayReport>,
    /// Measurements on new rows that were made again.
    pub measurements: u64,
    /// Differences of the journal of the continuous run itself.
    pub differences: Vec<Difference>,
}

/// Replays a continuous run. The store is only read.
///
/// # Errors
///
/// As [`replay`]; [`EvolveError::Inconsistent`] for a journal with a decision that does not follow from the events before it.
pub async fn replay_continuous(
    store: &Store,
    run: &RecordId,
    resources: RunResources,
    progress: ReplayProgress<'_>,
) -> Result<ContinuousReport, ReplayError> {
    let whole = ContinuousJournal::open(store, run)?;
    let entries = journal(store, run)?;
    let total = entries.iter().filter(|entry| matches!(entry.event, Event::SeasonAdvanced(_))).count();
    let mut walk = Walk { store, whole, resources, season: None, state: ContinuousState::default() };
    let events = entries.len() as u64;
    let mut report =
        ContinuousReport { run: *run, events, seasons: Vec::new(), measurements: 0, differences: Vec::new() };
    for entry in &entries {
        let found = walk.check(entry).await?;
        report.differences.extend(found.map(|(field, recorded, replayed)| Difference {
            generation: walk.state.season().map_or(0, |season| season.next.saturating_sub(1)),
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
        let inconsistent = |why| EvolveError::Inconsistent { what: format!("event {}", entry.seq), why };
        walk.state.apply(&entry.event).map_err(inconsistent)?;
    }
    Ok(report)
}

/// The field of an event, the recorded value, and the one that comes out.
type FieldDifference = (&'static str, Value, Value);

/// A walk over the journal.
struct Walk<'a> {
    store: &'a Store,
    /// The whole journal, for the rows of batches.
    whole: ContinuousJournal,
    resources: RunResources,
    /// The season at work.
    season: Option<RunContext>,
    /// The state before the next event.
    state: ContinuousState,
}

impl Walk<'_> {
    async fn check(&mut self, entry: &JournalEvent) -> Result<Option<FieldDifference>, ReplayError> {
        match &entry.event {
            Event::RowsTaken(taken) => self.taken(taken),
            Event::SeasonBegun(begun) => self.begun(begun),
            Event::SeasonAdvanced(advanced) => self.advanced(advanced),
            Event::RowsMeasured(measured) => self.measured(entry, measured).await,
            _ => Ok(None),
        }
    }

    /// Checks that rows are on the side where the rule puts them.
    fn taken(&self, taken: &RowsTaken) -> Result<Option<FieldDifference>, ReplayError> {
        let percentage = self.state.rules().map_or(0, |rules| rules.held_out);
        for (field, blob, held_out) in [("train", taken.train, false), ("held_out", taken.held_out, true)] {
            let Some(blob) = blob else { continue };
            let text = self.store.get_blob(&blob)?;
            let task: &Task = self.whole.task();
            for row in task.read_rows("rows.jsonl", None, &text, 1).map_err(EvolveError::from)? {
                let row = row.map_err(EvolveError::from)?;
                if is_held_out(&row, percentage) != held_out {
                    return Ok(Some((field, json!(row.name), Value::Null)));
                }
            }
        }
        Ok(None)
    }

    /// Checks that the run of a season is the one that follows from the rows and the champion.
    fn begun(&mut self, begun: &SeasonBegun) -> Result<Option<FieldDifference>, ReplayError> {
        self.season = None;
        if self.store.head(&begun.run)?.is_none() {
            // It was stopped before its seed was measured.
            return Ok(None);
        }
        let SeasonBegun { season: number, tree, batches, .. } = *begun;
        let start = SeasonStart { number, batches, tree };
        let config = load_config(self.store, &begun.run)?;
        let plan = SeasonPlan::new(self.store, self.whole.config(), &self.state, &start)?;
        if let Some(why) = self.whole.config().difference(&config)? {
            return Ok(Some(("run", json!(why), Value::Null)));
        }
        let recorded = json!([config.task_files, config.agent_files, config.seed]);
        let planned = json!([plan.task.files().tree().id(), plan.tree, plan.seed.to_string()]);
        self.season = Some(load_context(self.store, &begun.run, self.resources.clone())?);
        Ok((recorded != planned).then_some(("run", recorded, planned)))
    }

    /// Checks that a generation is the one of the season's run, with its cost.
    fn advanced(&self, advanced: &SeasonAdvanced) -> Result<Option<FieldDifference>, ReplayError> {
        let Some(context) = &self.season else {
            return Ok(Some(("season", json!(advanced.season), Value::Null)));
        };
        let name = generation_name(advanced.generation);
        let named = self.store.get_ref(&context.run, &name)?;
        if named != Some(advanced.record) {
            return Ok(Some(("record", json!(advanced.record), json!(named))));
        }
        let record = load_record(self.store, &advanced.record)?;
        let spent = work_spend(self.store, &context.run, &format!("{:08}", advanced.generation))?;
        let champion = record.champion();
        let SeasonAdvanced { candidate, tree, fuel, calls, cost, .. } = *advanced;
        let recorded = json!([candidate, tree, fuel, calls, cost]);
        let found = json!([champion.id, champion.tree, record.fuel, spent.calls, spent.cost.0]);
        Ok((recorded != found).then_some(("the generation's result and cost", recorded, found)))
    }

    /// Makes a measurement again.
    async fn measured(
        &self,
        entry: &JournalEvent,
        measured: &RowsMeasured,
    ) -> Result<Option<FieldDifference>, ReplayError> {
        let Some(context) = &self.season else {
            return Ok(Some(("batch", json!(measured.batch), Value::Null)));
        };
        let rows = self.whole.rows(measured.batch)?;
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
        let champion = match measured.role.as_str() {
            "champion" => None,
            _ => self.state.champion_evaluation(measured.batch),
        };
        let champion = champion.map(|id| load_evaluation(self.store, id)).transpose()?;
        let tally = compared(&again, champion.as_ref(), context.task.direction());
        let spent = work_spend(self.store, &context.run, &rows.work())?;
        let RowsMeasured { rows, gained, lost, fuel, calls, cost, .. } = *measured;
        let recorded = json!([rows, gained, lost, fuel, calls, cost, measured.score]);
        let found =
            json!([tally.rows, tally.gained, tally.lost, again.fuel, spent.calls, spent.cost.0, again.score]);
        Ok((recorded != found).then_some(("the comparison and its cost", recorded, found)))
    }
}
