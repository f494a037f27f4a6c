//! Events of bandits over models and prompts.

use serde::{Deserialize, Serialize};

use super::field::{Vocabulary, event_body};
use crate::record::candidate_id::CandidateId;

event_body! {
    /// A bandit chose the model or the kind of prompt of a candidate. Only in runs with such a bandit.
    ArmChosen = "arm.chosen" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// The bandit: `model` or `prompt`.
        of: String,
        /// The name of the arm.
        arm: String,
        /// `untried` for an arm without a trial, `bound` for the greatest upper bound, `drawn` for the greatest draw.
        reason: String,
        /// All arms as they were then.
        arms: Vec<ArmStatistics>,
    }
}

/// An arm of a bandit when it chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmStatistics {
    /// The name.
    pub arm: String,
    /// Candidates that were made with it.
    pub trials: u64,
    /// Those among them that were better than their parents.
    pub wins: u64,
    /// Earlier candidates of the same generation that were given the arm.
    pub waiting: u64,
    /// The number by which arms were compared, as a decimal with six places; null where an untried arm came first.
    pub value: Option<String>,
}

impl Vocabulary for ArmStatistics {
    fn term() -> String {
        "arm".to_owned()
    }
}
