//! A space in the store, for the process that writes it. Opening folds what was asked since the last snapshot.

use std::sync::Arc;

use super::command::Entry;
use super::envelope::Rules;
use super::handle::MarkSpace;
use super::journal::{self, Fold};
use super::log::{Log, Medium};
use super::refusal::Refusal;
use super::snapshot::Image;
use super::time::Clock;
use crate::digest::RecordId;
use crate::guard::Authority;
use crate::scope::ScopeName;
use crate::store::{Store, StoreError};

struct StoreMedium {
    store: Store,
    run: RecordId,
}

impl Medium for StoreMedium {
    fn write(&mut self, first: u64, entries: Vec<Entry>, images: Vec<Image>) -> Result<(), String> {
        let put = || {
            let mut batch = self.store.batch()?;
            journal::put(&mut batch, &self.run, first, &entries, &images)?;
            batch.commit()
        };
        put().map_err(|error: StoreError| error.to_string())
    }
}

impl MarkSpace {
    /// Takes a snapshot with the next entry, however few there were since the last one.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotPrincipal`].
    pub fn snapshot_soon(&self, authority: &Authority) -> Result<(), Refusal> {
        self.check_principal(authority)?;
        self.hurry();
        Ok(())
    }

    /// Opens the space of this name in a store, or makes it. The rules of an existing one stay as they are.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read or written, or the journal is damaged. A snapshot that is damaged is no
    /// error: [`MarkSpace::opened`] says why it was set aside.
    pub fn in_store(
        store: &Store,
        name: &ScopeName,
        authority: &Authority,
        clock: Arc<dyn Clock>,
        rules: Rules,
    ) -> Result<Self, StoreError> {
        let run = journal::run_of(name)?;
        let fold = match Fold::latest(store, run)? {
            Some(fold) => fold,
            None => {
                let mut batch = store.batch()?;
                journal::begin(&mut batch, name, &rules)?;
                batch.commit()?;
                Fold::latest(store, run)?
                    .ok_or_else(|| StoreError::Missing { object: format!("space {name}") })?
            }
        };
        let medium = StoreMedium { store: store.clone(), run };
        let log = Log::new(Box::new(medium), fold.entries);
        Ok(Self::around(authority, clock, fold.machine, Some(log)).imaged(fold.imager, fold.opened))
    }
}
