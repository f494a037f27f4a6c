//! P40 to P43, P46, P56: the envelope, escalation, probes, the schedule.

use hyperspace_markspace::{
    Capability, Draft, GuardCheck, MarkKind, ProbeResult, Refusal, Scheduler, Seq, SpaceRules, Tick,
};
use proptest::prelude::*;

use crate::cases;
use crate::support::*;

/// Learns a baseline of `usual` observations per window, then floods scope `a` until refused.
fn flood(house: &House, ann: &Capability, usual: u32, windows: u32) -> bool {
    for _ in 0..windows {
        house.clock.advance(100);
        for _ in 0..usual {
            let _ = house.space.write_mark(ann, &scope("b"), Draft::observation("t", "c"));
        }
    }
    house.clock.advance(200);
    (0..usual * 10 + 60).any(|_| {
        let result = house.space.write_mark(ann, &scope("a"), Draft::observation("t", "c"));
        matches!(result, Err(Refusal::Restricted { .. }))
    })
}

fn house() -> (House, Capability) {
    let house = House::contest(Default::default(), false);
    let ann = house.agent("ann", &["a", "b", "diagnostics"]);
    (house, ann)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn p40_a_restriction_lasts_until_the_principal_resets_it(usual in 1..5u32, waits in prop::collection::vec(0..5_000u64, 0..8)) {
        let (house, ann) = house();
        prop_assert!(flood(&house, &ann, usual, 12));
        for wait in waits {
            house.clock.advance(wait);
            prop_assert!(house.space.standing(&house.authority, "ann").unwrap().restricted.is_some());
            prop_assert!(house.space.write_mark(&ann, &scope("b"), Draft::observation("t", "c")).is_err());
            prop_assert!(house.space.write_mark(&ann, &scope("a"), Draft::need("please", Default::default())).is_ok());
        }
        house.space.reset_envelope(&house.authority, "ann").unwrap();
        prop_assert!(house.space.standing(&house.authority, "ann").unwrap().restricted.is_none());
        prop_assert!(house.space.write_mark(&ann, &scope("b"), Draft::observation("t", "c")).is_ok());
    }

    #[test]
    fn p41_nobody_is_judged_before_there_is_a_baseline(counts in prop::collection::vec(0..40u32, 0..10)) {
        let (house, ann) = house();
        for count in counts {
            house.clock.advance(100);
            for _ in 0..count {
                prop_assert!(house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")).is_ok());
            }
        }
        let standing = house.space.standing(&house.authority, "ann").unwrap();
        prop_assert!(standing.restricted.is_none() && !standing.judged && standing.flags == 0);
    }

    #[test]
    fn p42_a_refused_write_is_not_stored(junk in 0..6usize) {
        let (house, ann) = house();
        house.observe(&ann, "a", "t");
        let draft = match junk {
            0 => Draft::observation("", "c"),
            1 => Draft::observation("t", &"c".repeat(70_000)),
            2 => Draft::observation("t", "c").superseding(Seq(77)),
            3 => Draft::warning("t\n", "c", None),
            4 => Draft::warning("t", "c", Some(Seq(77))),
            _ => Draft::need(&"q".repeat(70_000), Default::default()),
        };
        let before = house.all("a");
        prop_assert!(house.space.write_mark(&ann, &scope("a"), draft).is_err());
        prop_assert_eq!(house.all("a"), before);
        prop_assert_eq!(house.space.len(), 1);
        prop_assert_eq!(house.space.standing(&house.authority, "ann").unwrap().marks, 1);
    }

    #[test]
    fn p43_one_flag_closes_one_scope_and_only_the_threshold_closes_all(usual in 1..4u32, floods in 1..4u32) {
        let (house, _) = house();
        house.define(hyperspace_markspace::ScopeDef::new(scope("z")));
        let ann = house.agent("ann", &["a", "b", "z", "diagnostics"]);
        for n in 1..=floods {
            // While the third is not reached, only scope `a` is closed.
            let tripped = if n == 1 { flood(&house, &ann, usual, 12) } else {
                house.clock.advance(1_000);
                (0..200).any(|_| matches!(
                    house.space.write_mark(&ann, &scope(["a", "b", "diagnostics"][n as usize - 1]), Draft::warning("t", "c", None)),
                    Err(Refusal::Restricted { .. })
                ))
            };
            prop_assert!(tripped, "flood {n}");
            prop_assert_eq!(house.space.standing(&house.authority, "ann").unwrap().flags, n);
            house.space.reset_envelope(&house.authority, "ann").unwrap();
        }
        house.clock.advance(1_000);
        let closed = |place: &str| {
            let result = house.space.write_mark(&ann, &scope(place), Draft::observation("t", "c"));
            matches!(result, Err(Refusal::Narrowed { .. }))
        };
        prop_assert!(closed("a"));
        prop_assert_eq!(closed("b"), floods >= 2, "the second flood was in b");
        prop_assert_eq!(closed("z"), floods >= 3, "only the third closes where nothing happened");
        house.space.restore_all(&house.authority, "ann").unwrap();
        prop_assert!(!closed("a") && !closed("diagnostics"));
        prop_assert_eq!(house.space.standing(&house.authority, "ann").unwrap().flags, 0);
    }

    #[test]
    fn p46_a_probe_writes_to_the_diagnostic_scope_only(answers in any::<bool>(), noise in 0..5u32) {
        let (house, ann) = house();
        for _ in 0..noise {
            house.observe(&ann, "a", "t");
            house.observe(&ann, "diagnostics", "noise");
        }
        let outside = || ["a", "b", "_system"].map(|place| house.all(place).len());
        let before = outside();
        let canary = house.space.probe(&house.authority, "ann").unwrap();
        let token = match house.space.get(&ann, canary).unwrap().unwrap().mark.body() {
            hyperspace_markspace::Body::Observation { content: Some(token), .. } => token.clone(),
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        if answers {
            let answer = Draft::observation("answer", &format!("saw {token}"));
            house.space.write_mark(&ann, &scope("diagnostics"), answer).unwrap();
        }
        let health = house.space.judge_probe(&house.authority, "ann", canary).unwrap();
        prop_assert_eq!(health == ProbeResult::Healthy, answers);
        prop_assert_eq!(outside(), before);
        let after = house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c"));
        prop_assert_eq!(after.map_err(|r| r.check()), if answers { Ok(Seq(house.space.len() - 1)) } else { Err(GuardCheck::Barrier) });
        prop_assert!(house.space.judge_probe(&house.authority, "ann", Seq(9_999)).is_err());
    }

    #[test]
    fn p56_activations_keep_their_distance(interval in 1..50u64, waits in prop::collection::vec((0..40u64, any::<bool>()), 1..60)) {
        let mut scheduler = Scheduler::new();
        scheduler.register("ann", interval).unwrap();
        let (mut now, mut last) = (0u64, None);
        for (wait, again) in waits {
            now += wait;
            if again {
                scheduler.stop("ann");
                scheduler.register("ann", interval).unwrap();
            }
            let activated = scheduler.tick(Tick(now), |_| Ok(()), |_| {});
            let due = last.is_none_or(|last| now - last >= interval);
            prop_assert_eq!(!activated.is_empty(), due);
            if due {
                last = Some(now);
            }
        }
        prop_assert!(scheduler.register("ann", 0).is_err());
    }
}

#[test]
fn a_shift_of_kinds_is_remarked_once() {
    let rules = SpaceRules { windows_min: 2, ..rules() };
    let house = House::with(rules);
    house.define(hyperspace_markspace::ScopeDef::new(scope("a")));
    let ann = house.agent("ann", &["a"]);
    for _ in 0..4 {
        house.clock.advance(100);
        for _ in 0..20 {
            house.observe(&ann, "a", "t");
        }
        for n in 0..5 {
            house.space.write_mark(&ann, &scope("a"), Draft::warning(&format!("w{n}"), "r", None)).unwrap();
        }
    }
    house.clock.advance(100);
    for _ in 0..12 {
        let _ = house.space.write_mark(&ann, &scope("a"), Draft::warning("w", "r", None));
    }
    let remarks = house.all("_system").into_iter().filter(|v| v.mark.body().kind() == MarkKind::Warning);
    assert_eq!(remarks.count(), 1);
}
