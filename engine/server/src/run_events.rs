//! The events of a run in progress, for any number of readers, each at its own pace.

use std::collections::VecDeque;
use std::sync::Arc;

use hyperspace_core::Mutex;
use hyperspace_service::RunEvent;
use tokio::sync::watch;

/// Maximum number of events that are kept for readers that come later or lag behind.
const EVENTS_MAX: usize = 20_000;
/// Maximum size of these events in bytes.
const BYTES_MAX: usize = 16 << 20;

/// The events of a run, numbered from 1.
#[derive(Debug)]
pub(crate) struct RunEventLog {
    kept: Mutex<KeptEvents>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct KeptEvents {
    /// The number of the first event that is kept.
    first: u64,
    events: VecDeque<Arc<str>>,
    /// The size of these events in bytes.
    bytes: usize,
    /// True if a generation was committed.
    committed: bool,
    ended: bool,
}

/// A step of a reader.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum EventStep {
    /// An event: its number and its document.
    Event(u64, Arc<str>),
    /// Events that are no longer kept: the first and the last of their numbers.
    Cut(u64, u64),
    /// The run has ended or was stopped.
    End,
}

impl KeptEvents {
    fn add(&mut self, text: Arc<str>) {
        self.bytes += text.len();
        self.events.push_back(text);
        self.cut(BYTES_MAX);
    }

    /// Drops the oldest events until the rest is within both limits.
    fn cut(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max || self.events.len() > EVENTS_MAX {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= oldest.len();
            self.first += 1;
        }
    }
}

impl Default for RunEventLog {
    fn default() -> Self {
        let kept = KeptEvents { first: 1, ..KeptEvents::default() };
        Self { kept: Mutex::new(kept), changed: watch::Sender::new(()) }
    }
}

impl RunEventLog {
    /// Adds an event.
    pub(crate) fn push(&self, event: &RunEvent) {
        // All keys of events are text, so they can always be written.
        let text: Arc<str> = serde_json::to_string(event).unwrap_or_default().into();
        let mut kept = self.kept.lock();
        kept.add(text);
        kept.committed |= matches!(event, RunEvent::GenerationCommitted { .. });
        drop(kept);
        self.changed.send_modify(|()| {});
    }

    /// Drops the events of a run that has ended, which readers are told of.
    pub(crate) fn forget(&self) {
        self.kept.lock().cut(0);
    }

    /// Tells readers that no more events will come.
    pub(crate) fn end(&self) {
        self.kept.lock().ended = true;
        self.changed.send_modify(|()| {});
    }

    /// Waits until a generation is committed. Returns false if the run ends first.
    pub(crate) async fn committed(&self) -> bool {
        let mut changed = self.changed.subscribe();
        loop {
            {
                let kept = self.kept.lock();
                if kept.committed || kept.ended {
                    return kept.committed;
                }
            }
            // The sender lives as long as this log.
            drop(changed.changed().await);
        }
    }

    /// Waits for the first event after number `last`. Events that are no longer kept are one step. Cancel-safe.
    pub(crate) async fn after(&self, last: u64) -> EventStep {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(step) = self.step(last) {
                return step;
            }
            // The sender lives as long as this.
            if changed.changed().await.is_err() {
                return EventStep::End;
            }
        }
    }

    fn step(&self, last: u64) -> Option<EventStep> {
        let kept = self.kept.lock();
        let number = last.saturating_add(1);
        if number < kept.first {
            return Some(EventStep::Cut(number, kept.first - 1));
        }
        let index = usize::try_from(number - kept.first).ok()?;
        match kept.events.get(index) {
            Some(event) => Some(EventStep::Event(number, Arc::clone(event))),
            None => kept.ended.then_some(EventStep::End),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> RunEvent {
        RunEvent::GenerationStarted { generation: 1, candidates: Vec::new() }
    }

    #[tokio::test]
    async fn readers_come_late_lag_behind_and_are_told_of_the_end() {
        let log = Arc::new(RunEventLog::default());
        let other = Arc::clone(&log);
        let waits = tokio::spawn(async move { other.after(0).await });
        tokio::task::yield_now().await;
        log.push(&event());
        let EventStep::Event(1, text) = waits.await.unwrap() else { panic!("no event") };
        assert!(text.contains("generation-started"), "{text}");
        for _ in 0..EVENTS_MAX {
            log.push(&event());
        }
        assert_eq!(log.after(0).await, EventStep::Cut(1, 1));
        assert!(matches!(log.after(1).await, EventStep::Event(2, _)));
        let last = EVENTS_MAX as u64 + 1;
        log.end();
        assert!(matches!(log.after(last - 1).await, EventStep::Event(number, _) if number == last));
        assert_eq!(log.after(last).await, EventStep::End);
        assert_eq!(log.after(u64::MAX).await, EventStep::End);
    }

    #[test]
    fn events_are_kept_up_to_a_size() {
        let mut kept = KeptEvents { first: 1, ..KeptEvents::default() };
        let of = |bytes: usize| Arc::from("x".repeat(bytes));
        (0..20).for_each(|_| kept.add(of(1 << 20)));
        assert_eq!((kept.first, kept.events.len(), kept.bytes), (5, 16, BYTES_MAX));
        kept.add(of(BYTES_MAX + 1));
        assert_eq!(
            (kept.first, kept.events.len(), kept.bytes),
            (22, 0, 0),
            "one that is too large by itself"
        );
        kept.add(of(1));
        kept.cut(0);
        assert_eq!((kept.first, kept.events.len(), kept.bytes), (23, 0, 0));
    }
}
