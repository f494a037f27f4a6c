//! The use of held-out rows by a run with a split policy, and the gaps of its members: a fold over its records.

use std::collections::BTreeMap;

use crate::record::candidate_id::CandidateId;
use crate::record::generation::CandidateRecord;
use crate::record::split_policy::SplitConfig;
use crate::stability::LineageGap;

/// The use of held-out rows so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldOutUse {
    /// Number of questions that held-out rows answered.
    pub asked: u64,
    /// Number of answers spent from the budget.
    pub spent: u64,
    /// Number of candidates whose gap raised the alarm.
    pub alarms: u64,
    /// The gap of each candidate that was measured on both splits.
    pub gaps: BTreeMap<CandidateId, LineageGap>,
}

impl HeldOutUse {
    /// Returns whether the budget of a policy is spent.
    #[must_use]
    pub fn is_spent(&self, splits: &SplitConfig) -> bool {
        splits.budget().is_some_and(|budget| self.spent >= budget)
    }

    /// Adds the record of a candidate.
    pub fn apply(&mut self, id: CandidateId, record: &CandidateRecord) {
        let Some(splits) = record.search.as_ref().and_then(|search| search.splits.as_ref()) else { return };
        for answer in &splits.answers {
            self.asked += u64::from(answer.asks());
            self.spent += u64::from(answer.spends());
        }
        self.alarms += u64::from(splits.alarm);
        self.gaps.extend(splits.gap.map(|gap| (id, gap)));
    }
}
