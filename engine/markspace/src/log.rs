//! The journal's queue and group commit.
//!
//! Entries are queued in the order in which they were applied. The first thread to wait for durability writes
//! everything queued on behalf of all; the others wait for it. Nothing is acknowledged before it is on the device. A
//! journal that cannot be written stops the space: no later entry is ever written after a lost one.

use std::sync::{Arc, MutexGuard};

use crate::command::RecordedCommand;
use crate::refusal::Refusal;
use crate::snapshot::Snapshot;
use hyperspace_core::{Condvar, Mutex};

/// Number of waiting entries from which on a thread that adds one helps to write.
const QUEUE_HIGH: usize = 16_384;

/// The destination of journal entries.
pub(crate) trait Medium: Send {
    /// Writes entries durably, along with the snapshots that were taken among them: either all of them, or none with an
    /// error. `first` is the number of the first entry.
    fn write(
        &mut self,
        first: u64,
        entries: Vec<RecordedCommand>,
        snapshots: Vec<Snapshot>,
    ) -> Result<(), String>;
}

#[derive(Default)]
struct Queue {
    pending: Vec<RecordedCommand>,
    snapshots: Vec<Snapshot>,
    queued: u64,
    durable: u64,
    failed: Option<String>,
    medium: Option<Box<dyn Medium>>,
}

pub(crate) struct EntryLog {
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl EntryLog {
    pub(crate) fn new(medium: Box<dyn Medium>, written: u64) -> Arc<Self> {
        let queue = Queue { queued: written, durable: written, medium: Some(medium), ..Queue::default() };
        Arc::new(Self { queue: Mutex::new(queue), changed: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock()
    }

    /// Returns a refusal if an earlier entry was lost.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        self.lock().failed.clone().map_or(Ok(()), |why| Err(Refusal::Journal(why)))
    }

    /// Queues an entry and the snapshot that was taken after it. Returns its position, and whether the queue is long.
    pub(crate) fn push(&self, entry: RecordedCommand, snapshot: Option<Snapshot>) -> (u64, bool) {
        let mut queue = self.lock();
        queue.pending.push(entry);
        queue.snapshots.extend(snapshot);
        queue.queued += 1;
        (queue.queued, queue.pending.len() >= QUEUE_HIGH)
    }

    /// Waits until everything up to a position is durable, writing it if no other thread does.
    pub(crate) fn wait(&self, position: u64) -> Result<(), Refusal> {
        let mut queue = self.lock();
        loop {
            if queue.durable >= position {
                return Ok(());
            }
            if let Some(why) = &queue.failed {
                return Err(Refusal::Journal(why.clone()));
            }
            let Some(mut medium) = queue.medium.take() else {
                queue = self.changed.wait(queue);
                continue;
            };
            let entries = std::mem::take(&mut queue.pending);
            let snapshots = std::mem::take(&mut queue.snapshots);
            let (first, count) = (queue.durable, entries.len() as u64);
            drop(queue);
            let written = medium.write(first, entries, snapshots);
            queue = self.lock();
            queue.medium = Some(medium);
            match written {
                Ok(()) => queue.durable += count,
                Err(why) => queue.failed = Some(why),
            }
            self.changed.notify_all();
        }
    }

    pub(crate) fn flush(&self) -> Result<(), Refusal> {
        let position = self.lock().queued;
        self.wait(position)
    }
}

/// A promise that something becomes durable. Without a store it is fulfilled at once.
#[derive(Clone)]
#[must_use = "nothing is acknowledged until the ticket was waited for"]
pub struct Ticket(pub(crate) Option<(Arc<EntryLog>, u64)>);

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ticket").field(&self.0.as_ref().map(|(_, position)| position)).finish()
    }
}

impl Ticket {
    /// Waits until it is on the device.
    ///
    /// # Errors
    ///
    /// [`Refusal::Journal`] when it could not be written; the space then accepts nothing more.
    pub fn wait(&self) -> Result<(), Refusal> {
        self.0.as_ref().map_or(Ok(()), |(log, position)| log.wait(*position))
    }
}

/// Keeps entries in memory, for replay.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemoryMedium(Arc<Mutex<(Vec<RecordedCommand>, Vec<Snapshot>)>>);

impl MemoryMedium {
    fn lock(&self) -> MutexGuard<'_, (Vec<RecordedCommand>, Vec<Snapshot>)> {
        self.0.lock()
    }

    pub(crate) fn entries(&self) -> Vec<RecordedCommand> {
        self.lock().0.clone()
    }

    pub(crate) fn take(&self) -> (Vec<RecordedCommand>, Vec<Snapshot>) {
        std::mem::take(&mut *self.lock())
    }
}

impl Medium for MemoryMedium {
    fn write(
        &mut self,
        _first: u64,
        mut entries: Vec<RecordedCommand>,
        mut snapshots: Vec<Snapshot>,
    ) -> Result<(), String> {
        let mut kept = self.lock();
        kept.0.append(&mut entries);
        kept.1.append(&mut snapshots);
        Ok(())
    }
}
