//! Models that answered in the committed generations of a run.
//!
//! The refusal of a model that never answered stops a run, and that of another one is recorded. So a run that is opened again has to know
//! what an uninterrupted one knows.

use hyperspace_llm::{ExchangeOutcome, Models};
use hyperspace_store::Store;

use crate::error::EvolveError;
use crate::models::stored::exchanges;
use crate::models::streams::streams_of;
use crate::record::config::RunConfig;
use crate::record::generation::GenerationRecord;
use crate::record::journal::journal_segment;

/// Tells `models` which of them answered a call of these generations. It reads back from the last generation until all are known.
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
