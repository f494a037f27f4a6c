//! The use of held-out rows by a run with a split policy, and the gaps of its candidates.

use hyperspace_core::RecordId;
use hyperspace_evolve::{CandidateId, GenerationRecord, HeldOutUse, RunConfig, SplitSummary};
use serde::Serialize;

/// The use of held-out rows, and the gap of the best candidate.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SplitsView {
    /// The split policy with all its parameters.
    pub policy: String,
    /// Number of questions that held-out rows answered.
    pub asked: u64,
    /// Number of answers spent from the budget.
    pub spent: u64,
    /// The budget; null for a policy without one.
    pub budget: Option<u64>,
    /// The gap of the best candidate: its progress since the seed of its lineage on training rows, minus that on held-out rows,
    /// as net shares of rows. Null for a seed.
    pub gap: Option<f64>,
    /// The gap that raises the alarm, if it also exceeds the number of its standard errors that the policy states.
    pub limit: f64,
    /// Number of candidates whose gap raised the alarm.
    pub alarms: u64,
    /// The gap of each candidate that was measured on both splits; only in the list of a run's generations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<GapView>,
}

/// The gap of a candidate.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GapView {
    /// Its generation.
    pub generation: u64,
    /// Its number in the generation.
    pub candidate: u64,
    /// Progress on training rows.
    pub train: f64,
    /// Progress on held-out rows.
    pub held_out: f64,
    /// The difference.
    pub gap: f64,
}

impl SplitsView {
    pub(crate) fn of(summary: &SplitSummary) -> Self {
        Self {
            policy: summary.policy.clone(),
            asked: summary.asked,
            spent: summary.spent,
            budget: summary.budget,
            gap: summary.gap.as_ref().map(hyperspace_eval::Score::to_f64),
            limit: summary.limit.to_f64(),
            alarms: summary.alarms,
            gaps: Vec::new(),
        }
    }

    /// Returns the use according to the records of a run.
    pub(crate) fn recorded(config: &RunConfig, records: &[(RecordId, GenerationRecord)]) -> Option<Self> {
        let splits = config.search.as_ref()?.splits?;
        let mut held_out = HeldOutUse::default();
        for (_, record) in records {
            for (candidate, one) in (0..).zip(&record.candidates) {
                held_out.apply(CandidateId { generation: record.generation, candidate }, one);
            }
        }
        let best = records.last().map(|(_, record)| record.champion().id);
        let gap = |(id, gap): (&CandidateId, &hyperspace_evolve::stability::LineageGap)| GapView {
            generation: id.generation,
            candidate: id.candidate,
            train: gap.train.difference().to_f64(),
            held_out: gap.held_out.difference().to_f64(),
            gap: gap.size().to_f64(),
        };
        Some(Self {
            policy: splits.to_string(),
            asked: held_out.asked,
            spent: held_out.spent,
            budget: splits.budget(),
            gap: best.and_then(|id| held_out.gaps.get(&id)).map(|gap| gap.size().to_f64()),
            limit: splits.gap().to_f64(),
            alarms: held_out.alarms,
            gaps: held_out.gaps.iter().map(gap).collect(),
        })
    }
}
