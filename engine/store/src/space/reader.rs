//! A space as another process reads it while it is being written: only what is durable.
//!
//! Access to the files of the store is access as the principal. A reader folds new entries when it is asked to.

use std::sync::MutexGuard;

use hyperspace_core::{Mutex, ScopeName};
use hyperspace_markspace::{
    Draft, Explanation, Listing, MarkView, NeedCluster, Query, Refusal, Seq, SpaceOpening, Tick,
};

use super::journal::{self, StoredSpace, missing};
use crate::error::StoreError;
use crate::store::Store;

/// A stored space, open for reading.
pub struct SpaceReader {
    store: Store,
    opened: SpaceOpening,
    stored: Mutex<StoredSpace>,
}

impl std::fmt::Debug for SpaceReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpaceReader").field("store", &self.store).finish_non_exhaustive()
    }
}

impl SpaceReader {
    /// Opens the space with this name.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] when there is no such space, and the errors of reading. A damaged snapshot is not an error:
    /// [`SpaceReader::opened`] says why it was set aside.
    pub fn open(store: Store, name: &ScopeName) -> Result<Self, StoreError> {
        let stored = StoredSpace::latest(&store, journal::id_of(name)?)?.ok_or_else(|| missing(name))?;
        Ok(Self { store, opened: stored.fold.opened(), stored: Mutex::new(stored) })
    }

    /// Returns how the space was opened.
    #[must_use]
    pub fn opened(&self) -> SpaceOpening {
        self.opened.clone()
    }

    /// Folds the entries that have become durable since. Returns the number after that of the last mark so far.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be read or is damaged.
    pub fn refresh(&self) -> Result<Seq, StoreError> {
        let mut stored = self.lock();
        stored.advance(&self.store, u64::MAX)?;
        Ok(Seq(stored.fold.len()))
    }

    fn lock(&self) -> MutexGuard<'_, StoredSpace> {
        self.stored.lock()
    }

    /// Folds the whole journal, and returns whether the result equals the current state.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the journal cannot be read or is damaged.
    pub fn is_fold_of_journal(&self) -> Result<bool, StoreError> {
        let stored = self.lock();
        let Some(mut other) = StoredSpace::begin(&self.store, stored.id)? else { return Ok(false) };
        other.advance(&self.store, stored.fold.entries())?;
        Ok(other.fold.has_state_of(&stored.fold))
    }

    /// Returns the time of the last entry; no earlier time is accepted any more.
    #[must_use]
    pub fn now(&self) -> Tick {
        self.lock().fold.now()
    }

    /// Returns the number of marks ever accepted, as of the last refresh.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.lock().fold.len()
    }

    /// Returns whether no mark was ever accepted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the marks that match a query, at the time of the last entry.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownScope`].
    pub fn read(&self, query: &Query) -> Result<Vec<MarkView>, Refusal> {
        self.lock().fold.read(query)
    }

    /// Returns one mark by number if it has any strength left.
    #[must_use]
    pub fn get(&self, mark: Seq) -> Option<MarkView> {
        self.lock().fold.get(mark)
    }

    /// Returns one mark by number, even if it is superseded or has faded, with the strength that is left.
    #[must_use]
    pub fn held(&self, mark: Seq) -> Option<MarkView> {
        self.lock().fold.held(mark)
    }

    /// Returns the newest marks of a listing, the newest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownScope`].
    pub fn list(&self, listing: &Listing, limit: usize) -> Result<Vec<MarkView>, Refusal> {
        self.lock().fold.list(listing, limit)
    }

    /// Returns the marks of a listing from a number on, the oldest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownScope`].
    pub fn since(&self, listing: &Listing, from: Seq) -> Result<Vec<MarkView>, Refusal> {
        self.lock().fold.since(listing, from)
    }

    /// Returns the open needs, the most urgent first.
    #[must_use]
    pub fn needs(&self) -> Vec<NeedCluster> {
        self.lock().fold.needs()
    }

    /// Returns the answer to a need in words; `None` while it is open, or if it was answered by an action alone.
    #[must_use]
    pub fn answer(&self, need: Seq) -> Option<String> {
        self.lock().fold.answer(need)
    }

    /// Decides every attempt in the journal of this name again, and explains each decision.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the journal cannot be read or is damaged.
    pub fn explain(&self, name: &ScopeName, explained: impl FnMut(Explanation)) -> Result<(), StoreError> {
        let Some(mut stored) = StoredSpace::begin(&self.store, journal::id_of(name)?)? else { return Ok(()) };
        stored.explain(&self.store, explained)
    }

    /// Returns what would become of an agent's draft now, under the capability that it was given last. Nothing is written.
    /// The reader is consumed, because deciding counts.
    ///
    /// # Errors
    ///
    /// [`Refusal::Agent`] for an agent that never had a capability here.
    pub fn attempt(self, agent: &str, scope: &ScopeName, draft: Draft) -> Result<Explanation, Refusal> {
        self.stored.into_inner().fold.attempt(agent, scope, draft)
    }
}
