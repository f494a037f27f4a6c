//! Tests the rule of the served champion on random histories.

use hyperspace_core::{RecordId, TreeId};
use hyperspace_eval::Score;
use proptest::prelude::*;

use super::state::is_decision;
use super::*;
use crate::record::candidate_id::CandidateId;
use crate::record::event::{
    ChampionPromoted, ChampionRolledBack, ContinuousStarted, DayBegun, Event, RowSetAside, RowsMeasured,
    RowsTaken, RulesSet, SeasonAdvanced, SeasonBegun, WorkPaused, WorkResumed,
};
use crate::stability::{RowTally, is_better};

fn tree(number: u64) -> TreeId {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    TreeId::from_bytes(bytes)
}

fn record(number: u64) -> RecordId {
    RecordId::from_bytes(*tree(number).as_bytes())
}

fn rules() -> RulesSet {
    RulesSet { canary_rows: 10, canary_days: 1, season_rows: 30, watch_rows: 40, ..RulesSet::default() }
}

/// A continuous run in memory: facts are appended with the decisions that follow.
struct History {
    state: ContinuousState,
    events: Vec<Event>,
    candidates: u64,
}

impl History {
    fn begin(rules: RulesSet) -> Self {
        let mut history = Self { state: ContinuousState::default(), events: Vec::new(), candidates: 0 };
        let (task, agent) = ("t".to_owned(), "a".to_owned());
        history.fact(ContinuousStarted { run: record(0), task, agent, tree: tree(0) });
        history.fact(rules);
        history.fact(DayBegun { day: 1, carried_calls: 0, carried_cost: 0 });
        history
    }

    fn fact(&mut self, event: impl Into<Event>) {
        self.try_fact(event).unwrap();
    }

    fn try_fact(&mut self, event: impl Into<Event>) -> Result<(), String> {
        let mut next = Some(event.into());
        while let Some(event) = next {
            self.state.apply(&event)?;
            self.events.push(event);
            next = self.state.due();
        }
        Ok(())
    }

    fn day(&mut self) {
        let day = self.state.day().unwrap() + 1;
        self.fact(DayBegun { day, carried_calls: 0, carried_cost: 0 });
    }

    fn rows(&mut self, rows: u64) {
        let batch = self.state.batches();
        self.fact(taken(batch, rows));
    }

    /// Makes the measurement that is due. `gained` and `lost` are counted against the champion.
    fn measured(&mut self, rows: u64, gained: u64, lost: u64, scored: bool) -> bool {
        let Some(due) = self.state.unmeasured() else { return false };
        let (gained, lost) = if due.role == "champion" { (0, 0) } else { (gained, lost) };
        self.fact(RowsMeasured {
            batch: due.batch,
            role: due.role.to_owned(),
            tree: due.tree,
            evaluation: record(due.batch),
            score: scored.then(Score::one),
            rows,
            gained,
            lost,
            fuel: 1,
            calls: 0,
            cost: 0,
            streams: Vec::new(),
            failed: None,
        });
        true
    }

    /// Commits a generation; `improves` makes its champion a new candidate.
    fn generation(&mut self, improves: bool) {
        if self.state.unmeasured().is_some() {
            return;
        }
        if self.state.season().is_none() {
            let (season, tree) = (self.state.seasons(), self.state.champion().unwrap());
            let batches = self.state.batches();
            self.fact(SeasonBegun { season, run: record(season), tree, batches });
        }
        let season = self.state.season().unwrap().clone();
        let generation = season.next;
        self.candidates += u64::from(improves && generation > 0);
        let (candidate, tree) = match season.best {
            Some(_) if improves && generation > 0 => {
                (CandidateId { generation, candidate: 0 }, tree(self.candidates))
            }
            Some(best) => best,
            None => (CandidateId { generation: 0, candidate: 0 }, self.state.champion().unwrap()),
        };
        let (season, record) = (season.number, record(generation));
        self.fact(SeasonAdvanced { season, generation, record, candidate, tree, fuel: 5, calls: 0, cost: 0 });
    }
}

fn taken(batch: u64, rows: u64) -> RowsTaken {
    RowsTaken {
        batch,
        source: "a.jsonl".to_owned(),
        read: 1,
        lines: rows,
        train: None,
        train_rows: rows,
        held_out: None,
        held_out_rows: 0,
        known_rows: 0,
        refused: None,
        refused_rows: 0,
        tail: None,
        problem: None,
    }
}

#[test]
fn a_candidate_serves_after_its_trial_and_not_before() {
    let mut history = History::begin(rules());
    history.generation(true);
    history.generation(true);
    let canary = history.state.canary().unwrap().tree;
    history.rows(12);
    assert!(history.measured(12, 0, 0, true) && history.measured(12, 4, 1, true));
    assert_eq!(history.state.champion(), Some(tree(0)), "a day has to pass");
    history.day();
    assert_eq!(history.state.champion(), Some(canary));
    assert_eq!(history.state.earlier(), [tree(0)]);
    assert!(history.state.season().is_none(), "the next season begins with it");
}

#[test]
fn a_worse_candidate_fails_and_is_not_tried_again() {
    for (gained, lost, scored) in [(0, 6, true), (0, 0, false)] {
        let mut history = History::begin(rules());
        history.generation(true);
        history.generation(true);
        let canary = history.state.canary().unwrap().tree;
        history.rows(6);
        history.measured(6, 0, 0, true);
        history.measured(6, gained, lost, scored);
        assert!(history.state.canary().is_none() && history.state.champion() == Some(tree(0)));
        history.generation(false);
        assert!(history.state.canary().is_none(), "{canary} was refused");
    }
}

#[test]
fn a_row_on_which_neither_has_a_score_fails_no_candidate() {
    for (failed, tried) in [(None, false), (Some(true), false), (Some(false), true)] {
        let mut history = History::begin(rules());
        history.generation(true);
        history.generation(true);
        history.rows(6);
        history.measured(6, 0, 0, false);
        let due = history.state.unmeasured().unwrap();
        history.fact(RowsMeasured {
            batch: due.batch,
            role: due.role.to_owned(),
            tree: due.tree,
            evaluation: record(due.batch),
            score: None,
            rows: 3,
            gained: 0,
            lost: 0,
            fuel: 1,
            calls: 0,
            cost: 0,
            streams: Vec::new(),
            failed,
        });
        assert_eq!(history.state.canary().is_some(), tried, "{failed:?}: recorded without it as before");
    }
}

#[test]
fn a_row_that_keeps_a_season_from_beginning_is_left_out_of_the_next_one() {
    let mut history = History::begin(rules());
    history.rows(3);
    let begun = |season| SeasonBegun { season, run: record(season), tree: tree(0), batches: 1 };
    let aside = |season| RowSetAside { season, row: "r1".to_owned(), why: "it raises".to_owned() };
    assert!(history.try_fact(aside(0)).is_err(), "no season waits");
    history.fact(begun(0));
    history.fact(aside(0));
    assert_eq!((history.state.season(), history.state.rows_set_aside()), (None, 1));
    history.fact(begun(1));
    assert!(history.try_fact(aside(1)).is_err(), "it is left out already");
}

#[test]
fn the_champion_before_serves_again_when_it_is_shown_to_be_better() {
    for (gained, champion_scored) in [(8, true), (0, false)] {
        let mut history = History::begin(RulesSet { canary_rows: 0, canary_days: 0, ..rules() });
        history.generation(true);
        history.generation(true);
        assert_eq!(history.state.champion(), Some(tree(1)));
        history.rows(8);
        history.measured(8, 0, 0, champion_scored);
        history.measured(8, gained, 0, true);
        assert_eq!(history.state.champion(), Some(tree(0)), "{gained}");
        assert!(matches!(history.events.last(), Some(Event::ChampionRolledBack(one)) if one.by == "rule"));
    }
}

#[test]
fn the_principal_promotes_and_rolls_back_while_work_is_paused() {
    let mut history = History::begin(rules());
    let pause = |why: &str| WorkPaused { day: 1, minute: 5, why: why.to_owned(), detail: String::new() };
    history.fact(pause("outage"));
    let act = |tree, before| ChampionPromoted {
        tree,
        before,
        by: "principal".to_owned(),
        reason: "tried by hand".to_owned(),
        request: Some("r1".to_owned()),
    };
    history.fact(act(tree(9), tree(0)));
    assert_eq!(history.state.champion(), Some(tree(9)));
    assert!(history.try_fact(act(tree(3), tree(9))).unwrap_err().contains("twice"), "one request is one act");
    let back = ChampionRolledBack {
        tree: tree(0),
        from: tree(9),
        by: "principal".to_owned(),
        reason: "worse".to_owned(),
        request: None,
    };
    history.fact(back.clone());
    assert_eq!(history.state.champion(), Some(tree(0)));
    assert!(history.try_fact(back).is_err(), "there is nothing to go back to");
    assert!(history.try_fact(SeasonBegun { season: 0, run: record(0), tree: tree(0), batches: 0 }).is_err());
    history.fact(WorkResumed { day: 1, minute: 6 });
    history.generation(false);
}

#[test]
fn budgets_are_exact_and_debts_of_fuel_are_paid_first() {
    let mut history = History::begin(RulesSet { fuel: Some(8), ..rules() });
    history.generation(false);
    assert_eq!(history.state.left().fuel, 3);
    history.generation(false);
    assert_eq!(history.state.spent_budget(), Some("fuel"));
    let next = |history: &mut History| {
        let season = history.state.season().unwrap();
        let (number, generation, best) = (season.number, season.next, season.best.unwrap());
        let (candidate, tree) = best;
        let record = record(generation);
        history.try_fact(SeasonAdvanced {
            season: number,
            generation,
            record,
            candidate,
            tree,
            fuel: 5,
            calls: 0,
            cost: 0,
        })
    };
    assert!(next(&mut history).unwrap_err().contains("budget of fuel"));
    history.day();
    assert_eq!(history.state.left().fuel, 6, "2 of 10 are owed");
    next(&mut history).unwrap();
    let mut history = History::begin(RulesSet { calls: Some(4), ..rules() });
    history.generation(false);
    history.rows(1);
    let due = history.state.unmeasured().unwrap();
    let measured = |calls| RowsMeasured {
        batch: 0,
        role: due.role.to_owned(),
        tree: due.tree,
        evaluation: record(0),
        score: None,
        rows: 1,
        gained: 0,
        lost: 0,
        fuel: 1,
        calls,
        cost: 0,
        streams: Vec::new(),
        failed: None,
    };
    assert!(history.state.clone().apply(&measured(5).into()).unwrap_err().contains("5 calls"));
    history.fact(DayBegun { day: 2, carried_calls: 1, carried_cost: 0 });
    history.fact(measured(5));
}

#[test]
fn schedules_may_go_over_midnight() {
    let night = RulesSet { from: 22 * 60, to: 6 * 60, ..rules() };
    assert!(night.is_active(23 * 60) && night.is_active(0) && !night.is_active(6 * 60));
    let day = RulesSet { from: 6 * 60, to: 22 * 60, ..rules() };
    assert!(day.is_active(6 * 60) && !day.is_active(22 * 60) && !day.is_active(0));
    assert!(RulesSet { held_out: 0, ..rules() }.check().is_err() && rules().check().is_ok());
}

#[derive(Debug, Clone)]
enum ContinuousStep {
    Day,
    Rows(u64),
    Measured { gained: u64, lost: u64, scored: bool },
    Generation(bool),
    Promote(u64),
    RollBack,
}

fn step() -> impl Strategy<Value = ContinuousStep> {
    prop_oneof![
        2 => Just(ContinuousStep::Day),
        3 => (1..12_u64).prop_map(ContinuousStep::Rows),
        8 => (0..6_u64, 0..6_u64, prop::bool::weighted(0.95))
            .prop_map(|(gained, lost, scored)| ContinuousStep::Measured { gained, lost, scored }),
        4 => any::<bool>().prop_map(ContinuousStep::Generation),
        1 => (1_000..1_010_u64).prop_map(ContinuousStep::Promote),
        1 => Just(ContinuousStep::RollBack),
    ]
}

fn run(steps: Vec<ContinuousStep>) -> History {
    let mut history = History::begin(rules());
    for step in steps {
        match step {
            ContinuousStep::Day => history.day(),
            ContinuousStep::Rows(rows) => history.rows(rows),
            ContinuousStep::Measured { gained, lost, scored } => {
                history.measured(12, gained, lost, scored);
            }
            ContinuousStep::Generation(improves) => history.generation(improves),
            ContinuousStep::Promote(number) => {
                let before = history.state.champion().unwrap();
                let (by, reason) = ("principal".to_owned(), "r".to_owned());
                if tree(number) != before {
                    history.fact(ChampionPromoted { tree: tree(number), before, by, reason, request: None });
                }
            }
            ContinuousStep::RollBack => {
                let from = history.state.champion().unwrap();
                if let Some(back) = history.state.earlier().last().copied() {
                    let (by, reason) = ("principal".to_owned(), "r".to_owned());
                    history.fact(ChampionRolledBack { tree: back, from, by, reason, request: None });
                }
            }
        }
    }
    history
}

/// Checks the rule on a journal, without the state that produced it.
fn check_rule(events: &[Event], rules: &RulesSet) -> Result<(), TestCaseError> {
    let (mut champion, mut earlier) = (tree(0), Vec::new());
    let mut trial: Option<(TreeId, u64, RowTally)> = None;
    let (mut watch, mut day, mut scored) = (RowTally::default(), 0, true);
    for (index, event) in events.iter().enumerate() {
        match event {
            Event::DayBegun(begun) => day = begun.day,
            Event::CanaryBegun(begun) => trial = Some((begun.tree, day, RowTally::default())),
            Event::RowsMeasured(one) => {
                let tally = RowTally { gained: one.gained, lost: one.lost, rows: one.rows };
                match one.role.as_str() {
                    "champion" => scored = one.score.is_some(),
                    "canary" => {
                        let (_, _, sum) = trial.as_mut().unwrap();
                        *sum = sum.plus(tally);
                    }
                    _ => {
                        watch = watch.plus(tally);
                        // No champion keeps serving after it was shown to be worse than the one before it.
                        let shown = is_better(watch, 1.0 - CONFIDENCE) || (one.score.is_some() && !scored);
                        let rolled_back = matches!(events.get(index + 1), Some(Event::ChampionRolledBack(one)) if one.by == "rule");
                        prop_assert_eq!(shown, rolled_back, "event {}", index);
                    }
                }
            }
            Event::ChampionPromoted(one) => {
                if one.by == "rule" {
                    let (candidate, begun, tally) = trial.take().unwrap();
                    prop_assert_eq!(candidate, one.tree);
                    prop_assert!(tally.rows >= rules.canary_rows && day - begun >= rules.canary_days);
                    prop_assert!(tally.gained >= tally.lost);
                }
                prop_assert_eq!(one.before, champion);
                earlier.push(champion);
                (champion, watch, trial) = (one.tree, RowTally::default(), None);
            }
            Event::ChampionRolledBack(one) => {
                prop_assert_eq!(Some(one.tree), earlier.pop());
                (champion, watch, trial) = (one.tree, RowTally::default(), None);
            }
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_champion_is_never_worse_than_the_rule_allows(steps in prop::collection::vec(step(), 0..120)) {
        let history = run(steps);
        check_rule(&history.events, &rules())?;
        let mut again = ContinuousState::default();
        for event in &history.events {
            again.apply(event).map_err(TestCaseError::fail)?;
            prop_assert_eq!(&Event::from_recorded(0, event.kind(), &event.body()).unwrap(), event);
        }
        prop_assert_eq!(again.champion(), history.state.champion());
    }

    #[test]
    fn a_decision_that_is_left_out_added_or_changed_is_found(steps in prop::collection::vec(step(), 20..120), at in any::<prop::sample::Index>()) {
        let events = run(steps).events;
        let decisions: Vec<usize> = (0..events.len()).filter(|index| is_decision(&events[*index])).collect();
        prop_assume!(!decisions.is_empty());
        let at = decisions[at.index(decisions.len())];
        let fold = |events: &[Event]| {
            let mut state = ContinuousState::default();
            events.iter().try_for_each(|event| state.apply(event)).map(|()| state.due())
        };
        let mut without = events.clone();
        without.remove(at);
        prop_assert!(!matches!(fold(&without), Ok(None)), "left out: {}", events[at].kind());
        let mut twice = events.clone();
        twice.insert(at, events[at].clone());
        prop_assert!(fold(&twice).is_err(), "twice: {}", events[at].kind());
    }
}
