//! One regression test per known defect of an earlier protocol implementation: each shows the defect absent.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test binary uses its own part")]
mod support;

use hyperspace_markspace::{
    Authority, Body, ClaimContender, ClaimOutcome, ConflictPolicy, Decay, Draft, GuardCheck, MarkKind,
    PolicyDecision, ProbeResult, Query, RateLimit, Ratio, Refusal, Scheduler, ScopeDef, ScopeVisibility, Seq,
    Strength, Tick, ToolOutcome, WatchPattern, winner,
};
use support::*;

fn classified_child() -> House {
    let house = House::new();
    house.define(ScopeDef::new(scope("hr")));
    house.define(ScopeDef::new(scope("hr/secret")).visible(ScopeVisibility::Classified));
    house
}

#[test]
fn m01_a_parent_read_does_not_open_a_classified_child() {
    let house = classified_child();
    let insider = house.agent("insider", &["hr"]);
    let seq = house.observe(&insider, "hr/secret", "salary");
    let stranger = house.stranger();
    assert!(house.space.read(&stranger, &Query::new(scope("hr"))).unwrap().is_empty());
    assert!(house.space.get(&stranger, seq).unwrap().is_none());
    assert_eq!(house.space.read(&insider, &Query::new(scope("hr"))).unwrap().len(), 1);
}

#[test]
fn m02_a_watch_does_not_deliver_what_may_not_be_read() {
    let house = classified_child();
    let (insider, stranger) = (house.agent("insider", &["hr"]), house.stranger());
    house.space.subscribe(&stranger, vec![WatchPattern::scope(scope("hr"))]).unwrap();
    house.observe(&insider, "hr/secret", "salary");
    let open = house.observe(&insider, "hr", "menu");
    let seen: Vec<Seq> = house.space.watched(&stranger).unwrap().marks.iter().map(|v| v.mark.seq()).collect();
    assert_eq!(seen, [open]);
}

#[test]
fn m03_a_writer_elsewhere_cannot_erase_marks_or_actions() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let (a, b) = (house.agent("ann", &["a"]), house.agent("bob", &["b"]));
    let mark = house.observe(&a, "a", "t");
    let ToolOutcome::Done { action, .. } =
        house.space.execute(&a, &scope("a"), ("r", "edit"), Ratio::HALF, || Ok("x".into()))
    else {
        panic!("alone on the resource")
    };
    for target in [mark, action] {
        let draft = Draft::observation("t", "gone").superseding(target);
        let refusal = house.space.write_mark(&b, &scope("b"), draft).unwrap_err();
        assert!(matches!(refusal, Refusal::ForeignMark { field: "supersedes", .. }), "{refusal}");
    }
    let peer = house.agent("peer", &["a"]);
    let draft = Draft::observation("t", "gone").superseding(action);
    assert!(house.space.write_mark(&peer, &scope("a"), draft).is_err(), "nor can a peer erase an action");
    assert_eq!(house.all("a").len(), 2);
}

#[test]
fn m04_a_warning_elsewhere_weakens_nothing_here() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let (a, b) = (house.agent("ann", &["a"]), house.agent("bob", &["b"]));
    let mark = house.observe(&a, "a", "t");
    let refusal = house.space.write_mark(&b, &scope("b"), Draft::warning("t", "no", Some(mark))).unwrap_err();
    assert!(matches!(refusal, Refusal::ForeignMark { field: "invalidates", .. }), "{refusal}");
    assert_eq!(house.all("a")[0].strength, Strength::ONE);
}

fn limited(per_agent: Option<u32>, total: Option<u32>) -> House {
    let house = House::new();
    let rate = RateLimit { per_agent_max: per_agent, total_max: total, window: 100 };
    house.define(ScopeDef::new(scope("a")).limited(rate));
    house
}

#[test]
fn m05_writing_into_children_does_not_get_around_a_limit() {
    let house = limited(Some(1), None);
    let ann = house.agent("ann", &["a"]);
    let write = |n: u32| {
        house.space.write_mark(&ann, &scope(&format!("a/{n}")), Draft::observation("t", "c")).is_ok()
    };
    assert_eq!((0..50).filter(|&n| write(n)).count(), 1);
    house.define(ScopeDef::new(scope("a/own")));
    assert!(house.space.write_mark(&ann, &scope("a/own"), Draft::observation("t", "c")).is_err());
}

#[test]
fn m06_who_may_not_write_uses_up_nothing() {
    let house = limited(None, Some(3));
    let (ann, stranger) = (house.agent("ann", &["a"]), house.stranger());
    for _ in 0..50 {
        let refusal =
            house.space.write_mark(&stranger, &scope("a"), Draft::observation("t", "c")).unwrap_err();
        assert_eq!(refusal.check(), GuardCheck::Authority);
    }
    assert!(house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")).is_ok());
}

#[test]
fn m07_narrowing_actions_stops_execute() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    house.space.narrow(&house.authority, "ann", None, MarkKind::Action).unwrap();
    let mut called = false;
    let execution = house.space.execute(&ann, &scope("a"), ("r", "edit"), Ratio::ONE, || {
        called = true;
        Ok(String::new())
    });
    assert!(
        matches!(execution, ToolOutcome::Refused(ClaimOutcome::Denied(Refusal::Narrowed { .. }))),
        "{execution:?}"
    );
    assert!(!called);
}

#[test]
fn m07b_narrowing_while_the_tool_runs_keeps_its_action_from_counting() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    let execution = house.space.execute(&ann, &scope("a"), ("r", "edit"), Ratio::ONE, || {
        house.space.narrow(&house.authority, "ann", None, MarkKind::Action).unwrap();
        Ok("done".into())
    });
    assert!(matches!(execution, ToolOutcome::Overtaken(Refusal::Narrowed { .. })), "{execution:?}");
    let marks = house.all("a");
    assert!(matches!(marks[0].mark.body(), Body::Action { failed: true, .. }), "{marks:?}");
}

#[test]
fn m08_an_agent_does_not_conflict_with_itself() {
    for policy in [ConflictPolicy::FirstWriter, ConflictPolicy::HighestConfidence, ConflictPolicy::YieldAll] {
        let house = House::contest(policy, false);
        let ann = house.agent("ann", &["a"]);
        let ClaimOutcome::Allow(first) = house.claim(&ann, "r", 500_000) else { panic!() };
        let ClaimOutcome::Allow(second) = house.claim(&ann, "r", 400_000) else { panic!() };
        assert!(house.space.post_action(&ann, first, Ok("x".into())).is_err(), "renewed");
        assert!(house.space.post_action(&ann, second, Ok("x".into())).is_ok());
    }
}

#[test]
fn m09_more_confidence_does_not_break_into_a_held_claim() {
    let house = House::contest(ConflictPolicy::HighestConfidence, false);
    let (ann, bob) = (house.agent("ann", &["a"]), house.agent("bob", &["a"]));
    let ClaimOutcome::Allow(permit) = house.claim(&ann, "r", 100_000) else { panic!() };
    let second = house.claim(&bob, "r", 1_000_000);
    assert!(
        matches!(second, ClaimOutcome::Conflict { winning, .. } if winning == permit.intent()),
        "{second:?}"
    );
    house.space.post_action(&ann, permit, Ok(String::new())).unwrap();
}

#[test]
fn m10_a_capability_of_the_same_name_with_more_scopes_is_refused() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    let forged = Authority::new().issue("ann", charter(&["a", "b"]));
    let refusal = house.space.write_mark(&forged, &scope("b"), Draft::observation("t", "c")).unwrap_err();
    assert_eq!(refusal.check(), GuardCheck::Credential);
    let wider = ann.attenuate_to(&charter(&["a", "b"]));
    assert!(house.space.write_mark(&wider, &scope("b"), Draft::observation("t", "c")).is_err());
    assert!(house.space.write_mark(&wider, &scope("a"), Draft::observation("t", "c")).is_ok());
}

#[test]
fn m11_initial_strength_is_bounded() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    for junk in [1e9, 1.000_001, -0.1, f64::NAN, f64::INFINITY] {
        assert!(Strength::new(junk).is_err(), "{junk}");
    }
    let strong = Draft::observation("t", "c").with_strength(Strength::from_units(u64::MAX));
    let refusal = house.space.write_mark(&ann, &scope("a"), strong).unwrap_err();
    assert!(refusal.to_string().contains("initial_strength"), "{refusal}");
}

#[test]
fn m12_losers_of_a_boundary_are_blocked_and_stay() {
    let house = House::contest(ConflictPolicy::HighestConfidence, true);
    let (ann, bob) = (house.agent("ann", &["a"]), house.agent("bob", &["a"]));
    let _ = (house.claim(&ann, "r", 1), house.claim(&bob, "r", 2));
    let verdicts = house.space.resolve_deferred(&house.authority, &scope("a"), "r").unwrap();
    use hyperspace_markspace::BoundaryOutcome::{Allow, Other};
    assert!(
        matches!(verdicts[0].outcome, Other(ClaimOutcome::Blocked { winning: Some(_), .. })),
        "{verdicts:?}"
    );
    assert!(matches!(verdicts[1].outcome, Allow));
    assert_eq!(house.all("a").len(), 2);
}

#[test]
fn m13_a_clock_that_goes_backwards_is_refused() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    house.observe(&ann, "a", "t");
    house.clock.set(Tick(1));
    let refusal = house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")).unwrap_err();
    assert_eq!(refusal, Refusal::ClockBackwards { now: Tick(1), last: Tick(1_000) });
    assert_eq!(house.space.len(), 1);
    assert!(house.space.read(&ann, &Query::new(scope("a"))).is_err());
    house.clock.set(Tick(1_000));
    assert_eq!(house.observe(&ann, "a", "t"), Seq(1));
}

#[test]
fn m14_content_is_not_shared_with_its_writer() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    let draft = Draft::observation("t", "before");
    let mut kept = draft.clone();
    let seq = house.space.write_mark(&ann, &scope("a"), draft).unwrap();
    let id = house.space.get(&ann, seq).unwrap().unwrap().mark.id();
    if let Body::Observation { content: Some(text), .. } = &mut kept.body {
        text.push_str(" after");
    }
    let view = house.space.get(&ann, seq).unwrap().unwrap();
    assert!(matches!(view.mark.body(), Body::Observation { content: Some(c), .. } if c == "before"));
    assert_eq!(view.mark.id(), id);
}

/// An agent with a baseline of one observation per window that then floods.
fn flooded(rules: hyperspace_markspace::SpaceRules) -> (House, hyperspace_markspace::Capability) {
    let house = House::with(rules);
    house.define(ScopeDef::new(scope("a")));
    let ann = house.agent("ann", &["a"]);
    for _ in 0..12 {
        house.clock.advance(100);
        house.observe(&ann, "a", "t");
    }
    house.clock.advance(100);
    let flood = (0..20).map(|_| house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")));
    assert!(flood.into_iter().any(|r| matches!(r, Err(Refusal::Restricted { .. }))));
    (house, ann)
}

#[test]
fn m15_only_the_principal_lifts_a_restriction() {
    let (house, ann) = flooded(rules());
    let other = Authority::new();
    assert_eq!(house.space.reset_envelope(&other, "ann"), Err(Refusal::NotPrincipal));
    house.space.seed_baseline(&house.authority, "ann", [1_000_000; 5]).unwrap();
    assert!(
        house.space.standing(&house.authority, "ann").unwrap().restricted.is_some(),
        "a baseline resets nothing"
    );
    house.clock.advance(10_000);
    let again = house.space.write_mark(&ann, &scope("a"), Draft::warning("t", "c", None));
    assert!(
        matches!(again, Err(Refusal::Restricted { .. } | Refusal::NeedRequired { .. })),
        "time resets nothing"
    );
    house.space.reset_envelope(&house.authority, "ann").unwrap();
    house.space.restore_all(&house.authority, "ann").unwrap();
    house.observe(&ann, "a", "t");
}

#[test]
fn m16_the_envelope_sees_floods_of_intents() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    for _ in 0..12 {
        house.clock.advance(100);
        house.observe(&ann, "a", "t");
    }
    house.clock.advance(100);
    let denied = (0..20).any(|n| {
        matches!(house.claim(&ann, &format!("r{n}"), 1), ClaimOutcome::Denied(Refusal::Restricted { .. }))
    });
    assert!(denied);
}

struct Panics;
impl hyperspace_markspace::ContentPolicy for Panics {
    fn name(&self) -> &str {
        "panics"
    }
    fn judge(&self, _: &str, _: &hyperspace_markspace::ScopeName, _: &str, _: &str) -> PolicyDecision {
        panic!("on purpose")
    }
}

#[test]
fn m17_wrong_doors_and_broken_policies_leave_events() {
    let mut house = House::contest(ConflictPolicy::FirstWriter, false);
    house.space.add_policy(Box::new(Panics));
    let ann = house.agent("ann", &["a"]);
    let action = Body::Action {
        resource: "r".into(),
        action: "x".into(),
        result: None,
        failed: false,
        intent: Seq(0),
    };
    let before = house.events().len();
    assert_eq!(
        house.space.write_mark(&ann, &scope("a"), Draft::new(action)).unwrap_err().check(),
        GuardCheck::Door
    );
    assert_eq!(house.events().len(), before + 1);
    assert_eq!(house.events().last().unwrap().check, Some(GuardCheck::Door));
    let refusal = house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")).unwrap_err();
    assert!(matches!(refusal, Refusal::Policy { .. }));
    assert_eq!(house.events().last().unwrap().check, Some(GuardCheck::Policy));
}

#[test]
fn m18_a_conflict_with_an_action_names_the_winning_intent() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let (ann, bob) = (house.agent("ann", &["a"]), house.agent("bob", &["a"]));
    let ClaimOutcome::Allow(permit) = house.claim(&ann, "r", 1) else { panic!() };
    let intent = permit.intent();
    house.space.post_action(&ann, permit, Ok(String::new())).unwrap();
    let verdict = house.claim(&bob, "r", 1);
    assert!(matches!(verdict, ClaimOutcome::Conflict { winning, .. } if winning == intent), "{verdict:?}");
}

#[test]
fn m19_registering_again_does_not_make_an_agent_due() {
    let mut scheduler = Scheduler::new();
    scheduler.register("ann", 100).unwrap();
    assert_eq!(scheduler.tick(Tick(10), |_| Ok(()), |_| {}), ["ann"]);
    scheduler.register("ann", 100).unwrap();
    assert!(scheduler.due(Tick(109)).is_empty());
    assert_eq!(scheduler.due(Tick(110)), ["ann"]);
}

#[test]
fn m20_a_restricted_agent_can_state_its_need() {
    let (house, ann) = flooded(rules());
    let need = house.space.write_mark(&ann, &scope("a"), Draft::need("what now?", Ratio::HALF));
    assert!(need.is_ok(), "{need:?}");
}

#[test]
fn m21_marks_fade_by_their_own_scope() {
    let house = House::new();
    let slow = Decay { observation_half_life: 1_000_000, ..decay() };
    house.define(ScopeDef::new(scope("a")).decaying(slow));
    house.define(ScopeDef::new(scope("a/fast")).decaying(Decay { observation_half_life: 10, ..decay() }));
    let ann = house.agent("ann", &["a"]);
    house.observe(&ann, "a/fast", "t");
    house.clock.advance(20);
    let view = &house.all("a")[0];
    assert_eq!(view.strength, Strength::from_units(Strength::ONE.units() / 4));
}

#[test]
fn m22_a_kind_never_seen_is_anomalous_and_edges_of_windows_hide_nothing() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    for _ in 0..12 {
        house.clock.advance(100);
        house.observe(&ann, "a", "t");
    }
    house.clock.advance(100);
    let never_seen =
        (0..10).any(|_| house.space.write_mark(&ann, &scope("a"), Draft::warning("t", "c", None)).is_err());
    assert!(never_seen);

    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    for _ in 0..12 {
        house.clock.advance(100);
        house.observe(&ann, "a", "t");
    }
    // Four are usual in a window; three at its end and three at the beginning of the next are a burst of six.
    house.clock.set(Tick(2_395));
    for _ in 0..3 {
        house.observe(&ann, "a", "t");
    }
    house.clock.set(Tick(2_401));
    let straddling =
        (0..3).any(|_| house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")).is_err());
    assert!(straddling);
}

#[test]
fn m23_ties_break_the_same_way_under_every_policy() {
    let tied = [7, 3, 5].map(|n| ClaimContender { intent: Seq(n), since: Seq(n), confidence: Ratio::HALF });
    for policy in [ConflictPolicy::FirstWriter, ConflictPolicy::HighestConfidence] {
        assert_eq!(winner(policy, &tied), Some(Seq(3)));
    }
}

#[test]
fn m24_attempts_while_restricted_add_neither_flags_nor_needs() {
    let (house, ann) = flooded(rules());
    for _ in 0..10 {
        house.clock.advance(3);
        assert!(house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")).is_err());
    }
    assert_eq!(house.space.standing(&house.authority, "ann").unwrap().flags, 1);
    let needs = house.space.all_needs(&house.authority).unwrap();
    assert_eq!(needs.iter().map(|c| c.needs.len()).sum::<usize>(), 1);
}

#[test]
fn m25_a_mark_that_never_was_cannot_be_replaced() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    let draft = Draft::observation("t", "c").superseding(Seq(99));
    let refusal = house.space.write_mark(&ann, &scope("a"), draft).unwrap_err();
    assert_eq!(refusal, Refusal::UnknownMark { field: "supersedes", mark: Seq(99) });
    assert_eq!(house.space.len(), 0);
}

#[test]
fn m26_the_latest_of_one_instant_is_the_last_written() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    let last = (0..5).map(|_| house.observe(&ann, "a", "t")).last().unwrap();
    let query = Query::new(scope("a")).about("t").newest(1);
    assert_eq!(house.space.read(&ann, &query).unwrap()[0].mark.seq(), last);
    assert_eq!(house.space.read(&ann, &Query::new(scope("a")).about("t")).unwrap()[0].mark.seq(), last);
}

#[test]
fn a_probe_that_is_not_answered_closes_the_agent_out() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a", "diagnostics"]);
    let canary = house.space.probe(&house.authority, "ann").unwrap();
    house.observe(&ann, "diagnostics", "unrelated");
    assert_eq!(house.space.judge_probe(&house.authority, "ann", canary).unwrap(), ProbeResult::Compromised);
    let refusal = house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")).unwrap_err();
    assert_eq!(refusal.check(), GuardCheck::Barrier);
}
