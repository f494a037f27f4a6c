use hyperspace_core::{RecordId, TreeId};
use hyperspace_eval::{Direction, Score};
use proptest::prelude::*;

use super::*;
use crate::record::fate::Fate;
use crate::record::generation::{EvaluationRef, ParentRecord};
use crate::record::search_record::SearchRecord;

fn config(models: &str, kinds: &[&str]) -> ArmConfig {
    ArmConfig {
        models: models.parse().ok(),
        prompts: (!kinds.is_empty()).then(|| "thompson".parse().unwrap()),
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        ..ArmConfig::default()
    }
}

fn id(generation: u64, candidate: u64) -> CandidateId {
    CandidateId { generation, candidate }
}

fn record(parent: Option<CandidateId>, score: u64, arms: Option<ArmRecord>) -> CandidateRecord {
    let tree = TreeId::from_bytes([0; 32]);
    let evaluation = || EvaluationRef {
        record: RecordId::from_bytes([0; 32]),
        score: Some(Score::integer(score)),
        outcome: "scored".to_owned(),
        fuel: 1,
    };
    CandidateRecord {
        population: 0,
        parent: parent.map(|id| ParentRecord { id, tree }),
        meta: Vec::new(),
        tree,
        made_by: tree,
        train: Some(evaluation()),
        held_out: Some(evaluation()),
        fate: if parent.is_none() { Fate::Seed } else { Fate::NoBetter },
        search: Some(SearchRecord { arms, ..SearchRecord::default() }),
    }
}

#[test]
fn choices_are_a_function_of_the_records() {
    let config = config("ucb1", &["exploit", "explore", "reflect"]);
    let mut archive = Archive::new(Direction::Minimize);
    archive.apply(id(0, 0), &record(None, 10, None)).unwrap();
    let mut arms = Arms::new(Some(&config), Some("weak,strong"), 5);
    for generation in 1..30 {
        let ids = [id(generation, 0), id(generation, 1), id(generation, 2)];
        let choices = arms.choose(&ids);
        assert_eq!(choices, arms.clone().choose(&ids), "the same state, the same choices");
        for (candidate, choices) in ids.iter().zip(&choices) {
            let choices = choices.as_ref().unwrap();
            let strong = choices.model.as_ref().unwrap().name == "strong";
            let score = if strong && candidate.candidate != 1 { 9 } else { 11 };
            let one = record(Some(id(0, 0)), score, Some(choices.record(100)));
            arms.apply(&one, &archive).unwrap();
            let events: Vec<ArmChosen> = choices.events(*candidate).collect();
            assert_eq!((events[0].of.as_str(), events[1].of.as_str()), ("model", "prompt"));
            assert_eq!(events[0].arms.len(), 2);
            assert!(events[1].arms.iter().all(|arm| arm.value.is_some()));
        }
    }
    let bandit = &arms.models.as_ref().unwrap().bandit;
    assert!(bandit.arms()[1].trials > 3 * bandit.arms()[0].trials && bandit.arms()[0].wins == 0);
    // A second fold of the same records results in the same state.
    let other = Arms::new(Some(&config), Some("weak,strong"), 6);
    assert_ne!(other.choose(&[id(40, 0)]), arms.choose(&[id(40, 0)]));
}

#[test]
fn populations_without_several_models_have_no_bandit() {
    let none = Arms::new(Some(&config("ucb1", &[])), Some("one"), 5);
    assert_eq!(none.choose(&[id(1, 0)]), [None]);
    assert_eq!(Arms::new(None, Some("a,b"), 5).choose(&[id(1, 0)]), [None]);
    let mut archive = Archive::new(Direction::Minimize);
    archive.apply(id(0, 0), &record(None, 10, None)).unwrap();
    let mut two = Arms::new(Some(&config("ucb1", &[])), Some("a,b"), 5);
    for (model, prompt) in [(Some(2), None), (None, None), (Some(0), Some(0))] {
        let wrong = record(Some(id(0, 0)), 9, Some(ArmRecord { model, prompt, cost: 0 }));
        assert!(two.apply(&wrong, &archive).is_err(), "{model:?} {prompt:?}");
    }
}

#[test]
fn a_gain_is_a_matter_of_direction() {
    let (ten, nine) = (Score::integer(10), Score::integer(9));
    assert_eq!(
        (training_gain(&nine, &ten, Direction::Minimize), training_gain(&nine, &ten, Direction::Maximize)),
        (1.0, 0.0)
    );
    assert_eq!(training_gain(&ten, &ten, Direction::Minimize), 0.0);
}

proptest! {
    /// A population that is folded again from its records, after any generation, chooses like one that was never interrupted.
    #[test]
    fn a_fold_from_the_records_chooses_as_before(
        rule in prop_oneof![
            Just("ucb1"), Just("ucb1:decay=1,reward=gain"), Just("thompson"), Just("thompson:decay=0.9,thrift=2,reward=gain")
        ],
        seed in 0_u64..1_000,
        candidates in 1_u64..5,
        outcomes in prop::collection::vec((0_u64..20, 0_u64..5_000), 5..60),
        stop in 0_usize..12,
    ) {
        let config = config(rule, &["exploit", "explore"]);
        let fresh = || Arms::new(Some(&config), Some("a,b > c,d"), seed);
        let mut archive = Archive::new(Direction::Minimize);
        archive.apply(id(0, 0), &record(None, 10, None)).unwrap();
        let (mut arms, mut records) = (fresh(), Vec::new());
        for (number, chunk) in outcomes.chunks(usize::try_from(candidates).unwrap()).enumerate() {
            if number == stop {
                arms = fresh();
                records.iter().for_each(|one| arms.apply(one, &archive).unwrap());
            }
            let ids: Vec<CandidateId> = (0..chunk.len() as u64).map(|one| id(number as u64 + 1, one)).collect();
            let choices = arms.choose(&ids);
            for (choice, (score, cost)) in choices.iter().zip(chunk) {
                let one = record(Some(id(0, 0)), *score, Some(choice.as_ref().unwrap().record(*cost)));
                let read: CandidateRecord = serde_json::from_value(serde_json::to_value(&one).unwrap()).unwrap();
                prop_assert_eq!(&read, &one);
                arms.apply(&one, &archive).unwrap();
                records.push(one);
            }
        }
        let mut again = fresh();
        records.iter().for_each(|one| again.apply(one, &archive).unwrap());
        let next = [id(99, 0), id(99, 1), id(99, 2)];
        prop_assert_eq!(again.choose(&next), arms.choose(&next));
    }
}
