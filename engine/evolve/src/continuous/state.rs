//! The state of a continuous run: a fold of its journal.
//!
//! Invariants: a decision is accepted exactly when it is due, and a fact only when no decision is; work is accepted only while it is not
//! paused and its day has budget left.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_core::{BlobId, RecordId, TreeId};
use serde::Serialize;

use super::rules::DAY_MINUTES;
use super::trial::RowsTrial;
use crate::record::candidate_id::CandidateId;
use crate::record::event::{
    CanaryBegun, CanaryEnded, ChampionPromoted, ChampionRolledBack, DayBegun, Event, RowsMeasured, RowsTaken,
    RulesSet, SeasonAdvanced, SeasonBegun, SeasonEnded, WorkPaused, WorkResumed,
};

/// The name of the rule that decides, and of the principal, in events.
pub(super) const RULE: &str = "rule";
pub(super) const PRINCIPAL: &str = "principal";

/// Spent in a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DaySpend {
    /// Calls of models.
    pub calls: u64,
    /// Picodollars.
    pub cost: u64,
    /// Fuel.
    pub fuel: u64,
}

/// The season at work.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeasonState {
    /// Its number.
    pub number: u64,
    /// Its run.
    pub run: RecordId,
    /// Batches that it knows.
    pub batches: u64,
    /// Its next generation; 0 before its seed was measured.
    pub next: u64,
    /// Its champion: candidate and files.
    pub best: Option<(CandidateId, TreeId)>,
    /// Rows taken before it began.
    rows_before: u64,
}

/// Rows that were taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TakenBatch {
    pub(super) train: Option<BlobId>,
    pub(super) held_out: Option<BlobId>,
    pub(super) rows: u64,
}

/// A measurement that has to be made next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueMeasurement {
    /// The batch.
    pub batch: u64,
    /// `champion`, `earlier` or `canary`.
    pub role: &'static str,
    /// Files of the agent.
    pub tree: TreeId,
}

/// A candidate that is tried on new rows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CanaryTrial {
    trial: RowsTrial,
    day: u64,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct ContinuousState {
    rules: Option<RulesSet>,
    champion: Option<TreeId>,
    /// The next batch that the champion is measured on.
    champion_next: u64,
    /// Its evaluations since it serves, by batch.
    evaluations: BTreeMap<u64, RecordId>,
    champion_scored: bool,
    earlier: Vec<TreeId>,
    watch: Option<RowsTrial>,
    canary: Option<CanaryTrial>,
    /// The candidate that passed, and why.
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
    /// Bytes and lines read of each source.
    sources: BTreeMap<String, (u64, u64)>,
    day: Option<u64>,
    spent: DaySpend,
    carried: DaySpend,
    /// Fuel that earlier days took beyond their budget.
    fuel_debt: u64,
    paused: Option<WorkPaused>,
    requests: BTreeSet<String>,
}

impl ContinuousState {
    /// Returns the decision that follows from the journal so far, if there is one.
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
            let waited = self.day.unwrap_or_default().saturating_sub(canary.day);
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
        let (season, day) = (season.number, self.day.unwrap_or_default());
        is_new.then(|| CanaryBegun { season, candidate, tree, day }.into())
    }

    fn season_end(&self, season: &SeasonState, rules: &RulesSet) -> Option<&'static str> {
        if self.season_over.is_some() {
            return self.season_over;
        }
        // A season whose seed has no score has no generation; one with a seed alone has not begun to work.
        let is_over = season.next != 1 && self.rows - season.rows_before >= rules.season_rows;
        (is_over && self.canary.is_none() && self.unmeasured().is_none()).then_some("rows")
    }

    /// Returns the measurement on new rows that has to be made next, if there is one.
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
        // Of several, the first: the champion's, which the others are compared with.
        all.min_by_key(|due| due.batch)
    }

    /// Adds the next event of the journal.
    ///
    /// # Errors
    ///
    /// The contradiction, in words.
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

    fn decide(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::CanaryBegun(begun) => {
                let trial = RowsTrial::new(begun.tree, self.batches.len() as u64);
                self.canary = Some(CanaryTrial { trial, day: begun.day });
            }
            Event::CanaryEnded(ended) => {
                self.canary = None;
                if ended.outcome == "passed" {
                    self.passed = Some((ended.tree, ended.why.clone()));
                } else {
                    self.refused.insert(ended.tree);
                }
            }
            Event::SeasonEnded(_) => self.end_season(),
            Event::ChampionPromoted(promoted) => self.promote(promoted.tree),
            Event::ChampionRolledBack(back) => self.roll_back(back)?,
            other => return Err(format!("{} is no decision", other.kind())),
        }
        Ok(())
    }

    fn end_season(&mut self) {
        self.ended = self.season.take().map(|season| (season.number, season.run));
        self.season_over = None;
    }

    fn promote(&mut self, tree: TreeId) {
        let next = self.batches.len() as u64;
        if let Some(before) = self.champion.replace(tree) {
            self.earlier.push(before);
            self.watch = Some(RowsTrial::new(before, next));
        }
        self.refused.remove(&tree);
        self.serve_anew("promoted");
    }

    fn roll_back(&mut self, back: &ChampionRolledBack) -> Result<(), String> {
        if self.earlier.last() != Some(&back.tree) {
            return Err("it rolls back to another champion than the last one".to_owned());
        }
        self.earlier.pop();
        self.champion = Some(back.tree);
        self.refused.insert(back.from);
        self.watch = None;
        self.serve_anew("rolled-back");
        Ok(())
    }

    /// Forgets what was about the champion before.
    fn serve_anew(&mut self, why: &'static str) {
        self.champion_next = self.batches.len() as u64;
        self.evaluations.clear();
        self.champion_scored = true;
        (self.canary, self.passed) = (None, None);
        self.season_over = self.season.as_ref().map(|_| why);
    }

    fn learn(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::RulesSet(rules) => {
                rules
                    .check()
                    .map_err(|(name, value, expected)| format!("{name} is {value}; expected {expected}"))?;
                self.rules = Some(rules.clone());
                Ok(())
            }
            _ if self.rules.is_none() => Err(format!("{} before rules.set", event.kind())),
            Event::DayBegun(begun) => self.begin_day(begun),
            _ if self.day.is_none() => Err(format!("{} before day.begun", event.kind())),
            Event::WorkPaused(paused) => self.pause(paused),
            Event::WorkResumed(resumed) => self.resume(resumed),
            Event::RowsTaken(taken) => self.take(taken),
            Event::SeasonBegun(begun) => self.begin_season(begun),
            Event::SeasonAdvanced(advanced) => self.advance(advanced),
            Event::RowsMeasured(measured) => self.measure(measured),
            Event::WorkAbandoned(one) => {
                if self.ended.take().is_none_or(|(season, _)| season != one.season) {
                    return Err(format!("season {} did not end just now", one.season));
                }
                self.spend(one.calls, one.cost, 0)
            }
            Event::SeasonEnded(ended) => {
                let same = self.season.as_ref().is_some_and(|season| season.number == ended.season);
                if !same || ended.why != "build" {
                    return Err("it ends no season of an earlier build".to_owned());
                }
                self.end_season();
                Ok(())
            }
            Event::ChampionPromoted(promoted) => {
                self.act(&promoted.request)?;
                if promoted.by != PRINCIPAL
                    || Some(promoted.before) != self.champion
                    || promoted.tree == promoted.before
                {
                    return Err("it promotes in place of another champion".to_owned());
                }
                self.promote(promoted.tree);
                Ok(())
            }
            Event::ChampionRolledBack(back) => {
                self.act(&back.request)?;
                if back.by != PRINCIPAL || Some(back.from) != self.champion {
                    return Err("it rolls back another champion".to_owned());
                }
                self.roll_back(back)
            }
            other => Err(format!("{} is no event of a continuous run", other.kind())),
        }
    }

    fn act(&mut self, request: &Option<String>) -> Result<(), String> {
        match request {
            Some(request) if !self.requests.insert(request.clone()) => {
                Err(format!("request {request} is there twice"))
            }
            _ => Ok(()),
        }
    }

    fn begin_day(&mut self, begun: &DayBegun) -> Result<(), String> {
        if self.day.is_some_and(|day| day >= begun.day) {
            return Err(format!("day {} does not follow day {}", begun.day, self.day.unwrap_or_default()));
        }
        let days = self.day.map_or(1, |day| begun.day - day);
        if let Some(budget) = self.rules.as_ref().and_then(|rules| rules.fuel) {
            let owed = self.fuel_debt.saturating_add(self.spent.fuel);
            self.fuel_debt = owed.saturating_sub(budget.saturating_mul(days));
        }
        self.day = Some(begun.day);
        self.spent = DaySpend::default();
        self.carried = DaySpend { calls: begun.carried_calls, cost: begun.carried_cost, fuel: 0 };
        Ok(())
    }

    fn pause(&mut self, paused: &WorkPaused) -> Result<(), String> {
        let known = ["schedule", "budget", "outage", "agent"].contains(&paused.why.as_str());
        let active = self.rules.as_ref().is_some_and(|rules| rules.is_active(paused.minute));
        if self.paused.is_some() || !known || Some(paused.day) != self.day || paused.minute >= DAY_MINUTES {
            return Err("it pauses twice, on another day, or for no reason".to_owned());
        }
        if paused.why == "schedule" && active {
            return Err(format!("the schedule has work in minute {}", paused.minute));
        }
        self.paused = Some(paused.clone());
        Ok(())
    }

    fn resume(&mut self, resumed: &WorkResumed) -> Result<(), String> {
        let active = self.rules.as_ref().is_some_and(|rules| rules.is_active(resumed.minute));
        if self.paused.take().is_none() || Some(resumed.day) != self.day || !active {
            return Err("it resumes what is not paused, or outside of the schedule".to_owned());
        }
        Ok(())
    }

    fn take(&mut self, taken: &RowsTaken) -> Result<(), String> {
        if taken.batch != self.batches.len() as u64 {
            return Err(format!("batch {} follows {} batches", taken.batch, self.batches.len()));
        }
        let rows = taken.train_rows + taken.held_out_rows;
        self.batches.push(TakenBatch { train: taken.train, held_out: taken.held_out, rows });
        self.rows += rows;
        self.refused_rows += taken.refused_rows;
        self.sources.insert(taken.source.clone(), (taken.read, taken.lines));
        Ok(())
    }

    fn begin_season(&mut self, begun: &SeasonBegun) -> Result<(), String> {
        self.works()?;
        let follows = self.season.is_none() && begun.season == self.seasons;
        if !follows || Some(begun.tree) != self.champion || begun.batches > self.batches.len() as u64 {
            return Err(format!("season {} does not begin with the champion that serves", begun.season));
        }
        let known = usize::try_from(begun.batches).unwrap_or(usize::MAX);
        let rows_before = self.batches.iter().take(known).map(|batch| batch.rows).sum();
        let (number, run, batches) = (begun.season, begun.run, begun.batches);
        self.season = Some(SeasonState { number, run, batches, next: 0, best: None, rows_before });
        self.seasons += 1;
        Ok(())
    }

    fn advance(&mut self, advanced: &SeasonAdvanced) -> Result<(), String> {
        self.works()?;
        if advanced.generation > 0 && self.unmeasured().is_some() {
            return Err("new rows are measured first".to_owned());
        }
        let season = self.season.as_mut().filter(|season| season.number == advanced.season);
        let season = season.ok_or_else(|| format!("season {} is not at work", advanced.season))?;
        if advanced.generation != season.next {
            return Err(format!("generation {} where {} is next", advanced.generation, season.next));
        }
        (season.next, season.best) = (advanced.generation + 1, Some((advanced.candidate, advanced.tree)));
        self.spend(advanced.calls, advanced.cost, advanced.fuel)
    }

    fn measure(&mut self, measured: &RowsMeasured) -> Result<(), String> {
        self.works()?;
        let due = self.unmeasured().filter(|due| {
            (due.batch, due.role, due.tree) == (measured.batch, measured.role.as_str(), measured.tree)
        });
        match due.ok_or("another measurement is due")?.role {
            "champion" => {
                self.champion_next = measured.batch + 1;
                self.champion_scored = measured.score.is_some();
                self.evaluations.insert(measured.batch, measured.evaluation);
            }
            "earlier" => {
                let scored = self.champion_scored;
                let watch_rows = self.rules.as_ref().map_or(0, |rules| rules.watch_rows);
                if let Some(watch) = &mut self.watch {
                    watch.add(measured, scored);
                }
                // Watched long enough, unless it is just shown to be better.
                self.watch.take_if(|watch| !watch.is_better() && watch.tally.rows >= watch_rows);
            }
            _ => {
                let scored = self.champion_scored;
                if let Some(canary) = &mut self.canary {
                    canary.trial.add(measured, scored);
                }
            }
        }
        self.spend(measured.calls, measured.cost, measured.fuel)
    }

    /// Checks that work is done now, in a day with budget.
    fn works(&self) -> Result<(), String> {
        match (&self.paused, self.spent_budget()) {
            (Some(paused), _) => Err(format!("work is paused: {}", paused.why)),
            (None, Some(resource)) => Err(format!("the day's budget of {resource} is spent")),
            (None, None) => Ok(()),
        }
    }

    fn spend(&mut self, calls: u64, cost: u64, fuel: u64) -> Result<(), String> {
        let spent = &mut self.spent;
        spent.calls = spent.calls.saturating_add(calls);
        spent.cost = spent.cost.saturating_add(cost);
        spent.fuel = spent.fuel.saturating_add(fuel);
        let budget = self.rules.as_ref().and_then(|rules| rules.calls);
        match budget.map(|budget| budget.saturating_add(self.carried.calls)) {
            Some(most) if self.spent.calls > most => {
                Err(format!("{} calls in a day of at most {most}", self.spent.calls))
            }
            _ => Ok(()),
        }
    }

    /// Returns the resource of which the day has nothing left.
    #[must_use]
    pub fn spent_budget(&self) -> Option<&'static str> {
        let left = self.left();
        let all = [("calls", left.calls), ("money", left.cost), ("fuel", left.fuel)];
        all.into_iter().find(|(_, left)| *left == 0).map(|(name, _)| name)
    }

    /// Returns what the day has left, with what earlier days paid of uncommitted work; of what has no budget, the largest number.
    #[must_use]
    pub fn left(&self) -> DaySpend {
        let rules = self.rules.clone().unwrap_or_default();
        let left = |budget: Option<u64>, carried: u64, spent: u64| {
            budget.map_or(u64::MAX, |budget| budget.saturating_add(carried).saturating_sub(spent))
        };
        let fuel = rules.fuel.map(|fuel| fuel.saturating_sub(self.fuel_debt));
        DaySpend {
            calls: left(rules.calls, self.carried.calls, self.spent.calls),
            cost: left(rules.cost, self.carried.cost, self.spent.cost),
            fuel: left(fuel, 0, self.spent.fuel),
        }
    }
}

impl ContinuousState {
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

    /// Returns the champions that served before it, the last one last.
    #[must_use]
    pub fn earlier(&self) -> &[TreeId] {
        &self.earlier
    }

    /// Returns the champion's evaluation of a batch, if it was measured on it.
    #[must_use]
    pub fn champion_evaluation(&self, batch: u64) -> Option<&RecordId> {
        self.evaluations.get(&batch)
    }

    /// Returns the comparison with the champion before, while it goes on.
    #[must_use]
    pub fn watch(&self) -> Option<&RowsTrial> {
        self.watch.as_ref()
    }

    /// Returns the candidate that is tried on new rows.
    #[must_use]
    pub fn canary(&self) -> Option<&RowsTrial> {
        self.canary.as_ref().map(|canary| &canary.trial)
    }

    /// Returns the season at work.
    #[must_use]
    pub fn season(&self) -> Option<&SeasonState> {
        self.season.as_ref()
    }

    /// Returns number and run of the season that ended last, until its abandoned work is noted.
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

    /// Returns the bytes and lines of a source that were read.
    #[must_use]
    pub fn read_of(&self, source: &str) -> (u64, u64) {
        self.sources.get(source).copied().unwrap_or_default()
    }

    /// Returns the day.
    #[must_use]
    pub fn day(&self) -> Option<u64> {
        self.day
    }

    /// Returns the spend of the day so far; what earlier days paid of it is in it.
    #[must_use]
    pub fn spent(&self) -> DaySpend {
        self.spent
    }

    /// Returns the pause, while work is paused.
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

/// Returns whether an event says what a rule decided.
pub(super) fn is_decision(event: &Event) -> bool {
    match event {
        Event::CanaryBegun(_) | Event::CanaryEnded(_) => true,
        Event::SeasonEnded(ended) => ended.why != "build",
        Event::ChampionPromoted(one) => one.by == RULE,
        Event::ChampionRolledBack(one) => one.by == RULE,
        _ => false,
    }
}
