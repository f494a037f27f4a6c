//! Snapshots of the folded state, so that opening a space folds only the entries since the last one.
//!
//! Invariants:
//! - The journal is the truth, and a snapshot is derived from it. If anything is wrong with a snapshot, it is set aside as
//!   a whole, the whole journal is folded instead, and `fsck` names it.
//! - A snapshot names the journal event after which it was taken by digest, and thereby all events before it.
//! - It is written in the transaction of that event: a killed process leaves both or neither.
//! - Data that never change are written once, in parts; a snapshot costs what is new since the last one, plus a small head.
//!
//! Bytes are in the encoding of `postcard`, floats as their bits. [`SNAPSHOT_FORMAT`] changes with this encoding *and* with
//! every change to the way commands change the state.

use serde::{Deserialize, Serialize};

use crate::agents::{AgentPass, Agents};
use crate::barrier::Barrier;
use crate::budget::TokenBudgets;
use crate::contest::Contests;
use crate::define::ScopeDef;
use crate::envelope::{Envelope, SpaceRules};
use crate::machine::Machine;
use crate::marks::MarkTable;
use crate::marks::image::{Changes, MarkExtent};
use crate::rates::Rates;
use crate::scopes::Scopes;
use crate::time::Tick;
use hyperspace_core::{BlobId, ScopeName};

/// Version of snapshots, and of the transition that produced their states.
pub const SNAPSHOT_FORMAT: u64 = 1;
/// Minimum number of entries between two snapshots; they are folded in some hundredths of a second.
const INTERVAL_MIN: u64 = 16_384;
/// Taking a snapshot examines two bits of every mark and writes the head; both stay a small share of the work between two
/// snapshots.
const MARKS_PER_ENTRY: u64 = 64;
const HEAD_BYTES_PER_ENTRY: u64 = 128;

/// Everything except the marks.
#[derive(Serialize, Deserialize)]
struct SnapshotHead {
    rules: SpaceRules,
    now: Tick,
    names: Vec<String>,
    passes: Vec<AgentPass>,
    defs: Vec<ScopeDef>,
    places: Vec<ScopeName>,
    barrier: Barrier,
    envelope: Envelope,
    rates: Rates,
    budgets: TokenBudgets,
    contests: Contests,
    changes: Changes,
}

/// The state of a space after some entry, as bytes to be stored with that entry. Only a space creates one.
#[derive(Debug, Clone)]
pub struct Snapshot {
    entries: u64,
    parts: Vec<BlobId>,
    part: Vec<u8>,
    head: Vec<u8>,
}

/// Takes snapshots from time to time.
#[derive(Debug, Default)]
pub(crate) struct Snapshotter {
    entries: u64,
    due: u64,
    parts: Vec<BlobId>,
    extent: MarkExtent,
}

impl Snapshotter {
    /// Creates a snapshotter for a state after `entries` entries that has no snapshot yet.
    pub(crate) fn new(entries: u64) -> Self {
        Self { entries, due: INTERVAL_MIN, ..Self::default() }
    }

    /// Creates a snapshotter for a state that was restored from a snapshot after `entries` entries.
    pub(crate) fn resumed(entries: u64, parts: Vec<BlobId>, extent: MarkExtent) -> Self {
        Self { entries, due: entries + INTERVAL_MIN, parts, extent }
    }

    /// Takes a snapshot with the next entry, however recent the last one is.
    pub(crate) fn hurry(&mut self) {
        self.due = 0;
    }

    /// Counts an entry that was applied. Returns a snapshot if one is due.
    pub(crate) fn count(&mut self, machine: &Machine) -> Option<Snapshot> {
        self.entries += 1;
        if self.entries < self.due {
            return None;
        }
        // If a state cannot be encoded, there is no snapshot: the journal has everything.
        let snapshot = self.take(machine).ok();
        let head = snapshot.as_ref().map_or(0, |snapshot| snapshot.head.len() as u64);
        let pause = (self.extent.marks / MARKS_PER_ENTRY).max(head / HEAD_BYTES_PER_ENTRY);
        self.due = self.entries + pause.max(INTERVAL_MIN);
        snapshot
    }

    /// Takes into account entries that were folded from a journal since.
    pub(crate) fn after(&mut self, entries: u64) {
        self.entries = entries;
    }

    fn take(&mut self, machine: &Machine) -> postcard::Result<Snapshot> {
        let part = machine.marks.part(self.extent)?;
        let head = postcard::to_allocvec(&SnapshotHead {
            rules: machine.rules,
            now: machine.now,
            names: machine.agents.names().iter().map(|name| name.to_string()).collect(),
            passes: machine.agents.passes().to_vec(),
            defs: machine.scopes.defs().cloned().collect(),
            places: machine.scopes.names().cloned().collect(),
            barrier: machine.barrier.clone(),
            envelope: machine.envelope.clone(),
            rates: machine.rates.clone(),
            budgets: machine.budgets.clone(),
            contests: machine.contests.clone(),
            changes: machine.marks.changes(),
        })?;
        self.extent = machine.marks.extent();
        self.parts.push(BlobId::of(&part));
        Ok(Snapshot { entries: self.entries, parts: self.parts.clone(), part, head })
    }
}

impl Snapshot {
    /// Returns the number of entries after which it was taken.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Returns the identifiers of all parts, in order. All but the last were written with earlier snapshots.
    #[must_use]
    pub fn parts(&self) -> &[BlobId] {
        &self.parts
    }

    /// Returns the bytes of the last part: the marks since the previous snapshot.
    #[must_use]
    pub fn part(&self) -> &[u8] {
        &self.part
    }

    /// Returns the bytes of the head: everything except the marks.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.head
    }
}

/// Restores the state from which head and parts were taken.
pub(crate) fn restore(head: &[u8], parts: &[Vec<u8>]) -> Result<(Machine, MarkExtent), String> {
    let head: SnapshotHead = postcard::from_bytes(head).map_err(|error| error.to_string())?;
    let names: Vec<&str> = head.names.iter().map(String::as_str).collect();
    let agents = Agents::restored(&names, head.passes).ok_or("its agents do not fit together")?;
    let scopes = Scopes::restored(head.defs, &head.places).ok_or("its scopes do not fit together")?;
    let (marks, extent) = MarkTable::restored(parts, head.changes, &scopes, names.len())?;
    let machine = Machine {
        rules: head.rules,
        now: head.now,
        agents,
        scopes,
        marks,
        barrier: head.barrier,
        envelope: head.envelope,
        rates: head.rates,
        budgets: head.budgets,
        contests: head.contests,
    };
    Ok((machine, extent))
}

#[cfg(test)]
mod tests;
