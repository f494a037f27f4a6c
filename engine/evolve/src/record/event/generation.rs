//! Events of a run and of a generation as a whole.

use hyperspace_core::{RecordId, TreeId};
use hyperspace_eval::Score;

use super::field::event_body;
use super::vocabulary::{MarkRef, SharingCount};
use crate::record::candidate_id::CandidateId;
use crate::record::search_record::SearchDraw;
use crate::record::tournament_side::TournamentSide;

event_body! {
    /// A run began. Event 0 of every run that this engine executed.
    RunStarted = "run.started" {
        /// The run: the record of its configuration.
        run: RecordId,
        /// Name of the task.
        task: String,
        /// Name of the seed agent.
        agent: String,
    }
}

event_body! {
    /// A run was imported from outcome files. The only event of an imported run.
    RunImported = "run.imported" {
        /// Every file of the imported folder.
        files: TreeId,
        /// Number of agents.
        agents: u64,
        /// Number of generations of all agents together.
        generations: u64,
    }
}

event_body! {
    /// A tournament of arm `annealing` was decided.
    TournamentDecided = "tournament.decided" {
        /// Number of the generation.
        generation: u64,
        /// Index of the agent in the run.
        agent: u64,
        /// Number of the agent's tournament, from 1.
        tournament: u64,
        /// The number drawn from 0 to 2³² − 1. The generation is a tournament if it is below `below`.
        draw: u64 => Decimal,
        /// The probability of a tournament, times 2³².
        below: u64 => Decimal,
        /// Training score of the candidate that was forked from the selected parent.
        directed: Option<Score>,
        /// Training score of the candidate that was forked from the seed.
        blind: Option<Score>,
        /// The candidate that goes on; null if neither has a score.
        winner: Option<TournamentSide>,
    }
}

event_body! {
    /// Members were copied from one island of a population to another, after the candidates of the generation.
    IslandMigrated = "island.migrated" {
        /// Number of the generation.
        generation: u64,
        /// Index of the agent in the run.
        agent: u64,
        /// Index of the island that sent them.
        from: u64,
        /// Index of the island that got them.
        to: u64,
        /// The members, the best first.
        members: Vec<CandidateId>,
        /// The draw of the other island; null if it is the next one.
        draw: Option<SearchDraw>,
    }
}

event_body! {
    /// An island of a population began again with one member, after the candidates of the generation.
    IslandRestarted = "island.restarted" {
        /// Number of the generation.
        generation: u64,
        /// Index of the agent in the run.
        agent: u64,
        /// Index of the island.
        island: u64,
        /// The member that it began with.
        founder: CandidateId,
        /// The draw of the island that the member was the best of.
        draw: SearchDraw,
    }
}

event_body! {
    /// One more island of a population was opened with one member, because nothing better was found for long.
    IslandOpened = "island.opened" {
        /// Number of the generation.
        generation: u64,
        /// Index of the agent in the run.
        agent: u64,
        /// Index of the island.
        island: u64,
        /// The member that it began with.
        founder: CandidateId,
        /// Candidates since the last new best member, or since the last opening.
        stagnation: u64,
    }
}

event_body! {
    /// A member was published in the scope `strategies`.
    StrategyPublished = "strategy.published" {
        /// The candidate that was published.
        candidate: CandidateId => Flat,
        /// Name of the strategy.
        name: String,
        /// Files of the candidate.
        tree: TreeId,
        /// The mark of the publication.
        mark: MarkRef => Flat,
    }
}

event_body! {
    /// The mark space refused the publication of a member.
    StrategyRefused = "strategy.refused" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// Name of the strategy.
        name: String,
        /// Files of the candidate.
        tree: TreeId,
        /// Reason of the refusal.
        reason: String,
    }
}

event_body! {
    /// The texts of a new member hold what others are not shown as it is. Only where texts are sanitised, and left out where nothing was changed.
    MemberSanitised = "member.sanitised" {
        /// The candidate that became a member.
        candidate: CandidateId => Flat,
        /// Files of the candidate.
        tree: TreeId,
        /// Lines that each policy changes, in order of policy.
        changes: Vec<SharingCount>,
    }
}

event_body! {
    /// A generation was committed. It names the record, whose segment of the journal ends before it.
    GenerationFinished = "generation.finished" {
        /// Number of the generation.
        generation: u64,
        /// The generation record.
        record: RecordId,
        /// Fuel used by all guests of the generation.
        fuel: u64,
    }
}
