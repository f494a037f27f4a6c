//! Re-execution of generations from the store alone.

use hyperspace_core::RecordId;
use hyperspace_eval::EvalError;
use hyperspace_evolve::{
    EvolveError, GenerationRecord, RunContext, RunResources, RunState, load_context, load_record, records,
    reexecute,
};
use hyperspace_llm::SessionError;
use hyperspace_store::Store;
use serde_json::{Value, json};

use crate::compare::Comparison;
use crate::difference::Difference;
use crate::error::ReplayError;
use crate::report::{GenerationReplay, ReplayReport, ReplayScope};

/// Called after each generation, with the number of generations in scope.
pub type ReplayProgress<'a> = &'a mut (dyn FnMut(&GenerationReplay, usize) + Send);

/// Replays generations of a run.
///
/// Nothing computed earlier is reused: meta agents and evaluations run again. The store is only read.
///
/// # Errors
///
/// [`ReplayError::Evolve`] with `OtherRuntime` when another build recorded the run. [`ReplayError::Store`] names the damaged
/// object.
pub async fn replay(
    store: &Store,
    run: &RecordId,
    scope: ReplayScope,
    resources: RunResources,
    progress: ReplayProgress<'_>,
) -> Result<ReplayReport, ReplayError> {
    let context = load_context(store, run, resources)?;
    let recorded = records(store, run)?;
    let count = recorded.iter().filter(|(id, _)| scope.contains(id)).count();
    let mut state = context.initial_state();
    let mut report = ReplayReport { run: *run, generations: Vec::new(), differences: Vec::new() };
    for (id, record) in &recorded {
        if scope.contains(id) {
            let (generation, difference) = replay_generation(&context, store, &state, id, record).await?;
            progress(&generation, count);
            report.generations.push(generation);
            report.differences.extend(difference);
        }
        state.apply(*id, record)?;
    }
    if report.generations.is_empty() {
        let why = "the run does not name this generation; run `fsck`";
        return Err(ReplayError::Unlinked(why.to_owned()));
    }
    Ok(report)
}

/// Returns the run that a generation belongs to.
///
/// # Errors
///
/// Those of the store, and when it is not a generation.
pub fn run_of(store: &Store, generation: &RecordId) -> Result<RecordId, ReplayError> {
    Ok(load_record(store, generation)?.run)
}

async fn replay_generation(
    context: &RunContext,
    store: &Store,
    state: &RunState,
    id: &RecordId,
    record: &GenerationRecord,
) -> Result<(GenerationReplay, Option<Difference>), ReplayError> {
    let mut replayed = GenerationReplay {
        generation: record.generation,
        hash: *id,
        events: 0,
        entries: 0,
        candidates: 0,
        fuel: 0,
    };
    let executed = match reexecute(context, store, state, record).await {
        Ok(executed) => executed,
        Err(error) => return Ok((replayed, Some(call_difference(record.generation, error)?))),
    };
    replayed.events = executed.events.len() as u64;
    replayed.entries = executed.marks.entries().len() as u64;
    replayed.candidates = executed.candidates.len() as u64;
    replayed.fuel = executed.fuel;
    let comparison = Comparison { store, id, record, state, executed: &executed };
    Ok((replayed, comparison.first_difference()?))
}

/// Returns the difference for a guest that made a model call other than the recorded one, or one too many. Any other error is
/// returned.
pub(crate) fn call_difference(generation: u64, error: EvolveError) -> Result<Difference, ReplayError> {
    let source = match error {
        EvolveError::Model(source) | EvolveError::Eval(EvalError::Model { source, .. }) => source,
        other => return Err(other.into()),
    };
    let (stream, sequence, recorded, replayed) = match source {
        SessionError::Mismatch { stream, sequence, recorded, asked } => {
            (stream, sequence, request(&recorded), request(&asked))
        }
        SessionError::Missing { stream, sequence, asked } => (stream, sequence, Value::Null, request(&asked)),
        other => return Err(EvolveError::Model(other).into()),
    };
    let place = format!("model call {sequence} of {stream}");
    Ok(Difference { generation, place, recorded, replayed })
}

/// Returns a request as JSON, or as text if it is not JSON.
fn request(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}
