//! Events of continuous runs: rows, days, seasons, and the champion that serves.
//!
//! They belong to the journal of the continuous run, which is separate from the journals of its seasons.

use hyperspace_core::{BlobId, RecordId, TreeId};
use hyperspace_eval::Score;

use super::field::event_body;
use super::vocabulary::CallStream;
use crate::record::candidate_id::CandidateId;

event_body! {
    /// A continuous run began. The first event of its journal.
    ContinuousStarted = "continuous.started" {
        /// The continuous run.
        run: RecordId,
        /// The task.
        task: String,
        /// The agent that serves first.
        agent: String,
        /// Its files.
        tree: TreeId,
    }
}

event_body! {
    /// The rules of a continuous run from here on: the first ones, or others that the principal set with a restart.
    RulesSet = "rules.set" {
        /// Percentage of new rows that are held out, 1 to 99.
        held_out: u64,
        /// Rows of each split that a season works on at most, the newest ones.
        window: u64,
        /// New rows after which a season ends.
        season_rows: u64,
        /// New rows that a candidate is measured on before it serves.
        canary_rows: u64,
        /// Days that a candidate waits before it serves.
        canary_days: u64,
        /// New rows on which a new champion is compared with the one before.
        watch_rows: u64,
        /// Calls of models per day.
        calls: Option<u64>,
        /// Picodollars per day.
        cost: Option<u64>,
        /// Fuel per day.
        fuel: Option<u64>,
        /// Minute of the day (UTC) at which work begins.
        from: u64,
        /// Minute of the day at which it ends. Less than `from`: on the next day.
        to: u64,
    }
}

event_body! {
    /// A day began: days since the beginning of 1970, from the clock of the host.
    DayBegun = "day.begun" {
        /// The day.
        day: u64,
        /// Calls that earlier days paid for work that is not committed yet.
        carried_calls: u64,
        /// Picodollars of these calls.
        carried_cost: u64,
    }
}

event_body! {
    /// Work paused.
    WorkPaused = "work.paused" {
        /// The day.
        day: u64,
        /// Minute of the day.
        minute: u64,
        /// `schedule`, `budget`, `outage` or `agent`.
        why: String,
        /// Details in words.
        detail: String,
    }
}

event_body! {
    /// Work resumed.
    WorkResumed = "work.resumed" {
        /// The day.
        day: u64,
        /// Minute of the day.
        minute: u64,
    }
}

event_body! {
    /// New rows were taken from a source.
    RowsTaken = "rows.taken" {
        /// Number of the batch, from 0.
        batch: u64,
        /// The file, or `-`.
        source: String,
        /// Bytes of the file that were read so far.
        read: u64,
        /// Lines of the file that were read so far.
        lines: u64,
        /// Rows for training, as lines of JSON; null if there are none.
        train: Option<BlobId>,
        /// Their number.
        train_rows: u64,
        /// Rows that are held out, as lines of JSON; null if there are none.
        held_out: Option<BlobId>,
        /// Their number.
        held_out_rows: u64,
        /// Rows that were there already.
        known_rows: u64,
        /// Faults of rows that were set aside, a line each; null if there are none.
        refused: Option<BlobId>,
        /// Their number.
        refused_rows: u64,
        /// Digest of the last 4,096 bytes before this place of the file, or of all if there are fewer. Left out for `-` and in earlier records.
        tail: Option<String> => Omitted,
        /// The reason why no more is taken from the file, in words. Left out where rows were taken.
        problem: Option<String> => Omitted,
    }
}

event_body! {
    /// A season began: an ordinary run on the rows that there are, from the champion that serves.
    SeasonBegun = "season.begun" {
        /// Number of the season, from 0.
        season: u64,
        /// Its run.
        run: RecordId,
        /// Files of the agent that it starts from.
        tree: TreeId,
        /// Batches that it knows.
        batches: u64,
    }
}

event_body! {
    /// A generation of the season was committed.
    SeasonAdvanced = "season.advanced" {
        /// Number of the season.
        season: u64,
        /// Number of the generation.
        generation: u64,
        /// Its record.
        record: RecordId,
        /// The season's champion.
        candidate: CandidateId,
        /// Its files.
        tree: TreeId,
        /// Fuel of the generation.
        fuel: u64,
        /// Calls of models of the generation.
        calls: u64,
        /// Picodollars of these calls.
        cost: u64,
    }
}

event_body! {
    /// A season ended.
    SeasonEnded = "season.ended" {
        /// Number of the season.
        season: u64,
        /// `rows`, `promoted`, `rolled-back` or `build`.
        why: String,
    }
}

event_body! {
    /// A season ended with work that was paid and is not committed: it never will be, and counts for the day.
    WorkAbandoned = "work.abandoned" {
        /// Number of the season.
        season: u64,
        /// Calls of models.
        calls: u64,
        /// Picodollars of these calls.
        cost: u64,
    }
}

event_body! {
    /// A season could not begin, because the champion has no score on a new row. It ended with that, and later ones leave the row out.
    RowSetAside = "row.set-aside" {
        /// Number of the season.
        season: u64,
        /// Name of the row.
        row: String,
        /// The end of the champion on it, in words.
        why: String,
    }
}

event_body! {
    /// An agent was measured on the rows of a batch, which nothing that made it has seen.
    RowsMeasured = "rows.measured" {
        /// Number of the batch.
        batch: u64,
        /// `champion`, `earlier` or `canary`.
        role: String,
        /// Files of the agent.
        tree: TreeId,
        /// The evaluation.
        evaluation: RecordId,
        /// The score; null unless every row was measured.
        score: Option<Score>,
        /// Rows that both it and the champion were asked.
        rows: u64,
        /// Rows on which it is better than the champion.
        gained: u64,
        /// Rows on which it is worse.
        lost: u64,
        /// Fuel used by all rows.
        fuel: u64,
        /// Calls of models.
        calls: u64,
        /// Picodollars of these calls.
        cost: u64,
        /// Streams of these calls.
        streams: Vec<CallStream>,
        /// True if it has no score on a row on which the champion has one. Left out for the champion, and in earlier records, where it is true of every agent without a score.
        failed: Option<bool> => Omitted,
    }
}

event_body! {
    /// A candidate that is better than the champion on the season's rows is tried on new ones.
    CanaryBegun = "canary.begun" {
        /// Number of the season.
        season: u64,
        /// The candidate.
        candidate: CandidateId,
        /// Its files.
        tree: TreeId,
        /// The day.
        day: u64,
    }
}

event_body! {
    /// The trial of a candidate ended.
    CanaryEnded = "canary.ended" {
        /// Files of the candidate.
        tree: TreeId,
        /// `passed` or `failed`.
        outcome: String,
        /// The cause, in words.
        why: String,
        /// New rows that both it and the champion were asked.
        rows: u64,
        /// Rows on which it was better.
        gained: u64,
        /// Rows on which it was worse.
        lost: u64,
    }
}

event_body! {
    /// A candidate became the champion that serves.
    ChampionPromoted = "champion.promoted" {
        /// Files of the new champion.
        tree: TreeId,
        /// Files of the one before.
        before: TreeId,
        /// `rule` or `principal`.
        by: String,
        /// The reason.
        reason: String,
        /// The request of the principal.
        request: Option<String> => Omitted,
    }
}

event_body! {
    /// An earlier champion serves again.
    ChampionRolledBack = "champion.rolled-back" {
        /// Files of the champion that serves again.
        tree: TreeId,
        /// Files of the one that does not.
        from: TreeId,
        /// `rule` or `principal`.
        by: String,
        /// The reason.
        reason: String,
        /// The request of the principal.
        request: Option<String> => Omitted,
    }
}
