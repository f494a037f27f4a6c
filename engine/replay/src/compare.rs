//! Comparison of a recorded generation with its re-execution.
//!
//! Events are compared first: they are in the order in which things happened, so the first difference is the closest to its
//! cause. The other comparisons show that everything an event or the record names is stored, whole, and equal.

use hyperspace_core::{RecordId, record_id};
use hyperspace_evolve::{
    EVALUATION_KIND, ExecutedGeneration, GENERATION_KIND, GenerationRecord, RunState, evaluation_value,
    space_name,
};
use hyperspace_store::{Store, StoreError};
use serde_json::{Value, json};

use crate::difference::{Difference, first_difference};
use crate::error::ReplayError;

/// A recorded generation beside its re-execution.
pub(crate) struct Comparison<'a> {
    pub(crate) store: &'a Store,
    /// Hash of the generation.
    pub(crate) id: &'a RecordId,
    pub(crate) record: &'a GenerationRecord,
    /// The state before the generation.
    pub(crate) state: &'a RunState,
    pub(crate) executed: &'a ExecutedGeneration,
}

impl Comparison<'_> {
    /// Returns the first difference.
    ///
    /// # Errors
    ///
    /// [`ReplayError::Store`] when the store lacks something that the record names.
    pub(crate) fn first_difference(&self) -> Result<Option<Difference>, ReplayError> {
        let steps = [Self::events, Self::marks, Self::evaluations, Self::files, Self::record];
        steps.iter().find_map(|step| step(self).transpose()).transpose()
    }

    fn difference(&self, place: String, recorded: Value, replayed: Value) -> Difference {
        Difference { generation: self.record.generation, place, recorded, replayed }
    }

    /// Compares every event, in order.
    fn events(&self) -> Result<Option<Difference>, ReplayError> {
        let segment = self.record.journal;
        let stored = self.store.events(&self.record.run, segment.from, segment.to)?;
        let whole = stored.len() as u64 == segment.to.saturating_sub(segment.from);
        if !whole || stored.last().map(|entry| entry.id) != Some(segment.head) {
            let object = format!("run {}", self.record.run);
            return Err(self.cut_off(object, "events", &segment.head));
        }
        // Compared as recorded: an event that this build cannot read is a difference, too.
        let form = |kind: &str, body: Value| json!({"kind": kind, "body": body});
        for index in 0..stored.len().max(self.executed.events.len()) {
            let recorded = stored.get(index).map(|entry| form(&entry.kind, entry.body.clone()));
            let replayed = self.executed.events.get(index).map(|event| form(event.kind(), event.body()));
            if recorded != replayed {
                let kind = stored.get(index).map(|entry| &*entry.kind);
                let kind = kind.or_else(|| Some(self.executed.events.get(index)?.kind())).unwrap_or("?");
                let place = format!("event {} ({kind})", segment.from + index as u64);
                let (recorded, replayed) = (recorded.unwrap_or_default(), replayed.unwrap_or_default());
                return Ok(Some(self.difference(place, recorded, replayed)));
            }
        }
        Ok(None)
    }

    /// Compares every entry of the mark space's journal in order, including refusals.
    fn marks(&self) -> Result<Option<Difference>, ReplayError> {
        let segment = self.record.marks;
        let stored = self.store.space_entries(&space_name(&self.record.run), segment.from, segment.to)?;
        let entries = self.executed.marks.entries();
        for index in 0..stored.entries.len().max(entries.len()) {
            let recorded = stored.entries.get(index).cloned().unwrap_or_default();
            let replayed = entries.get(index).map(|entry| entry.to_value()).transpose();
            let replayed = replayed.map_err(StoreError::from)?.unwrap_or_default();
            if recorded != replayed {
                let operation = entries.get(index).map_or("none", |entry| entry.operation());
                let place = format!("mark entry {} ({operation})", segment.from + index as u64);
                return Ok(Some(self.difference(place, recorded, replayed)));
            }
        }
        if stored.head != Some(segment.head) {
            let object = format!("the mark space of run {}", self.record.run);
            return Err(self.cut_off(object, "mark entries", &segment.head));
        }
        Ok(None)
    }

    /// Compares every evaluation, down to the fuel of each case. Events name evaluations by hash, so this shows that the stored
    /// evaluations exist and are whole.
    fn evaluations(&self) -> Result<Option<Difference>, ReplayError> {
        for evaluation in &self.executed.evaluations {
            let replayed = evaluation_value(evaluation).map_err(StoreError::from)?;
            let id = record_id(EVALUATION_KIND, &replayed).map_err(StoreError::from)?;
            let stored = self.store.get_record(&id)?;
            if let Some(found) = first_difference("evaluation", &stored.body, &replayed) {
                let place = format!("{} of {id}", found.path);
                return Ok(Some(self.difference(place, found.recorded, found.replayed)));
            }
        }
        Ok(None)
    }

    /// Compares the files of every candidate.
    fn files(&self) -> Result<Option<Difference>, ReplayError> {
        for (index, (candidate, files)) in self.record.candidates.iter().zip(&self.executed.files).enumerate()
        {
            let stored = self.store.get_files(&candidate.tree)?;
            if stored != *files {
                let (recorded, replayed) = (json!(stored.tree().id()), json!(files.tree().id()));
                return Ok(Some(self.difference(format!("files of candidate {index}"), recorded, replayed)));
            }
        }
        Ok(None)
    }

    /// Compares every field of the record, and its hash.
    fn record(&self) -> Result<Option<Difference>, ReplayError> {
        let GenerationRecord { run, journal, marks, .. } = self.record;
        let again = self.executed.record(*run, self.state, *journal, *marks);
        let (recorded, replayed) = (self.record.to_value()?, again.to_value()?);
        if let Some(found) = first_difference("record", &recorded, &replayed) {
            return Ok(Some(self.difference(found.path, found.recorded, found.replayed)));
        }
        let hash = record_id(GENERATION_KIND, &replayed).map_err(StoreError::from)?;
        let differs = hash != *self.id;
        Ok(differs.then(|| self.difference("hash".to_owned(), json!(self.id), json!(hash))))
    }

    /// Returns the error for a journal that does not end where the record says.
    fn cut_off(&self, object: String, what: &str, head: &hyperspace_core::EventId) -> ReplayError {
        let why = format!("the {what} of generation {} do not end with event {head}", self.record.generation);
        StoreError::Damaged { object, why }.into()
    }
}
