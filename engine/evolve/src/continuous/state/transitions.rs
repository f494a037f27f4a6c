//! The events that change the state of a continuous run: decisions, which must be due, and facts, which are checked here.

use hyperspace_core::TreeId;

use super::super::day::DaySpend;
use super::super::rules::DAY_MINUTES;
use super::super::trial::RowsTrial;
use super::{CanaryTrial, ContinuousState, PRINCIPAL, SeasonState, SourcePosition, TakenBatch};
use crate::record::event::{
    ChampionRolledBack, Event, RowSetAside, RowsMeasured, RowsTaken, SeasonAdvanced, SeasonBegun, WorkPaused,
    WorkResumed,
};

impl ContinuousState {
    /// Applies a decision that was due.
    pub(super) fn decide(&mut self, event: &Event) -> Result<(), String> {
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

    /// Resets what was recorded about the previous champion, because another one serves now.
    fn serve_anew(&mut self, why: &'static str) {
        self.champion_next = self.batches.len() as u64;
        self.evaluations.clear();
        self.champion_scored = true;
        (self.canary, self.passed) = (None, None);
        self.season_over = self.season.as_ref().map(|_| why);
    }

    /// Checks a fact and applies it.
    pub(super) fn learn(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::RulesSet(rules) => {
                rules
                    .check()
                    .map_err(|(name, value, expected)| format!("{name} is {value}; expected {expected}"))?;
                self.rules = Some(rules.clone());
                Ok(())
            }
            _ if self.rules.is_none() => Err(format!("{} before rules.set", event.kind())),
            Event::DayBegun(begun) => self.day.begin(begun, self.rules.as_ref()),
            _ if self.day().is_none() => Err(format!("{} before day.begun", event.kind())),
            Event::WorkPaused(paused) => self.pause(paused),
            Event::WorkResumed(resumed) => self.resume(resumed),
            Event::RowsTaken(taken) => self.take(taken),
            Event::SeasonBegun(begun) => self.begin_season(begun),
            Event::SeasonAdvanced(advanced) => self.advance(advanced),
            Event::RowsMeasured(measured) => self.measure(measured),
            Event::RowSetAside(aside) => self.set_aside(aside),
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

    fn pause(&mut self, paused: &WorkPaused) -> Result<(), String> {
        let known = ["schedule", "budget", "outage", "agent"].contains(&paused.why.as_str());
        let active = self.rules.as_ref().is_some_and(|rules| rules.is_active(paused.minute));
        if self.paused.is_some() || !known || Some(paused.day) != self.day() || paused.minute >= DAY_MINUTES {
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
        if self.paused.take().is_none() || Some(resumed.day) != self.day() || !active {
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
        let RowsTaken { read: bytes, lines, tail, problem, .. } = taken.clone();
        self.sources.insert(taken.source.clone(), SourcePosition { bytes, lines, tail, problem });
        Ok(())
    }

    /// Leaves a row out of seasons, and ends the season that could not begin with it.
    fn set_aside(&mut self, aside: &RowSetAside) -> Result<(), String> {
        let waits = self.season.as_ref().is_some_and(|one| one.number == aside.season && one.next == 0);
        if !waits || !self.set_aside.insert(aside.row.clone()) {
            return Err("it is set aside already, or no season waits for it".to_owned());
        }
        self.end_season();
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
                // The watch is over after enough rows, unless the earlier champion has just been shown to be better.
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

    /// Checks that work may be done now: it is not paused, and the day has budget left.
    fn works(&self) -> Result<(), String> {
        match (&self.paused, self.spent_budget()) {
            (Some(paused), _) => Err(format!("work is paused: {}", paused.why)),
            (None, Some(resource)) => Err(format!("the day's budget of {resource} is spent")),
            (None, None) => Ok(()),
        }
    }

    fn spend(&mut self, calls: u64, cost: u64, fuel: u64) -> Result<(), String> {
        self.day.spend(DaySpend { calls, cost, fuel }, self.rules.as_ref())
    }
}
