//! Evaluations in the store, made earlier by any run. Equal candidates of equal tasks are not evaluated twice.
//!
//! A cached evaluation equals a new one, so nothing recorded depends on the cache. A replay does not use it.

use hyperspace_core::canon;
use hyperspace_eval::{CacheKey, Evaluation, EvaluationCache};
use hyperspace_store::Store;

use crate::error::EvolveError;

/// The evaluations in a store.
pub(crate) struct StoredEvaluations {
    store: Store,
}

impl StoredEvaluations {
    /// Returns the evaluations in a store.
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }
}

impl EvaluationCache for StoredEvaluations {
    type Error = EvolveError;

    fn get(&self, key: &CacheKey) -> Result<Option<Evaluation>, EvolveError> {
        let Some(id) = self.store.memo(key.as_bytes())? else { return Ok(None) };
        let record = self.store.get_record(&id)?;
        let evaluation: Evaluation = canon::from_value(&record.body)
            .map_err(|error| EvolveError::record(format!("evaluation {id}"), error))?;
        Ok(Some(evaluation.attached(|blob| self.store.get_blob(blob))?))
    }

    /// Does nothing: the commit of a generation stores its evaluations, in the same transaction.
    fn put(&self, _: CacheKey, _: &Evaluation) -> Result<(), EvolveError> {
        Ok(())
    }
}
