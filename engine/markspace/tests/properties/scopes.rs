//! P19 to P27: who may write and see what, by scope.

use hyperspace_markspace::{
    Body, CapabilitySpec, Draft, Grant, GuardCheck, MarkKind, Query, Ratio, ScopeDef, ScopeVisibility,
    TrustSource,
};
use proptest::prelude::*;

use crate::cases;
use crate::support::*;

const KINDS: [MarkKind; 3] = [MarkKind::Observation, MarkKind::Warning, MarkKind::Need];

fn draft(kind: usize) -> Draft {
    match kind {
        0 => Draft::observation("t", "content"),
        1 => Draft::warning("t", "reason", None),
        _ => Draft::need("question", Ratio::HALF),
    }
}

fn name() -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof![Just("a"), Just("ab"), Just("b")], 1..4)
        .prop_map(|parts| parts.join("/"))
}

/// Whole parts, written anew and apart from the code under test.
fn inside(outer: &str, inner: &str) -> bool {
    format!("{inner}/").starts_with(&format!("{outer}/"))
}

fn has_content(body: &Body) -> bool {
    body.content_bytes() > 0
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn p19_a_write_passes_exactly_where_it_is_granted(held in name(), place in name(), granted in 0..3usize, kind in 0..3usize) {
        let house = House::new();
        for root in ["a", "ab", "b"] {
            house.define(ScopeDef::new(scope(root)));
        }
        let grants = vec![Grant { scope: scope(&held), kinds: vec![KINDS[granted]] }];
        let ann = house.authority.issue("ann", CapabilitySpec::new(grants).trusted(TrustSource::Fleet));
        let result = house.space.write_mark(&ann, &scope(&place), draft(kind));
        let may = inside(&held, &place) && granted == kind;
        prop_assert_eq!(result.is_ok(), may);
        prop_assert_eq!(house.space.len(), u64::from(may));
        if let Err(refusal) = result {
            prop_assert_eq!(refusal.check(), GuardCheck::Authority);
        }
    }

    #[test]
    fn p20_open_is_full_protected_is_projected_and_the_principal_sees_all(kinds in prop::collection::vec(0..3usize, 1..6)) {
        let house = House::sights();
        let (ann, stranger) = (house.agent("ann", &["a", "p", "c"]), house.stranger());
        for &kind in &kinds {
            for place in ["a", "p", "c"] {
                house.space.write_mark(&ann, &scope(place), draft(kind)).unwrap();
            }
        }
        for (place, count, full) in [("a", kinds.len(), true), ("p", kinds.len(), false), ("c", 0, false)] {
            let seen = house.space.read(&stranger, &Query::new(scope(place))).unwrap();
            prop_assert_eq!(seen.len(), count, "{}", place);
            prop_assert!(seen.iter().all(|v| v.mark.is_projected() != full && has_content(v.mark.body()) == full));
            prop_assert!(house.all(place).iter().all(|v| !v.mark.is_projected()));
            prop_assert_eq!(house.all(place).len(), kinds.len());
        }
    }

    #[test]
    fn p21_protected_content_is_for_readers_with_authority(kind in 0..3usize, held in name(), place in name()) {
        let house = House::new();
        for root in ["a", "ab", "b"] {
            house.define(ScopeDef::new(scope(root)).visible(ScopeVisibility::Protected));
        }
        let ann = house.agent("ann", &["a", "ab", "b"]);
        let reader = house.authority.issue("reader", CapabilitySpec::new(vec![]).reading(vec![scope(&held)]));
        let seq = house.space.write_mark(&ann, &scope(&place), draft(kind)).unwrap();
        let view = house.space.get(&reader, seq).unwrap().unwrap();
        prop_assert_eq!(has_content(view.mark.body()), inside(&held, &place));
        prop_assert_eq!(view.mark.id().is_some(), inside(&held, &place));
    }

    #[test]
    fn p22_classified_marks_do_not_exist_for_others(kinds in prop::collection::vec(0..3usize, 1..6), deep in name()) {
        let house = House::sights();
        let (ann, stranger) = (house.agent("ann", &["c"]), house.stranger());
        for &kind in &kinds {
            let seq = house.space.write_mark(&ann, &scope(&format!("c/{deep}")), draft(kind)).unwrap();
            prop_assert!(house.space.get(&stranger, seq).unwrap().is_none());
        }
        prop_assert!(house.space.read(&stranger, &Query::new(scope("c")).faint()).unwrap().is_empty());
        prop_assert!(house.space.needs(&stranger, None).unwrap().is_empty());
        let sum = house.space.reinforced(&stranger, &scope(&format!("c/{deep}")), MarkKind::Observation, "t").unwrap();
        prop_assert_eq!(sum.units(), 0, "nor does their strength");
        prop_assert_eq!(house.space.read(&ann, &Query::new(scope("c"))).unwrap().len(), kinds.len());
    }

    #[test]
    fn p23_a_grant_reaches_what_is_inside_and_nothing_beside(held in name(), place in name()) {
        prop_assert_eq!(scope(&held).contains(&scope(&place)), inside(&held, &place));
        let beside = format!("{held}x");
        prop_assert!(!scope(&held).contains(&scope(&beside)));
        let below = format!("{held}/x");
        prop_assert!(scope(&held).contains(&scope(&below)));
        prop_assert!(!scope(&below).contains(&scope(&held)));
    }

    #[test]
    fn p24_a_projection_keeps_everything_but_content(kind in 0..3usize, strength in 1..1_000u64) {
        let house = House::sights();
        let (ann, stranger) = (house.agent("ann", &["p"]), house.stranger());
        let strength = hyperspace_markspace::Strength::from_units(strength << 30);
        let seq = house.space.write_mark(&ann, &scope("p"), draft(kind).with_strength(strength)).unwrap();
        let full = house.space.get(&ann, seq).unwrap().unwrap();
        let part = house.space.get(&stranger, seq).unwrap().unwrap();
        prop_assert!(part.mark.is_projected() && !full.mark.is_projected());
        prop_assert_eq!(part.mark.body(), &full.mark.body().projected());
        prop_assert_eq!(part.mark.body().kind(), full.mark.body().kind());
        prop_assert_eq!(part.mark.body().subject(), full.mark.body().subject());
        prop_assert_eq!(
            (part.mark.seq(), part.mark.author(), part.mark.scope(), part.mark.created(), part.strength),
            (full.mark.seq(), full.mark.author(), full.mark.scope(), full.mark.created(), full.strength)
        );
        prop_assert_eq!(part.mark.initial_strength(), full.mark.initial_strength());
    }

    #[test]
    fn p25_classified_marks_are_never_projected(kinds in prop::collection::vec(0..3usize, 1..6)) {
        let house = House::new();
        house.define(ScopeDef::new(scope("top")));
        house.define(ScopeDef::new(scope("top/c")).visible(ScopeVisibility::Classified));
        house.define(ScopeDef::new(scope("top/p")).visible(ScopeVisibility::Protected));
        let (ann, stranger) = (house.agent("ann", &["top"]), house.stranger());
        for &kind in &kinds {
            for place in ["top", "top/c", "top/p"] {
                house.space.write_mark(&ann, &scope(place), draft(kind)).unwrap();
            }
        }
        let seen = house.space.read(&stranger, &Query::new(scope("top"))).unwrap();
        prop_assert_eq!(seen.len(), 2 * kinds.len());
        prop_assert!(seen.iter().all(|v| v.mark.scope() != &scope("top/c")));
    }

    #[test]
    fn p26_visibility_and_read_authority_are_inherited(deep in name(), sight in 0..3usize) {
        let house = House::sights();
        let root = ["a", "p", "c"][sight];
        let place = format!("{root}/{deep}");
        let (ann, stranger) = (house.agent("ann", &[root]), house.stranger());
        let seq = house.space.write_mark(&ann, &scope(&place), draft(0)).unwrap();
        let seen = house.space.get(&stranger, seq).unwrap();
        prop_assert_eq!(seen.map(|v| v.mark.is_projected()), [Some(false), Some(true), None][sight]);
        prop_assert!(house.space.get(&ann, seq).unwrap().is_some_and(|v| !v.mark.is_projected()));
        let hidden = House::new();
        hidden.define(ScopeDef::new(scope("a")));
        hidden.define(ScopeDef::new(scope("a/own")).visible(ScopeVisibility::Classified));
        let (ann, stranger) = (hidden.agent("ann", &["a"]), hidden.stranger());
        let seq = hidden.space.write_mark(&ann, &scope(&format!("a/own/{deep}")), draft(0)).unwrap();
        prop_assert!(hidden.space.get(&stranger, seq).unwrap().is_none(), "a stricter child stays strict");
    }

    #[test]
    fn p27_what_was_written_is_read_at_once(kinds in prop::collection::vec((0..3usize, name()), 1..12)) {
        let house = House::new();
        for root in ["a", "ab", "b"] {
            house.define(ScopeDef::new(scope(root)));
        }
        let ann = house.agent("ann", &["a", "ab", "b"]);
        for (kind, place) in kinds {
            let seq = house.space.write_mark(&ann, &scope(&place), draft(kind)).unwrap();
            let by_place = house.space.read(&ann, &Query::new(scope(&place)).of(KINDS[kind])).unwrap();
            prop_assert!(by_place.iter().any(|v| v.mark.seq() == seq));
            let newest = house.space.read(&ann, &Query::new(scope(&place)).newest(1)).unwrap();
            prop_assert_eq!(newest[0].mark.seq(), seq);
        }
    }
}
