//! Checks facts in the journal of a continuous run against the store. Nothing is executed; a replay does that in addition.
//!
//! Decisions are checked by [`ContinuousState::apply`], which derives each of them again.

use hyperspace_core::RecordId;
use hyperspace_eval::{Task, TaskLoader};
use hyperspace_store::Store;
use serde_json::{Value, json};

use super::journal::ContinuousJournal;
use super::measurement::{NewRows, compared, fails_alone};
use super::season::{SeasonPlan, SeasonStart, is_held_out, rows_in, work_spend};
use super::state::ContinuousState;
use crate::error::EvolveError;
use crate::record::event::{Event, RowSetAside, RowsMeasured, RowsTaken, SeasonAdvanced, SeasonBegun};
use crate::record::generation::{load_evaluation, load_record};
use crate::record::journal::JournalEvent;
use crate::run::load::{generation_name, load_config, load_task};

/// The field of a fact, the recorded value, and the value according to the store.
pub type FactDifference = (&'static str, Value, Value);

/// A walk over the journal of a continuous run.
#[derive(Debug)]
pub struct FactWalk<'a> {
    store: &'a Store,
    /// The whole journal, for the rows of batches.
    whole: ContinuousJournal,
    /// Run and task of the season at work; `None` if it was stopped before its seed was measured.
    season: Option<(RecordId, Task)>,
    /// The state before the next event.
    state: ContinuousState,
}

impl<'a> FactWalk<'a> {
    /// Begins a walk.
    ///
    /// # Errors
    ///
    /// As [`ContinuousJournal::open`], including an error for a decision that does not follow.
    pub fn new(store: &'a Store, run: &RecordId) -> Result<Self, EvolveError> {
        let whole = ContinuousJournal::open(store, run)?;
        Ok(Self { store, whole, season: None, state: ContinuousState::default() })
    }

    /// Returns the whole journal.
    #[must_use]
    pub fn whole(&self) -> &ContinuousJournal {
        &self.whole
    }

    /// Returns the state before the next event.
    #[must_use]
    pub fn state(&self) -> &ContinuousState {
        &self.state
    }

    /// Returns the run of the season at work, if its seed was measured.
    #[must_use]
    pub fn season(&self) -> Option<&RecordId> {
        self.season.as_ref().map(|(run, _)| run)
    }

    /// Checks the next event and moves past it.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Store`] and others for missing objects; [`EvolveError::Inconsistent`] for an event that does not follow.
    pub fn check(&mut self, entry: &JournalEvent) -> Result<Option<FactDifference>, EvolveError> {
        let found = match &entry.event {
            Event::RowsTaken(taken) => self.taken(taken)?,
            Event::SeasonBegun(begun) => self.begun(begun)?,
            Event::SeasonAdvanced(advanced) => self.advanced(advanced)?,
            Event::RowsMeasured(measured) => self.measured(measured)?,
            Event::RowSetAside(aside) => self.set_aside(aside)?,
            _ => None,
        };
        let inconsistent =
            |why| EvolveError::inconsistent(format!("event {} of {}", entry.seq, self.whole.run()), why);
        self.state.apply(&entry.event).map_err(inconsistent)?;
        Ok(found)
    }

    /// Checks that the rows are on the sides where the rule puts them, and that their number is the recorded one.
    fn taken(&self, taken: &RowsTaken) -> Result<Option<FactDifference>, EvolveError> {
        let percentage = self.state.rules().map_or(0, |rules| rules.held_out);
        let sides = [
            ("train", taken.train, taken.train_rows, false),
            ("held_out", taken.held_out, taken.held_out_rows, true),
        ];
        for (field, blob, told, held_out) in sides {
            let mut count = 0;
            if let Some(blob) = blob {
                let text = self.store.get_blob(&blob)?;
                for row in rows_in(self.whole.task(), &text)? {
                    count += 1;
                    if is_held_out(&row, percentage) != held_out {
                        return Ok(Some((field, json!(row.name), Value::Null)));
                    }
                }
            }
            if count != told {
                return Ok(Some((field, json!(told), json!(count))));
            }
        }
        Ok(None)
    }

    /// Checks that the run of a season is the one that follows from rows and champion.
    fn begun(&mut self, begun: &SeasonBegun) -> Result<Option<FactDifference>, EvolveError> {
        self.season = None;
        if self.store.head(&begun.run)?.is_none() {
            // The season was stopped before its seed was measured.
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
        self.season = Some((begun.run, load_task(self.store, &config, &TaskLoader::new())?));
        Ok((recorded != planned).then_some(("run", recorded, planned)))
    }

    /// Checks that a generation is the one of the season's run, with its cost.
    fn advanced(&self, advanced: &SeasonAdvanced) -> Result<Option<FactDifference>, EvolveError> {
        let Some((run, _)) = &self.season else {
            return Ok(Some(("season", json!(advanced.season), Value::Null)));
        };
        let named = self.store.get_ref(run, &generation_name(advanced.generation))?;
        if named != Some(advanced.record) {
            return Ok(Some(("record", json!(advanced.record), json!(named))));
        }
        let record = load_record(self.store, &advanced.record)?;
        let spent = work_spend(self.store, run, &format!("{:08}", advanced.generation))?;
        let champion = record.champion();
        let SeasonAdvanced { candidate, tree, fuel, calls, cost, .. } = *advanced;
        let recorded = json!([candidate, tree, fuel, calls, cost]);
        let found = json!([champion.id, champion.tree, record.fuel, spent.calls, spent.cost.0]);
        Ok((recorded != found).then_some(("the generation's result and cost", recorded, found)))
    }

    /// Checks that a row that is left out of seasons is one that the season knew.
    fn set_aside(&self, aside: &RowSetAside) -> Result<Option<FactDifference>, EvolveError> {
        let batches = self.state.season().map_or(0, |season| season.batches);
        let known = self.whole.row_names(batches)?.contains(&aside.row);
        Ok((!known).then(|| ("row", json!(aside.row), Value::Null)))
    }

    /// Checks that a measurement agrees with its evaluation, that of the champion, and its cost.
    fn measured(&self, measured: &RowsMeasured) -> Result<Option<FactDifference>, EvolveError> {
        let Some((run, task)) = &self.season else {
            return Ok(Some(("batch", json!(measured.batch), Value::Null)));
        };
        let rows = self.whole.rows(measured.batch)?;
        let rows = NewRows::new(self.store, task, &rows, measured.batch, &measured.tree)?;
        let evaluation = load_evaluation(self.store, &measured.evaluation)?;
        if evaluation.agent != measured.tree {
            return Ok(Some(("tree", json!(measured.tree), json!(evaluation.agent))));
        }
        let champion = match measured.role.as_str() {
            "champion" => None,
            _ => self.state.champion_evaluation(measured.batch),
        };
        let champion = champion.map(|id| load_evaluation(self.store, id)).transpose()?;
        let tally = compared(&evaluation, champion.as_ref(), task.direction());
        let failed = champion.as_ref().map(|champion| fails_alone(&evaluation, champion));
        let spent = work_spend(self.store, run, &rows.work())?;
        let RowsMeasured { rows, gained, lost, fuel, calls, cost, .. } = *measured;
        let recorded = json!([rows, gained, lost, fuel, calls, cost, measured.score, measured.failed]);
        let found = json!([
            tally.rows,
            tally.gained,
            tally.lost,
            evaluation.fuel,
            spent.calls,
            spent.cost.0,
            evaluation.score,
            // Earlier builds did not record it.
            measured.failed.and(failed)
        ]);
        Ok((recorded != found).then_some(("the comparison and its cost", recorded, found)))
    }
}

/// Checks a continuous run: every decision follows from the facts before it, none is missing at the end, and every fact agrees
/// with the store.
///
/// # Errors
///
/// [`EvolveError::Inconsistent`] names the first wrong event.
pub(crate) fn check(store: &Store, run: &RecordId) -> Result<(), EvolveError> {
    let mut walk = FactWalk::new(store, run)?;
    for entry in crate::record::journal::journal(store, run)? {
        if let Some((field, recorded, found)) = walk.check(&entry)? {
            let what = format!("event {} ({}) of {run}", entry.seq, entry.event.kind());
            return Err(EvolveError::inconsistent(
                what,
                format!("{field}: recorded is {recorded}, the store has {found}"),
            ));
        }
    }
    match walk.state.due() {
        None => Ok(()),
        Some(due) => Err(EvolveError::inconsistent(
            format!("the journal of {run}"),
            format!("{} is missing at its end", due.kind()),
        )),
    }
}
