//! Snapshots of the folded state, so that opening a space folds only what was asked since the last one.
//!
//! Invariants:
//! - The journal is the truth and a snapshot is derived from it: whatever is wrong with a snapshot, it is set aside, the
//!   whole journal is folded instead, and `fsck` names it. It is never half believed.
//! - A snapshot names the event of the journal that it was taken after, by digest, and with it all events before.
//! - It is written in the transaction of that event: a kill leaves both or neither.
//! - What never changes is written once, in parts; a snapshot costs what is new since the last one, plus a small head.
//!
//! Bytes are in the encoding of `postcard`, floats as their bits. [`STATE_FORMAT`] changes with this encoding *and* with
//! every change of the law by which commands change the state.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::agents::{Agents, Pass};
use super::barrier::Barrier;
use super::budget::Budgets;
use super::contest::Contests;
use super::define::ScopeDef;
use super::envelope::{Envelope, Rules};
use super::machine::Machine;
use super::marks::Marks;
use super::marks::image::{Changes, Extent};
use super::rates::Rates;
use super::scopes::Scopes;
use super::time::Tick;
use crate::digest::{BlobId, EventId, RecordId};
use crate::scope::ScopeName;
use crate::store::{Batch, JournalEntry, Store, StoreError};

/// Version of snapshots and of the law that they are states of.
const STATE_FORMAT: u64 = 1;
/// The kind of a snapshot's record, and its name among a space's references.
const KIND: &str = "space-snapshot";
pub(super) const REFERENCE: &str = "space.snapshot";
/// Entries between two snapshots, at least: so many are folded in some hundredths of a second.
const INTERVAL_MIN: u64 = 16_384;
/// Taking a snapshot looks at every mark's two bits and writes the head: both stay small shares of the work between two.
const MARKS_PER_ENTRY: u64 = 64;
const HEAD_BYTES_PER_ENTRY: u64 = 128;

/// Everything but marks.
#[derive(Serialize, Deserialize)]
struct Head {
    rules: Rules,
    now: Tick,
    names: Vec<String>,
    passes: Vec<Pass>,
    defs: Vec<ScopeDef>,
    places: Vec<ScopeName>,
    barrier: Barrier,
    envelope: Envelope,
    rates: Rates,
    budgets: Budgets,
    contests: Contests,
    changes: Changes,
}

/// A snapshot that is to be written.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    /// Entries it was taken after.
    pub(crate) entries: u64,
    parts: Vec<BlobId>,
    part: Vec<u8>,
    head: Vec<u8>,
}

/// Takes a snapshot now and then.
#[derive(Debug, Default)]
pub(crate) struct Imager {
    entries: u64,
    due: u64,
    parts: Vec<BlobId>,
    extent: Extent,
}

impl Imager {
    /// For a state after so many entries, without a snapshot.
    pub(crate) fn new(entries: u64) -> Self {
        Self { entries, due: INTERVAL_MIN, ..Self::default() }
    }

    /// Takes one with the next entry, whatever was taken before.
    pub(crate) fn hurry(&mut self) {
        self.due = 0;
    }

    /// Counts an entry that was applied; the snapshot, when one is due.
    pub(crate) fn count(&mut self, machine: &Machine) -> Option<Image> {
        self.entries += 1;
        if self.entries < self.due {
            return None;
        }
        // A state that cannot be encoded goes without: the journal has it all.
        let image = self.take(machine).ok();
        let head = image.as_ref().map_or(0, |image| image.head.len() as u64);
        let pause = (self.extent.marks / MARKS_PER_ENTRY).max(head / HEAD_BYTES_PER_ENTRY);
        self.due = self.entries + pause.max(INTERVAL_MIN);
        image
    }

    /// Takes account of entries that were folded from a journal since.
    pub(crate) fn after(&mut self, entries: u64) {
        self.entries = entries;
    }

    fn take(&mut self, machine: &Machine) -> postcard::Result<Image> {
        let part = machine.marks.part(self.extent)?;
        let head = postcard::to_allocvec(&Head {
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
        Ok(Image { entries: self.entries, parts: self.parts.clone(), part, head })
    }
}

impl Image {
    /// Writes it, as the state after `event`.
    pub(crate) fn put(
        &self,
        batch: &mut Batch,
        space: &RecordId,
        event: &JournalEntry,
    ) -> Result<(), StoreError> {
        batch.put_blob(&self.part);
        let head = batch.put_blob(&self.head);
        let body = json!({
            "format": STATE_FORMAT,
            "space": space,
            "entries": self.entries,
            "event": {"seq": event.seq, "id": event.id},
            "parts": self.parts,
            "head": head,
        });
        let record = batch.put_record(KIND, &body)?;
        batch.set_own_ref(space, REFERENCE, &record);
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    format: u64,
    space: RecordId,
    entries: u64,
    event: At,
    parts: Vec<BlobId>,
    head: BlobId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    seq: u64,
    id: EventId,
}

/// A state from a snapshot.
pub(crate) struct Restored {
    pub(crate) machine: Machine,
    pub(crate) entries: u64,
    /// The next event to fold.
    pub(crate) event: u64,
    pub(crate) imager: Imager,
}

/// What there is instead of a journal's first entries.
pub(crate) enum Found {
    Nothing,
    State(Box<Restored>),
    /// A snapshot that is not to be trusted, and why.
    Bad(String),
}

/// The snapshot of a space, if there is one and everything about it fits.
pub(crate) fn latest(store: &Store, space: &RecordId, rules: &Rules) -> Result<Found, StoreError> {
    match load(store, space, rules) {
        Ok(None) => Ok(Found::Nothing),
        Ok(Some(Ok(restored))) => Ok(Found::State(Box::new(restored))),
        Ok(Some(Err(why))) => Ok(Found::Bad(why)),
        Err(error) if error.is_damage() => Ok(Found::Bad(error.to_string())),
        Err(error) => Err(error),
    }
}

fn load(
    store: &Store,
    space: &RecordId,
    rules: &Rules,
) -> Result<Option<Result<Restored, String>>, StoreError> {
    let Some(id) = store.get_ref(space, REFERENCE)? else { return Ok(None) };
    let record = store.get_record(&id)?;
    let bad = |why: &str| Ok(Some(Err(format!("snapshot {id}: {why}"))));
    let Ok(record) = crate::canon::from_value::<Record>(&record.body) else {
        return bad("it does not have the fields of a snapshot");
    };
    if record.format != STATE_FORMAT {
        return bad(&format!("it has format {}, this build has {STATE_FORMAT}", record.format));
    }
    let event = store.events(space, record.event.seq, record.event.seq + 1)?.pop();
    let event = event.filter(|event| record.space == *space && event.id == record.event.id);
    let Some(event) = event else { return bad("it was taken of another journal") };
    let end =
        event.body["first"].as_u64().zip(event.body["count"].as_u64()).map(|(first, count)| first + count);
    if end != Some(record.entries) {
        return bad("it was taken elsewhere than after its event");
    }
    let parts = record.parts.iter().map(|part| store.get_blob(part)).collect::<Result<Vec<_>, _>>()?;
    let head = store.get_blob(&record.head)?;
    let restored = match restore(&head, &parts) {
        Ok((machine, _)) if machine.rules != *rules => return bad("it has other rules than the journal"),
        Ok(restored) => restored,
        Err(why) => return bad(&why),
    };
    let (machine, extent) = restored;
    let due = record.entries + INTERVAL_MIN;
    let imager = Imager { entries: record.entries, due, parts: record.parts, extent };
    Ok(Some(Ok(Restored { machine, entries: record.entries, event: record.event.seq + 1, imager })))
}

/// The state that head and parts were taken from.
fn restore(head: &[u8], parts: &[Vec<u8>]) -> Result<(Machine, Extent), String> {
    let head: Head = postcard::from_bytes(head).map_err(|error| error.to_string())?;
    let names: Vec<&str> = head.names.iter().map(String::as_str).collect();
    let agents = Agents::restored(&names, head.passes).ok_or("its agents do not fit together")?;
    let scopes = Scopes::restored(head.defs, &head.places).ok_or("its scopes do not fit together")?;
    let (marks, extent) = Marks::restored(parts, head.changes, &scopes, names.len())?;
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
