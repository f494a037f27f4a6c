//! The answers of held-out rows about a candidate, and its gap: the part of each candidate that a run with a split policy
//! records.

use serde::{Deserialize, Serialize};

use crate::stability::LineageGap;

/// An answer of held-out rows under a split policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldOutAnswer {
    /// Held-out rows agree with training rows.
    Agrees,
    /// They differ from training rows, and the candidate is not worse on them.
    Holds,
    /// They differ from training rows, and the candidate is worse on them.
    Worse,
    /// There was no answer, because the budget was already spent.
    Spent,
    /// The candidate is a step above the champion.
    Step,
    /// The candidate is not a step above the champion.
    NoStep,
}

impl HeldOutAnswer {
    /// Returns the name used in journals.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Holds => "holds",
            Self::Worse => "worse",
            Self::Spent => "spent",
            Self::Step => "step",
            Self::NoStep => "no-step",
        }
    }

    /// Returns whether a candidate with this answer goes on.
    #[must_use]
    pub fn accepts(self) -> bool {
        matches!(self, Self::Agrees | Self::Holds | Self::Step)
    }

    /// Returns whether the answer spends one unit of the budget.
    #[must_use]
    pub fn spends(self) -> bool {
        matches!(self, Self::Holds | Self::Worse)
    }

    /// Returns whether held-out rows were asked for the answer.
    #[must_use]
    pub fn asks(self) -> bool {
        self != Self::Spent
    }
}

/// The record of a candidate under a split policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitRecord {
    /// Answers of held-out rows, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<HeldOutAnswer>,
    /// Rows gained and lost since the seed of its lineage, if it was measured on both splits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<LineageGap>,
    /// True if the gap raised the alarm.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alarm: bool,
}

impl SplitRecord {
    /// Returns whether there is nothing to record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.gap.is_none()
    }
}
