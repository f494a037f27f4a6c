//! The state of a continuous run: a fold of its journal.
//!
//! Invariants: a decision is accepted exactly when it is due, and a fact only when no decision is due; work is accepted only if
//! it is not paused and its day has budget left.

mod transitions;

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_core::{BlobId, RecordId, TreeId};

use super::day::{DayLedger, DaySpend};
use super::trial::RowsTrial;
use crate::record::candidate_id::CandidateId;
use crate::record::event::{
    CanaryBegun, CanaryEnded, ChampionPromoted, ChampionRolledBack, Event, RulesSet, SeasonEnded, WorkPaused,
};

/// The name of the rule that decides, and of the principal, in events.
pub(super) const RULE: &str = "rule";
pub(super) const PRINCIPAL: &str = "principal";

/// The season at work.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeasonState {
    /// Its number.
    pub number: u64,
    /// Its run.
    pub run: RecordId,
    /// Number of batches that it knows.
    pub batches: u64,
    /// Its next generation; 0 until its seed has been measured.
    pub next: u64,
    /// Its champion: candidate and files.
    pub best: Option<(CandidateId, TreeId)>,
    /// Number of rows taken before it began.
    rows_before: u64,
}

/// Rows that were taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TakenBatch {
    pub(super) train: Option<BlobId>,
    pub(super) held_out: Option<BlobId>,
    pub(super) rows: u64,
}

/// The place up to which a source was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourcePosition {
    /// Number of bytes.
    pub bytes: u64,
    /// Number of lines.
    pub lines: u64,
    /// Digest of the end of these bytes, if it was recorded.
    pub tail: Option<String>,
    /// The reason why no more is taken, if there is one.
    pub problem: Option<String>,
}

/// The next measurement that has to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueMeasurement {
    /// The batch.
    pub batch: u64,
    /// `champion`, `earlier` or `canary`.
    pub role: &'static str,
    /// Files of the agent.
    pub tree: TreeId,
}

/// A candidate that is being tried on new rows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CanaryTrial {
    trial: RowsTrial,
    day: u64,
}

/// The state of a continuous run. See the module.
#[derive(Debug, Clone, Default)]
pub struct ContinuousState {
    rules: Option<RulesSet>,
    champion: Option<TreeId>,
    /// The next batch that the champion is measured on.
    champion_next: u64,
    /// Its evaluations since it began to serve, by batch.
    evaluations: BTreeMap<u64, RecordId>,
    champion_scored: bool,
    earlier: Vec<TreeId>,
    watch: Option<RowsTrial>,
    canary: Option<CanaryTrial>,
    /// The candidate that passed its trial, and why.
    passed: Option<(TreeId, String)>,
    refused: BTreeSet<TreeId>,
    season: Option<SeasonState>,
    seasons: u64,
    season_over: Option<&'static str>,
    /// Number and run of the season that ended last.
    ended: Option<(u64, RecordId)>,
    pub(super) batches: Vec<TakenBatch>,
    rows: u64,
    refused_rows: u64,
    sources: BTreeMap<String, SourcePosition>,
    /// Names of rows that seasons leave out.
    pub(super) set_aside: BTreeSet<String>,
    day: DayLedger,
    paused: Option<WorkPaused>,
    requests: BTreeSet<String>,
}

impl ContinuousState {
    /// Returns the decision that is due after the journal so far, if there is one.
    #[must_use]
    pub fn due(&self) -> Option<Event> {
        let (rules, champion) = (self.rules.as_ref()?, self.champion?);
        if let Some((tree, reason)) = &self.passed {
            let (by, reason) = (RULE.to_owned(), reason.clone());
            return Some(
                ChampionPromoted { tree: *tree, before: champion, by, reason, request: None }.into(),
            );
        }
        if let (Some(watch), Some(tree)) = (&self.watch, self.earlier.last())
            && watch.is_better()
        {
            let reason = format!("the champion before it is {}", watch.words());
            let by = RULE.to_owned();
            return Some(
                ChampionRolledBack { tree: *tree, from: champion, by, reason, request: None }.into(),
            );
        }
        if let Some(canary) = &self.canary {
            let waited = self.day.number().unwrap_or_default().saturating_sub(canary.day);
            let open = self.unmeasured().is_some();
            if let Some((passed, why)) = canary.trial.verdict(rules, waited, open) {
                let crate::stability::RowTally { gained, lost, rows } = canary.trial.tally;
                let outcome = if passed { "passed" } else { "failed" }.to_owned();
                return Some(
                    CanaryEnded { tree: canary.trial.tree, outcome, why, rows, gained, lost }.into(),
                );
            }
        }
        let season = self.season.as_ref()?;
        if let Some(why) = self.season_end(season, rules) {
            return Some(SeasonEnded { season: season.number, why: why.to_owned() }.into());
        }
        let (candidate, tree) = season.best.filter(|_| self.canary.is_none())?;
        let is_new = tree != champion && !self.refused.contains(&tree) && candidate.generation > 0;
        let (season, day) = (season.number, self.day.number().unwrap_or_default());
        is_new.then(|| CanaryBegun { season, candidate, tree, day }.into())
    }

    fn season_end(&self, season: &SeasonState, rules: &RulesSet) -> Option<&'static str> {
        if self.season_over.is_some() {
            return self.season_over;
        }
        // A season whose seed has no score has no generations; one with only a seed has not begun to work.
        let is_over = season.next != 1 && self.rows - season.rows_before >= rules.season_rows;
        (is_over && self.canary.is_none() && self.unmeasured().is_none()).then_some("rows")
    }

    /// Returns the measurement on new rows that has to be made next, if any.
    #[must_use]
    pub fn unmeasured(&self) -> Option<DueMeasurement> {
        let champion = self.champion.map(|tree| ("champion", tree, self.champion_next));
        let watch = self.watch.as_ref().map(|trial| ("earlier", trial.tree, trial.next));
        let canary = self.canary.as_ref().map(|one| ("canary", one.trial.tree, one.trial.next));
        let batch_from = |next: u64| {
            let next = usize::try_from(next).unwrap_or(usize::MAX);
            let found = self.batches.iter().skip(next).position(|batch| batch.rows > 0)?;
            Some((next + found) as u64)
        };
        let all = [champion, watch, canary].into_iter().flatten();
        let all = all
            .filter_map(|(role, tree, next)| Some(DueMeasurement { batch: batch_from(next)?, role, tree }));
        // The first of several batches; within a batch the champion's, with which the others are compared.
        all.min_by_key(|due| due.batch)
    }

    /// Adds the next event of the journal.
    ///
    /// # Errors
    ///
    /// A description of the contradiction.
    pub fn apply(&mut self, event: &Event) -> Result<(), String> {
        if let Event::ContinuousStarted(started) = event {
            let first = self.champion.replace(started.tree).is_none();
            return if first { Ok(()) } else { Err("it began twice".to_owned()) };
        }
        if self.champion.is_none() {
            return Err(format!("{} before continuous.started", event.kind()));
        }
        let due = self.due();
        if is_decision(event) || due.is_some() {
            if due.as_ref() != Some(event) {
                let shown = |event: Option<&Event>| {
                    event.map_or_else(
                        || "no decision".to_owned(),
                        |one| format!("{} {}", one.kind(), one.body()),
                    )
                };
                return Err(format!("due is {}, found {}", shown(due.as_ref()), shown(Some(event))));
            }
            return self.decide(event);
        }
        self.learn(event)
    }

    /// Returns the rules in force.
    #[must_use]
    pub fn rules(&self) -> Option<&RulesSet> {
        self.rules.as_ref()
    }

    /// Returns the files of the champion that serves.
    #[must_use]
    pub fn champion(&self) -> Option<TreeId> {
        self.champion
    }

    /// Returns the champions that served earlier, the latest one last.
    #[must_use]
    pub fn earlier(&self) -> &[TreeId] {
        &self.earlier
    }

    /// Returns the champion's evaluation on a batch, if it has been measured.
    #[must_use]
    pub fn champion_evaluation(&self, batch: u64) -> Option<&RecordId> {
        self.evaluations.get(&batch)
    }

    /// Returns the comparison with the previous champion, while it lasts.
    #[must_use]
    pub fn watch(&self) -> Option<&RowsTrial> {
        self.watch.as_ref()
    }

    /// Returns the candidate that is being tried on new rows.
    #[must_use]
    pub fn canary(&self) -> Option<&RowsTrial> {
        self.canary.as_ref().map(|canary| &canary.trial)
    }

    /// Returns the season at work.
    #[must_use]
    pub fn season(&self) -> Option<&SeasonState> {
        self.season.as_ref()
    }

    /// Returns number and run of the season that ended last, until its abandoned work has been recorded.
    #[must_use]
    pub fn ended(&self) -> Option<(u64, RecordId)> {
        self.ended
    }

    /// Returns the number of seasons so far.
    #[must_use]
    pub fn seasons(&self) -> u64 {
        self.seasons
    }

    /// Returns the number of batches so far.
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.batches.len() as u64
    }

    /// Returns the number of rows taken so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the number of rows set aside so far.
    #[must_use]
    pub fn refused_rows(&self) -> u64 {
        self.refused_rows
    }

    /// Returns the place up to which a source was read.
    #[must_use]
    pub fn read_of(&self, source: &str) -> SourcePosition {
        self.sources.get(source).cloned().unwrap_or_default()
    }

    /// Returns every source from which no more is taken, with the reason.
    pub fn problems(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources.iter().filter_map(|(name, read)| Some((name.as_str(), read.problem.as_deref()?)))
    }

    /// Returns the number of rows that seasons leave out.
    #[must_use]
    pub fn rows_set_aside(&self) -> u64 {
        self.set_aside.len() as u64
    }

    /// Returns the day.
    #[must_use]
    pub fn day(&self) -> Option<u64> {
        self.day.number()
    }

    /// Returns the spend of the day so far, including uncommitted work that earlier days paid for.
    #[must_use]
    pub fn spent(&self) -> DaySpend {
        self.day.spent()
    }

    /// Returns a resource of which the day has nothing left, if there is one.
    #[must_use]
    pub fn spent_budget(&self) -> Option<&'static str> {
        self.day.spent_budget(self.rules.as_ref())
    }

    /// Returns what the day has left, including what earlier days paid for uncommitted work. A resource without a budget has the
    /// largest number.
    #[must_use]
    pub fn left(&self) -> DaySpend {
        self.day.left(self.rules.as_ref())
    }

    /// Returns the pause while work is paused.
    #[must_use]
    pub fn paused(&self) -> Option<&WorkPaused> {
        self.paused.as_ref()
    }

    /// Returns whether an act of the principal is in the journal.
    #[must_use]
    pub fn knows_request(&self, request: &str) -> bool {
        self.requests.contains(request)
    }
}

/// Returns whether an event records a decision of a rule.
pub(super) fn is_decision(event: &Event) -> bool {
    match event {
        Event::CanaryBegun(_) | Event::CanaryEnded(_) => true,
        Event::SeasonEnded(ended) => ended.why != "build",
        Event::ChampionPromoted(one) => one.by == RULE,
        Event::ChampionRolledBack(one) => one.by == RULE,
        _ => false,
    }
}
