//! Telemetry: one event per attempt, to any number of sinks. A sink that fails or panics harms nothing.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde::Serialize;

use crate::model::Seq;
use crate::refusal::{Check, Refusal};
use crate::time::Tick;
use hyperspace_core::{MarkKind, Mutex};

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Number of the attempt in the space; several events of one attempt (policies) share it.
    pub number: u64,
    /// When.
    pub at: Tick,
    /// Who; the principal is empty.
    pub agent: String,
    /// What was asked.
    pub operation: &'static str,
    /// Where; empty where there is no scope.
    pub scope: String,
    /// The kind of mark asked for.
    pub kind: Option<MarkKind>,
    /// `accepted`, `refused`, `allow`, `conflict`, `blocked`, `denied`, or a policy's `rewrite`, `flag`, `reject`.
    pub verdict: &'static str,
    /// The check that failed.
    pub check: Option<Check>,
    /// Why.
    pub reason: String,
    /// The mark that came of it.
    pub mark: Option<Seq>,
    /// The intent that won instead.
    pub winning: Option<Seq>,
    /// Tokens left, `None` without a budget: read and written.
    pub budget_left: [Option<u64>; 2],
    /// Whether the agent is restricted now.
    pub restricted: bool,
}

impl Event {
    pub(crate) fn refused(mut self, refusal: &Refusal, verdict: &'static str) -> Self {
        self.verdict = verdict;
        self.check = Some(refusal.check());
        self.reason = refusal.to_string();
        self
    }
}

/// Takes events.
pub trait Sink: Send + Sync {
    /// Takes one. What goes wrong in here stays in here.
    fn take(&self, event: &Event);
}

/// Keeps events in memory; clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemorySink(Arc<Mutex<Vec<Event>>>);

impl MemorySink {
    /// The events so far, in the order in which they arrived.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().clone()
    }
}

impl Sink for MemorySink {
    fn take(&self, event: &Event) {
        self.0.lock().push(event.clone());
    }
}

/// Writes one line of JSON per event.
#[derive(Debug)]
pub struct JsonLines<W>(Mutex<W>);

impl<W: Write + Send> JsonLines<W> {
    /// To this writer.
    pub fn new(writer: W) -> Self {
        Self(Mutex::new(writer))
    }
}

impl<W: Write + Send> Sink for JsonLines<W> {
    fn take(&self, event: &Event) {
        let mut writer = self.0.lock();
        if let Ok(line) = serde_json::to_string(event) {
            // Telemetry that cannot be written is lost; the journal is what must not be.
            let _ = writeln!(writer, "{line}");
        }
    }
}

/// Hands events to `tracing`, at level `INFO` under the target `hyperspace::marks`.
#[cfg(feature = "tracing")]
#[derive(Debug, Clone, Copy, Default)]
pub struct TracingSink;

#[cfg(feature = "tracing")]
impl Sink for TracingSink {
    fn take(&self, event: &Event) {
        tracing::info!(
            target: "hyperspace::marks",
            number = event.number, at = event.at.0, agent = %event.agent, operation = event.operation,
            scope = %event.scope, verdict = event.verdict, reason = %event.reason,
        );
    }
}

pub(crate) fn emit(sinks: &[Box<dyn Sink>], event: &Event) {
    for sink in sinks {
        // Isolation: a broken sink must not undo or repeat what happened.
        let _ = catch_unwind(AssertUnwindSafe(|| sink.take(event)));
    }
}
