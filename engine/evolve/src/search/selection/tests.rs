use hyperspace_core::TreeId;

use super::*;
use crate::CandidateId;

/// A member: score and held-out score in percent, number of children, and number of failed children.
type MemberRow = (u64, u64, u64, u64);

/// One draw.
fn choose(rules: &SelectionRules<'_>, archive: &Archive, id: CandidateId) -> ParentChoice {
    ParentLottery::new(rules, archive).choose(id)
}

fn archive(rows: &[MemberRow]) -> Archive {
    let mut archive = Archive::new(Direction::Maximize);
    for (index, &(score, held_out, children, failures)) in (0..).zip(rows) {
        archive.admit(Member {
            id: CandidateId { generation: index, candidate: 0 },
            tree: TreeId::from_bytes([u8::try_from(index).unwrap(); 32]),
            parent: None,
            made_by: TreeId::from_bytes([0; 32]),
            score: Score::integer(score),
            held_out: Some(Score::integer(held_out)),
            children,
            failures,
            train_evaluation: None,
            held_out_evaluation: None,
            measured: Vec::new(),
            remeasured: 0,
        });
    }
    archive
}

/// Members with these scores on both splits, and these numbers of children.
fn plain(rows: &[(u64, u64)]) -> Archive {
    archive(&rows.iter().map(|&(score, children)| (score, score, children, 0)).collect::<Vec<_>>())
}

/// A scale on which fitness is score / 100.
fn percent() -> Fitness {
    Fitness { zero: Score::integer(0), one: Score::integer(100) }
}

fn rules(selection: Selection, parity: bool, fitness: Option<&Fitness>) -> SelectionRules<'_> {
    SelectionRules { selection, parity, fitness, seed: 9 }
}

#[test]
fn weights_follow_the_formula() {
    let archive = plain(&[(50, 0), (60, 0), (70, 8), (10, 0)]);
    let fitness = percent();
    let weights = weights(&rules(Selection::ScoreChildProp, false, Some(&fitness)), &archive);
    // mid = 0.6; computed by hand: 1/(1+e^1), 1/2, 1/(1+e^-1)·e^-1, 1/(1+e^5).
    let expected = [0.268_941_421, 0.5, 0.268_941_421, 0.006_692_851];
    for (weight, expected) in weights.iter().zip(expected) {
        assert!((*weight as f64 / UNIT - expected).abs() < 1e-8, "{weight} {expected}");
    }
}

#[test]
fn draws_follow_the_weights() {
    let archive = plain(&[(50, 0), (60, 0), (10, 0)]);
    let fitness = percent();
    let mut counts = [0_u32; 3];
    for candidate in 0..2_000 {
        let id = CandidateId { generation: 1, candidate };
        counts[choose(&rules(Selection::ScoreChildProp, false, Some(&fitness)), &archive, id).member] += 1;
    }
    assert!(counts[1] > counts[0] && counts[0] > counts[2] && counts[2] > 0, "{counts:?}");
    let best = rules(Selection::Best, false, None);
    let best = |candidate| choose(&best, &archive, CandidateId { generation: 1, candidate });
    assert!((0..50).all(|candidate| best(candidate).member == 1));
}

#[test]
fn members_worn_out_by_children_leave_a_uniform_draw() {
    let archive = plain(&[(50, 1_000), (50, 1_000)]);
    let rules = rules(Selection::ScoreChildProp, false, None);
    let choose = |candidate| choose(&rules, &archive, CandidateId { generation: 1, candidate });
    assert_eq!(choose(0).total, 2);
    assert!((0..50).any(|candidate| choose(candidate).member == 1));
}

#[test]
fn names_are_read_back() {
    for name in Selection::NAMES {
        assert_eq!(name.parse::<Selection>().unwrap().to_string(), name);
    }
    assert!("elite".parse::<Selection>().unwrap_err().to_string().contains("score-child-prop"));
}

/// The formula of hyperagents, implemented independently: probabilities of members with score `s` and `n` children.
fn score_child_prop(rows: &[(f64, f64)]) -> Vec<f64> {
    let mut sorted: Vec<f64> = rows.iter().map(|row| row.0).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let top = &sorted[..sorted.len().min(3)];
    let mid = top.iter().sum::<f64>() / top.len() as f64;
    let weight = |&(s, n): &(f64, f64)| (-(n / 8.0).powi(3)).exp() / (1.0 + (-10.0 * (s - mid)).exp());
    let weights: Vec<f64> = rows.iter().map(weight).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// Upper 0.1 % points of the chi-square distribution with 1, 2, ... degrees of freedom (tables).
const CRITICAL: [f64; 8] = [10.828, 13.816, 16.266, 18.467, 20.515, 22.458, 24.322, 26.124];

/// Checks that 100,000 draws follow these probabilities: p > 0.001.
fn matches(name: &str, rules: &SelectionRules<'_>, archive: &Archive, expected: &[f64]) {
    const DRAWS: u32 = 100_000;
    let mut counts = vec![0_u32; expected.len()];
    for draw in 0..u64::from(DRAWS) {
        counts[choose(rules, archive, CandidateId { generation: draw / 8, candidate: draw % 8 }).member] += 1;
    }
    let mut chi_square = 0.0;
    for (count, p) in counts.iter().zip(expected) {
        if *p == 0.0 {
            assert_eq!(*count, 0, "{name}: {counts:?}");
            continue;
        }
        let mean = f64::from(DRAWS) * p;
        assert!(mean > 5.0, "{name}: too rare for the test");
        chi_square += (f64::from(*count) - mean).powi(2) / mean;
    }
    let cells = expected.iter().filter(|p| **p > 0.0).count();
    assert!(chi_square < CRITICAL[cells - 2], "{name}: {chi_square} {counts:?} {expected:?}");
}

#[test]
fn a_hundred_thousand_draws_match_every_rule() {
    let fitness = percent();
    let rows =
        [(50, 70, 0, 0), (60, 20, 3, 1), (70, 40, 8, 0), (40, 60, 12, 2), (55, 65, 1, 0), (65, 30, 6, 0)];
    let archive = archive(&rows);
    let of = |keep: &dyn Fn(&MemberRow) -> Option<(f64, f64)>| -> Vec<f64> {
        let kept: Vec<(usize, (f64, f64))> =
            rows.iter().enumerate().filter_map(|(index, row)| Some((index, keep(row)?))).collect();
        let values: Vec<(f64, f64)> = kept.iter().map(|one| one.1).collect();
        let mut all = vec![0.0; rows.len()];
        for ((index, _), p) in kept.iter().zip(score_child_prop(&values)) {
            all[*index] = p;
        }
        all
    };
    let fraction = |percent: u64| percent as f64 / 100.0;
    let ours = of(&|row| Some((fraction(row.0), row.2 as f64)));
    let theirs = of(&|row| (row.3 == 0).then(|| (fraction(row.1), row.2 as f64)));
    let full = rules(Selection::ScoreChildProp, false, Some(&fitness));
    matches("full, freeze-meta, annealing", &full, &archive, &ours);
    matches("parity", &SelectionRules { parity: true, ..full }, &archive, &theirs);
    let random = rules(Selection::Random, false, None);
    matches("random", &random, &archive, &[1.0 / 6.0; 6]);
    let valid = [0.25, 0.0, 0.25, 0.0, 0.25, 0.25];
    matches("random, parity", &SelectionRules { parity: true, ..random }, &archive, &valid);
}

#[test]
fn draws_on_archives_of_one_two_and_equal_members_match() {
    let fitness = percent();
    let rules = rules(Selection::ScoreChildProp, false, Some(&fitness));
    matches("two", &rules, &plain(&[(30, 0), (50, 10)]), &score_child_prop(&[(0.3, 0.0), (0.5, 10.0)]));
    let equal: Vec<(f64, f64)> = (0..4).map(|n| (0.5, f64::from(n) * 3.0)).collect();
    matches("equal", &rules, &plain(&[(50, 0), (50, 3), (50, 6), (50, 9)]), &score_child_prop(&equal));
    assert_eq!(choose(&rules, &plain(&[(0, 0)]), CandidateId { generation: 1, candidate: 0 }).member, 0);
}

#[test]
fn under_parity_the_seed_is_left_when_every_member_had_a_failed_child() {
    let archive = archive(&[(50, 50, 1, 1), (60, 60, 1, 1)]);
    for selection in [Selection::ScoreChildProp, Selection::Random, Selection::Best] {
        let choice =
            choose(&rules(selection, true, None), &archive, CandidateId { generation: 1, candidate: 0 });
        assert_eq!(choice, ParentChoice { member: 0, draw: 0, total: 1 });
        assert_eq!(
            choose(
                &rules(Selection::Best, false, None),
                &archive,
                CandidateId { generation: 1, candidate: 0 }
            )
            .member,
            1
        );
    }
}

#[test]
fn under_parity_the_best_is_the_best_on_held_out_data_without_failed_children() {
    let archive = archive(&[(10, 90, 1, 1), (20, 50, 0, 0), (30, 70, 0, 0), (90, 70, 0, 0)]);
    let best = |parity| {
        choose(&rules(Selection::Best, parity, None), &archive, CandidateId { generation: 1, candidate: 0 })
            .member
    };
    assert_eq!((best(false), best(true)), (3, 2));
}

#[test]
fn the_latest_is_the_last_member_that_may_be_chosen() {
    let archive = archive(&[(90, 90, 0, 0), (50, 50, 3, 0), (20, 20, 1, 1)]);
    let latest = |parity| {
        choose(&rules(Selection::Latest, parity, None), &archive, CandidateId { generation: 1, candidate: 0 })
            .member
    };
    assert_eq!((latest(false), latest(true)), (2, 1));
}
