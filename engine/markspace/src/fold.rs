//! A space that is folded from the stored blocks of its journal: what a store needs to read a space back, and nothing more.
//!
//! Invariants:
//! - The state is the fold over the entries; a snapshot replaces the first of them and nothing else.
//! - Entries are read and applied in here and never handed out, so nothing can enter a journal that a space did not decide.

use std::sync::Arc;

use hyperspace_core::{BlobId, ScopeName};

use crate::capability::Authority;
use crate::command::{RecordedCommand, ScreenResult, SpaceCommand};
use crate::envelope::SpaceRules;
use crate::explain::{Explanation, explanation};
use crate::handle::{MarkSpace, SpaceOpening};
use crate::listing::Listing;
use crate::log::{EntryLog, Medium};
use crate::machine::Machine;
use crate::model::Draft;
use crate::needs::NeedCluster;
use crate::outcome::CommandOutcome;
use crate::read::{MarkView, Query};
use crate::refusal::Refusal;
use crate::seq::Seq;
use crate::snapshot::{self, Snapshot, Snapshotter};
use crate::staged_entries::StagedEntries;
use crate::time::{SpaceClock, Tick};

/// The journal to which an open space writes.
pub trait SpaceJournal: Send {
    /// Writes decided entries durably: all of them, or none with an error text.
    ///
    /// # Errors
    ///
    /// After an error, the space accepts nothing more.
    fn write(&mut self, portion: StagedEntries) -> Result<(), String>;
}

/// The state of a space after the entries read so far.
pub struct SpaceFold {
    machine: Machine,
    entries: u64,
    /// Number of entries that came with a snapshot.
    restored: u64,
    set_aside: Option<String>,
    snapshotter: Snapshotter,
}

impl std::fmt::Debug for SpaceFold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpaceFold").field("entries", &self.entries).finish_non_exhaustive()
    }
}

impl SpaceFold {
    /// Creates the state before the first entry.
    #[must_use]
    pub fn new(rules: SpaceRules) -> Self {
        Self {
            machine: Machine::new(rules),
            entries: 0,
            restored: 0,
            set_aside: None,
            snapshotter: Snapshotter::new(0),
        }
    }

    /// Restores the state of a snapshot taken after `entries` entries, from its head and the contents of its parts.
    ///
    /// # Errors
    ///
    /// A text that says what does not fit together. The whole journal has to be folded in that case; see
    /// [`SpaceFold::set_aside`].
    pub fn restore(
        rules: &SpaceRules,
        entries: u64,
        head: &[u8],
        parts: Vec<(BlobId, Vec<u8>)>,
    ) -> Result<Self, String> {
        let (ids, contents): (Vec<BlobId>, Vec<Vec<u8>>) = parts.into_iter().unzip();
        let (machine, extent) = snapshot::restore(head, &contents)?;
        if machine.rules != *rules {
            return Err("it has other rules than the journal".to_owned());
        }
        let snapshotter = Snapshotter::resumed(entries, ids, extent);
        Ok(Self { machine, entries, restored: entries, set_aside: None, snapshotter })
    }

    /// Records that there is a snapshot that was not used, and why.
    pub fn set_aside(&mut self, why: String) {
        self.set_aside = Some(why);
    }

    /// Applies a block of JSON, one entry per line, `count` in total. A block that cannot be read changes nothing.
    ///
    /// # Errors
    ///
    /// A text that says which line cannot be read, or that the number of lines is wrong.
    pub fn apply_block(&mut self, lines: &[u8], count: u64) -> Result<(), String> {
        self.fold(lines, count, |_, _, _, _| {})
    }

    /// Applies a block as [`SpaceFold::apply_block`] does, and explains every decision.
    ///
    /// # Errors
    ///
    /// As [`SpaceFold::apply_block`].
    pub fn explain_block(
        &mut self,
        lines: &[u8],
        count: u64,
        mut explained: impl FnMut(Explanation),
    ) -> Result<(), String> {
        self.fold(lines, count, |number, entry, machine, outcome| {
            explained(explanation(number, entry, machine, outcome));
        })
    }

    fn fold(
        &mut self,
        lines: &[u8],
        count: u64,
        mut each: impl FnMut(u64, &RecordedCommand, &Machine, &Result<CommandOutcome, Refusal>),
    ) -> Result<(), String> {
        for entry in read_block(lines, count)? {
            let applied = self.machine.apply(entry.at, &entry.command);
            each(self.entries, &entry, &self.machine, &applied.outcome);
            self.entries += 1;
        }
        Ok(())
    }

    /// Returns the number of entries applied so far.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Returns the rules of the space.
    #[must_use]
    pub fn rules(&self) -> &SpaceRules {
        &self.machine.rules
    }

    /// Returns whether both have the same number of entries and the same state.
    #[must_use]
    pub fn has_state_of(&self, other: &SpaceFold) -> bool {
        self.entries == other.entries && self.machine == other.machine
    }

    /// Returns how many entries were folded and how many came with a snapshot.
    #[must_use]
    pub fn opened(&self) -> SpaceOpening {
        let folded = self.entries - self.restored;
        SpaceOpening { entries: self.entries, folded, set_aside: self.set_aside.clone() }
    }

    /// Opens the space: from here on, it decides, and writes to a journal.
    #[must_use]
    pub fn into_space(
        self,
        name: &ScopeName,
        authority: &Authority,
        clock: Arc<dyn SpaceClock>,
        journal: Box<dyn SpaceJournal>,
    ) -> MarkSpace {
        let medium = JournalMedium { name: name.clone(), journal };
        self.around(authority, clock, Box::new(medium))
    }

    pub(crate) fn around(
        self,
        authority: &Authority,
        clock: Arc<dyn SpaceClock>,
        medium: Box<dyn Medium>,
    ) -> MarkSpace {
        let (opened, log) = (self.opened(), EntryLog::new(medium, self.entries));
        let mut snapshotter = self.snapshotter;
        snapshotter.after(self.entries);
        MarkSpace::around(authority, clock, self.machine, Some(log)).with_snapshots(snapshotter, opened)
    }

    /// Returns what would become of an agent's draft now, under the capability that it was given last. The state is
    /// consumed, because deciding counts.
    ///
    /// # Errors
    ///
    /// [`Refusal::Agent`] for an agent that never had a capability here.
    pub fn attempt(self, agent: &str, scope: &ScopeName, draft: Draft) -> Result<Explanation, Refusal> {
        let Self { mut machine, entries, .. } = self;
        let ix = machine.agents.find(agent)?;
        let passes = machine.agents.passes();
        let pass = passes.iter().rposition(|pass| pass.agent == ix).unwrap_or_default() as u32;
        let (screened, draft) = (ScreenResult::default(), Arc::new(draft));
        let command = SpaceCommand::Write { pass, scope: scope.clone(), draft, screened };
        let entry = RecordedCommand { at: machine.now, command };
        let applied = machine.apply(entry.at, &entry.command);
        Ok(explanation(entries, &entry, &machine, &applied.outcome))
    }
}

/// Reads as the principal, who sees everything in full, at the time of the last entry.
impl SpaceFold {
    /// Returns the time of the last entry; no earlier time is accepted any more.
    #[must_use]
    pub fn now(&self) -> Tick {
        self.machine.now
    }

    /// Returns the number of marks ever accepted.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.machine.marks.len()
    }

    /// Returns whether no mark was ever accepted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the marks that match a query.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownScope`].
    pub fn read(&self, query: &Query) -> Result<Vec<MarkView>, Refusal> {
        self.machine.read(None, query, self.machine.now)
    }

    /// Returns one mark by number if it has any strength left.
    #[must_use]
    pub fn get(&self, mark: Seq) -> Option<MarkView> {
        self.machine.get(None, mark, self.machine.now)
    }

    /// Returns one mark by number, even if it is superseded or has faded, with the strength that is left.
    #[must_use]
    pub fn held(&self, mark: Seq) -> Option<MarkView> {
        self.machine.held(mark)
    }

    /// Returns the newest marks of a listing, newest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownScope`].
    pub fn list(&self, listing: &Listing, limit: usize) -> Result<Vec<MarkView>, Refusal> {
        self.machine.list(listing, limit)
    }

    /// Returns the marks of a listing from a number on, oldest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownScope`].
    pub fn since(&self, listing: &Listing, from: Seq) -> Result<Vec<MarkView>, Refusal> {
        if let Some(scope) = &listing.scope {
            self.machine.scopes.resolve(scope)?;
        }
        let held = (from.0..self.machine.marks.len()).filter_map(|seq| self.machine.held(Seq(seq)));
        Ok(held.filter(|view| listing.takes(view)).collect())
    }

    /// Returns the open needs, the most urgent first.
    #[must_use]
    pub fn needs(&self) -> Vec<NeedCluster> {
        self.machine.needs(None, None, self.machine.now)
    }

    /// Returns the answer to a need in words; `None` while it is open, or if it was answered by an action alone.
    #[must_use]
    pub fn answer(&self, need: Seq) -> Option<String> {
        self.machine.marks.resolution(need)?.answer.clone()
    }
}

/// Reads a block of a journal as plain values, without applying it.
///
/// # Errors
///
/// As [`SpaceFold::apply_block`].
pub fn block_values(lines: &[u8], count: u64) -> Result<Vec<serde_json::Value>, String> {
    let entries = read_block(lines, count)?;
    entries.iter().map(|entry| entry.to_value().map_err(|error| error.to_string())).collect()
}

fn read_block(lines: &[u8], count: u64) -> Result<Vec<RecordedCommand>, String> {
    let lines = lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let entries = lines.map(RecordedCommand::decode).collect::<Result<Vec<_>, _>>()?;
    if count == entries.len() as u64 {
        return Ok(entries);
    }
    Err("it has another number of lines than it says".to_owned())
}

/// Adapts a journal to the medium that a space's log writes to.
struct JournalMedium {
    name: ScopeName,
    journal: Box<dyn SpaceJournal>,
}

impl Medium for JournalMedium {
    fn write(
        &mut self,
        first: u64,
        entries: Vec<RecordedCommand>,
        snapshots: Vec<Snapshot>,
    ) -> Result<(), String> {
        let space = self.name.clone();
        self.journal.write(StagedEntries { space, first, entries, snapshots, rules: None })
    }
}
