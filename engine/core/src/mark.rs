//! The five kinds of marks, as refusals name them. Marks themselves are in `hyperspace-markspace`.

use serde::{Deserialize, Serialize};

/// A kind of mark.
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
    /// All kinds.
    pub const ALL: [MarkKind; 5] =
        [MarkKind::Intent, MarkKind::Action, MarkKind::Observation, MarkKind::Warning, MarkKind::Need];
}
