//! Slimming attempts of a run, and what they saved, according to its journal.

use hyperspace_evolve::{CandidateId, CandidateSlimmed, Event, JournalEvent, RunConfig};
use serde::Serialize;

/// The slimming attempts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SlimmingsView {
    /// Number of attempts.
    pub attempts: u64,
    /// Number of attempts whose program has every answer of the member and replaced it.
    pub kept: u64,
    /// Number of attempts that were refused because of a different answer.
    pub changed: u64,
    /// Total number of nodes by which the replaced members were larger.
    pub nodes_saved: u64,
    /// Total number of bytes by which they were larger.
    pub bytes_saved: u64,
    /// Fuel used by all attempts.
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
    /// The case whose answer differs; null if all are the same.
    pub differs: Option<String>,
    /// Number of programs that were tried.
    pub tries: u64,
    /// Fuel used by these tries.
    pub fuel: u64,
    /// Number of nodes in the member's program; null if they cannot be counted.
    pub nodes_before: Option<u64>,
    /// Number of nodes in the candidate's program.
    pub nodes: Option<u64>,
    /// Size of the member's files in bytes.
    pub bytes_before: u64,
    /// Size of the candidate's files in bytes.
    pub bytes: u64,
}

impl SlimmingsView {
    /// Returns the attempts in a journal; `None` for a run that makes none.
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
