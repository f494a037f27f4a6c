//! Re-execution of recorded generations, for replay.

use std::sync::Arc;

use hyperspace_store::Store;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::generation::execute;
use crate::generation::executed::ExecutedGeneration;
use crate::generation::work::EvalSources;
use crate::mark_space::RunSpace;
use crate::models::calls::ModelCalls;
use crate::offspring::answers::AnswersInForce;
use crate::offspring::plan::GenerationPlan;
use crate::record::generation::GenerationRecord;
use crate::record::journal::journal_segment;
use crate::search::state::RunState;

/// Maximum number of concurrent conversations. In a replay, none of them waits for long.
const CONVERSATIONS: usize = 32;

/// Executes a recorded generation again from the state before it. Nothing computed earlier is used, models are answered from the
/// record, and nothing is written.
///
/// # Errors
///
/// As [`Run::run_to`](crate::Run::run_to); [`EvolveError::Model`] when a guest makes a model call that was not recorded.
pub async fn reexecute(
    context: &RunContext,
    store: &Store,
    state: &RunState,
    recorded: &GenerationRecord,
) -> Result<ExecutedGeneration, EvolveError> {
    let calls = match &context.config.models {
        None => None,
        Some(rules) => {
            let events = journal_segment(store, &context.run, recorded.journal)?;
            Some(Arc::new(ModelCalls::replayed(store, &events, rules.clone(), CONVERSATIONS)?))
        }
    };
    let sources = EvalSources { cache: None, calls };
    if state.next == 0 {
        let mut space = RunSpace::new(context)?;
        let files = store.get_files(&context.config.agent_files)?;
        return execute::seed(context, store, files, &mut space, &sources).await;
    }
    let mut space = RunSpace::open(store, context, Some(recorded.marks.from))?;
    space.enter(state.next);
    let answers = AnswersInForce::read(context, &space)?;
    let plan = GenerationPlan::new(context, state, answers)?;
    execute::next(context, store, state, plan, &mut space, &sources).await
}
