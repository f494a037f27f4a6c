//! Events of split policies: windows of training rows, questions to held-out rows, gaps.

use hyperspace_eval::Score;

use super::field::event_body;
use crate::record::candidate_id::CandidateId;

event_body! {
    /// The training rows that decide in a generation. Only in runs with a split policy that rotates them.
    WindowDrawn = "window.drawn" {
        /// Number of the generation.
        generation: u64,
        /// Number of the epoch, in which every row decides once.
        epoch: u64,
        /// Index of the window in the epoch.
        part: u64,
        /// Windows of the epoch.
        parts: u64,
        /// Training rows of the window. Meta agents of this generation see the others.
        rows: u64,
        /// All training rows.
        of: u64,
    }
}

event_body! {
    /// Held-out rows were asked about a candidate. Only in runs with a split policy.
    HeldOutAsked = "held-out.asked" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// The candidate that it is compared with.
        with: CandidateId,
        /// Training rows of the window on which it is better.
        train_gained: u64,
        /// Training rows of the window on which it is worse.
        train_lost: u64,
        /// Training rows of the window.
        train_rows: u64,
        /// Held-out rows on which it is better.
        held_out_gained: u64,
        /// Held-out rows on which it is worse.
        held_out_lost: u64,
        /// Held-out rows.
        held_out_rows: u64,
        /// `agrees`, `holds`, `worse` or `spent`; with the policy `ladder`, `step` or `no-step`.
        answer: String,
        /// Questions to held-out rows so far, this one included.
        asked: u64,
        /// Answers of the budget that are spent, this one included.
        spent: u64,
    }
}

event_body! {
    /// The last answer of the budget of held-out rows was spent. The run ends with this generation.
    HeldOutSpent = "held-out.spent" {
        /// Number of the generation.
        generation: u64,
        /// The budget.
        budget: u64,
    }
}

event_body! {
    /// The progress of a candidate since the seed of its lineage, on both splits: net shares of rows. Only in runs with a split policy.
    GapMeasured = "gap.measured" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// On training rows.
        train: Score,
        /// On held-out rows.
        held_out: Score,
        /// The difference.
        gap: Score,
    }
}

event_body! {
    /// The gap of a candidate is above the limit, and above the number of its standard errors that the run states: its lineage learns its training rows.
    GapFound = "gap.found" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// The gap.
        gap: Score,
        /// The limit.
        limit: Score,
    }
}
