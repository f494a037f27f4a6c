//! Re-execution of generations from the store alone.

use hyperspace_core::space::stored_entries;
use hyperspace_core::{RecordId, Store, StoreError, canon, record_id};
use hyperspace_eval::{EvalError, Evaluation, Evaluator};
use hyperspace_evolve::{
    Context, EVALUATION_KIND, EvolveError, Executed, GENERATION_KIND, GenerationRecord, Means, State,
    load_context, load_record, record_of, records, reexecute, space_name,
};
use hyperspace_llm::SessionError;
use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::difference::{Difference, first};

/// A replay that could not be made. A replay that was made and differs is a [`Replay`] with differences.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The run cannot be understood or continued.
    #[error(transparent)]
    Evolve(#[from] EvolveError),
    /// The store failed, or an object of it is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The record is not that of its run's journal.
    #[error("{0}")]
    Unlinked(String),
}

/// One generation, executed again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GenerationReplay {
    /// Its number.
    pub generation: u64,
    /// Its hash.
    pub hash: RecordId,
    /// Journal events compared.
    pub events: u64,
    /// Entries of the mark space's journal compared.
    pub entries: u64,
    /// Candidates compared, with files and evaluations.
    pub candidates: u64,
    /// Fuel used this time.
    pub fuel: u64,
}

/// What a replay came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replay {
    /// The run.
    pub run: RecordId,
    /// Generations executed again.
    pub generations: Vec<GenerationReplay>,
    /// The first difference of each generation that has one. Empty: everything came out again, bit for bit.
    pub differences: Vec<Difference>,
}

/// Which generations of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The one with this hash.
    One(RecordId),
    /// All, from the seed on.
    All,
}

/// Replays generations of a run; `progress` is told after each, with the number of generations wanted.
///
/// Nothing that was computed before is used: meta agents and evaluations run again. The store is only read.
///
/// # Errors
///
/// [`ReplayError::Evolve`] with `OtherRuntime` when another build recorded the run; [`ReplayError::Store`] names what is
/// damaged.
pub async fn replay(
    store: &Store,
    run: &RecordId,
    wanted: Wanted,
    evaluator: Evaluator,
    workers: usize,
    progress: &mut (dyn FnMut(&GenerationReplay, usize) + Send),
) -> Result<Replay, ReplayError> {
    let context = load_context(store, run, Means::new(evaluator, workers))?;
    let recorded = records(store, run)?;
    let count = if wanted == Wanted::All { recorded.len() } else { 1 };
    let mut state = context.beginning();
    let mut replay = Replay { run: *run, generations: Vec::new(), differences: Vec::new() };
    for (id, record) in &recorded {
        if wanted == Wanted::All || wanted == Wanted::One(*id) {
            let (generation, difference) = again(&context, store, &state, id, record).await?;
            progress(&generation, count);
            replay.generations.push(generation);
            replay.differences.extend(difference);
        }
        state.apply(*id, record)?;
    }
    if replay.generations.is_empty() {
        let what = "the run's list of generations does not name this one; run `fsck`";
        return Err(ReplayError::Unlinked(what.to_owned()));
    }
    Ok(replay)
}

/// The run that a generation belongs to.
///
/// # Errors
///
/// What the store says, or that it is no generation.
pub fn run_of(store: &Store, generation: &RecordId) -> Result<RecordId, ReplayError> {
    Ok(load_record(store, generation)?.run)
}

async fn again(
    context: &Context,
    store: &Store,
    state: &State,
    id: &RecordId,
    record: &GenerationRecord,
) -> Result<(GenerationReplay, Option<Difference>), ReplayError> {
    let executed = match reexecute(context, store, state, record).await {
        Ok(executed) => executed,
        Err(error) => return asked_otherwise(id, record, error),
    };
    let replayed = GenerationReplay {
        generation: record.generation,
        hash: *id,
        events: executed.events.len() as u64,
        entries: executed.marks.entries().len() as u64,
        candidates: executed.candidates.len() as u64,
        fuel: executed.fuel,
    };
    let difference = match compare_events(store, record, &executed)? {
        Some(difference) => Some(difference),
        None => match compare_marks(store, record, &executed)? {
            Some(difference) => Some(difference),
            None => match compare_evaluations(store, record, &executed)? {
                Some(difference) => Some(difference),
                None => compare_record(store, id, record, state, &executed)?,
            },
        },
    };
    Ok((replayed, difference))
}

/// A guest that asked a model something else than what was recorded, or more, is a difference; everything else an error.
fn asked_otherwise(
    id: &RecordId,
    record: &GenerationRecord,
    error: EvolveError,
) -> Result<(GenerationReplay, Option<Difference>), ReplayError> {
    let source = match error {
        EvolveError::Model(source) | EvolveError::Eval(EvalError::Model { source, .. }) => source,
        other => return Err(other.into()),
    };
    let (place, recorded, replayed) = match source {
        SessionError::Mismatch { stream, sequence, recorded, asked } => {
            (format!("model call {sequence} of {stream}"), request(&recorded), request(&asked))
        }
        SessionError::Missing { stream, sequence, asked } => {
            (format!("model call {sequence} of {stream}"), Value::Null, request(&asked))
        }
        other => return Err(EvolveError::Model(other).into()),
    };
    let replayed_until = GenerationReplay {
        generation: record.generation,
        hash: *id,
        events: 0,
        entries: 0,
        candidates: 0,
        fuel: 0,
    };
    Ok((replayed_until, difference(record, place, recorded, replayed)))
}

/// A request as it was shown: JSON where it is.
fn request(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

fn difference(
    record: &GenerationRecord,
    place: String,
    recorded: Value,
    replayed: Value,
) -> Option<Difference> {
    Some(Difference { generation: record.generation, place, recorded, replayed })
}

/// Every journalled event against what happened, in order.
fn compare_events(
    store: &Store,
    record: &GenerationRecord,
    executed: &Executed,
) -> Result<Option<Difference>, ReplayError> {
    let segment = record.journal;
    let events = store.events(&record.run, segment.from, segment.to)?;
    let whole = events.len() as u64 == segment.to.saturating_sub(segment.from);
    if !whole || events.last().map(|event| event.id) != Some(segment.head) {
        let what = format!(
            "the journal of generation {} does not end with event {}",
            record.generation, segment.head
        );
        return Err(StoreError::Damaged { object: format!("run {}", record.run), why: what }.into());
    }
    for index in 0..events.len().max(executed.events.len()) {
        // As they are recorded: also an event that cannot be understood is one that differs.
        let recorded = events.get(index).map(|entry| (&*entry.kind, entry.body.clone()));
        let replayed = executed.events.get(index).map(|event| (event.kind(), event.body()));
        if recorded != replayed {
            let seq = segment.from + index as u64;
            let kind = recorded.as_ref().or(replayed.as_ref()).map_or("?", |(kind, _)| kind).to_owned();
            let form =
                |side: Option<(&str, Value)>| side.map(|(kind, body)| json!({"kind": kind, "body": body}));
            let (recorded, replayed) =
                (form(recorded).unwrap_or_default(), form(replayed).unwrap_or_default());
            return Ok(difference(record, format!("event {seq} ({kind})"), recorded, replayed));
        }
    }
    Ok(None)
}

/// Every entry of the mark space's journal, refusals included, against what was asked this time, in order.
fn compare_marks(
    store: &Store,
    record: &GenerationRecord,
    executed: &Executed,
) -> Result<Option<Difference>, ReplayError> {
    let segment = record.marks;
    let stored = stored_entries(store, &space_name(&record.run), segment.from, segment.to)?;
    let asked = executed.marks.entries();
    for index in 0..stored.entries.len().max(asked.len()) {
        let recorded = stored.entries.get(index).cloned().unwrap_or_default();
        let replayed =
            asked.get(index).map(|entry| entry.to_value()).transpose().map_err(StoreError::from)?;
        let replayed = replayed.unwrap_or_default();
        if recorded != replayed {
            let number = segment.from + index as u64;
            let operation = asked.get(index).map_or("no more", |entry| entry.operation());
            let place = format!("mark entry {number} ({operation})");
            return Ok(difference(record, place, recorded, replayed));
        }
    }
    if stored.head != Some(segment.head) {
        let what =
            format!("the marks of generation {} do not end with event {}", record.generation, segment.head);
        return Err(StoreError::Damaged {
            object: format!("the mark space of run {}", record.run),
            why: what,
        }
        .into());
    }
    Ok(None)
}

/// Every evaluation, down to the fuel of each case. Reached only when the events agree, and with them its hash; reading the
/// stored one shows that it is there and whole.
fn compare_evaluations(
    store: &Store,
    record: &GenerationRecord,
    executed: &Executed,
) -> Result<Option<Difference>, ReplayError> {
    for evaluation in &executed.evaluations {
        let replayed = value(evaluation)?;
        let id = record_id(EVALUATION_KIND, &replayed).map_err(StoreError::from)?;
        let stored = store.get_record(&id)?;
        if let Some((place, recorded, replayed)) = first("evaluation", &stored.body, &replayed) {
            return Ok(difference(record, format!("{place} of {id}"), recorded, replayed));
        }
    }
    Ok(None)
}

fn value(evaluation: &Evaluation) -> Result<Value, ReplayError> {
    Ok(canon::to_value(evaluation).map_err(StoreError::from)?)
}

/// Files and the record itself.
fn compare_record(
    store: &Store,
    id: &RecordId,
    record: &GenerationRecord,
    state: &State,
    executed: &Executed,
) -> Result<Option<Difference>, ReplayError> {
    for (index, (candidate, files)) in record.candidates.iter().zip(&executed.files).enumerate() {
        let stored = store.get_files(&candidate.tree)?;
        if stored != *files {
            let names = |set: &hyperspace_core::FileSet| json!(set.tree().id());
            let place = format!("files of candidate {index}");
            return Ok(difference(record, place, names(&stored), names(files)));
        }
    }
    let again = record_of(record.run, state, executed, (record.journal, record.marks));
    let (recorded, replayed) = (record.to_value()?, again.to_value()?);
    if let Some((place, recorded, replayed)) = first("record", &recorded, &replayed) {
        return Ok(difference(record, place, recorded, replayed));
    }
    let hash = record_id(GENERATION_KIND, &replayed).map_err(StoreError::from)?;
    if hash == *id { Ok(None) } else { Ok(difference(record, "hash".to_owned(), json!(id), json!(hash))) }
}
