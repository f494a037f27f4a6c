//! Slimming attempts of a run, and what they saved, as its journal tells.

use hyperspace_evolve::{CandidateId, CandidateSlimmed, Event, JournalEvent, RunConfig};
use serde::Serialize;

/// The slimming attempts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SlimmingsView {
    /// Attempts.
    pub attempts: u64,
    /// Those of them whose program has every answer of the member and took its place.
    pub kept: u64,
    /// Those that were refused for another answer.
    pub changed: u64,
    /// Nodes that the members whose place was taken had more, together.
    pub nodes_saved: u64,
    /// Bytes that they had more.
    pub bytes_saved: u64,
    /// Fuel of all attempts.
    pub fuel: u64,
}

/// A slimming attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SlimmingView {
    /// The member that had grown.
    pub of: CandidateId,
    /// `kept`, `changed`, `nothing` or `refused`.
    pub verdict: String,
    /// The case whose answer is another one; null if all are the same.
    pub differs: Option<String>,
    /// Programs that were tried.
    pub tries: u64,
    /// Fuel of these tries.
    pub fuel: u64,
    /// Nodes of the member's program; null if they cannot be counted.
    pub nodes_before: Option<u64>,
    /// Nodes of the candidate's program.
    pub nodes: Option<u64>,
    /// Bytes of the member's files.
    pub bytes_before: u64,
    /// Bytes of the candidate's files.
    pub bytes: u64,
}

impl SlimmingsView {
    /// Returns the attempts of a journal; `None` in a run that makes none.
    pub(crate) fn recorded(config: &RunConfig, events: &[JournalEvent]) -> Option<Self> {
        config.slimming()?;
        let mut view = Self::default();
        for entry in events {
            if let Event::CandidateSlimmed(one) = &entry.event {
                view.add(one);
            }
        }
        Some(view)
    }

    /// Adds an attempt.
    pub(crate) fn add(&mut self, one: &CandidateSlimmed) {
        self.attempts += 1;
        self.fuel = self.fuel.saturating_add(one.fuel);
        self.changed += u64::from(one.verdict == "changed");
        if one.verdict == "kept" {
            self.kept += 1;
            let nodes = one.nodes_before.zip(one.nodes);
            self.nodes_saved += nodes.map_or(0, |(before, now)| before.saturating_sub(now));
            self.bytes_saved += one.bytes_before.saturating_sub(one.bytes);
        }
    }
}

impl From<CandidateSlimmed> for SlimmingView {
    fn from(one: CandidateSlimmed) -> Self {
        let CandidateSlimmed {
            of,
            verdict,
            differs,
            tries,
            fuel,
            nodes_before,
            nodes,
            bytes_before,
            bytes,
            ..
        } = one;
        Self { of, verdict, differs, tries, fuel, nodes_before, nodes, bytes_before, bytes }
    }
}
