//! A cache of evaluations. Equal candidate, task, split, limits and runtime have equal evaluations, so each is made only once.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use hyperspace_core::Mutex;

use crate::evaluation::Evaluation;

/// The name of an evaluation: a digest of everything that determines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey(pub(crate) [u8; 32]);

impl CacheKey {
    /// Returns the digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The error of any cache.
pub type CacheError = Box<dyn std::error::Error + Send + Sync>;

/// A store of evaluations by key. A cached evaluation and a new one are the same value, so no result depends on a cache.
pub trait EvaluationCache: Send + Sync {
    /// The error of a store that cannot be read or written.
    type Error: Into<CacheError>;

    /// Returns the evaluation of a key, if it is stored.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or its content is damaged.
    fn get(&self, key: &CacheKey) -> Result<Option<Evaluation>, Self::Error>;

    /// Stores an evaluation. A cache that is filled in another way may ignore it.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    fn put(&self, key: CacheKey, evaluation: &Evaluation) -> Result<(), Self::Error>;
}

impl<C: EvaluationCache + ?Sized> EvaluationCache for Arc<C> {
    type Error = C::Error;

    fn get(&self, key: &CacheKey) -> Result<Option<Evaluation>, Self::Error> {
        (**self).get(key)
    }

    fn put(&self, key: CacheKey, evaluation: &Evaluation) -> Result<(), Self::Error> {
        (**self).put(key, evaluation)
    }
}

/// An unbounded cache in memory.
#[derive(Debug, Default)]
pub struct MemoryCache(Mutex<BTreeMap<CacheKey, Evaluation>>);

impl EvaluationCache for MemoryCache {
    type Error = Infallible;

    fn get(&self, key: &CacheKey) -> Result<Option<Evaluation>, Infallible> {
        Ok(self.0.lock().get(key).cloned())
    }

    fn put(&self, key: CacheKey, evaluation: &Evaluation) -> Result<(), Infallible> {
        self.0.lock().insert(key, evaluation.clone());
        Ok(())
    }
}

/// Any cache, with its error boxed.
pub(crate) struct AnyCache<C>(pub(crate) C);

impl<C: EvaluationCache> EvaluationCache for AnyCache<C> {
    type Error = CacheError;

    fn get(&self, key: &CacheKey) -> Result<Option<Evaluation>, CacheError> {
        self.0.get(key).map_err(Into::into)
    }

    fn put(&self, key: CacheKey, evaluation: &Evaluation) -> Result<(), CacheError> {
        self.0.put(key, evaluation).map_err(Into::into)
    }
}
