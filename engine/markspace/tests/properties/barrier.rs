//! P44 and P45: the barrier only narrows, and only the principal widens it.

use hyperspace_markspace::{Authority, Draft, MarkKind, Refusal, ScopeDef, Seq, TokenBudget};
use proptest::prelude::*;

use crate::cases;
use crate::history::PLACES;
use crate::support::*;

const KINDS: [MarkKind; 3] = [MarkKind::Observation, MarkKind::Warning, MarkKind::Need];

fn draft(kind: usize) -> Draft {
    [Draft::observation("t", "c"), Draft::warning("t", "c", None), Draft::need("q", Default::default())][kind]
        .clone()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn p44_what_is_closed_stays_closed_until_it_is_restored(
        steps in prop::collection::vec((prop::option::of(0..4usize), 0..3usize, any::<bool>()), 1..10),
    ) {
        let house = House::contest(Default::default(), false);
        let ann = house.agent("ann", &["a", "b"]);
        let passes = |place: usize, kind: usize| {
            let result = house.space.write_mark(&ann, &scope(PLACES[place]), draft(kind));
            !matches!(result, Err(Refusal::Narrowed { .. }))
        };
        let mut closed: Vec<(Option<usize>, usize)> = vec![];
        for (place, kind, restores) in steps {
            let at = place.map(|place| scope(PLACES[place]));
            if restores {
                house.space.restore(&house.authority, "ann", at, KINDS[kind]).unwrap();
                closed.retain(|&held| held != (place, kind));
            } else {
                house.space.narrow(&house.authority, "ann", at, KINDS[kind]).unwrap();
                closed.push((place, kind));
            }
            for (place, name) in PLACES.iter().enumerate() {
                for kind in 0..3 {
                    let hit = closed.iter().any(|&(held, k)| {
                        k == kind && held.is_none_or(|held| format!("{name}/").starts_with(&format!("{}/", PLACES[held])))
                    });
                    prop_assert_eq!(passes(place, kind), !hit);
                }
            }
        }
    }

    #[test]
    fn p45_nobody_but_the_principal_widens_anything(which in 0..12usize) {
        let house = House::contest(Default::default(), false);
        let ann = house.agent("ann", &["a"]);
        house.observe(&ann, "a", "t");
        house.space.narrow(&house.authority, "ann", None, MarkKind::Warning).unwrap();
        let (journal, other) = (house.space.journal(), Authority::new());
        let space = &house.space;
        let result = match which {
            0 => space.restore(&other, "ann", None, MarkKind::Warning),
            1 => space.restore_all(&other, "ann"),
            2 => space.reset_envelope(&other, "ann"),
            3 => space.seed_baseline(&other, "ann", [1; 5]),
            4 => space.narrow(&other, "ann", None, MarkKind::Need),
            5 => space.require_need(&other, "ann", None),
            6 => space.define(&other, ScopeDef::new(scope("z"))),
            7 => space.retract(&other, Seq(0), "why"),
            8 => space.collect(&other, 0).map(|_| ()),
            9 => space.set_budget(&other, "ann", TokenBudget::new(None, None)),
            10 => space.read_all(&other, &hyperspace_markspace::Query::new(scope("a"))).map(|_| ()),
            _ => space.resolve_deferred(&other, &scope("a"), "r").map(|_| ()),
        };
        prop_assert_eq!(result, Err(Refusal::NotPrincipal));
        prop_assert!(space.is_fold_of(&journal));
        prop_assert_eq!(space.journal().len(), journal.len());
    }

    #[test]
    fn a_required_need_is_required_where_it_says(place in 0..4usize, need_at in 0..4usize) {
        let house = House::contest(Default::default(), false);
        let (ann, bob) = (house.agent("ann", &["a", "b"]), house.agent("bob", &["a", "b"]));
        house.space.require_need(&house.authority, "ann", Some(scope(PLACES[place]))).unwrap();
        let write = |who| house.space.write_mark(who, &scope(PLACES[place]), draft(0));
        let required = matches!(write(&ann), Err(Refusal::NeedRequired { .. }));
        prop_assert!(required && write(&bob).is_ok());
        house.space.write_mark(&bob, &scope(PLACES[place]), draft(2)).unwrap();
        prop_assert!(write(&ann).is_err(), "another's need does not count");
        let need = house.space.write_mark(&ann, &scope(PLACES[need_at]), draft(2)).unwrap();
        let counts = format!("{}/", PLACES[need_at]).starts_with(&format!("{}/", PLACES[place]));
        prop_assert_eq!(write(&ann).is_ok(), counts);
        house.space.answer_need(&house.authority, need, None).unwrap();
        prop_assert!(write(&ann).is_err(), "an answered one does not either");
    }
}
