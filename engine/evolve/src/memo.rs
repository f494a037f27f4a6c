//! Evaluations made before, in this store, by any run: equal candidate and task are not evaluated twice.
//!
//! A known evaluation and a new one are the same value, so nothing recorded depends on what was known. Replay knows nothing.

use hyperspace_core::{FileSet, canon};
use hyperspace_eval::{Evaluation, Evaluator, Split, Task};
use hyperspace_store::Store;

use crate::error::EvolveError;

/// Where known evaluations come from.
pub(crate) enum Memo<'a> {
    /// The store.
    Store(&'a Store),
    /// Nowhere: everything is computed.
    Nothing,
}

impl Memo<'_> {
    /// The evaluation of these files, if it is known. One whose cases ask models never is.
    pub(crate) fn get(
        &self,
        evaluator: &Evaluator,
        task: &Task,
        files: &FileSet,
        split: Split,
    ) -> Result<Option<Evaluation>, EvolveError> {
        let Memo::Store(store) = self else { return Ok(None) };
        let Some(key) = evaluator.key(task, files, split) else { return Ok(None) };
        let Some(id) = store.memo(key.as_bytes())? else { return Ok(None) };
        let record = store.get_record(&id)?;
        let evaluation: Evaluation = canon::from_value(&record.body)
            .map_err(|error| EvolveError::record(format!("evaluation {id}"), error))?;
        Ok(Some(evaluation))
    }
}
