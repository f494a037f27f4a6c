//! The journal of a continuous run and its state.
//!
//! A fact and the decisions that it makes due are written in one transaction.

use std::collections::BTreeSet;

use hyperspace_core::{FileSet, RecordId, TreeId};
use hyperspace_eval::{DataRow, Split, Task};
use hyperspace_store::{Batch, Store};

use super::config::ContinuousConfig;
use super::season::{SeasonPlan, SeasonStart, base_task, lines, rows_in};
use super::state::ContinuousState;
use crate::error::EvolveError;
use crate::record::event::{ContinuousStarted, Event};
use crate::record::journal::journal;

/// The journal of a continuous run with its state.
#[derive(Debug, Clone)]
pub struct ContinuousJournal {
    store: Store,
    run: RecordId,
    config: ContinuousConfig,
    task: Task,
    state: ContinuousState,
}

impl ContinuousJournal {
    /// Opens the continuous run with this configuration, or begins it with an agent.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Store`], or [`EvolveError::Inconsistent`] for a journal whose events do not follow from each other.
    pub fn open_or_begin(
        store: &Store,
        config: &ContinuousConfig,
        task: &Task,
        agent: &FileSet,
    ) -> Result<Self, EvolveError> {
        let run = config.id()?;
        if store.head(&run)?.is_none() {
            let mut batch = store.batch()?;
            let run = config.put(&mut batch)?;
            batch.put_files(task.files());
            let tree = batch.put_files(agent);
            let agent = config.field("agent")?;
            let started = ContinuousStarted { run, task: task.name().to_owned(), agent, tree };
            Event::from(started).append_to(&mut batch, &run)?;
            batch.commit()?;
        }
        Self::open(store, &run)
    }

    /// Opens a stored continuous run.
    ///
    /// # Errors
    ///
    /// [`EvolveError::NoRun`], and [`EvolveError::Inconsistent`] for a journal whose events do not follow from each other.
    pub fn open(store: &Store, run: &RecordId) -> Result<Self, EvolveError> {
        let config = ContinuousConfig::load(store, run)?;
        let task = base_task(store, &config)?;
        let mut state = ContinuousState::default();
        for entry in journal(store, run)? {
            state.apply(&entry.event).map_err(|why| wrong(run, entry.seq, &entry.event, why))?;
        }
        Ok(Self { store: store.clone(), run: *run, config, task, state })
    }

    /// Appends a fact and the decisions that follow from it, and returns these events.
    ///
    /// # Errors
    ///
    /// As [`ContinuousJournal::append_with`].
    pub fn append(&mut self, fact: impl Into<Event>) -> Result<Vec<Event>, EvolveError> {
        let fact = fact.into();
        self.append_with(|_| Ok(fact))
    }

    /// Appends the fact returned by `put` and the decisions that follow from it, in one transaction with everything that `put`
    /// writes. Returns these events.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Inconsistent`] for a fact that does not follow; [`EvolveError::Store`]. In both cases, nothing is written.
    pub fn append_with(
        &mut self,
        put: impl FnOnce(&mut Batch) -> Result<Event, EvolveError>,
    ) -> Result<Vec<Event>, EvolveError> {
        let (mut state, mut batch) = (self.state.clone(), self.store.batch()?);
        let mut next = Some(put(&mut batch)?);
        let mut events = Vec::new();
        while let Some(event) = next {
            let entry = event.append_to(&mut batch, &self.run)?;
            state.apply(&event).map_err(|why| wrong(&self.run, entry.seq, &event, why))?;
            events.push(event);
            next = state.due();
        }
        batch.commit()?;
        self.state = state;
        Ok(events)
    }

    /// Returns the run.
    #[must_use]
    pub fn run(&self) -> &RecordId {
        &self.run
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the configuration.
    #[must_use]
    pub fn config(&self) -> &ContinuousConfig {
        &self.config
    }

    /// Returns the task with the rows that the run began with.
    #[must_use]
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Returns the state.
    #[must_use]
    pub fn state(&self) -> &ContinuousState {
        &self.state
    }

    /// Returns the start and the plan of the season at work, or of the next one.
    ///
    /// # Errors
    ///
    /// As [`SeasonPlan::new`].
    pub fn season(&self) -> Result<(SeasonStart, SeasonPlan), EvolveError> {
        let (next, tree) = (self.state.seasons(), self.champion()?);
        let start = match self.state.season() {
            Some(season) => SeasonStart { number: season.number, batches: season.batches, tree },
            None => SeasonStart { number: next, batches: self.state.batches(), tree },
        };
        Ok((start, SeasonPlan::new(&self.store, &self.config, &self.state, &start)?))
    }

    /// Returns the files of the champion that serves.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Inconsistent`] for a journal without a beginning.
    pub fn champion(&self) -> Result<TreeId, EvolveError> {
        let none =
            || EvolveError::inconsistent(format!("the journal of {}", self.run), "it has no beginning");
        self.state.champion().ok_or_else(none)
    }

    /// Returns the rows of a batch, those for training first.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Store`], or [`EvolveError::Inconsistent`] when there is no such batch.
    pub fn rows(&self, batch: u64) -> Result<Vec<String>, EvolveError> {
        let taken = usize::try_from(batch).ok().and_then(|index| self.state.batches.get(index));
        let missing = || EvolveError::inconsistent(format!("batch {batch} of {}", self.run), "it is missing");
        let taken = taken.ok_or_else(missing)?;
        let mut rows = lines(&self.store, taken.train.as_ref())?;
        rows.extend(lines(&self.store, taken.held_out.as_ref())?);
        Ok(rows)
    }

    /// Returns the names of the rows of the first batches.
    ///
    /// # Errors
    ///
    /// As [`ContinuousJournal::rows`].
    pub fn row_names(&self, batches: u64) -> Result<BTreeSet<String>, EvolveError> {
        let mut names = BTreeSet::new();
        for batch in 0..batches {
            let rows = rows_in(&self.task, self.rows(batch)?.join("\n").as_bytes())?;
            names.extend(rows.into_iter().map(|row| row.name));
        }
        Ok(names)
    }

    /// Returns every known row: those that the run began with, and those taken since.
    ///
    /// # Errors
    ///
    /// As [`ContinuousJournal::rows`].
    pub fn all_rows(&self) -> Result<Vec<DataRow>, EvolveError> {
        let mut rows = self.task.rows(Split::All)?;
        let mut taken = Vec::new();
        for batch in 0..self.state.batches() {
            taken.extend(self.rows(batch)?);
        }
        rows.extend(rows_in(&self.task, taken.join("\n").as_bytes())?);
        Ok(rows)
    }
}

fn wrong(run: &RecordId, seq: u64, event: &Event, why: String) -> EvolveError {
    EvolveError::inconsistent(format!("event {seq} ({}) of {run}", event.kind()), why)
}
