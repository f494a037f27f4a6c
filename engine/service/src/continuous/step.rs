//! Units of work of continuous operation: a generation of the season, or a measurement on new rows.

use hyperspace_evolve::continuous::{
    DueMeasurement, NewRows, SeasonState, compared, fails_alone, work_spend,
};
use hyperspace_evolve::{
    Event, EvolveError, RowSetAside, RowsMeasured, Run, SeasonAdvanced, SeasonBegun, SeasonEnded, SeedAgent,
    generation_name, load_evaluation, load_record,
};

use super::driver::{Operator, SET_ASIDES_MAX};
use super::reason::one_line;
use crate::error::ServiceError;

/// Returns what is left of a budget; `None` if there is no budget.
fn limit(left: u64) -> Option<u64> {
    (left < u64::MAX).then_some(left)
}

impl Operator {
    /// Does one unit of work.
    pub(super) async fn work(&mut self) -> Result<(), EvolveError> {
        self.open_season().await?;
        self.note(Self::note_generations)?;
        let left = self.journal.state().left();
        let Some(run) = &mut self.season else { return Ok(()) };
        run.limit_spend(limit(left.calls), limit(left.cost));
        match self.journal.state().unmeasured() {
            Some(due) => self.measure(due).await,
            None => {
                let next = run.generation() + 1;
                run.run_to(next).await?;
                self.note(Self::note_generations)
            }
        }
    }

    /// Calls a function that writes the journal, whose errors are either the store's or our own.
    fn note(&mut self, write: impl FnOnce(&mut Self) -> Result<(), ServiceError>) -> Result<(), EvolveError> {
        match write(self) {
            Ok(()) => Ok(()),
            Err(ServiceError::Evolve(error)) => Err(*error),
            Err(error) => Err(EvolveError::Inconsistent {
                what: "the continuous run".to_owned(),
                why: error.to_string(),
            }),
        }
    }

    /// Opens the run of the season at work, or begins a season.
    async fn open_season(&mut self) -> Result<(), EvolveError> {
        if self.season.is_some() {
            return Ok(());
        }
        let store = self.journal.store().clone();
        if let Some(SeasonState { number, run, .. }) = self.journal.state().season().cloned()
            && store.head(&run)?.is_some()
        {
            match Run::open(store, &run, self.resources.clone()).await {
                Ok(opened) => self.season = Some(opened),
                Err(EvolveError::OtherRuntime { .. } | EvolveError::OtherTools { .. }) => {
                    let why = "build".to_owned();
                    return self.note(|one| one.record(SeasonEnded { season: number, why }));
                }
                Err(error) => return Err(error),
            }
            return Ok(());
        }
        let (start, plan) = self.journal.season()?;
        let files = store.get_files(&plan.tree)?;
        let agent = SeedAgent { name: plan.agent, files };
        let options = hyperspace_evolve::RunOptions { seed: plan.seed, ..self.options.clone() };
        let run = Run::plan(&plan.task, &agent, &options, &self.resources)?.id()?;
        match self.journal.state().season() {
            None => {
                let (season, tree, batches) = (start.number, plan.tree, start.batches);
                self.note(|one| one.record(SeasonBegun { season, run, tree, batches }))?;
            }
            Some(season) if season.run != run => {
                // The season had not begun, and this build would make a different run of it.
                let (season, why) = (season.number, "build".to_owned());
                return self.note(|one| one.record(SeasonEnded { season, why }));
            }
            Some(_) => {}
        }
        let left = self.journal.state().left();
        let resources = self.resources.clone().limit_spend(limit(left.calls), limit(left.cost));
        self.season = Some(Run::start(store, plan.task, agent, &options, resources).await?);
        self.set_asides = 0;
        crate::history::note_date(&self.engine, &run);
        Ok(())
    }

    /// Leaves the new row on which the champion has no score out of seasons, so that the next one can begin. Returns whether there is such
    /// a row, and not too many of them.
    pub(super) fn set_aside(&mut self, error: &EvolveError) -> Result<bool, ServiceError> {
        let state = self.journal.state();
        let waiting = state.season().filter(|season| season.next == 0);
        let (Some(row), Some(season)) = (error.failed_case(), waiting) else { return Ok(false) };
        let (season, batches, row) = (season.number, season.batches, row.to_owned());
        if self.set_asides == SET_ASIDES_MAX || !self.journal.row_names(batches)?.contains(&row) {
            return Ok(false);
        }
        self.set_asides += 1;
        self.record(RowSetAside { season, row, why: one_line(&error.to_string()) })?;
        Ok(true)
    }

    /// Records the generations that the season's run has but the journal does not.
    pub(super) fn note_generations(&mut self) -> Result<(), ServiceError> {
        while let Some(SeasonState { number: season, run, next: generation, .. }) =
            self.journal.state().season().cloned()
        {
            let store = self.journal.store();
            let Some(record) = store.get_ref(&run, &generation_name(generation))? else { return Ok(()) };
            let found = load_record(store, &record)?;
            let spent = work_spend(store, &run, &format!("{generation:08}"))?;
            let (candidate, tree) = (found.champion().id, found.champion().tree);
            let (fuel, calls, cost) = (found.fuel, spent.calls, spent.cost.0);
            self.record(SeasonAdvanced { season, generation, record, candidate, tree, fuel, calls, cost })?;
        }
        Ok(())
    }

    /// Measures an agent on the rows of a batch.
    async fn measure(&mut self, due: DueMeasurement) -> Result<(), EvolveError> {
        let DueMeasurement { batch, role, tree } = due;
        let Some(run) = &mut self.season else { return Ok(()) };
        let rows = self.journal.rows(batch)?;
        let rows = NewRows::new(self.journal.store(), run.task(), &rows, batch, &tree)?;
        let measurement = run.measure(&rows).await?;
        let evaluation = &measurement.evaluation;
        let champion = self.journal.state().champion_evaluation(batch).filter(|_| role != "champion");
        let champion = champion.map(|id| load_evaluation(self.journal.store(), id)).transpose()?;
        let tally = compared(evaluation, champion.as_ref(), run.task().direction());
        let failed = champion.as_ref().map(|champion| fails_alone(evaluation, champion));
        let id = *run.id();
        let events = self.journal.append_with(|objects| {
            let record = measurement.put(objects, &id)?;
            let spent = measurement.spent;
            Ok(Event::from(RowsMeasured {
                batch,
                role: role.to_owned(),
                tree,
                evaluation: record,
                score: evaluation.score.clone(),
                rows: tally.rows,
                gained: tally.gained,
                lost: tally.lost,
                fuel: evaluation.fuel,
                calls: spent.calls,
                cost: spent.cost.0,
                streams: measurement.streams.clone(),
                failed,
            }))
        })?;
        run.measured(measurement);
        self.note(|one| one.tell(&events))
    }
}
