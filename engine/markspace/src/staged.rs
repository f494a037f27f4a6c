//! A space whose holder writes its entries, together with other things, in one batch.
//!
//! Nothing is written until the holder does it; decisions made meanwhile count for later ones at once. A holder whose
//! batch fails drops the space and opens it again.

use std::sync::Arc;

use hyperspace_core::ScopeName;

use crate::capability::Authority;
use crate::envelope::SpaceRules;
use crate::fold::SpaceFold;
use crate::handle::MarkSpace;
use crate::log::MemoryMedium;
use crate::staged_entries::StagedEntries;
use crate::time::SpaceClock;

/// A space that keeps its decisions until its holder writes them.
#[derive(Debug)]
pub struct StagedSpace {
    space: MarkSpace,
    name: ScopeName,
    kept: MemoryMedium,
    next: u64,
    /// The rules, if the space has no journal yet.
    fresh: Option<SpaceRules>,
}

impl StagedSpace {
    /// Creates a space that has no journal yet.
    #[must_use]
    pub fn new(
        name: ScopeName,
        authority: &Authority,
        clock: Arc<dyn SpaceClock>,
        rules: SpaceRules,
    ) -> Self {
        Self { fresh: Some(rules), ..Self::resume(name, SpaceFold::new(rules), authority, clock) }
    }

    /// Opens a space whose journal has been folded.
    #[must_use]
    pub fn resume(
        name: ScopeName,
        fold: SpaceFold,
        authority: &Authority,
        clock: Arc<dyn SpaceClock>,
    ) -> Self {
        let (kept, next) = (MemoryMedium::default(), fold.entries());
        let space = fold.around(authority, clock, Box::new(kept.clone()));
        Self { space, name, kept, next, fresh: None }
    }

    /// Returns the space itself.
    #[must_use]
    pub fn space(&self) -> &MarkSpace {
        &self.space
    }

    /// Returns the name of the space.
    #[must_use]
    pub fn name(&self) -> &ScopeName {
        &self.name
    }

    /// Returns the number of the next entry to be drained.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Returns the entries decided since the last call, to be written.
    ///
    /// # Panics
    ///
    /// Never: entries are kept in memory, which does not fail.
    pub fn drain(&mut self) -> StagedEntries {
        self.space.flush().expect("memory takes everything");
        let (entries, snapshots) = self.kept.take();
        let first = self.next;
        self.next += entries.len() as u64;
        StagedEntries { space: self.name.clone(), first, entries, snapshots, rules: self.fresh.take() }
    }
}
