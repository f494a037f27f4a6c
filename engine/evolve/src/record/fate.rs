//! The fate of a candidate.

use serde::{Deserialize, Serialize};

/// The decision on a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// The agent that the run began with.
    Seed,
    /// Admitted, and the best so far on training data without being worse on held-out data.
    Champion,
    /// Better than its parent on training data and not worse on held-out data: a parent to choose from.
    Admitted,
    /// Kept by the strategy as a parent to choose from, without being measured on held-out data. Only in runs that name a strategy.
    Kept,
    /// Not better than its parent, and of no use to the strategy.
    NoBetter,
    /// Better than its parent on training data, worse on held-out data.
    Overfitted,
    /// Without a score on training or held-out data.
    Failed,
    /// Identical to its parent.
    Unchanged,
    /// Identical to another member, or to an earlier candidate of its generation; in runs that compare syntax trees, equal to a candidate that was
    /// measured before.
    Duplicate,
    /// Almost the program of a candidate that was measured before, and not measured itself. Only in runs that ask for it.
    NearDuplicate,
    /// Stopped before its last training row, as it would not be better than its parent. Only in runs that ask for it.
    Stopped,
    /// Rejected by a model before it was measured. Only in runs that ask for it.
    Rejected,
    /// Beaten by the other candidate of a tournament, and not measured on held-out data.
    Lost,
    /// Not made: its meta agent and all fallbacks failed.
    MetaFailed,
}

impl Fate {
    /// All fates, in the order of the variants.
    pub const ALL: [Self; 14] = [
        Self::Seed,
        Self::Champion,
        Self::Admitted,
        Self::Kept,
        Self::NoBetter,
        Self::Overfitted,
        Self::Failed,
        Self::Unchanged,
        Self::Duplicate,
        Self::NearDuplicate,
        Self::Stopped,
        Self::Rejected,
        Self::Lost,
        Self::MetaFailed,
    ];

    /// Returns the name used in journals and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Champion => "champion",
            Self::Admitted => "admitted",
            Self::Kept => "kept",
            Self::NoBetter => "no-better",
            Self::Overfitted => "overfitted",
            Self::Failed => "failed",
            Self::Unchanged => "unchanged",
            Self::Duplicate => "duplicate",
            Self::NearDuplicate => "near-duplicate",
            Self::Stopped => "stopped",
            Self::Rejected => "rejected",
            Self::Lost => "lost",
            Self::MetaFailed => "meta-failed",
        }
    }

    /// Returns whether the candidate joined the archive.
    #[must_use]
    pub fn is_admitted(self) -> bool {
        matches!(self, Self::Seed | Self::Champion | Self::Admitted | Self::Kept)
    }
}
