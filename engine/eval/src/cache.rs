//! Evaluations that were made before. Equal candidate, task, split, limits and runtime have the equal evaluation, so it is
//! made once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::evaluation::Evaluation;

/// Names an evaluation by everything that decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey(pub(crate) [u8; 32]);

impl CacheKey {
    /// The digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Keeps evaluations.
pub trait EvaluationCache: Send + Sync {
    /// The evaluation of that key, when it is known.
    fn get(&self, key: &CacheKey) -> Option<Evaluation>;
    /// Keeps an evaluation.
    fn put(&self, key: CacheKey, evaluation: &Evaluation);
}

/// Keeps evaluations in memory, without bound.
#[derive(Debug, Default)]
pub struct MemoryCache(Mutex<BTreeMap<CacheKey, Evaluation>>);

impl EvaluationCache for MemoryCache {
    fn get(&self, key: &CacheKey) -> Option<Evaluation> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn put(&self, key: CacheKey, evaluation: &Evaluation) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, evaluation.clone());
    }
}
