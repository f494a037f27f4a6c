//! The commit of a generation: objects, journal and record in one transaction.

use hyperspace_core::EventId;
use hyperspace_store::Batch;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::generation::executed::ExecutedGeneration;
use crate::generation::measure;
use crate::models::stored::put_exchanges;
use crate::progress::RunEvent;
use crate::record::generation::{GENERATION_KIND, Segment, put_evaluation};
use crate::run::handle::Run;
use crate::run::load::generation_name;

impl Run {
    /// Writes a generation and applies it to the state. `first` adds to the batch before anything else is written.
    pub(crate) fn commit(
        &mut self,
        executed: ExecutedGeneration,
        first: impl FnOnce(&mut Batch) -> Result<(), EvolveError>,
    ) -> Result<(), EvolveError> {
        let context = &self.context;
        let mut batch = self.store.batch()?;
        first(&mut batch)?;
        let journal = put_events(&mut batch, context, &executed, self.state.next_event)?;
        put_objects(&mut batch, context, &executed)?;
        let work = format!("{:08}", self.state.next);
        put_exchanges(&mut batch, &context.run, &work, &executed.exchanges)?;
        let from = executed.marks.first();
        let to = from + executed.marks.entries().len() as u64;
        let head = batch.put_staged(&executed.marks)?;
        let head = head.ok_or_else(|| EvolveError::internal("the mark space", "it has no entries"))?;
        let record = executed.record(context.run, &self.state, journal, Segment { from, to, head });
        let id = batch.put_record(GENERATION_KIND, &record.to_value()?)?;
        batch.set_ref(&context.run, &generation_name(record.generation), &id);
        record.finished(id).append_to(&mut batch, &context.run)?;
        batch.commit()?;
        self.state.apply(id, &record)?;
        let (generation, fuel, members) = (record.generation, record.fuel, self.state.members());
        let best = record.champion().score.to_f64();
        tracing::info!(generation, best, members, "generation committed");
        self.context.resources.emit(|| RunEvent::GenerationCommitted {
            generation,
            record: id,
            champion: record.champion().clone(),
            members,
            fuel,
        });
        Ok(())
    }
}

/// Writes the journal events and returns their segment.
fn put_events(
    batch: &mut Batch,
    context: &RunContext,
    executed: &ExecutedGeneration,
    from: u64,
) -> Result<Segment, EvolveError> {
    let mut last: Option<(u64, EventId)> = None;
    for event in &executed.events {
        let entry = event.append_to(batch, &context.run)?;
        last = Some((entry.seq, entry.id));
    }
    let (seq, head) = last.ok_or_else(|| EvolveError::internal("a generation", "it has no events"))?;
    Ok(Segment { from, to: seq + 1, head })
}

/// Writes files, outputs and evaluations.
fn put_objects(
    batch: &mut Batch,
    context: &RunContext,
    executed: &ExecutedGeneration,
) -> Result<(), EvolveError> {
    for files in &executed.files {
        batch.put_files(files);
    }
    for output in &executed.outputs {
        batch.put_blob(output);
    }
    let asks_models = context.config.asks_models();
    let stops_early = context.config.search.as_ref().is_some_and(|search| search.early_stop.is_some());
    for evaluation in &executed.evaluations {
        let id = put_evaluation(batch, evaluation)?;
        // Answers of models are not a function of the contents of the key.
        let files = executed.files.iter().find(|files| files.tree().id() == evaluation.agent);
        // An evaluation that ends early, or at the first bad row of another order, is not the one that the key names.
        let is_partial = evaluation.score.is_none() && stops_early;
        let Some(files) = files.filter(|_| !asks_models && !is_partial) else { continue };
        if let Some(key) = measure::plain_key(context, files, evaluation.split) {
            batch.put_memo(*key.as_bytes(), &id);
        }
    }
    Ok(())
}
