//! Telemetry: one event per attempt, delivered to any number of sinks. A sink that fails or panics does no harm.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde::Serialize;

use crate::refusal::{GuardCheck, Refusal};
use crate::seq::Seq;
use crate::time::Tick;
use hyperspace_core::{MarkKind, Mutex};

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TelemetryEvent {
    /// The number of the attempt in the space; several events of one attempt (from policies) share it.
    pub number: u64,
    /// The time.
    pub at: Tick,
    /// The agent; empty for the principal.
    pub agent: String,
    /// The operation.
    pub operation: &'static str,
    /// The scope; empty if there is none.
    pub scope: String,
    /// The kind of mark requested.
    pub kind: Option<MarkKind>,
    /// One of `accepted`, `refused`, `allow`, `conflict`, `blocked` and `denied`, or a policy's `rewrite`, `flag` or `reject`.
    pub verdict: &'static str,
    /// The check that failed.
    pub check: Option<GuardCheck>,
    /// The reason.
    pub reason: String,
    /// The resulting mark.
    pub mark: Option<Seq>,
    /// The intent that won instead.
    pub winning: Option<Seq>,
    /// Tokens left to read and to write; `None` without a budget.
    pub budget_left: [Option<u64>; 2],
    /// True if the agent is currently restricted.
    pub restricted: bool,
}

impl TelemetryEvent {
    pub(crate) fn refused(mut self, refusal: &Refusal, verdict: &'static str) -> Self {
        self.verdict = verdict;
        self.check = Some(refusal.check());
        self.reason = refusal.to_string();
        self
    }
}

/// A destination of telemetry events.
pub trait Sink: Send + Sync {
    /// Takes one event. Panics are caught.
    fn take(&self, event: &TelemetryEvent);
}

/// Keeps events in memory. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemorySink(Arc<Mutex<Vec<TelemetryEvent>>>);

impl MemorySink {
    /// Returns the events so far in the order of their arrival.
    #[must_use]
    pub fn events(&self) -> Vec<TelemetryEvent> {
        self.0.lock().clone()
    }
}

impl Sink for MemorySink {
    fn take(&self, event: &TelemetryEvent) {
        self.0.lock().push(event.clone());
    }
}

/// Writes each event as one line of JSON.
#[derive(Debug)]
pub struct JsonLines<W>(Mutex<W>);

impl<W: Write + Send> JsonLines<W> {
    /// Creates a sink for this writer.
    pub fn new(writer: W) -> Self {
        Self(Mutex::new(writer))
    }
}

impl<W: Write + Send> Sink for JsonLines<W> {
    fn take(&self, event: &TelemetryEvent) {
        let mut writer = self.0.lock();
        if let Ok(line) = serde_json::to_string(event) {
            // Telemetry that cannot be written is lost; only the journal must never be.
            let _ = writeln!(writer, "{line}");
        }
    }
}

/// Passes events to `tracing`, at level `INFO` with the target `hyperspace::marks`.
#[cfg(feature = "tracing")]
#[derive(Debug, Clone, Copy, Default)]
pub struct TracingSink;

#[cfg(feature = "tracing")]
impl Sink for TracingSink {
    fn take(&self, event: &TelemetryEvent) {
        tracing::info!(
            target: "hyperspace::marks",
            number = event.number, at = event.at.0, agent = %event.agent, operation = event.operation,
            scope = %event.scope, verdict = event.verdict, reason = %event.reason,
        );
    }
}

pub(crate) fn emit(sinks: &[Box<dyn Sink>], event: &TelemetryEvent) {
    for sink in sinks {
        // Isolation: a broken sink must not undo or repeat what has happened.
        let _ = catch_unwind(AssertUnwindSafe(|| sink.take(event)));
    }
}
