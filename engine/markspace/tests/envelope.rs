//! The envelope in exact numbers: what is usual, over which time, and what follows beyond it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test binary uses its own part")]
mod support;

use std::sync::Arc;

use hyperspace_markspace::{
    Authority, Body, Capability, ConflictPolicy, Detector, Draft, LogicalClock, MarkSpace, Ratio, Refusal,
    ScopeDef, Seq, SpaceRules, TOPIC_ENVELOPE, Tick,
};
use support::*;

fn near(found: f64, exact: f64) {
    assert!((found - exact).abs() < 1e-9, "{found} is not {exact}");
}

#[test]
fn a_baseline_is_median_and_mad_and_then_welfords() {
    // Deviations of 0, 10, 20, 40 from their median 15 are 5, 5, 15, 25: their median 10, times 1.4826.
    near(Detector::from_first(&[40, 0, 20, 10]).limit(10), 15.0 + 14.826);
    near(Detector::from_first(&[0, 40, 10]).limit(10), 10.0 + 14.826);
    near(Detector::from_first(&[0, 40, 10]).limit(35), 10.0 + 3.5 * 14.826);
    near(Detector::from_first(&[9]).limit(10), 9.0 + 3.0);
    near(Detector::from_first(&[]).limit(10), 1.0);
    // Mean 50, sum of squares 3,200 over 7 degrees of freedom.
    let mut learnt = Detector::default();
    [20, 40, 40, 40, 50, 50, 70, 90].into_iter().for_each(|count| learnt.feed(count));
    near(learnt.limit(10), 50.0 + (3_200.0f64 / 7.0).sqrt());
    // A spread below that of a Poisson process counts as that of one.
    let mut steady = Detector::default();
    [25, 25, 25].into_iter().for_each(|count| steady.feed(count));
    near(steady.limit(20), 25.0 + 2.0 * 5.0);
    // Continued after the first windows: 0, 10, 40 as median and MAD, then 20.
    let mut continued = Detector::from_first(&[0, 10, 40]);
    continued.feed(20);
    near(continued.limit(10), 12.5 + ((2.0 * 14.826f64.powi(2) + 10.0 * 7.5) / 3.0).sqrt());
}

/// Returns the number of observations that pass in one window before the envelope refuses.
fn until_refused(house: &House, who: &Capability) -> usize {
    let write = || house.space.write_mark(who, &scope("a"), Draft::observation("t", "c"));
    (0..10_000).take_while(|_| !matches!(write(), Err(Refusal::Restricted { .. }))).count()
}

#[test]
fn the_envelope_allows_exactly_what_is_usual() {
    // 100 per window expected: deviation 50, 3.5 of them above the mean.
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    house.space.seed_baseline(&house.authority, "ann", [0, 0, 3_600_000, 0, 0]).unwrap();
    assert_eq!(until_refused(&house, &ann), 100 + 175);
    // Four in each window: deviation 2, that of a Poisson process. The last windows are learnt one by one.
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let bob = house.agent("bob", &["a"]);
    for _ in 0..14 {
        house.clock.advance(100);
        for _ in 0..4 {
            house.observe(&bob, "a", "t");
        }
    }
    house.clock.advance(200);
    assert_eq!(until_refused(&house, &bob), 4 + 7);
    // What was counted since a reset is forgotten, the baseline is not, and the anomaly was not learnt.
    house.space.reset_envelope(&house.authority, "bob").unwrap();
    house.space.restore_all(&house.authority, "bob").unwrap();
    assert_eq!(until_refused(&house, &bob), 4 + 7);
    house.space.reset_envelope(&house.authority, "bob").unwrap();
    house.space.restore_all(&house.authority, "bob").unwrap();
    house.clock.advance(300);
    assert_eq!(until_refused(&house, &bob), 4 + 7);
}

#[test]
fn a_burst_is_counted_over_the_last_ten_tenths_of_a_window() {
    let burst = |gap: u64| {
        let house = House::contest(ConflictPolicy::FirstWriter, false);
        let ann = house.agent("ann", &["a"]);
        house.space.seed_baseline(&house.authority, "ann", [0; 5]).unwrap();
        house.clock.advance(1_000);
        // Three are usual of what is never expected.
        for _ in 0..3 {
            house.observe(&ann, "a", "t");
        }
        house.clock.advance(gap);
        house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")).is_err()
    };
    assert_eq!([0, 9, 10, 89, 90, 99].map(burst), [true; 6]);
    assert_eq!([100, 101, 109, 110, 250, 1_000, 1_095, 100_000].map(burst), [false; 8]);
}

#[test]
fn windows_are_aligned_to_time_and_begin_with_it() {
    // Thirty instants of one window are one window; nine more are not enough to judge, the eleventh begins after ten.
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    let judged = || house.space.standing(&house.authority, "ann").unwrap().judged;
    for _ in 0..30 {
        house.observe(&ann, "a", "t");
        house.clock.advance(3);
    }
    assert!(!judged());
    house.clock.set(Tick(1_000));
    for window in 11..=20 {
        assert!(!judged(), "{window}");
        house.clock.set(Tick(window * 100));
        house.observe(&ann, "a", "t");
    }
    assert!(judged());
    // What was counted in the very first tenth is forgotten like any other.
    let (authority, clock) = (Authority::new(), Arc::new(LogicalClock::at(Tick(0))));
    let space = MarkSpace::in_memory(&authority, clock.clone(), rules());
    space.define(&authority, ScopeDef::new(scope("a"))).unwrap();
    let bob = authority.issue("bob", charter(&["a"]));
    space.enrol(&bob).unwrap();
    space.seed_baseline(&authority, "bob", [0; 5]).unwrap();
    let passes =
        || (0..9).take_while(|_| space.write_mark(&bob, &scope("a"), Draft::observation("t", "c")).is_ok());
    for _ in 0..2 {
        assert_eq!((0..3).filter(|_| passes().next().is_some()).count(), 3);
        clock.advance(1_000);
    }
}

#[test]
fn a_shift_of_kinds_is_remarked_from_ten_marks_and_more_than_half_on() {
    let remarks = |observations: usize, warnings: usize| {
        let house = House::with(SpaceRules { windows_min: 1, ..rules() });
        house.define(ScopeDef::new(scope("a")));
        let ann = house.agent("ann", &["a"]);
        let write = |draft: Draft| drop(house.space.write_mark(&ann, &scope("a"), draft));
        // 20 observations and 20 warnings are usual.
        (0..20).for_each(|n| write(Draft::observation(&format!("o{n}"), "c")));
        (0..20).for_each(|n| write(Draft::warning(&format!("w{n}"), "r", None)));
        house.clock.advance(100);
        (0..observations).for_each(|_| write(Draft::observation("o", "c")));
        (0..warnings).for_each(|_| write(Draft::warning("w", "r", None)));
        house.all("_system").len()
    };
    assert_eq!(remarks(12, 0), 0, "all of one kind is half more than half of it");
    let needs = |count: usize, first: usize| {
        let house = House::with(SpaceRules { windows_min: 1, ..rules() });
        house.define(ScopeDef::new(scope("a")));
        let ann = house.agent("ann", &["a"]);
        for n in 0..20 {
            house.observe(&ann, "a", &format!("o{n}"));
        }
        house.clock.advance(100);
        for _ in 0..first {
            house.observe(&ann, "a", "o");
        }
        house.space.seed_baseline(&house.authority, "ann", [3_600_000; 5]).unwrap();
        let need = || drop(house.space.write_mark(&ann, &scope("a"), Draft::need("q", Ratio::HALF)));
        (0..count).for_each(|_| need());
        let all = house.all("_system");
        all.into_iter().map(|v| v.mark.body().clone()).collect::<Vec<_>>()
    };
    assert_eq!(needs(9, 0).len(), 0, "nine marks are too few to judge");
    assert_eq!(needs(10, 0).len(), 1, "ten are enough");
    let told = needs(25, 0);
    assert_eq!(told.len(), 1, "once per window");
    let Body::Warning { topic, reason, .. } = &told[0] else { panic!() };
    assert_eq!(topic, TOPIC_ENVELOPE);
    assert!(reason.contains("the share of kind Observation shifted by -1.00"), "{reason}");
    // Ten of each are a shift by one half; the eleventh need is more than that.
    assert_eq!(needs(10, 10).len(), 0);
    assert_eq!(needs(11, 10).len(), 1);
}

#[test]
fn concentration_counts_agents_once_per_topic_and_window() {
    let house = House::calm(ConflictPolicy::FirstWriter, false);
    let agents = ["ann", "bob", "cid", "dan"].map(|name| house.agent(name, &["a"]));
    let remarks = || house.all("_system").len();
    for _ in 0..5 {
        house.observe(&agents[0], "a", "t");
        house.observe(&agents[1], "a", "t");
    }
    house.observe(&agents[2], "a", "u");
    assert_eq!(remarks(), 0, "two agents, however often");
    house.observe(&agents[2], "a", "t");
    assert_eq!(remarks(), 1);
    house.observe(&agents[3], "a", "t");
    house.observe(&agents[2], "a", "t");
    assert_eq!(remarks(), 1, "once");
    house.clock.advance(100);
    house.observe(&agents[0], "a", "t");
    house.clock.advance(40);
    house.observe(&agents[1], "a", "t");
    assert_eq!(remarks(), 1, "another window begins anew");
    house.clock.advance(40);
    house.observe(&agents[2], "a", "t");
    assert_eq!(remarks(), 2);
    house.space.write_mark(&agents[3], &scope("a"), Draft::warning("x", "r", None)).unwrap();
    assert_eq!(remarks(), 2);
}

#[test]
fn who_left_its_envelope_loses_two_windows_of_observations_and_no_more() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    let seqs: Vec<Seq> = (0..13)
        .map(|_| {
            house.clock.advance(100);
            house.observe(&ann, "a", "t")
        })
        .collect();
    house.clock.advance(50);
    assert!(until_refused(&house, &ann) < 20);
    let weak = |seq: Seq| house.space.get(&ann, seq).unwrap().is_none();
    let lost: Vec<bool> = seqs.iter().map(|&seq| weak(seq)).collect();
    assert_eq!(lost.iter().filter(|lost| **lost).count(), 2, "{lost:?}");
    assert!(lost[11] && lost[12]);
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    house.space.seed_baseline(&house.authority, "ann", [0; 5]).unwrap();
    let old = house.observe(&ann, "a", "t");
    house.clock.advance(200);
    assert_eq!(until_refused(&house, &ann), 3);
    assert!(house.space.get(&ann, old).unwrap().is_some(), "two windows ago exactly is too long ago");
}
