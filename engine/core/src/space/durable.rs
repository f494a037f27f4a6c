//! A space in the store: its journal is the journal of a run, in blocks of lines.
//!
//! A block is a blob with one JSON line per entry, and an event that names it, the number of its first entry and how many
//! there are. Blob and event are written in one transaction, the event is chained to the one before it, so a process that
//! is killed leaves whole blocks only. Opening a space folds its journal; a reader in another process folds what is new
//! whenever it is asked to. There is no snapshot: opening takes time in proportion to the journal.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use super::command::Entry;
use super::envelope::Rules;
use super::handle::MarkSpace;
use super::log::{Log, Medium};
use super::machine::{Machine, Outcome, Ruling};
use super::model::Seq;
use super::needs::NeedCluster;
use super::read::{Query, View};
use super::refusal::{Check, Refusal};
use super::time::{Clock, Tick};
use crate::digest::RecordId;
use crate::guard::Authority;
use crate::scope::ScopeName;
use crate::store::{Store, StoreError, record_id};

/// Entries of a block: a bound on what is decoded at once.
const BLOCK_ENTRIES: usize = 8_192;
/// Version of entries and blocks.
const SPACE_FORMAT: u64 = 1;
const OPENED: &str = "space.opened";
const BLOCK: &str = "space.block";

/// The run that a space's journal belongs to.
fn run_of(name: &ScopeName) -> Result<RecordId, StoreError> {
    Ok(record_id("space", &json!({ "name": name }))?)
}

fn damaged(run: &RecordId, seq: u64, why: &str) -> StoreError {
    StoreError::Damaged { object: format!("event {seq} of space {run}"), why: why.to_owned() }
}

struct StoreMedium {
    store: Arc<Store>,
    run: RecordId,
}

impl StoreMedium {
    fn put(&self, first: u64, entries: &[Entry]) -> Result<(), StoreError> {
        let mut batch = self.store.batch()?;
        let mut number = first;
        for block in entries.chunks(BLOCK_ENTRIES) {
            let mut lines = Vec::with_capacity(block.len() * 256);
            for entry in block {
                serde_json::to_writer(&mut lines, entry)
                    .map_err(|error| crate::canon::CanonError::Shape(error.to_string()))?;
                lines.push(b'\n');
            }
            let blob = batch.put_blob(&lines);
            let body = json!({ "first": number, "count": block.len(), "lines": blob });
            batch.append(&self.run, BLOCK, body)?;
            number += block.len() as u64;
        }
        batch.commit()
    }
}

impl Medium for StoreMedium {
    fn write(&mut self, first: u64, entries: Vec<Entry>) -> Result<(), String> {
        self.put(first, &entries).map_err(|error| error.to_string())
    }
}

/// A journal that is being folded.
struct Fold {
    machine: Machine,
    run: RecordId,
    /// The next event to read.
    event: u64,
    entries: u64,
}

impl Fold {
    fn begin(store: &Store, name: &ScopeName) -> Result<Option<Self>, StoreError> {
        let run = run_of(name)?;
        let Some(opened) = store.events(&run, 0, 1)?.into_iter().next() else { return Ok(None) };
        if opened.kind != OPENED || opened.body["format"] != json!(SPACE_FORMAT) {
            return Err(damaged(&run, 0, "it does not open a space of a known format"));
        }
        let rules: Rules = crate::canon::from_value(&opened.body["rules"])?;
        Ok(Some(Self { machine: Machine::new(rules), run, event: 1, entries: 0 }))
    }

    /// Folds what was added, and tells of every entry.
    fn advance(
        &mut self,
        store: &Store,
        mut tell: impl FnMut(u64, &Entry, &Machine, &Result<Outcome, Refusal>),
    ) -> Result<(), StoreError> {
        loop {
            let events = store.events(&self.run, self.event, self.event + 64)?;
            if events.is_empty() {
                return Ok(());
            }
            for event in events {
                let bad = |why: &str| damaged(&self.run, event.seq, why);
                let (first, count) = (event.body["first"].as_u64(), event.body["count"].as_u64());
                if event.kind != BLOCK || first != Some(self.entries) {
                    return Err(bad("it is no block, or does not follow the block before it"));
                }
                let blob = crate::canon::from_value(&event.body["lines"])?;
                let lines = store.get_blob(&blob)?;
                let mut seen = 0;
                for line in lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
                    let entry: Entry = serde_json::from_slice(line).map_err(|e| bad(&e.to_string()))?;
                    let applied = self.machine.apply(entry.at, &entry.command);
                    tell(self.entries + seen, &entry, &self.machine, &applied.outcome);
                    seen += 1;
                }
                if Some(seen) != count {
                    return Err(bad("it has another number of lines than it says"));
                }
                self.entries += seen;
                self.event = event.seq + 1;
            }
        }
    }
}

impl MarkSpace {
    /// Opens the space of this name in a store, or makes it. The rules of an existing one stay as they are.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read or written, or the journal is damaged.
    pub fn in_store(
        store: &Arc<Store>,
        name: &ScopeName,
        authority: &Authority,
        clock: Arc<dyn Clock>,
        rules: Rules,
    ) -> Result<Self, StoreError> {
        let fold = match Fold::begin(store, name)? {
            Some(mut fold) => {
                fold.advance(store, |_, _, _, _| {})?;
                fold
            }
            None => {
                let mut batch = store.batch()?;
                let run = batch.put_record("space", &json!({ "name": name }))?;
                let rules_value = crate::canon::to_value(&rules)?;
                batch.append(&run, OPENED, json!({ "format": SPACE_FORMAT, "rules": rules_value }))?;
                batch.commit()?;
                Fold { machine: Machine::new(rules), run, event: 1, entries: 0 }
            }
        };
        let medium = StoreMedium { store: Arc::clone(store), run: fold.run };
        let log = Log::new(Box::new(medium), fold.entries);
        Ok(Self::around(authority, clock, fold.machine, Some(log)))
    }
}

/// How an attempt was decided: the whole chain of checks.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Explanation {
    /// Number of the attempt in the journal.
    pub entry: u64,
    /// When.
    pub at: Tick,
    /// What was asked.
    pub operation: &'static str,
    /// The agent; empty for the principal.
    pub agent: String,
    /// `accepted`, `refused`, `allow`, `conflict` or `blocked`.
    pub verdict: &'static str,
    /// Checks that passed, in order.
    pub passed: Vec<Check>,
    /// The check that failed.
    pub failed: Option<Check>,
    /// Why, in words; empty when it was accepted.
    pub reason: String,
    /// The mark that came of it.
    pub mark: Option<Seq>,
}

/// A space as another process reads it while it is being written: what is durable, and nothing else.
pub struct SpaceReader {
    store: Store,
    fold: Mutex<Fold>,
}

impl std::fmt::Debug for SpaceReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpaceReader").field("store", &self.store).finish_non_exhaustive()
    }
}

impl SpaceReader {
    /// Opens the space of this name. Whoever can read the store's files reads as the principal.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] when there is no such space, and what reading says.
    pub fn open(store: Store, name: &ScopeName) -> Result<Self, StoreError> {
        let fold = Fold::begin(&store, name)?;
        let fold = fold.ok_or_else(|| StoreError::Missing { object: format!("the space {name}") })?;
        let reader = Self { store, fold: Mutex::new(fold) };
        reader.refresh()?;
        Ok(reader)
    }

    /// Takes in what became durable since; the numbers of all marks so far end there.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be read or is damaged.
    pub fn refresh(&self) -> Result<Seq, StoreError> {
        let mut fold = self.lock();
        fold.advance(&self.store, |_, _, _, _| {})?;
        Ok(Seq(fold.machine.marks.len()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Fold> {
        self.fold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks as they stand at the time of the last entry.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownScope`].
    pub fn read(&self, query: &Query) -> Result<Vec<View>, Refusal> {
        let fold = self.lock();
        fold.machine.read(None, query, fold.machine.now)
    }

    /// One mark by number.
    #[must_use]
    pub fn get(&self, mark: Seq) -> Option<View> {
        let fold = self.lock();
        fold.machine.get(None, mark, fold.machine.now)
    }

    /// Open needs, most urgent first.
    #[must_use]
    pub fn needs(&self) -> Vec<NeedCluster> {
        let fold = self.lock();
        fold.machine.needs(None, None, fold.machine.now)
    }

    /// Decides every attempt of the journal of this name once more and tells how.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the journal cannot be read or is damaged.
    pub fn explain(&self, name: &ScopeName, mut tell: impl FnMut(Explanation)) -> Result<(), StoreError> {
        let Some(mut fold) = Fold::begin(&self.store, name)? else { return Ok(()) };
        fold.advance(&self.store, |number, entry, machine, outcome| {
            tell(explanation(number, entry, machine, outcome));
        })
    }
}

fn explanation(
    number: u64,
    entry: &Entry,
    machine: &Machine,
    outcome: &Result<Outcome, Refusal>,
) -> Explanation {
    use super::command::Command;
    let chain: &[Check] = match entry.command {
        Command::Write { .. } | Command::Turned { .. } => &Check::WRITE,
        Command::Claim { .. } => &Check::CLAIM,
        _ => &[],
    };
    let agent = match &entry.command {
        Command::Write { pass, .. }
        | Command::Claim { pass, .. }
        | Command::Take { pass, .. }
        | Command::Finish { pass, .. }
        | Command::Resolve { pass: Some(pass), .. } => {
            machine.agents.pass(*pass).map_or("", |pass| machine.agents.name(pass.agent))
        }
        Command::Turned { agent, .. } => agent,
        _ => "",
    };
    let turned = matches!(entry.command, Command::Turned { .. });
    let (verdict, failed, reason, mark) = match outcome {
        _ if turned => {
            ("refused", Some(Check::Credential), "not a valid capability of this space".into(), None)
        }
        Err(refusal) | Ok(Outcome::Ruled(Ruling::Denied(refusal))) => {
            ("refused", Some(refusal.check()), refusal.to_string(), None)
        }
        Ok(Outcome::Written(seq)) => ("accepted", None, String::new(), Some(*seq)),
        Ok(Outcome::Ruled(Ruling::Allow { intent })) => ("allow", None, String::new(), Some(*intent)),
        Ok(Outcome::Ruled(Ruling::Conflict { intent, reason, .. })) => {
            ("conflict", Some(Check::Conflict), reason.clone(), *intent)
        }
        Ok(Outcome::Ruled(Ruling::Blocked { intent, reason, .. })) => {
            ("blocked", Some(Check::Conflict), reason.clone(), Some(*intent))
        }
        Ok(_) => ("accepted", None, String::new(), None),
    };
    let passed = failed.map_or_else(|| chain.to_vec(), |failed| failed.passed_before(chain));
    Explanation {
        entry: number,
        at: entry.at,
        operation: entry.operation(),
        agent: agent.to_owned(),
        verdict,
        passed,
        failed,
        reason,
        mark,
    }
}
