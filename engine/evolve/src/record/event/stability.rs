//! Events of paired gates: comparisons, repeated measurements, drift.

use hyperspace_core::{RecordId, TreeId};
use hyperspace_eval::{Score, Split};

use super::field::event_body;
use crate::record::candidate_id::CandidateId;

event_body! {
    /// An agent was measured once more on one split, besides the measurement with which it was made. Only in runs with a paired gate.
    AgentMeasured = "agent.measured" {
        /// Number of the generation.
        generation: u64,
        /// Index of the agent in the run.
        agent: u64,
        /// The candidate that was measured.
        measured: CandidateId,
        /// Number of its further measurement in this generation, from 1.
        number: u64,
        /// The split.
        split: Split,
        /// The evaluation.
        evaluation: RecordId,
        /// The score; null unless every case was measured.
        score: Option<Score>,
        /// Fuel used by all cases.
        fuel: u64,
    }
}

event_body! {
    /// A candidate was compared with another one on the rows of both splits. Only in runs with a paired gate.
    CandidateCompared = "candidate.compared" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// The other one.
        with: CandidateId,
        /// Number of measurements of the candidate.
        measurements: u64,
        /// Training rows on which it is better, of all measurements.
        train_gained: u64,
        /// Training rows on which it is worse.
        train_lost: u64,
        /// Training rows.
        train_rows: u64,
        /// Held-out rows on which it is better, of all measurements.
        held_out_gained: u64,
        /// Held-out rows on which it is worse.
        held_out_lost: u64,
        /// Held-out rows.
        held_out_rows: u64,
        /// `accepted`, `refused`, `overfitted`, or `open` where another measurement would decide.
        verdict: String,
    }
}

event_body! {
    /// A champion that was measured again answers its rows differently, by more than noise: provider or data have changed.
    DriftFound = "drift.found" {
        /// Number of the generation.
        generation: u64,
        /// Index of the agent in the run.
        agent: u64,
        /// The champion.
        measured: CandidateId,
        /// Rows on which it is better than at its measurement before.
        gained: u64,
        /// Rows on which it is worse.
        lost: u64,
        /// All rows.
        rows: u64,
    }
}

event_body! {
    /// After drift, an earlier champion that is better now took the place of the present one.
    ChampionRestored = "champion.restored" {
        /// Number of the generation.
        generation: u64,
        /// Index of the agent in the run.
        agent: u64,
        /// The champion that was replaced.
        from: CandidateId,
        /// The earlier champion.
        to: CandidateId,
        /// Its files.
        tree: TreeId,
        /// Score on training data, measured now.
        score: Score,
        /// Score on held-out data, measured now.
        held_out: Score,
    }
}
