//! A space in the store whose entries its holder writes, together with other things, in one batch.
//!
//! Nothing is written before the holder does it; what was decided meanwhile counts for later decisions at once. A holder
//! whose batch fails drops the space and opens it again.

use std::sync::Arc;

use serde_json::Value;

use super::command::Entry;
use super::envelope::Rules;
use super::handle::MarkSpace;
use super::journal::{self, Fold};
use super::log::{Log, MemoryMedium};
use super::machine::Machine;
use super::snapshot::{Image, Imager};
use super::time::Clock;
use crate::digest::EventId;
use crate::guard::Authority;
use crate::scope::ScopeName;
use crate::store::{Batch, Store, StoreError};

/// See the module.
#[derive(Debug)]
pub struct StagedSpace {
    space: MarkSpace,
    name: ScopeName,
    kept: MemoryMedium,
    next: u64,
    /// The space is not in the store yet.
    fresh: Option<Rules>,
}

/// Entries that are to be written, and where they belong. They come out of a space alone:
///
/// ```compile_fail,E0451
/// use hyperspace_core::space::Portion;
/// fn forge(portion: Portion) -> Portion {
///     Portion { entries: vec![], ..portion }
/// }
/// ```
#[derive(Debug, Clone)]
#[must_use = "what was decided is lost unless it is written"]
pub struct Portion {
    name: ScopeName,
    first: u64,
    entries: Vec<Entry>,
    images: Vec<Image>,
    fresh: Option<Rules>,
}

impl StagedSpace {
    /// A space that the store does not have yet.
    #[must_use]
    pub fn new(name: ScopeName, authority: &Authority, clock: Arc<dyn Clock>, rules: Rules) -> Self {
        Self::around(name, authority, clock, (Machine::new(rules), 0, Imager::new(0)), Some(rules))
    }

    /// The space of this name as it stands; `until` goes back to the end of the block that reaches so many entries.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] when there is no such space, and what reading says.
    pub fn open(
        store: &Store,
        name: &ScopeName,
        authority: &Authority,
        clock: Arc<dyn Clock>,
        until: Option<u64>,
    ) -> Result<Self, StoreError> {
        let run = journal::run_of(name)?;
        let fold = match until {
            None => Fold::latest(store, run)?,
            Some(until) => {
                let mut fold = Fold::from_scratch(store, run)?;
                if let Some(fold) = &mut fold {
                    fold.advance(store, until, |_, _, _, _| {})?;
                }
                fold
            }
        };
        let fold = fold.ok_or_else(|| StoreError::Missing { object: format!("the space {name}") })?;
        Ok(Self::around(name.clone(), authority, clock, (fold.machine, fold.entries, fold.imager), None))
    }

    fn around(
        name: ScopeName,
        authority: &Authority,
        clock: Arc<dyn Clock>,
        (machine, entries, imager): (Machine, u64, Imager),
        fresh: Option<Rules>,
    ) -> Self {
        let kept = MemoryMedium::default();
        let log = Log::new(Box::new(kept.clone()), entries);
        let opened = journal::Opened { entries, ..journal::Opened::default() };
        let space = MarkSpace::around(authority, clock, machine, Some(log)).imaged(imager, opened);
        Self { space, name, kept, next: entries, fresh }
    }

    /// The space itself.
    #[must_use]
    pub fn space(&self) -> &MarkSpace {
        &self.space
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &ScopeName {
        &self.name
    }

    /// Number of the next entry that was not handed out.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// What was asked since the last time, to be written.
    ///
    /// # Panics
    ///
    /// Never: entries are kept in memory, which does not fail.
    pub fn drain(&mut self) -> Portion {
        self.space.flush().expect("memory takes everything");
        let (entries, images) = self.kept.take();
        let first = self.next;
        self.next += entries.len() as u64;
        Portion { name: self.name.clone(), first, entries, images, fresh: self.fresh.take() }
    }
}

impl Portion {
    /// Number of the first entry.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Writes them into a batch; the last event of the space's journal, which covers all before it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the journal cannot be read.
    pub fn put(&self, batch: &mut Batch) -> Result<Option<EventId>, StoreError> {
        let run = match &self.fresh {
            Some(rules) => journal::begin(batch, &self.name, rules)?,
            None => journal::run_of(&self.name)?,
        };
        let last = journal::put(batch, &run, self.first, &self.entries, &self.images)?;
        match last {
            Some(event) => Ok(Some(event.id)),
            None => batch.head(&run),
        }
    }
}

/// Entries of a stored space.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEntries {
    /// As they are stored, in order.
    pub entries: Vec<Value>,
    /// The event of the space's journal that ends with the last one of them, if an event ends there.
    pub head: Option<EventId>,
}

/// Entries `from..to` of the journal of a space, fewer if it ends before.
///
/// # Errors
///
/// [`StoreError`] when they cannot be read or are damaged.
pub fn stored_entries(
    store: &Store,
    name: &ScopeName,
    from: u64,
    to: u64,
) -> Result<StoredEntries, StoreError> {
    let (entries, head) = journal::entries(store, &journal::run_of(name)?, from, to)?;
    let entries = entries.iter().map(|entry| Ok(entry.to_value()?)).collect::<Result<_, StoreError>>()?;
    Ok(StoredEntries { entries, head })
}
