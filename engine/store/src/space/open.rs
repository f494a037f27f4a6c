//! Opens mark spaces, writes what they decide, and audits them.

use std::sync::Arc;

use hyperspace_core::{EventId, RecordId, ScopeName};
use hyperspace_markspace::{
    Authority, MarkSpace, SpaceClock, SpaceFold, SpaceJournal, SpaceRules, StagedEntries, StagedSpace,
};

use super::journal::{self, StoredEntries, StoredSpace, missing};
use super::snapshot;
use crate::batch::Batch;
use crate::error::{Damage, StoreError};
use crate::store::Store;

/// Writes what a space decides, each portion in its own batch.
struct StoreJournal(Store);

impl SpaceJournal for StoreJournal {
    fn write(&mut self, portion: StagedEntries) -> Result<(), String> {
        let put = || {
            let mut batch = self.0.batch()?;
            batch.put_staged(&portion)?;
            batch.commit()
        };
        put().map_err(|error: StoreError| error.to_string())
    }
}

impl Batch {
    /// Writes entries of a mark space. Returns the last entry of the space's journal, which covers all entries before it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the journal cannot be read.
    pub fn put_staged(&mut self, portion: &StagedEntries) -> Result<Option<EventId>, StoreError> {
        let space = match portion.rules() {
            Some(rules) => journal::begin(self, portion.space(), rules)?,
            None => journal::id_of(portion.space())?,
        };
        match journal::put(self, &space, portion)? {
            Some(entry) => Ok(Some(entry.id)),
            None => Ok(self.head(&space)?.map(|(_, id)| id)),
        }
    }
}

impl Store {
    /// Opens the mark space with this name for writing, or creates it. The rules of an existing space stay as they are.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read or written, or the journal is damaged. A damaged snapshot is not an
    /// error: [`MarkSpace::opened`] says why it was set aside.
    pub fn open_space(
        &self,
        name: &ScopeName,
        authority: &Authority,
        clock: Arc<dyn SpaceClock>,
        rules: SpaceRules,
    ) -> Result<MarkSpace, StoreError> {
        let space = journal::id_of(name)?;
        if self.backend().journal_head(&space)?.is_none() {
            let mut batch = self.batch()?;
            journal::begin(&mut batch, name, &rules)?;
            batch.commit()?;
        }
        let fold = self.fold_space(name)?;
        Ok(fold.into_space(name, authority, clock, Box::new(StoreJournal(self.clone()))))
    }

    /// Opens the mark space with this name in such a way that its holder writes what it decides. `until` goes back to the
    /// end of the block that reaches this number of entries.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] when there is no such space, and the errors of reading.
    pub fn open_staged_space(
        &self,
        name: &ScopeName,
        authority: &Authority,
        clock: Arc<dyn SpaceClock>,
        until: Option<u64>,
    ) -> Result<StagedSpace, StoreError> {
        let fold = match until {
            None => self.fold_space(name)?,
            Some(until) => {
                let mut stored =
                    StoredSpace::begin(self, journal::id_of(name)?)?.ok_or_else(|| missing(name))?;
                stored.advance(self, until)?;
                stored.fold
            }
        };
        Ok(StagedSpace::resume(name.clone(), fold, authority, clock))
    }

    fn fold_space(&self, name: &ScopeName) -> Result<SpaceFold, StoreError> {
        let stored = StoredSpace::latest(self, journal::id_of(name)?)?;
        Ok(stored.ok_or_else(|| missing(name))?.fold)
    }

    /// Returns the names of all mark spaces, in order.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read or the record of a space is damaged.
    pub fn spaces(&self) -> Result<Vec<ScopeName>, StoreError> {
        let spaces = self.journals(journal::SPACE_KIND)?;
        let mut names = spaces.iter().map(|id| journal::name_of(self, id)).collect::<Result<Vec<_>, _>>()?;
        names.sort();
        Ok(names)
    }

    /// Returns the entries `from..to` of the journal of a mark space; fewer if the journal ends earlier.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the entries cannot be read or are damaged.
    pub fn space_entries(&self, name: &ScopeName, from: u64, to: u64) -> Result<StoredEntries, StoreError> {
        journal::entries(self, &journal::id_of(name)?, from, to)
    }

    /// Folds the journal of every mark space and compares the snapshots with the result.
    pub(crate) fn audit_spaces(&self) -> Result<Vec<Damage>, StoreError> {
        let mut damaged = vec![];
        for space in self.journals(journal::SPACE_KIND)? {
            match audit(self, space) {
                Ok(None) => {}
                Ok(Some(why)) => {
                    damaged.push(Damage { object: format!("the snapshot of space {space}"), why });
                }
                Err(StoreError::Damaged { object, why }) => damaged.push(Damage { object, why }),
                Err(StoreError::Missing { object }) => {
                    damaged.push(Damage { object, why: "missing".to_owned() });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(damaged)
    }
}

/// Folds one journal, and returns what is wrong with its snapshot, if anything.
fn audit(store: &Store, space: RecordId) -> Result<Option<String>, StoreError> {
    let Some(mut stored) = StoredSpace::begin(store, space)? else { return Ok(None) };
    let why = match snapshot::read(store, &space, stored.fold.rules())? {
        snapshot::SnapshotLookup::Absent => None,
        snapshot::SnapshotLookup::Unusable(why) => Some(why),
        snapshot::SnapshotLookup::Usable { fold, .. } => {
            stored.advance(store, fold.entries())?;
            let same = stored.fold.has_state_of(&fold);
            (!same).then(|| "it is not what its journal comes to".to_owned())
        }
    };
    stored.advance(store, u64::MAX)?;
    Ok(why)
}
