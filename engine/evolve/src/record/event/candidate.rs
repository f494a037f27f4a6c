//! Events of candidates: selection, evaluation, fate.

use hyperspace_core::{RecordId, TreeId};
use hyperspace_eval::{Score, Split};

use super::field::event_body;
use crate::record::candidate_id::CandidateId;
use crate::record::fate::Fate;
use crate::record::program_form::Resemblance;
use crate::record::search_record::SearchDraw;

event_body! {
    /// The parent of a candidate was drawn from the archive.
    CandidateSelected = "candidate.selected" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// Index of the agent in the run.
        agent: u64,
        /// The parent.
        parent: CandidateId,
        /// Files of the parent.
        tree: TreeId,
        /// The number drawn from 0 to `total` − 1.
        draw: u64 => Decimal,
        /// The sum of all weights.
        total: u64 => Decimal,
    }
}

event_body! {
    /// The strategy decided on a candidate besides its parent. Only in runs that name a strategy.
    CandidateGuided = "candidate.guided" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// Index of the island; 0 where there is one population.
        island: u64,
        /// Index of the strategy of a mixture that drew the parent; null elsewhere.
        arm: Option<u64>,
        /// All draws in order: the purpose, the number drawn, and how many were possible. The parent's come first.
        draws: Vec<SearchDraw>,
        /// Members that the meta agent is shown.
        inspirations: Vec<CandidateId>,
    }
}

event_body! {
    /// A candidate that was measured has modules of its own in its folder `agent`. Only in runs whose agents may have some.
    AgentExtended = "agent.extended" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// The modules of the SDK that its own replace, such as `agent.llm_client`.
        replaces: Vec<String>,
        /// Number of its other modules.
        adds: u64,
    }
}

event_body! {
    /// A candidate is not measured, because it is like one that was. Only in runs that compare more than files.
    CandidateResembled = "candidate.resembled" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// The way in which it is.
        by: Resemblance,
        /// The candidate that was measured.
        other: CandidateId,
        /// Files of that candidate.
        tree: TreeId,
        /// Part of the short sequences of tokens of either program that both have; 1 if their normal forms are equal.
        likeness: Score,
    }
}

event_body! {
    /// The evaluation of a candidate on training data ended early, as it would not be better than its parent. Only in runs that ask for it.
    CandidateStopped = "candidate.stopped" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// Rows that it was asked, in the order of the run.
        rows: u64,
        /// All rows.
        of: u64,
        /// `impossible` if the other rows could not make it better, `improbable` if they would only with the probability that the run allows.
        reason: String,
        /// Fuel that its parent took for the other rows.
        saved: u64,
    }
}

event_body! {
    /// The engine made a candidate from a member that has grown, by taking out what its program does not need. Only in runs that ask for it.
    CandidateSlimmed = "candidate.slimmed" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// The member.
        of: CandidateId,
        /// `kept` if it has all answers of the member and takes its place; `changed` if an answer is another one; `nothing` if nothing could go; `refused` if
        /// the guard refused the edit or the program is known already.
        verdict: String,
        /// Case whose answer is another one; null if all are the same.
        differs: Option<String>,
        /// Programs that were tried.
        tries: u64,
        /// Fuel of these tries and of listing what could go.
        fuel: u64,
        /// Nodes of the member's program; null if they cannot be counted.
        nodes_before: Option<u64>,
        /// Nodes of the candidate's program.
        nodes: Option<u64>,
        /// Bytes of the member's files.
        bytes_before: u64,
        /// Bytes of the candidate's files.
        bytes: u64,
    }
}

event_body! {
    /// A model judged a candidate before it was measured. Only in runs that ask for it.
    CandidateJudged = "candidate.judged" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// True if it was rejected, and not measured.
        rejected: bool,
        /// `accept` or `reject` as the model answered; `unclear` for an answer that says neither, and `unanswered` for a call without one. Both count as accept.
        verdict: String,
        /// The reason that the model gave, shortened; null if it gave none.
        reason: Option<String>,
    }
}

event_body! {
    /// A candidate was evaluated on one split.
    CandidateEvaluated = "candidate.evaluated" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// The split.
        split: Split,
        /// Files of the candidate.
        tree: TreeId,
        /// The evaluation.
        evaluation: RecordId,
        /// The score; null unless every case was measured.
        score: Option<Score>,
        /// Name of the outcome: `scored`, or that of the first case that failed.
        outcome: String,
        /// Fuel used by all cases.
        fuel: u64,
    }
}

event_body! {
    /// The fate of a candidate was decided. The last event of a candidate, except `champion.changed`.
    CandidateFate = "candidate.fate" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// The fate.
        fate: Fate,
    }
}

event_body! {
    /// A candidate became the champion of its agent.
    ChampionChanged = "champion.changed" {
        /// The new champion.
        candidate: CandidateId => Flat,
        /// Files of the champion.
        tree: TreeId,
        /// Score on training data.
        score: Score,
        /// Score on held-out data.
        held_out: Score,
    }
}
