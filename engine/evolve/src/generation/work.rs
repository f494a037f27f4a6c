//! The inputs of a generation's steps.

use std::sync::Arc;

use hyperspace_store::Store;

use crate::context::RunContext;
use crate::generation::eval_cache::StoredEvaluations;
use crate::mark_space::RunSpace;
use crate::models::calls::ModelCalls;
use crate::offspring::answers::AnswersInForce;
use crate::offspring::prepare::Preparation;
use crate::search::state::RunState;

/// The inputs of a generation's steps.
#[derive(Clone, Copy)]
pub(crate) struct GenerationWork<'a> {
    pub(crate) context: &'a RunContext,
    pub(crate) store: &'a Store,
    /// The state before the generation.
    pub(crate) state: &'a RunState,
    pub(crate) space: &'a RunSpace,
    pub(crate) sources: &'a EvalSources,
    /// The answers to signs of complacency that are in force.
    pub(crate) answers: &'a AnswersInForce,
}

impl<'a> GenerationWork<'a> {
    /// Returns the inputs of preparation.
    pub(crate) fn preparation(&self) -> Preparation<'a> {
        let Self { context, store, state, space, sources, answers } = *self;
        Preparation { context, store, state, space, calls: sources.calls.as_ref(), answers }
    }
}

/// Sources of results that are not computed: cached evaluations and model calls.
pub(crate) struct EvalSources {
    /// Evaluations made earlier; `None` in a replay.
    pub(crate) cache: Option<StoredEvaluations>,
    /// Model calls; `None` in a run without models.
    pub(crate) calls: Option<Arc<ModelCalls>>,
}

impl EvalSources {
    /// Cleans up after the generation was committed.
    pub(crate) fn committed(self) {
        if let Some(calls) = self.calls.and_then(Arc::into_inner) {
            calls.committed();
        }
    }
}
