//! Evaluations made before, in this store, by any run: equal candidate and task are not evaluated twice.
//!
//! A known evaluation and a new one are the same value, so nothing recorded depends on what was known. Replay knows nothing.

use hyperspace_core::{FileSet, Store, canon};
use hyperspace_eval::{CacheKey, Evaluation, Split};

use crate::error::EvolveError;
use crate::generation::Context;

/// Where known evaluations come from.
pub(crate) enum Memo<'a> {
    /// The store.
    Store(&'a Store),
    /// Nowhere: everything is computed.
    Nothing,
}

impl Memo<'_> {
    pub(crate) fn get(
        &self,
        context: &Context,
        files: &FileSet,
        split: Split,
    ) -> Result<Option<Evaluation>, EvolveError> {
        let Memo::Store(store) = self else { return Ok(None) };
        let key: Option<CacheKey> = context.evaluator.key(&context.task, files, split);
        let Some(key) = key else { return Ok(None) };
        let Some(id) = store.memo(key.as_bytes())? else { return Ok(None) };
        let record = store.get_record(&id)?;
        let evaluation: Evaluation = canon::from_value(&record.body)
            .map_err(|error| EvolveError::record(format!("evaluation {id}"), error))?;
        Ok(Some(evaluation))
    }
}
