//! The journal of a space in the store: blocks of lines, folded into a state.
//!
//! A block is a blob with one JSON line per entry, and an event that names it, the number of its first entry and how many
//! there are. Blob and event are written in one transaction, the event is chained to the one before it, so a process that
//! is killed leaves whole blocks only.

use serde::Deserialize;
use serde_json::json;

use super::command::Entry;
use super::envelope::Rules;
use super::machine::{Machine, Outcome};
use super::refusal::Refusal;
use super::snapshot::{self, Found, Image, Imager};
use crate::digest::{EventId, RecordId};
use crate::scope::ScopeName;
use crate::store::{Batch, Damage, JournalEntry, Store, StoreError, record_id};

/// Entries of a block: a bound on what is decoded at once.
const BLOCK_ENTRIES: usize = 8_192;
/// Events that are read at once.
const EVENTS_AT_ONCE: u64 = 64;
/// Version of entries and blocks.
const SPACE_FORMAT: u64 = 1;
/// The kind of a space's record.
pub(super) const KIND: &str = "space";
const OPENED: &str = "space.opened";
const BLOCK: &str = "space.block";

/// The run that a space's journal belongs to.
pub(super) fn run_of(name: &ScopeName) -> Result<RecordId, StoreError> {
    Ok(record_id(KIND, &json!({ "name": name }))?)
}

fn damaged(run: &RecordId, seq: u64, why: &str) -> StoreError {
    StoreError::Damaged { object: format!("event {seq} of space {run}"), why: why.to_owned() }
}

/// Begins the journal of a space.
pub(super) fn begin(batch: &mut Batch, name: &ScopeName, rules: &Rules) -> Result<RecordId, StoreError> {
    let run = batch.put_record(KIND, &json!({ "name": name }))?;
    let rules = crate::canon::to_value(rules)?;
    batch.append_own(&run, OPENED, json!({ "format": SPACE_FORMAT, "rules": rules }))?;
    Ok(run)
}

/// Writes entries, the first of which has this number, with the snapshots that were taken among them; the last event.
pub(super) fn put(
    batch: &mut Batch,
    run: &RecordId,
    first: u64,
    entries: &[Entry],
    images: &[Image],
) -> Result<Option<JournalEntry>, StoreError> {
    let (mut number, mut rest, mut last) = (first, entries, None);
    let ends = images.iter().map(|image| (image.entries, Some(image)));
    for (end, image) in ends.chain([(first + entries.len() as u64, None)]) {
        let (now, later) = rest.split_at(usize::try_from(end - number).unwrap_or(rest.len()));
        for block in now.chunks(BLOCK_ENTRIES) {
            last = Some(put_block(batch, run, number, block)?);
            number += block.len() as u64;
        }
        if let (Some(image), Some(event)) = (image, &last) {
            image.put(batch, run, event)?;
        }
        rest = later;
    }
    Ok(last)
}

fn put_block(
    batch: &mut Batch,
    run: &RecordId,
    first: u64,
    block: &[Entry],
) -> Result<JournalEntry, StoreError> {
    let mut lines = Vec::with_capacity(block.len() * 256);
    for entry in block {
        serde_json::to_writer(&mut lines, entry)
            .map_err(|error| crate::canon::CanonError::Shape(error.to_string()))?;
        lines.push(b'\n');
    }
    let blob = batch.put_blob(&lines);
    batch.append_own(run, BLOCK, json!({ "first": first, "count": block.len(), "lines": blob }))
}

/// How a stored space was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// Entries of the journal then.
    pub entries: u64,
    /// Entries that were folded one by one; the others came with a snapshot.
    pub folded: u64,
    /// Why the snapshot that there is was set aside, and the whole journal folded.
    pub set_aside: Option<String>,
}

/// A journal that is being folded.
pub(super) struct Fold {
    pub(super) machine: Machine,
    pub(super) run: RecordId,
    /// The next event to read.
    event: u64,
    pub(super) entries: u64,
    pub(super) imager: Imager,
    pub(super) opened: Opened,
}

impl Fold {
    /// The state before the first entry; `None` when there is no such space.
    pub(super) fn from_scratch(store: &Store, run: RecordId) -> Result<Option<Self>, StoreError> {
        let Some(opened) = store.events(&run, 0, 1)?.into_iter().next() else { return Ok(None) };
        if opened.kind != OPENED || opened.body["format"] != json!(SPACE_FORMAT) {
            return Err(damaged(&run, 0, "it does not open a space of a known format"));
        }
        let rules: Rules = crate::canon::from_value(&opened.body["rules"])?;
        let (imager, opened) = (Imager::new(0), Opened::default());
        Ok(Some(Self { machine: Machine::new(rules), run, event: 1, entries: 0, imager, opened }))
    }

    /// The state after the last entry, by way of the snapshot if that is sound.
    pub(super) fn latest(store: &Store, run: RecordId) -> Result<Option<Self>, StoreError> {
        let Some(mut fold) = Self::from_scratch(store, run)? else { return Ok(None) };
        match snapshot::latest(store, &run, &fold.machine.rules)? {
            Found::Nothing => {}
            Found::State(restored) => {
                (fold.machine, fold.imager) = (restored.machine, restored.imager);
                (fold.entries, fold.event) = (restored.entries, restored.event);
            }
            Found::Bad(why) => {
                #[cfg(feature = "tracing")]
                tracing::warn!(space = %run, "the whole journal is folded: {why}");
                fold.opened.set_aside = Some(why);
            }
        }
        let restored = fold.entries;
        fold.advance(store, u64::MAX, |_, _, _, _| {})?;
        (fold.opened.entries, fold.opened.folded) = (fold.entries, fold.entries - restored);
        fold.imager.after(fold.entries);
        Ok(Some(fold))
    }

    /// Folds what was added, up to the end of the block that reaches this many entries, and tells of every entry.
    pub(super) fn advance(
        &mut self,
        store: &Store,
        until: u64,
        mut tell: impl FnMut(u64, &Entry, &Machine, &Result<Outcome, Refusal>),
    ) -> Result<(), StoreError> {
        while self.entries < until {
            let events = store.events(&self.run, self.event, self.event + EVENTS_AT_ONCE)?;
            if events.is_empty() {
                return Ok(());
            }
            for event in events {
                if self.entries >= until {
                    break;
                }
                for entry in block(store, &self.run, &event, self.entries)? {
                    let applied = self.machine.apply(entry.at, &entry.command);
                    tell(self.entries, &entry, &self.machine, &applied.outcome);
                    self.entries += 1;
                }
                self.event = event.seq + 1;
            }
        }
        Ok(())
    }
}

/// The entries of a block, the first of which must have this number.
fn block(store: &Store, run: &RecordId, event: &JournalEntry, first: u64) -> Result<Vec<Entry>, StoreError> {
    let bad = |why: &str| damaged(run, event.seq, why);
    if event.kind != BLOCK || event.body["first"].as_u64() != Some(first) {
        return Err(bad("it is no block, or does not follow the block before it"));
    }
    let blob = crate::canon::from_value(&event.body["lines"])?;
    let lines = store.get_blob(&blob)?;
    let lines = lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let entries = lines.map(Entry::decode).collect::<Result<Vec<_>, _>>().map_err(|error| bad(&error))?;
    if event.body["count"].as_u64() != Some(entries.len() as u64) {
        return Err(bad("it has another number of lines than it says"));
    }
    Ok(entries)
}

/// Entries `from..to` of a journal, and the event that ends at `to`.
pub(super) fn entries(
    store: &Store,
    run: &RecordId,
    from: u64,
    to: u64,
) -> Result<(Vec<Entry>, Option<EventId>), StoreError> {
    let (mut next, mut number, mut found, mut head) = (1, 0, vec![], None);
    while number < to {
        let events = store.events(run, next, next + EVENTS_AT_ONCE)?;
        if events.is_empty() {
            break;
        }
        for event in events {
            let count = event.body["count"].as_u64().unwrap_or(0);
            if number < to && number + count > from {
                let numbered = (number..).zip(block(store, run, &event, number)?);
                found.extend(numbered.filter(|(n, _)| (from..to).contains(n)).map(|(_, entry)| entry));
            }
            (number, next) = (number + count, event.seq + 1);
            if number == to {
                head = Some(event.id);
            }
        }
    }
    Ok((found, head))
}

#[derive(Deserialize)]
struct Named {
    name: ScopeName,
}

/// The names of all spaces of a store, in order.
///
/// # Errors
///
/// [`StoreError`] when the store cannot be read or a space's record is damaged.
pub fn spaces(store: &Store) -> Result<Vec<ScopeName>, StoreError> {
    let mut names = vec![];
    for run in store.journals(KIND)? {
        let named: Named = crate::canon::from_value(&store.get_record(&run)?.body)?;
        names.push(named.name);
    }
    names.sort();
    Ok(names)
}

/// Folds the journal of every space and compares the snapshots with what comes out.
pub(crate) fn audit(store: &Store) -> Result<Vec<Damage>, StoreError> {
    let mut damaged = vec![];
    for run in store.journals(KIND)? {
        match audit_one(store, run) {
            Ok(None) => {}
            Ok(Some(why)) => damaged.push(Damage { object: format!("the snapshot of space {run}"), why }),
            Err(StoreError::Damaged { object, why }) => damaged.push(Damage { object, why }),
            Err(StoreError::Missing { object }) => damaged.push(Damage { object, why: "missing".to_owned() }),
            Err(error) => return Err(error),
        }
    }
    Ok(damaged)
}

fn audit_one(store: &Store, run: RecordId) -> Result<Option<String>, StoreError> {
    let Some(mut fold) = Fold::from_scratch(store, run)? else { return Ok(None) };
    let found = snapshot::latest(store, &run, &fold.machine.rules)?;
    let mut why = None;
    match found {
        Found::Nothing => {}
        Found::Bad(problem) => why = Some(problem),
        Found::State(restored) => {
            fold.advance(store, restored.entries, |_, _, _, _| {})?;
            if fold.entries != restored.entries || fold.machine != restored.machine {
                why = Some("it is not what its journal comes to".to_owned());
            }
        }
    }
    fold.advance(store, u64::MAX, |_, _, _, _| {})?;
    Ok(why)
}
