//! The vocabulary of marks that capabilities, scopes and the space share: the five kinds, severities, sources.
//!
//! What a mark is, and how it comes to be, is in [`space`](crate::space).

use serde::{Deserialize, Serialize};

/// The five kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarkKind {
    /// Something an agent is about to do.
    Intent,
    /// Something an agent did.
    Action,
    /// Something an agent found.
    Observation,
    /// Something an agent warns of.
    Warning,
    /// Something an agent needs from a principal.
    Need,
}

impl MarkKind {
    /// All of them.
    pub const ALL: [MarkKind; 5] =
        [MarkKind::Intent, MarkKind::Action, MarkKind::Observation, MarkKind::Warning, MarkKind::Need];
}

/// How serious a warning is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For information.
    Info,
    /// Take care.
    Caution,
    /// Act now.
    Critical,
}

/// Where an observation comes from, from most to least trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustSource {
    /// From outside, unchecked.
    ExternalUnverified,
    /// From outside, checked.
    ExternalVerified,
    /// From the fleet itself.
    Fleet,
}
