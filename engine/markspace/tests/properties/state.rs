//! P28 to P35 and P47: what stays as it is, and what follows from what.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_markspace::{Draft, MarkId, MarkKind, Query, Ratio, ReadOrder, Seq, Strength, ToolOutcome};
use proptest::prelude::*;

use crate::cases;
use crate::history::{Cast, HistoryStep, history};
use crate::support::*;

fn ids(house: &House) -> BTreeMap<Seq, MarkId> {
    let all = ["a", "b", "_system"].iter().flat_map(|place| house.all(place));
    all.map(|v| (v.mark.seq(), v.mark.id().unwrap())).collect()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn p28_reading_changes_nothing(steps in history(), topic in 0..3usize, newest in any::<bool>()) {
        let house = House::contest(Default::default(), false);
        let mut cast = Cast::of(&house);
        cast.play_all(&house, &steps);
        let journal = house.space.journal();
        let order = if newest { ReadOrder::Newest } else { ReadOrder::Strongest };
        let query = Query { order, ..Query::new(scope("a")).about(["r", "s", "t"][topic]) };
        let first = house.space.read(&cast.agents[0], &query).unwrap();
        let _ = (house.space.needs(&cast.agents[0], None).unwrap(), house.all("b"));
        prop_assert_eq!(&first, &house.space.read(&cast.agents[0], &query).unwrap());
        prop_assert!(house.space.is_fold_of(&journal), "the state is what the journal says, reads apart");
    }

    #[test]
    fn p29_a_resolved_need_is_gone_at_once(steps in history(), question in "[a-z]{1,9}") {
        let house = House::contest(Default::default(), false);
        let cast = { let mut cast = Cast::of(&house); cast.play_all(&house, &steps); cast };
        let need = house.space.write_mark(&cast.agents[0], &scope("a"), Draft::need(&question, Ratio::ONE)).unwrap();
        let done = house.space.execute(&cast.agents[0], &scope("a/x"), ("fresh", "edit"), Ratio::ONE, || Ok("x".into()));
        let ToolOutcome::Done { action, .. } = done else { return Err(TestCaseError::fail(format!("{done:?}"))) };
        prop_assert!(house.space.resolve_need(&cast.agents[1], need, action).is_err(), "another's action");
        prop_assert!(house.all("a").iter().any(|v| v.mark.seq() == need));
        house.space.resolve_need(&cast.agents[0], need, action).unwrap();
        prop_assert!(house.all("a").iter().all(|v| v.mark.seq() != need));
        prop_assert!(house.space.resolve_need(&cast.agents[0], need, action).is_err(), "once");
        let told = house.space.resolution(&house.authority, need).unwrap();
        prop_assert_eq!(told, Some(("ann".to_owned(), Some(action))));
        let open = house.space.all_needs(&house.authority).unwrap();
        prop_assert!(open.iter().flat_map(|c| &c.needs).all(|n| n.seq() != need));
    }

    #[test]
    fn p30_marks_never_change(steps in history()) {
        let house = House::contest(Default::default(), false);
        let mut cast = Cast::of(&house);
        let mut known: BTreeMap<Seq, MarkId> = BTreeMap::new();
        for step in &steps {
            cast.play(&house, step);
            for (seq, id) in ids(&house) {
                prop_assert_eq!(*known.entry(seq).or_insert(id), id, "mark {} changed", seq);
            }
        }
    }

    #[test]
    fn p31_equal_content_is_two_marks(count in 2..12usize, topic in "[a-z]{1,5}") {
        let house = House::contest(Default::default(), false);
        let ann = house.agent("ann", &["a"]);
        let seqs: BTreeSet<Seq> = (0..count).map(|_| house.observe(&ann, "a", &topic)).collect();
        let digests: BTreeSet<MarkId> = ids(&house).into_values().collect();
        prop_assert_eq!((seqs.len(), digests.len()), (count, count));
    }

    #[test]
    fn p32_marks_are_totally_ordered_and_time_never_falls(steps in history(), back in 1..500u64) {
        let house = House::contest(Default::default(), false);
        let mut cast = Cast::of(&house);
        let mut last = None;
        for step in &steps {
            let before = house.space.len();
            cast.play(&house, step);
            for view in house.all("a").into_iter().filter(|v| v.mark.seq() >= Seq(before)) {
                let key = (view.mark.created(), view.mark.seq());
                prop_assert!(view.mark.seq().0 < house.space.len());
                last = last.max(Some(key));
            }
        }
        let newest = house.space.read_all(&house.authority, &Query { order: ReadOrder::Newest, ..Query::new(scope("a")).faint() }).unwrap();
        let keys: Vec<_> = newest.iter().map(|v| (v.mark.created(), v.mark.seq())).collect();
        prop_assert!(keys.windows(2).all(|pair| pair[0] > pair[1]), "time and number agree");
        let now = hyperspace_markspace::SpaceClock::now(&house.clock);
        house.observe(&cast.agents[0], "b", "t");
        house.clock.set(hyperspace_markspace::Tick(now.0 - back.min(now.0)));
        let before = house.space.len();
        prop_assert!(house.space.write_mark(&cast.agents[0], &scope("a"), Draft::observation("t", "c")).is_err());
        prop_assert_eq!(house.space.len(), before);
    }

    #[test]
    fn p33_a_hook_that_fails_harms_nothing(steps in history()) {
        let plain = House::contest(Default::default(), false);
        let mut hooked = House::contest(Default::default(), false);
        let seen = std::sync::Arc::new(std::sync::Mutex::new(vec![]));
        let note = seen.clone();
        hooked.space.add_hook(|_| panic!("on purpose"));
        hooked.space.add_hook(move |mark| note.lock().unwrap().push(mark.seq()));
        let quiet = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let told = [&plain, &hooked].map(|house| Cast::of(house).play_all(house, &steps));
        std::panic::set_hook(quiet);
        prop_assert_eq!(&told[0], &told[1]);
        prop_assert_eq!(seen.lock().unwrap().clone(), (0..hooked.space.len()).map(Seq).collect::<Vec<_>>());
    }

    #[test]
    fn p34_warnings_weaken_by_their_strength_and_never_below_nothing(strengths in prop::collection::vec(1..=1_000u64, 1..5), wait in 0..3_000u64) {
        let house = House::contest(Default::default(), false);
        let ann = house.agent("ann", &["a"]);
        let target = house.observe(&ann, "a", "t");
        let unit = |n: u64| Strength::from_units(Strength::ONE.units() / 1_000 * n);
        for &strength in &strengths {
            let draft = Draft::warning("w", "r", Some(target)).with_strength(unit(strength));
            house.space.write_mark(&ann, &scope("a"), draft).unwrap();
        }
        house.clock.advance(wait);
        let against: u64 = strengths.iter().map(|&s| unit(s).decayed(wait, HALF_LIFE / 2).units()).sum();
        let own = Strength::ONE.decayed(wait, HALF_LIFE).units();
        let found = house.space.get(&ann, target).unwrap().map_or(0, |v| v.strength.units());
        prop_assert_eq!(found, own.saturating_sub(against));
    }

    #[test]
    fn p35_what_was_warned_of_recovers_as_the_warning_fades(waits in prop::collection::vec(1..400u64, 1..20)) {
        let house = House::contest(Default::default(), false);
        let ann = house.agent("ann", &["a"]);
        let done = house.space.execute(&ann, &scope("a"), ("r", "edit"), Ratio::ONE, || Ok("x".into()));
        let ToolOutcome::Done { action, .. } = done else { return Err(TestCaseError::fail("not done")) };
        house.space.write_mark(&ann, &scope("b"), Draft::warning("w", "r", Some(action))).unwrap_err();
        let bea = house.agent("bea", &["a", "b"]);
        house.space.write_mark(&bea, &scope("b"), Draft::warning("w", "r", Some(action))).unwrap();
        let strength = || house.space.get(&ann, action).unwrap().map_or(Strength::ZERO, |v| v.strength);
        prop_assert_eq!(strength(), Strength::ZERO);
        let mut before = Strength::ZERO;
        for wait in waits {
            house.clock.advance(wait);
            prop_assert!(strength() >= before);
            before = strength();
        }
        house.clock.advance(HALF_LIFE * 42);
        prop_assert_eq!(strength(), Strength::ONE);
    }

    #[test]
    fn p47_of_a_chain_only_the_last_is_visible(length in 1..12usize, collects in prop::collection::vec(any::<bool>(), 12)) {
        let house = House::contest(Default::default(), false);
        let ann = house.agent("ann", &["a"]);
        let mut last = house.observe(&ann, "a", "t");
        for collect in collects.into_iter().take(length) {
            let draft = Draft::observation("t", "newer").superseding(last);
            last = house.space.write_mark(&ann, &scope("a"), draft.clone()).unwrap();
            prop_assert!(house.space.write_mark(&ann, &scope("a"), draft).is_err(), "nothing is replaced twice");
            if collect {
                house.space.collect(&house.authority, 0).unwrap();
            }
            let seen: Vec<Seq> = house.all("a").iter().map(|v| v.mark.seq()).collect();
            prop_assert_eq!(seen, [last]);
        }
    }

    #[test]
    fn collecting_never_changes_what_a_read_returns(steps in history(), wait in 0..50_000u64, grace in 0..500u64) {
        let houses = [House::contest(Default::default(), false), House::contest(Default::default(), false)];
        let mut seen = vec![];
        for (n, house) in houses.iter().enumerate() {
            let steps: Vec<HistoryStep> = steps.iter().filter(|s| !matches!(s, HistoryStep::Collect { .. })).cloned().collect();
            let mut cast = Cast::of(house);
            let told = cast.play_all(house, &steps);
            house.clock.advance(wait);
            if n == 1 {
                house.space.collect(&house.authority, grace).unwrap();
            }
            let reads = ["a", "b"].map(|place| house.all(place));
            house.clock.advance(wait / 2);
            let later = ["a", "b"].map(|place| house.all(place));
            let sum = house.space.reinforced(&cast.agents[0], &scope("a"), MarkKind::Observation, "t").unwrap();
            seen.push((told, reads, later, sum));
        }
        prop_assert_eq!(&seen[0], &seen[1]);
    }
}
