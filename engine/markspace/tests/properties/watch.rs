//! P48 to P55: watching, and pipelines of those who watch.

use hyperspace_markspace::{
    Capability, Draft, Manifest, MarkKind, Ratio, Seq, WatchPattern, validate_permissions, validate_pipeline,
};
use proptest::prelude::*;

use crate::cases;
use crate::history::{Cast, HistoryStep, NAMES, PLACES, history};
use crate::support::*;

fn pattern() -> impl Strategy<Value = WatchPattern> {
    let name = || prop::option::of((0..3usize).prop_map(|n| NAMES[n].to_owned()));
    (0..4usize, prop::option::of(0..5usize), name(), name()).prop_map(|(place, kind, topic, resource)| {
        WatchPattern { scope: scope(PLACES[place]), kind: kind.map(|k| MarkKind::ALL[k]), topic, resource }
    })
}

/// Written anew and apart from the code under test.
fn expected(pattern: &WatchPattern, place: &str, kind: MarkKind, subject: &str) -> bool {
    let about_topic = kind == MarkKind::Observation || kind == MarkKind::Warning;
    let about_resource = kind == MarkKind::Intent || kind == MarkKind::Action;
    format!("{place}/").starts_with(&format!("{}/", pattern.scope))
        && (pattern.kind.is_none() || pattern.kind == Some(kind))
        && (pattern.topic.is_none() || (about_topic && pattern.topic.as_deref() == Some(subject)))
        && (pattern.resource.is_none() || (about_resource && pattern.resource.as_deref() == Some(subject)))
}

fn watcher(house: &House) -> Capability {
    house.agent("watcher", &["a", "b"])
}

fn fetch(house: &House, who: &Capability) -> Vec<Seq> {
    house.space.watched(who).unwrap().marks.iter().map(|v| v.mark.seq()).collect()
}

fn writes() -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
    prop::collection::vec((0..3usize, 0..4usize, 0..3usize), 0..25)
}

fn write(house: &House, who: &Capability, (kind, place, name): (usize, usize, usize)) -> Seq {
    let draft = match kind {
        0 => Draft::observation(NAMES[name], "c"),
        1 => Draft::warning(NAMES[name], "c", None),
        _ => Draft::need("q", Ratio::HALF),
    };
    house.space.write_mark(who, &scope(PLACES[place]), draft).unwrap()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn p48_subscribing_again_replaces_the_patterns(first in pattern(), second in pattern(), marks in writes()) {
        let house = House::contest(Default::default(), false);
        let (who, ann) = (watcher(&house), house.agent("ann", &["a", "b"]));
        house.space.subscribe(&who, vec![first]).unwrap();
        house.space.subscribe(&who, vec![second.clone()]).unwrap();
        house.space.subscribe(&who, vec![second.clone()]).unwrap();
        let mut wanted = vec![];
        for mark in marks {
            let seq = write(&house, &ann, mark);
            let kind = [MarkKind::Observation, MarkKind::Warning, MarkKind::Need][mark.0];
            let subject = if mark.0 == 2 { "" } else { NAMES[mark.2] };
            if expected(&second, PLACES[mark.1], kind, subject) {
                wanted.push(seq);
            }
        }
        prop_assert_eq!(fetch(&house, &who), wanted);
    }

    #[test]
    fn p49_nothing_from_before_is_delivered(before in writes(), after in writes()) {
        let house = House::contest(Default::default(), false);
        let (who, ann) = (watcher(&house), house.agent("ann", &["a", "b"]));
        before.into_iter().for_each(|mark| { write(&house, &ann, mark); });
        house.space.subscribe(&who, vec![WatchPattern::scope(scope("a")), WatchPattern::scope(scope("b"))]).unwrap();
        prop_assert!(fetch(&house, &who).is_empty());
        let wanted: Vec<Seq> = after.into_iter().map(|mark| write(&house, &ann, mark)).collect();
        prop_assert_eq!(fetch(&house, &who), wanted);
    }

    #[test]
    fn p50_only_what_matches_is_delivered(patterns in prop::collection::vec(pattern(), 0..4), steps in history()) {
        let house = House::contest(Default::default(), false);
        let who = watcher(&house);
        house.space.subscribe(&who, patterns.clone()).unwrap();
        let steps: Vec<HistoryStep> = steps.into_iter().filter(|s| !matches!(s, HistoryStep::Wait { .. } | HistoryStep::Collect { .. })).collect();
        Cast::of(&house).play_all(&house, &steps);
        let delivered = house.space.watched(&who).unwrap();
        for view in &delivered.marks {
            let (place, body) = (view.mark.scope().to_string(), view.mark.body());
            prop_assert!(patterns.iter().any(|p| expected(p, &place, body.kind(), body.subject())));
        }
        let live: Vec<Seq> = ["a", "b"].iter().flat_map(|place| house.all(place)).filter(|v| {
            patterns.iter().any(|p| expected(p, v.mark.scope().as_str(), v.mark.body().kind(), v.mark.body().subject()))
        }).map(|v| v.mark.seq()).collect();
        prop_assert_eq!(delivered.marks.len(), live.len(), "and all of that");
    }

    #[test]
    fn p51_nothing_is_delivered_twice(marks in writes(), cuts in prop::collection::vec(any::<bool>(), 25)) {
        let house = House::contest(Default::default(), false);
        let (who, ann) = (watcher(&house), house.agent("ann", &["a", "b"]));
        house.space.subscribe(&who, vec![WatchPattern::scope(scope("a")), WatchPattern::scope(scope("b"))]).unwrap();
        let (mut got, mut wanted) = (vec![], vec![]);
        for (mark, cut) in marks.into_iter().zip(cuts) {
            wanted.push(write(&house, &ann, mark));
            if cut {
                got.extend(fetch(&house, &who));
                prop_assert!(fetch(&house, &who).is_empty());
            }
        }
        got.extend(fetch(&house, &who));
        prop_assert_eq!(got, wanted);
    }

    #[test]
    fn p52_delivery_is_in_order_of_acceptance(steps in history()) {
        let house = House::contest(Default::default(), false);
        let who = watcher(&house);
        house.space.subscribe(&who, vec![WatchPattern::scope(scope("a")), WatchPattern::scope(scope("b"))]).unwrap();
        Cast::of(&house).play_all(&house, &steps);
        let own = house.observe(&who, "a", "t");
        let got = fetch(&house, &who);
        prop_assert!(got.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(!got.contains(&own), "nobody is told of its own");
    }

    #[test]
    fn p53_a_pipeline_is_judged_by_declarations_alone(stages in prop::collection::vec((pattern(), 0..4usize, 0..5usize), 0..6)) {
        let stage = |(n, (input, place, kind)): (usize, &(WatchPattern, usize, usize))| Manifest {
            agent: format!("s{n}"),
            inputs: vec![input.clone()],
            outputs: vec![(scope(PLACES[*place]), MarkKind::ALL[*kind])],
        };
        let stages: Vec<Manifest> = stages.iter().enumerate().map(stage).collect();
        let problems = validate_pipeline(&stages);
        prop_assert_eq!(&problems, &validate_pipeline(&stages));
        let broken = stages.windows(2).filter(|pair| {
            let (place, kind) = &pair[0].outputs[0];
            let input = &pair[1].inputs[0];
            let inside = format!("{place}/").starts_with(&format!("{}/", input.scope));
            !(inside && (input.kind.is_none() || input.kind == Some(*kind)))
        }).count();
        prop_assert_eq!(problems.len(), broken);
    }

    #[test]
    fn p54_outputs_must_be_granted(place in 0..4usize, kind in 0..3usize, held in 0..4usize) {
        let house = House::contest(Default::default(), false);
        let ann = house.agent("ann", &[PLACES[held]]);
        let kinds = [MarkKind::Observation, MarkKind::Warning, MarkKind::Need];
        let outputs = vec![(scope(PLACES[place]), kinds[kind])];
        let manifest = Manifest { agent: "ann".into(), inputs: vec![], outputs };
        let valid = validate_permissions(&manifest, &charter(&[PLACES[held]])).is_empty();
        let draft = [Draft::observation("t", "c"), Draft::warning("t", "c", None), Draft::need("q", Ratio::HALF)];
        let written = house.space.write_mark(&ann, &scope(PLACES[place]), draft[kind].clone());
        prop_assert_eq!(valid, written.is_ok(), "what is declared valid is what the guard lets pass");
    }

    #[test]
    fn p55_matching_is_pure(pattern in pattern(), place in 0..4usize, kind in 0..5usize, name in 0..3usize) {
        let kind = MarkKind::ALL[kind];
        let matches = pattern.matches(&scope(PLACES[place]), kind, NAMES[name]);
        prop_assert_eq!(matches, expected(&pattern, PLACES[place], kind, NAMES[name]));
        prop_assert_eq!(matches, pattern.matches(&scope(PLACES[place]), kind, NAMES[name]));
    }
}
