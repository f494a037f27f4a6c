//! Models that answered in the committed generations of a run.
//!
//! A refusal of a model that never answered stops a run, while that of any other model is recorded. A reopened run therefore has
//! to know which models an uninterrupted one would know to have answered.

use hyperspace_llm::{ExchangeOutcome, Models};
use hyperspace_store::Store;

use crate::error::EvolveError;
use crate::models::stored::exchanges;
use crate::models::streams::streams_of;
use crate::record::config::RunConfig;
use crate::record::generation::GenerationRecord;
use crate::record::journal::journal_segment;

/// Tells `models` which of them answered a call in these generations. Reads backwards from the last generation until all are
/// known.
pub(crate) fn note_answered<'a>(
    store: &Store,
    config: &RunConfig,
    generations: impl DoubleEndedIterator<Item = &'a GenerationRecord>,
    models: &Models,
) -> Result<(), EvolveError> {
    let names = config.called_models();
    for record in generations.rev() {
        for stream in streams_of(&journal_segment(store, &record.run, record.journal)?) {
            if names.iter().all(|name| models.has_answered(name)) {
                return Ok(());
            }
            for exchange in exchanges(store, stream)? {
                if let ExchangeOutcome::Answer(answer) = &exchange.outcome {
                    let request = &exchange.request;
                    models.note_answered(answer.model(&request.model), !request.tools.is_empty());
                }
            }
        }
    }
    Ok(())
}
