//! Decisions at the edges of their bounds: the last case that passes and the first that does not, in exact numbers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test binary uses its own part")]
mod support;

use hyperspace_markspace::{
    AGENT_BYTES_MAX, Body, BoundaryOutcome, CONTENT_BYTES_MAX, ClaimOutcome, ConflictPolicy, Draft, MarkKind,
    ProbeResult, Query, Ratio, Refusal, Scheduler, Seq, Strength, Tick, TokenBudget, ToolOutcome,
    WATCH_QUEUE_MAX, WatchPattern,
};
use support::*;

fn calm() -> House {
    House::calm(ConflictPolicy::FirstWriter, false)
}

fn near(found: f64, exact: f64) {
    assert!((found - exact).abs() < 1e-9, "{found} is not {exact}");
}

#[test]
fn a_need_that_nobody_sees_does_not_open_the_barrier() {
    let house = calm();
    let ann = house.agent("ann", &["a"]);
    house.space.require_need(&house.authority, "ann", None).unwrap();
    let open = || house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c"));
    let ask = |strength| {
        let need = Draft::need("may I?", Ratio::HALF).with_strength(strength);
        house.space.write_mark(&ann, &scope("a"), need).unwrap()
    };
    assert!(matches!(open(), Err(Refusal::NeedRequired { .. })));
    ask(Strength::ZERO);
    assert!(house.space.all_needs(&house.authority).unwrap().is_empty());
    assert!(matches!(open(), Err(Refusal::NeedRequired { .. })), "no strength, no need");
    let need = ask(Strength::ONE);
    open().unwrap();
    house.space.write_mark(&ann, &scope("a"), Draft::warning("t", "never mind", Some(need))).unwrap();
    assert!(house.space.all_needs(&house.authority).unwrap().is_empty());
    assert!(matches!(open(), Err(Refusal::NeedRequired { .. })), "hidden behind a warning");
    house.clock.advance(HALF_LIFE);
    open().unwrap();
}

#[test]
fn names_and_results_have_their_bounds() {
    let house = calm();
    let longest = house.authority.issue(&"n".repeat(AGENT_BYTES_MAX), charter(&["a"]));
    assert!(house.space.write_mark(&longest, &scope("a"), Draft::observation("t", "c")).is_ok());
    let ann = house.agent("ann", &["a"]);
    let result_of = |resource: &str, bytes: usize| {
        let done =
            house.space.execute(&ann, &scope("a"), (resource, "edit"), Ratio::ONE, || Ok("x".repeat(bytes)));
        let ToolOutcome::Done { action, .. } = done else { panic!("{done:?}") };
        let view = house.space.get(&ann, action).unwrap().unwrap();
        let Body::Action { result: Some(text), .. } = view.mark.body().clone() else { panic!() };
        text
    };
    assert_eq!(result_of("r", CONTENT_BYTES_MAX), "x".repeat(CONTENT_BYTES_MAX));
    let cut = result_of("s", CONTENT_BYTES_MAX + 1);
    assert_eq!(cut.len(), CONTENT_BYTES_MAX);
    assert!(cut.ends_with("x… (cut)"));
    assert_eq!(result_of("t", 3), "xxx");
}

#[test]
fn a_conflict_names_the_others_and_a_renewed_claim_replaces_its_intent() {
    let house = calm();
    let (ann, bob, cid) =
        (house.agent("ann", &["a"]), house.agent("bob", &["a"]), house.agent("cid", &["a"]));
    let ClaimOutcome::Allow(first) = house.claim(&ann, "r", 1) else { panic!() };
    let ClaimOutcome::Conflict { intent: Some(second), conflicting, .. } = house.claim(&bob, "r", 1) else {
        panic!()
    };
    assert_eq!(conflicting, [first.intent()]);
    let ClaimOutcome::Conflict { intent: Some(third), winning, conflicting, .. } = house.claim(&cid, "r", 1)
    else {
        panic!()
    };
    assert_eq!((winning, conflicting), (first.intent(), vec![first.intent(), second]));
    let ClaimOutcome::Conflict { intent: Some(again), conflicting, .. } = house.claim(&bob, "r", 1) else {
        panic!()
    };
    assert_eq!(conflicting, [first.intent(), third]);
    let intents: Vec<Seq> = house.all("a").iter().map(|v| v.mark.seq()).collect();
    assert_eq!(intents.len(), 3);
    assert!(!intents.contains(&second) && intents.contains(&again));
}

fn allowed(house: &House, resource: &str) -> Vec<String> {
    let verdicts = house.space.resolve_deferred(&house.authority, &scope("a"), resource).unwrap();
    verdicts.into_iter().filter(|v| matches!(v.outcome, BoundaryOutcome::Allow)).map(|v| v.agent).collect()
}

#[test]
fn who_waits_keeps_its_turn_when_the_one_before_fails() {
    let house = House::calm(ConflictPolicy::FirstWriter, true);
    let (ann, bob) = (house.agent("ann", &["a"]), house.agent("bob", &["a"]));
    let (_, _) = (house.claim(&ann, "r", 1), house.claim(&bob, "r", 1));
    assert_eq!(allowed(&house, "r"), ["ann"]);
    assert!(allowed(&house, "r").is_empty(), "held");
    let permit = house.space.take_permit(&ann, Seq(0)).unwrap();
    house.space.post_action(&ann, permit, Err("broke".into())).unwrap();
    assert_eq!(allowed(&house, "r"), ["bob"], "a failed action bars nobody");
    let permit = house.space.take_permit(&bob, Seq(1)).unwrap();
    house.space.post_action(&bob, permit, Ok("done".into())).unwrap();
    assert!(house.space.holder(&scope("a"), "r").is_none());
    assert!(allowed(&house, "r").is_empty());
}

#[test]
fn collecting_drops_what_is_replaced_at_once_and_what_faded_after_its_grace() {
    let house = calm();
    let ann = house.agent("ann", &["a"]);
    let first = house.observe(&ann, "a", "t");
    house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "n").superseding(first)).unwrap();
    let nothing = Draft::observation("u", "c").with_strength(Strength::ZERO);
    house.space.write_mark(&ann, &scope("a"), nothing).unwrap();
    let collect = |grace| house.space.collect(&house.authority, grace).unwrap();
    let live = || house.space.standing(&house.authority, "ann").unwrap().marks;
    assert_eq!(live(), 2);
    assert_eq!(collect(600), 1, "the replaced one; the one without strength has its grace");
    assert_eq!((collect(600), live()), (0, 2));
    house.clock.advance(600);
    assert_eq!((collect(601), live()), (0, 2));
    assert_eq!((collect(600), live()), (1, 1));
    // A collected need, an intent and an action.
    let ToolOutcome::Done { .. } =
        house.space.execute(&ann, &scope("a"), ("r", "edit"), Ratio::ONE, || Ok("x".into()))
    else {
        panic!()
    };
    let need = house.space.write_mark(&ann, &scope("a"), Draft::need("q", Ratio::ONE)).unwrap();
    assert_eq!(collect(0), 1, "the intent that was acted under");
    house.space.answer_need(&house.authority, need, None).unwrap();
    assert_eq!(collect(0), 1);
    house.clock.advance(HALF_LIFE * 42);
    assert_eq!((collect(0), live()), (1, 1), "the action stays");
}

#[test]
fn an_intent_is_read_up_to_its_last_tick_and_a_token_budget_to_its_last_mark() {
    let house = calm();
    let ann = house.agent("ann", &["a", "b"]);
    house.clock.advance(TTL);
    let ClaimOutcome::Allow(_) = house.claim(&ann, "r", 1) else { panic!() };
    let found = |query: Query| house.space.read(&ann, &query).unwrap().len();
    house.clock.advance(TTL);
    assert_eq!(found(Query::new(scope("a")).of(MarkKind::Intent)), 1);
    house.clock.advance(1);
    assert_eq!(found(Query::new(scope("a")).of(MarkKind::Intent)), 0);
    // 200 bytes beside 9 of topic and 7 of content: 54 tokens each.
    let bea = house.agent("bea", &["b"]);
    for _ in 0..3 {
        house.observe(&bea, "b", "nine char");
    }
    // Six and a half half-lives leave more than a hundredth, seven do not.
    house.clock.advance(HALF_LIFE * 13 / 2);
    assert_eq!(found(Query::new(scope("b"))), 3);
    house.clock.advance(HALF_LIFE / 2);
    assert_eq!(found(Query::new(scope("b"))), 0);
    for _ in 0..3 {
        house.observe(&bea, "b", "nine char");
    }
    let within = |tokens| found(Query::new(scope("b")).about("nine char").within(tokens));
    assert_eq!([53, 54, 107, 108, 161, 162].map(within), [0, 1, 1, 2, 2, 3]);
}

#[test]
fn budgets_warn_at_their_share_rounded_up() {
    for (max, warn_at, first) in
        [(10, 750_000, 8), (7, 500_000, 4), (1_000, 1, 1), (9, 0, 1), (5, 1_000_000, 5)]
    {
        let house = calm();
        house.agent("ann", &["a"]);
        let budget = TokenBudget { warn_at: Ratio::millionths(warn_at), ..TokenBudget::new(None, Some(max)) };
        house.space.set_budget(&house.authority, "ann", budget).unwrap();
        let spend = |tokens| house.space.spend(&house.authority, "ann", 0, tokens).unwrap();
        let warned =
            || house.space.all_needs(&house.authority).unwrap().iter().map(|c| c.needs.len()).sum::<usize>();
        spend(first - 1);
        assert_eq!(warned(), 0, "{max} at {warn_at}");
        spend(1);
        assert_eq!(warned(), 1, "{max} at {warn_at}");
        // The same budget again does not warn again, a larger one arms the warning.
        house.space.set_budget(&house.authority, "ann", budget).unwrap();
        spend(1);
        assert_eq!(warned(), 1);
    }
}

#[test]
fn a_canary_is_answered_after_it_and_by_its_agent() {
    let house = calm();
    let (ann, bob) = (house.agent("ann", &["a", "diagnostics"]), house.agent("bob", &["diagnostics"]));
    let write = |who, draft| house.space.write_mark(who, &scope("diagnostics"), draft).unwrap();
    let judged = |canary| house.space.judge_probe(&house.authority, "ann", canary).unwrap();
    let canary = house.space.probe(&house.authority, "ann").unwrap();
    write(&ann, Draft::warning("t", "seen", Some(canary)));
    assert_eq!(judged(canary), ProbeResult::Healthy, "by number");
    let token = |canary| {
        let view = house.space.get(&bob, canary).unwrap().unwrap();
        let Body::Observation { content: Some(token), .. } = view.mark.body().clone() else { panic!() };
        token
    };
    let second = house.space.probe(&house.authority, "ann").unwrap();
    write(&ann, Draft::warning("t", &format!("saw {}", token(second)), None));
    assert_eq!(judged(second), ProbeResult::Healthy, "by text");
    let no_canary = write(&bob, Draft::observation("probe-canary", "token"));
    assert!(house.space.judge_probe(&house.authority, "ann", no_canary).is_err());
    let third = house.space.probe(&house.authority, "ann").unwrap();
    write(&ann, Draft::need(&token(third), Ratio::ONE));
    write(&ann, Draft::warning("t", "another", Some(second)));
    assert_eq!(
        judged(third),
        ProbeResult::Compromised,
        "a need is no answer, nor a warning of something else"
    );
}

#[test]
fn a_watch_that_is_never_fetched_keeps_the_newest() {
    let house = calm();
    let (ann, bob) = (house.agent("ann", &["a"]), house.agent("bob", &["a"]));
    house.space.subscribe(&bob, vec![WatchPattern::scope(scope("a"))]).unwrap();
    let seqs: Vec<Seq> = (0..WATCH_QUEUE_MAX + 3).map(|_| house.observe(&ann, "a", "t")).collect();
    let delivery = house.space.watched(&bob).unwrap();
    assert_eq!((delivery.marks.len(), delivery.dropped), (WATCH_QUEUE_MAX, 3));
    assert_eq!(delivery.marks[0].mark.seq(), seqs[3]);
    house.observe(&ann, "a", "t");
    assert_eq!(house.space.watched(&bob).unwrap().dropped, 0);
}

#[test]
fn a_limit_takes_the_strongest_and_not_the_newest() {
    let house = calm();
    let ann = house.agent("ann", &["a"]);
    let part = |n: u64| Strength::from_units(Strength::ONE.units() / 10 * n);
    let seqs = [9, 10, 3, 2].map(|tenths| {
        let draft = Draft::observation("t", "c").with_strength(part(tenths));
        house.space.write_mark(&ann, &scope("a"), draft).unwrap()
    });
    let strongest = Query { limit: 2, ..Query::new(scope("a")).about("t") };
    let found = |query: &Query| -> Vec<Seq> {
        house.space.read(&ann, query).unwrap().iter().map(|view| view.mark.seq()).collect()
    };
    assert_eq!(found(&strongest), [seqs[1], seqs[0]]);
    assert_eq!(found(&strongest.newest(2)), [seqs[3], seqs[2]]);
}

#[test]
fn strengths_add_up_for_those_who_see_them() {
    let house = House::sights();
    let (insider, stranger) = (house.agent("insider", &["a", "p", "c"]), house.stranger());
    for place in ["a", "p", "c", "a/x"] {
        house.observe(&insider, place, "t");
        house.observe(&insider, place, "t");
        house.observe(&insider, place, "u");
    }
    let sum =
        |who, place: &str, kind| house.space.reinforced(who, &scope(place), kind, "t").unwrap().as_f64();
    for (place, to_stranger) in [("a", 1.3), ("p", 1.3), ("c", 0.0), ("a/x", 1.3)] {
        near(sum(&insider, place, MarkKind::Observation), 1.3);
        near(sum(&stranger, place, MarkKind::Observation), to_stranger);
        near(sum(&insider, place, MarkKind::Warning), 0.0);
    }
}

#[test]
fn who_is_stopped_is_not_due_until_it_is_registered_again() {
    let mut scheduler = Scheduler::new();
    for name in ["ann", "bob"] {
        scheduler.register(name, 10).unwrap();
    }
    scheduler.stop("ann");
    assert_eq!(scheduler.due(Tick(5)), ["bob"]);
    scheduler.register("ann", 10).unwrap();
    assert_eq!(scheduler.tick(Tick(5), |_| Ok(()), |_| {}), ["ann", "bob"]);
    scheduler.stop("bob");
    assert!(scheduler.due(Tick(14)).is_empty());
    assert_eq!(scheduler.due(Tick(15)), ["ann"]);
}

#[test]
fn strengths_and_ratios_have_a_last_unit() {
    assert_eq!([39, 40, 41].map(|halvings| Strength::ONE.decayed(halvings * 7, 7).units()), [2, 1, 0]);
    assert_eq!(Ratio::millionths(1_000_001), Ratio::ONE);
    assert_eq!(Ratio::millionths(999_999).as_millionths(), 999_999);
}

#[test]
fn who_ranks_before_keeps_its_rank_after_the_holder_failed() {
    let house = House::calm(ConflictPolicy::HighestConfidence, false);
    let (ann, bob, cid) =
        (house.agent("ann", &["a"]), house.agent("bob", &["a"]), house.agent("cid", &["a"]));
    let ClaimOutcome::Allow(permit) = house.claim(&ann, "r", 5) else { panic!() };
    let ClaimOutcome::Conflict { intent: Some(waiting), .. } = house.claim(&bob, "r", 8) else { panic!() };
    house.space.post_action(&ann, permit, Err("broke".into())).unwrap();
    let ClaimOutcome::Conflict { winning, conflicting, reason, .. } = house.claim(&cid, "r", 7) else {
        panic!()
    };
    assert_eq!((winning, conflicting), (waiting, vec![waiting]));
    assert!(reason.contains("ranks before"), "{reason}");
    assert!(house.space.holder(&scope("a"), "r").is_none());
    assert!(matches!(house.claim(&bob, "r", 8), ClaimOutcome::Allow(_)));
}

#[test]
fn restoring_lifts_the_required_need_of_the_same_place_only() {
    let house = calm();
    let ann = house.agent("ann", &["a", "b"]);
    let (a, b) = (scope("a"), scope("b"));
    for place in [&a, &b] {
        house.space.require_need(&house.authority, "ann", Some(place.clone())).unwrap();
        house.space.narrow(&house.authority, "ann", Some(place.clone()), MarkKind::Observation).unwrap();
    }
    let write = |place, draft| house.space.write_mark(&ann, place, draft);
    house.space.restore(&house.authority, "ann", Some(a.clone()), MarkKind::Warning).unwrap();
    assert!(write(&a, Draft::warning("t", "r", None)).is_ok());
    assert!(matches!(write(&a, Draft::observation("t", "c")), Err(Refusal::Narrowed { .. })));
    assert!(matches!(write(&b, Draft::warning("t", "r", None)), Err(Refusal::NeedRequired { .. })));
    house.space.restore_all(&house.authority, "ann").unwrap();
    assert!(
        write(&a, Draft::observation("t", "c")).is_ok() && write(&b, Draft::observation("t", "c")).is_ok()
    );
}
