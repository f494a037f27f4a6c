//! P1 to P10: how marks fade, weigh and add up.

use hyperspace_markspace::{
    Body, ClaimOutcome, Decay, Draft, MarkKind, Query, Ratio, ScopeDef, Strength, ToolOutcome, TrustSource,
    reinforce,
};
use proptest::prelude::*;

use crate::cases;
use crate::history::{Cast, history};
use crate::support::*;

const SOURCES: [TrustSource; 3] =
    [TrustSource::Fleet, TrustSource::ExternalVerified, TrustSource::ExternalUnverified];

fn units() -> impl Strategy<Value = Strength> {
    (0..=Strength::ONE.units()).prop_map(Strength::from_units)
}

fn strengths() -> impl Strategy<Value = Vec<Strength>> {
    prop::collection::vec(units(), 0..20)
}

fn sum(strengths: &[Strength]) -> u64 {
    strengths.iter().map(|s| s.units()).sum()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn p01_observations_and_warnings_never_gain_strength(
        strength in units(), half_life in 1..5_000u64, waits in prop::collection::vec(0..3_000u64, 1..12),
        source in 0..3usize,
    ) {
        let house = House::new();
        let law = Decay { observation_half_life: half_life, warning_half_life: half_life, intent_ttl: 1 };
        house.define(ScopeDef::new(scope("a")).decaying(law));
        let ann = house.agent("ann", &["a"]);
        let body = Body::Observation {
            topic: "t".into(), content: None, confidence: Ratio::ONE, source: SOURCES[source],
        };
        house.space.write_mark(&ann, &scope("a"), Draft::new(body).with_strength(strength)).unwrap();
        let warning = Draft::warning("w", "r", None).with_strength(strength);
        house.space.write_mark(&ann, &scope("a"), warning).unwrap();
        let look = |topic: &str| {
            let found = house.space.read(&ann, &Query::new(scope("a")).about(topic).faint()).unwrap();
            found.first().map_or(Strength::ZERO, |view| view.strength)
        };
        let (mut before, mut age) = ((look("t"), look("w")), 0);
        prop_assert_eq!(before, (strength.weighted(SOURCES[source]), strength));
        for wait in waits {
            house.clock.advance(wait);
            age += wait;
            let now = (look("t"), look("w"));
            prop_assert!(now.0 <= before.0 && now.1 <= before.1, "{:?} {:?}", before, now);
            let exact = strength.as_f64() * 0.5f64.powf(age as f64 / half_life as f64);
            prop_assert!((now.1.as_f64() - exact).abs() < 1e-8, "{} is not {exact}", now.1.as_f64());
            before = now;
        }
    }

    #[test]
    fn p02_an_action_keeps_its_strength(waits in prop::collection::vec(0..1_000_000u64, 1..10)) {
        let house = House::contest(Default::default(), false);
        let ann = house.agent("ann", &["a"]);
        let done = house.space.execute(&ann, &scope("a"), ("r", "edit"), Ratio::ONE, || Ok("x".into()));
        let done = matches!(done, ToolOutcome::Done { .. });
        prop_assert!(done);
        for wait in waits {
            house.clock.advance(wait);
            house.space.collect(&house.authority, 0).unwrap();
            let actions = house.space.read(&ann, &Query::new(scope("a")).of(MarkKind::Action)).unwrap();
            prop_assert_eq!(actions.len(), 1);
            prop_assert_eq!(actions[0].strength, Strength::ONE);
        }
    }

    #[test]
    fn p03_without_new_marks_everything_transient_fades_to_nothing(steps in history()) {
        let house = House::contest(Default::default(), false);
        Cast::of(&house).play_all(&house, &steps);
        let transient = || -> u64 {
            let all = PLACES_ROOTS.iter().flat_map(|place| house.all(place));
            all.filter(|v| !matches!(v.mark.body().kind(), MarkKind::Action | MarkKind::Need))
                .map(|v| v.strength.units()).sum()
        };
        let before = transient();
        house.clock.advance(HALF_LIFE * 20);
        prop_assert!(transient() <= before.max(1) / 1_000 + 1);
        house.clock.advance(HALF_LIFE * 22);
        prop_assert_eq!(transient(), 0);
    }

    #[test]
    fn p04_an_intent_lives_for_its_time_and_no_longer(age in 0..2 * TTL) {
        let house = House::contest(Default::default(), false);
        let ann = house.agent("ann", &["a"]);
        let allowed = matches!(house.claim(&ann, "r", 5), ClaimOutcome::Allow(_));
        prop_assert!(allowed);
        house.clock.advance(age);
        prop_assert_eq!(house.all("a").len(), usize::from(age <= TTL));
        prop_assert_eq!(house.space.holder(&scope("a"), "r").is_some(), age <= TTL);
    }

    #[test]
    fn p05_an_open_need_keeps_its_strength(strength in units(), waits in prop::collection::vec(0..u32::MAX, 1..6)) {
        let house = House::contest(Default::default(), false);
        let ann = house.agent("ann", &["a"]);
        let draft = Draft::need("what?", Ratio::HALF).with_strength(strength);
        house.space.write_mark(&ann, &scope("a"), draft).unwrap();
        for wait in waits {
            house.clock.advance(u64::from(wait));
            let now = house.all("a").first().map_or(Strength::ZERO, |view| view.strength);
            prop_assert_eq!(now, strength);
        }
    }

    #[test]
    fn p06_more_trusted_sources_weigh_no_less(strength in units(), age in 0..10 * HALF_LIFE) {
        let weights = SOURCES.map(|source| strength.weighted(source).decayed(age, HALF_LIFE));
        prop_assert!(weights[0] >= weights[1] && weights[1] >= weights[2]);
        if strength.units() > 1_000 && age == 0 {
            prop_assert!(weights[0] > weights[1] && weights[1] > weights[2]);
        }
        let tenths = |w: Strength| (w.as_f64() / strength.as_f64().max(1e-9) * 10.0).round() as i64;
        if strength > Strength::FAINT {
            prop_assert_eq!(SOURCES.map(|s| tenths(strength.weighted(s))), [10, 7, 3]);
        }
    }

    #[test]
    fn p07_trust_never_amplifies_and_strength_stays_in_bounds(
        strength in prop_oneof![any::<f64>(), -0.5..1.5f64], source in 0..3usize,
    ) {
        match Strength::new(strength) {
            Ok(accepted) => {
                prop_assert!((0.0..=1.0).contains(&strength));
                prop_assert!(accepted.weighted(SOURCES[source]) <= accepted && accepted <= Strength::ONE);
            }
            Err(refusal) => {
                prop_assert!(!(0.0..=1.0).contains(&strength));
                prop_assert!(refusal.to_string().contains("initial_strength"));
            }
        }
    }

    #[test]
    fn p08_reinforcement_is_sublinear(strength in units(), count in 2..50usize) {
        let all = vec![strength; count];
        let together = reinforce(&all).units();
        if strength > Strength::ZERO {
            prop_assert!(together < sum(&all));
            prop_assert!(together >= strength.units());
        }
    }

    #[test]
    fn p09_reinforcement_is_bounded(strengths in strengths(), many in 0..10_000usize) {
        prop_assert!(reinforce(&strengths) <= Strength::CAP);
        let strongest = strengths.iter().max().map_or(0, |s| s.units());
        let exact = strongest + (sum(&strengths) - strongest) * 3 / 10;
        prop_assert_eq!(reinforce(&strengths).units(), exact.min(Strength::CAP.units()));
        let flood = reinforce(&vec![Strength::ONE; many]);
        prop_assert!(flood <= Strength::CAP);
        prop_assert_eq!(flood == Strength::CAP, many >= 5);
    }

    #[test]
    fn p10_adding_a_mark_never_lowers_the_sum(mut strengths in strengths(), another in units()) {
        let before = reinforce(&strengths);
        strengths.push(another);
        let after = reinforce(&strengths);
        prop_assert!(after >= before);
        if strengths.len() == 2 && before < Strength::CAP && another.units() > 10 {
            prop_assert!(after > before || before.units() + 3 * another.units() / 10 >= Strength::CAP.units());
        }
    }
}

const PLACES_ROOTS: [&str; 2] = ["a", "b"];
